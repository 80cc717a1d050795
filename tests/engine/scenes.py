"""Pictures as the engine sees them: pixels, frames, and clips of given pictures."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from custom_components.ring_vision.engine.video import Frame, Pixels
from tests.pictures import FPS, picture

SIZE = (640, 384)
WALL = (96, 108, 120)


def photograph(name: tuple[str, str]) -> Image.Image:
    """Open a picture that a package carries."""
    return Image.open(picture(*name)).convert("RGB")


def wall(*pasted: tuple[Image.Image, tuple[int, int]]) -> Image.Image:
    """Return a plain wall with pictures hung on it: picture, left and top."""
    image = Image.new("RGB", SIZE, WALL)
    for one, place in pasted:
        image.paste(one, place)
    return image


def pixels(image: Image.Image) -> Pixels:
    """Return a picture's RGB pixels."""
    return np.asarray(image.convert("RGB"))


def frame(image: Image.Image, time_s: float = 0.0) -> Frame:
    """Return a picture as a decoded frame."""
    source = av.VideoFrame.from_ndarray(pixels(image), format="rgb24")
    return Frame(time_s=time_s, source=source, turns=0)


def clip(path: Path, images: list[Image.Image]) -> Path:
    """Write pictures of one size as a clip of `FPS` frames a second."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.width, stream.height = images[0].size
        for image in images:
            source = av.VideoFrame.from_ndarray(pixels(image), format="rgb24")
            container.mux(stream.encode(source))
        container.mux(stream.encode())
    return path
