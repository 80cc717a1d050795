"""Photographs: opened with Pillow, upright, in RGB, of a bounded size."""

from dataclasses import dataclass
from pathlib import Path
import warnings

import numpy as np
from PIL import Image, ImageOps

from .errors import EngineError, ErrorCode
from .video import Pixels

MAX_SIDE_PX = 1920
MAX_PIXELS = 100_000_000
"""A picture of 100 megapixels takes 300 MB; more is an attack or a mistake."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


@dataclass(frozen=True, kw_only=True, slots=True)
class Photograph:
    """A still picture."""

    image: Image.Image

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.image.height

    def rgb(self, width: int, height: int) -> Pixels:
        """Return it scaled to a size."""
        if (width, height) == self.image.size:
            return np.array(self.image, dtype=np.uint8)
        scaled = self.image.resize((width, height), Image.Resampling.BILINEAR)
        return np.array(scaled, dtype=np.uint8)


def open_photograph(path: str) -> Photograph:
    """Read a picture file, turned as its camera says, at most `MAX_SIDE_PX` long."""
    file = Path(path)
    if not file.is_file():
        raise EngineError(ErrorCode.FILE_MISSING, f"{file.name} is not there")
    if file.stat().st_size == 0:
        raise EngineError(ErrorCode.FILE_EMPTY, f"{file.name} has 0 bytes")
    try:
        with warnings.catch_warnings():
            # Pillow warns of what MAX_PIXELS refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Photograph(image=_read(file))
    except (
        OSError,
        SyntaxError,
        ValueError,
        ArithmeticError,
        Image.DecompressionBombError,
    ) as err:
        raise EngineError(ErrorCode.NOT_MEDIA, f"{file.name}: {err}") from err


def _read(file: Path) -> Image.Image:
    """Decode a picture into RGB."""
    with Image.open(file, formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError(f"{opened.width}x{opened.height} pixels are too many")
        # JPEG can be decoded at a half, a quarter… which bounds time and memory.
        opened.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
        opened.load()
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        image = _eight_bits(image)
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of more than 8 bits in 8: converting alone cuts it off."""
    values = np.asarray(image, dtype=np.float32)
    peak = 65535.0 if values.max() > 255 else 255.0
    return Image.fromarray((values * (255 / peak)).clip(0, 255).astype(np.uint8))
