"""Pictures that installed packages carry, and clips made of them."""

from fractions import Fraction
import importlib.util
from pathlib import Path

import av
import numpy as np
from PIL import Image

FPS = 10


def picture(package: str, name: str) -> Path:
    """Return a picture that a package carries, without importing the package."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / name


ASTRONAUT = ("skimage", "data/astronaut.png")
CAT = ("skimage", "data/chelsea.png")
TWO_MEN = ("ultralytics", "assets/zidane.jpg")
BUS = ("ultralytics", "assets/bus.jpg")


def face_picture(path: Path) -> Path:
    """Write a picture of one face, as an owner would enrol it."""
    image = Image.open(picture(*ASTRONAUT)).convert("RGB")
    image.crop((100, 0, 360, 300)).save(path, quality=95)
    return path


def face_clip(path: Path, seconds: float = 2.0) -> Path:
    """Write a clip in which one person moves to the right before a plain wall."""
    person = Image.open(picture(*ASTRONAUT)).convert("RGB").crop((60, 0, 420, 360))
    frames = round(seconds * FPS)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 640, 384, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in range(frames):
            wall = Image.new("RGB", (640, 384), (96, 108, 120))
            wall.paste(person, (20 + index * 200 // frames, 24))
            frame = av.VideoFrame.from_ndarray(np.asarray(wall), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
