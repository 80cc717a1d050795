"""Faces known again: dlib's ResNet turns a face into 128 numbers."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
import platform
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .boxes import Floats
from .errors import EngineError, ErrorCode
from .video import Pixels
from .yunet import FoundFace

PREDICTOR_FILE: Final = "shape_predictor_5_face_landmarks.dat"
RESNET_FILE: Final = "dlib_face_recognition_resnet_model_v1.dat"
CHIP_PX: Final = 150
CHIP_PADDING: Final = 0.25
"""As `face_recognition` cuts faces out, so that its embeddings compare with ours."""

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
        size = min(1.0, self.width_px / 120)
        sharp = min(1.0, self.sharpness / 100)
        return self.score * size * (0.3 + 0.7 * sharp) * (0.2 + 0.8 * self.frontality)

    @property
    def good(self) -> bool:
        """Tell whether it may name somebody or count as a stranger."""
        return (
            self.width_px >= GOOD_WIDTH_PX
            and self.score >= GOOD_SCORE
            and self.frontality >= GOOD_FRONTALITY
            and self.sharpness >= GOOD_SHARPNESS
        )


class FaceEmbedder:
    """The loaded landmark predictor and ResNet."""

    def __init__(self, folders: tuple[str, ...] = ()) -> None:
        """Load them, where this processor can run them."""
        files = _weight_files(folders)
        if (reason := why_unavailable(folders)) or files is None:
            raise EngineError(ErrorCode.NO_FACE_ENGINE, reason or "")
        predictor, resnet = files
        import dlib

        try:
            self._predictor: Any = dlib.shape_predictor(str(predictor))
            self._resnet: Any = dlib.face_recognition_model_v1(str(resnet))
        except RuntimeError as err:
            raise EngineError(ErrorCode.WEIGHTS_INVALID, str(err)) from err

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
        import dlib

        x1, y1, x2, y2 = face.box
        half = SQUARE_PER_WIDTH * (x2 - x1) / 2
        middle = ((x1 + x2) / 2, (y1 + y2) / 2 + DOWN_PER_HEIGHT * (y2 - y1))
        square = dlib.rectangle(
            *(round(middle[0] - half), round(middle[1] - half)),
            *(round(middle[0] + half), round(middle[1] + half)),
        )
        shape = self._predictor(pixels, square)
        chip = dlib.get_face_chip(pixels, shape, CHIP_PX, CHIP_PADDING)
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
        return tuple(self._resnet.compute_face_descriptor(look.chip))


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
    # dlib's wheel is built for AVX: without it the process dies at once (SIGILL).
    if not _has_avx():
        return "this processor has no AVX instructions"
    if find_spec("dlib") is None:
        return "dlib is not installed"
    if _weight_files(folders) is None:
        return "the weights of face_recognition_models are not installed"
    return None


def _has_avx(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether dlib's wheel can run; another architecture's needs no AVX."""
    if platform.machine().lower() not in {"x86_64", "amd64", "i686", "i386"}:
        return True
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return True
    flags = next((line for line in lines if line.startswith("flags")), None)
    return flags is None or "avx" in flags.split()


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
