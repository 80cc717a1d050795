"""Faces found: YuNet on ncnn, from pixels to boxes with five landmarks."""

from dataclasses import dataclass
import math
from typing import Any, Final

import numpy as np
from PIL import Image

from .boxes import Floats, Letterbox, fit, nms
from .errors import EngineError, ErrorCode
from .networks import check_weights, load, read_layers
from .video import Pixels
from .weights import YUNET

MIN_SCORE: Final = 0.6
NMS_IOU: Final = 0.3
STRIDES_PX: Final = (8, 16, 32)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFace:
    """A face in a picture, in that picture's pixels."""

    box: tuple[float, float, float, float]
    """From the forehead to the chin: x1 y1 x2 y2."""
    score: float
    landmarks: Floats
    """(5, 2): right eye, left eye, nose tip, right and left mouth corner."""

    @property
    def width(self) -> float:
        """Return the width in pixels."""
        return self.box[2] - self.box[0]

    def frontality(self) -> float:
        """Return 1 for a face seen from the front, 0 for a profile.

        From the front the nose tip lies half way between the eyes.
        """
        right, left, nose = self.landmarks[0], self.landmarks[1], self.landmarks[2]
        between = left - right
        apart = float(between @ between)
        if apart < 1:
            return 0.0
        along = float((nose - right) @ between) / apart
        # Eyes that are close together for the width of the face tell a profile too.
        wide = min(1.0, math.sqrt(apart) / max(1.0, self.width) / 0.38)
        return max(0.0, 1 - 2 * abs(along - 0.5)) * wide


class FaceFinder:
    """The loaded network."""

    def __init__(self, *, threads: int) -> None:
        """Load the weights that come with the engine."""
        param, weights = YUNET / "yunet_n.ncnn.param", YUNET / "yunet_n.ncnn.bin"
        check_weights(read_layers(param), weights)
        self._net: Any = load(param, weights, threads=threads)

    def find(
        self,
        pixels: Pixels,
        *,
        long_sides: tuple[int, ...],
        min_score: float = MIN_SCORE,
    ) -> list[FoundFace]:
        """Find faces in an RGB picture, looked at in one or several sizes.

        The network sees faces of about 10 to 300 px: a small size finds the large
        ones. No picture is enlarged.
        """
        height, width = pixels.shape[:2]
        if min(height, width) < 16:
            return []
        whole = max(height, width)
        found = [
            face
            for side in sorted({min(side, whole) for side in long_sides})
            for face in self._find_in(pixels, fit(width, height, side), min_score)
        ]
        boxes = np.array([face.box for face in found], dtype=np.float32).reshape(-1, 4)
        scores = np.array([face.score for face in found], dtype=np.float32)
        return [found[index] for index in nms(boxes, scores, NMS_IOU)]

    def _find_in(
        self, pixels: Pixels, box: Letterbox, min_score: float
    ) -> list[FoundFace]:
        """Find faces in one size of the picture."""
        boxes, scores, marks = _decode(self._run(_fitted(pixels, box)), box, min_score)
        height, width = pixels.shape[:2]
        scale = np.array([width / box.inner_width, height / box.inner_height])
        offset = np.array([box.left, box.top])
        corners = (boxes.reshape(-1, 2, 2) - offset) * scale
        points = (marks.reshape(-1, 5, 2) - offset) * scale
        return [
            FoundFace(
                box=(
                    float(corners[row, 0, 0]),
                    float(corners[row, 0, 1]),
                    float(corners[row, 1, 0]),
                    float(corners[row, 1, 1]),
                ),
                score=float(scores[row]),
                landmarks=points[row].astype(np.float32),
            )
            for row in range(len(scores))
        ]

    def _run(self, pixels: Pixels) -> list[Floats]:
        """Return the twelve outputs for a padded RGB picture."""
        import ncnn

        height, width = pixels.shape[:2]
        # The network was trained on BGR; from_pixels copies the array.
        blob = ncnn.Mat.from_pixels(
            pixels, ncnn.Mat.PixelType.PIXEL_RGB2BGR, width, height
        )
        extractor = self._net.create_extractor()
        extractor.input("in0", blob)
        outputs = []
        for number in range(12):
            status, output = extractor.extract(f"out{number}")
            if status != 0:
                raise EngineError(ErrorCode.WEIGHTS_INVALID, "YuNet cannot run")
            outputs.append(np.array(output, dtype=np.float32))
        return outputs


def _fitted(pixels: Pixels, box: Letterbox) -> Pixels:
    """Return the picture scaled and padded with black (height, width, 3)."""
    image = Image.fromarray(pixels)
    inner = (box.inner_width, box.inner_height)
    if image.size != inner:
        image = image.resize(inner, Image.Resampling.BILINEAR, reducing_gap=2)
    padded = np.zeros((box.height, box.width, 3), dtype=np.uint8)
    padded[
        box.top : box.top + box.inner_height, box.left : box.left + box.inner_width
    ] = np.asarray(image)
    return padded


def _decode(
    outputs: list[Floats], box: Letterbox, min_score: float
) -> tuple[Floats, Floats, Floats]:
    """Return boxes (n, 4), scores (n,) and landmarks (n, 10) in input pixels."""
    boxes, scores, marks = [], [], []
    for level, stride in enumerate(STRIDES_PX):
        down, across = np.mgrid[: box.height // stride, : box.width // stride]
        origin = np.stack([across.ravel(), down.ravel()], axis=1)
        classes, objects = (
            outputs[3 * part + level].reshape(-1).clip(0, 1) for part in (0, 1)
        )
        score = np.sqrt(classes * objects)
        worth = np.flatnonzero(score >= min_score)
        sides = outputs[6 + level].reshape(-1, 4)[worth]
        center = (origin[worth] + sides[:, :2]) * stride
        half = np.exp(sides[:, 2:]) * stride / 2
        points = outputs[9 + level].reshape(-1, 5, 2)[worth]
        boxes.append(np.concatenate([center - half, center + half], axis=1))
        marks.append(((origin[worth][:, None] + points) * stride).reshape(-1, 10))
        scores.append(score[worth])
    return (
        np.concatenate(boxes).astype(np.float32),
        np.concatenate(scores).astype(np.float32),
        np.concatenate(marks).astype(np.float32),
    )
