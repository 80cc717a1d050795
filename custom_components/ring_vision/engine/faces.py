"""Faces known again: a ResNet turns a face into 128 numbers."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .boxes import Floats
from .chips import cut_chip
from .errors import EngineError, ErrorCode
from .landmarks import LandmarkPredictor
from .resnet import FaceNetwork
from .video import Pixels
from .yunet import FoundFace

PREDICTOR_FILE: Final = "shape_predictor_5_face_landmarks.dat"
RESNET_FILE: Final = "dlib_face_recognition_resnet_model_v1.dat"
# dlib's own detectors, on which its landmarks were trained, draw a square around brows
# and chin; YuNet draws a tall box from the hairline on. Measured on 26 faces: with this
# square the embedding is nearest to the one of dlib's whole path (median 0.05).
SQUARE_PER_WIDTH: Final = 1.2
DOWN_PER_HEIGHT: Final = 0.03

GOOD_WIDTH_PX: Final = 40
"""A narrower face is not told apart from its like."""
GOOD_SCORE: Final = 0.8
GOOD_FRONTALITY: Final = 0.3
GOOD_SHARPNESS: Final = 15.0
PROFILE_WIDTH_PX: Final = 100
PROFILE_SHARPNESS: Final = 40.0
"""A face from the side tells enough when it is so large and so sharp."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look at a face, upright and cut out, not yet embedded."""

    time_s: float
    box: tuple[float, float, float, float]
    """Fractions of the frame."""
    score: float
    width_px: int
    sharpness: float
    frontality: float
    chip: Pixels
    """(150, 150, 3), RGB."""

    @property
    def quality(self) -> float:
        """Return how much the look is worth: large, sharp, from the front."""
        sharp = min(1.0, self.sharpness / 100)
        return (0.3 + 0.7 * sharp) * best_quality(
            score=self.score, width_px=self.width_px, frontality=self.frontality
        )

    @property
    def good(self) -> bool:
        """Tell whether it may name somebody or count as a stranger."""
        return (
            self.width_px >= GOOD_WIDTH_PX
            and self.score >= GOOD_SCORE
            and self.sharpness >= GOOD_SHARPNESS
            and (self.frontality >= GOOD_FRONTALITY or self._tells_from_the_side)
        )

    @property
    def _tells_from_the_side(self) -> bool:
        """Tell whether a profile may name somebody."""
        return self.width_px >= PROFILE_WIDTH_PX and self.sharpness >= PROFILE_SHARPNESS


def best_quality(*, score: float, width_px: float, frontality: float) -> float:
    """Return how much a look is worth when it is as sharp as can be."""
    return score * min(1.0, width_px / 120) * (0.2 + 0.8 * frontality)


class FaceEmbedder:
    """The loaded landmark predictor and ResNet."""

    def __init__(self, folders: tuple[str, ...] = (), *, threads: int = 1) -> None:
        """Load them; what takes long to prepare is kept in the first folder that can."""
        files = _weight_files(folders)
        if files is None:
            raise EngineError(
                ErrorCode.NO_FACE_ENGINE, why_unavailable(folders) or "no weights"
            )
        predictor, resnet = files
        self._predictor = LandmarkPredictor(predictor)
        self._resnet = FaceNetwork(resnet, folders, threads=threads)

    def look(
        self,
        pixels: Pixels,
        face: FoundFace,
        *,
        time_s: float = 0.0,
        origin: tuple[int, int] = (0, 0),
        size: tuple[int, int],
        scale: float = 1.0,
    ) -> Look:
        """Cut a face out of the picture (or crop) in which it was found.

        `origin` is where the crop lies in the picture of `size`, in its pixels;
        `scale` is how much larger the recording itself is.
        """
        x1, y1, x2, y2 = face.box
        half = SQUARE_PER_WIDTH * (x2 - x1) / 2
        middle = ((x1 + x2) / 2, (y1 + y2) / 2 + DOWN_PER_HEIGHT * (y2 - y1))
        square = (
            *(round(middle[0] - half), round(middle[1] - half)),
            *(round(middle[0] + half), round(middle[1] + half)),
        )
        # dlib knows landmarks by whole pixels alone.
        landmarks = np.floor(self._predictor.find(pixels, square) + 0.5)
        chip = cut_chip(pixels, landmarks)
        left, top = origin
        width, height = size
        return Look(
            time_s=time_s,
            box=(
                max(0.0, (x1 + left) / width),
                max(0.0, (y1 + top) / height),
                min(1.0, (x2 + left) / width),
                min(1.0, (y2 + top) / height),
            ),
            score=face.score,
            width_px=round((x2 - x1) * scale),
            sharpness=sharpness(chip),
            frontality=face.frontality(),
            chip=chip,
        )

    def embed(self, look: Look) -> tuple[float, ...]:
        """Return the 128 numbers of a face."""
        return tuple(float(number) for number in self._resnet.embed(look.chip))


def sharpness(pixels: Pixels) -> float:
    """Return the variance of the Laplacian of an RGB picture: 0 is a plain surface."""
    grey: NDArray[np.float32] = pixels.mean(axis=2, dtype=np.float32)
    if min(grey.shape) < 3:
        return 0.0
    laplacian: Floats = (
        grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    ) - 4 * grey[1:-1, 1:-1]
    return float(laplacian.var())


def why_unavailable(folders: tuple[str, ...] = ()) -> str | None:
    """Say why faces cannot be known here; None when they can."""
    if _weight_files(folders) is None:
        return "the weights of face_recognition_models are not installed"
    return None


def _weight_files(folders: tuple[str, ...]) -> tuple[Path, Path] | None:
    """Find the two files in the folders or in the package that carries them.

    The package is not imported: its `__init__` needs pkg_resources, which is gone.
    """
    package = find_spec("face_recognition_models")
    places = [Path(folder) for folder in folders]
    if package is not None:
        places += [
            Path(place) / "models" for place in package.submodule_search_locations or ()
        ]
    for place in places:
        predictor, resnet = place / PREDICTOR_FILE, place / RESNET_FILE
        if predictor.is_file() and resnet.is_file():
            return predictor, resnet
    return None
