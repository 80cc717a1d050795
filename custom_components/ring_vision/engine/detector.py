"""The detector: YOLO on ncnn, from a picture to boxes with labels."""

from dataclasses import dataclass
import re
from typing import Any, Final

import numpy as np

from .boxes import Floats, Letterbox, fit, fit_fixed, nms
from .errors import EngineError, ErrorCode
from .labels import COCO, group_of, is_reported
from .networks import Layer, check_weights, load, read_layers
from .protocol import Box
from .video import Picture, Pixels
from .weights import ModelFiles

INPUT_LONG_SIDE_PX: Final = 640
MIN_SCORE: Final = 0.15
"""Below this nothing is looked at; the tracker asks for more to begin a track."""
NMS_IOU: Final = 0.6
GREY: Final = 114
"""What the network was trained to see around a picture."""
BINS: Final = 16
"""A side's distance is a distribution over so many cells."""
STRIDES_PX: Final = (8, 16, 32)


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """One object in one frame."""

    label: str
    score: float
    box: Box


class Detector:
    """A loaded network."""

    def __init__(self, files: ModelFiles, *, threads: int) -> None:
        """Check the files, then load them."""
        layers = read_layers(files.param)
        _check_blobs(files, layers)
        check_weights(layers, files.weights)
        metadata = _read_metadata(files)
        self._names = metadata.names
        self._size = metadata.size
        """Width and height where the model takes one size alone."""
        if self._size:
            _check_fixed_size(files, layers, self._size)
        self._net: Any = load(files.param, files.weights, threads=threads, exact=False)

    def detect(
        self, picture: Picture, long_side_px: int = INPUT_LONG_SIDE_PX
    ) -> list[Detection]:
        """Find the objects that owners care about, in the picture at that size."""
        box = (
            fit_fixed(picture.width, picture.height, self._size)
            if self._size
            else fit(picture.width, picture.height, long_side_px)
        )
        output = self._run(
            _letterboxed(picture.rgb(box.inner_width, box.inner_height), box)
        )
        boxes, scores = self._decode(output, box)
        return self._detections(box.to_fractions(boxes), scores)

    def _run(self, pixels: Pixels) -> Floats:
        """Return the network's output for a letterboxed picture."""
        import ncnn

        height, width = pixels.shape[:2]
        # from_pixels copies: nothing borrows the array's memory.
        blob = ncnn.Mat.from_pixels(pixels, ncnn.Mat.PixelType.PIXEL_RGB, width, height)
        blob.substract_mean_normalize([], [1 / 255] * 3)
        extractor = self._net.create_extractor()
        extractor.input("in0", blob)
        status, output = extractor.extract("out0")
        # A layer that does not fit gives sides below zero, and says that all went well.
        if status != 0 or min(output.w, output.h, output.c) < 1:
            raise EngineError(ErrorCode.WEIGHTS_INVALID, "the network cannot run")
        return np.array(output, dtype=np.float32)

    def _decode(self, output: Floats, box: Letterbox) -> tuple[Floats, Floats]:
        """Return boxes (n, 4) in input pixels and class scores (n, classes)."""
        cells = sum((box.width // s) * (box.height // s) for s in STRIDES_PX)
        raw_shape = (cells, 4 * BINS + len(self._names))
        finished_shape = (4 + len(self._names), cells)
        if output.shape == raw_shape:
            return _decode_raw(output, box)
        if output.shape == finished_shape:
            return _decode_finished(output)
        raise EngineError(
            ErrorCode.WEIGHTS_INVALID,
            f"the output is {output.shape}, not {raw_shape} or {finished_shape}",
        )

    def _detections(self, boxes: Floats, scores: Floats) -> list[Detection]:
        """Return the best of overlapping boxes, group by group."""
        classes = scores.argmax(axis=1) if len(scores) else np.zeros(0, dtype=int)
        labels = [self._names[index] for index in classes]
        best = scores.max(axis=1, initial=0)
        found = []
        wanted = [label for label in labels if is_reported(label)]
        # A car that is half a truck is one object: boxes compete within their group.
        for group in sorted({group_of(label) for label in wanted}):
            rows = [
                row
                for row, label in enumerate(labels)
                if is_reported(label) and group_of(label) is group
            ]
            for kept in nms(boxes[rows], best[rows], NMS_IOU):
                x1, y1, x2, y2 = (float(side) for side in boxes[rows[kept]])
                found.append(
                    Detection(
                        label=labels[rows[kept]],
                        score=float(best[rows[kept]]),
                        box=(x1, y1, x2, y2),
                    )
                )
        return [
            one for one in found if one.box[0] < one.box[2] and one.box[1] < one.box[3]
        ]


def _letterboxed(pixels: Pixels, box: Letterbox) -> Pixels:
    """Return the picture with grey around it (height, width, 3)."""
    if (box.inner_width, box.inner_height) == (box.width, box.height):
        return pixels
    padded = np.full((box.height, box.width, 3), GREY, dtype=np.uint8)
    padded[
        box.top : box.top + box.inner_height, box.left : box.left + box.inner_width
    ] = pixels
    return padded


def _decode_raw(output: Floats, box: Letterbox) -> tuple[Floats, Floats]:
    """Decode distributions over distances, for the cells that are worth it."""
    logits = output[:, 4 * BINS :]
    worth = np.flatnonzero(logits.max(axis=1) > np.log(MIN_SCORE / (1 - MIN_SCORE)))
    centers, strides = _cells(box)
    bins = output[worth, : 4 * BINS].reshape(-1, 4, BINS)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    sides = weights @ np.arange(BINS, dtype=np.float32) * strides[worth, None]
    boxes = np.concatenate(
        [centers[worth] - sides[:, :2], centers[worth] + sides[:, 2:]], axis=1
    )
    scores = 1 / (1 + np.exp(-logits[worth]))
    return boxes.astype(np.float32), scores.astype(np.float32)


def _decode_finished(output: Floats) -> tuple[Floats, Floats]:
    """Decode what the network finished itself: center, size, scores."""
    worth = np.flatnonzero(output[4:].max(axis=0) > MIN_SCORE)
    center, size = output[:2, worth].T, output[2:4, worth].T
    boxes = np.concatenate([center - size / 2, center + size / 2], axis=1)
    return boxes.astype(np.float32), output[4:, worth].T


def _cells(box: Letterbox) -> tuple[Floats, Floats]:
    """Return the cells' centers (n, 2) and strides (n,) in input pixels."""
    centers, strides = [], []
    for stride in STRIDES_PX:
        down, across = np.mgrid[: box.height // stride, : box.width // stride]
        middle = np.stack([across.ravel(), down.ravel()], axis=1) + 0.5
        centers.append(middle * stride)
        strides.append(np.full(len(middle), stride))
    return (
        np.concatenate(centers).astype(np.float32),
        np.concatenate(strides).astype(np.float32),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Metadata:
    """What the files beside a model say."""

    names: tuple[str, ...] = COCO
    size: tuple[int, int] | None = None
    """Width and height; None takes any."""


def _read_metadata(files: ModelFiles) -> _Metadata:
    """Read the classes and the size of an Ultralytics export.

    The file is YAML, of which these two lists are all that is needed.
    """
    if files.metadata is None:
        return _Metadata()
    try:
        text = files.metadata.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise _invalid(files, f"metadata.yaml cannot be read: {err}") from err
    size = re.search(
        r"^imgsz:\s*(?:\[(\d+), (\d+)\]|\n- (\d+)\n- (\d+))", text, re.MULTILINE
    )
    block = re.search(r"^names:\s*\n((?: +\d+:.*\n?)+)", text, re.MULTILINE)
    if size is None or block is None:
        raise _invalid(files, "metadata.yaml has no imgsz or no names")
    height, width = (int(side) for side in size.groups() if side is not None)
    names = re.findall(r"^ +\d+: *['\"]?(.*?)['\"]? *$", block[1], re.MULTILINE)
    return _Metadata(names=tuple(names), size=(width, height))


def _check_blobs(files: ModelFiles, layers: list[Layer]) -> None:
    """Fail unless there is one input `in0` and an output `out0`."""
    inputs = [layer.outputs for layer in layers if layer.kind == "Input"]
    outputs = {name for layer in layers for name in layer.outputs}
    if inputs != [("in0",)] or "out0" not in outputs:
        raise _invalid(files, "is not a detector: its input and output are others")


def _check_fixed_size(
    files: ModelFiles, layers: list[Layer], size: tuple[int, int]
) -> None:
    """Fail when the model was made for another size: it would corrupt the heap."""
    cells = sum((size[0] // stride) * (size[1] // stride) for stride in STRIDES_PX)
    constants = {layer.number(0) for layer in layers if layer.kind == "MemoryData"}
    if any(side % STRIDES_PX[-1] for side in size) or constants - {cells}:
        raise _invalid(files, f"does not fit the size {size} of its metadata.yaml")


def _invalid(files: ModelFiles, why: str) -> EngineError:
    """Say what is wrong with a detector's files."""
    return EngineError(ErrorCode.WEIGHTS_INVALID, f"{files.param.name} {why}")
