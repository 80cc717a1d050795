"""Clips as a doorbell records them: 30 s of 1080p, a third of it with movement."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scripts.demo_scenes import BUS_PASSES, EILEEN, STRANGER, Actor, frames as scene

WIDTH, HEIGHT, FPS = 1920, 1080, 20
SECONDS = 30.0
BITRATE = 2_000_000
KEYFRAME_EVERY_S = 4
NOISE = 2.0
"""Standard deviation of a sensor's noise, in levels."""
VERSION = "1"

type Pictures = Callable[[float], Iterator[Image.Image]]
"""Movement of so many seconds; the first and last picture stand still around it."""


def acted(*actors: Actor) -> Pictures:
    """Return the demo's pictures before a street; they are made for 10 a second."""

    def make(seconds: float) -> Iterator[Image.Image]:
        for image in scene(actors, seconds):
            yield from (image, image)

    return make


def filmed(path: Path) -> Pictures:
    """Return a shared clip at the bench's own rate."""

    def make(seconds: float) -> Iterator[Image.Image]:
        due = 0.0
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                at = frame.time or 0.0
                if at > seconds:
                    return
                image = frame.to_image() if at >= due else None
                while image is not None and due <= at:
                    due += 1 / FPS
                    yield image

    return make


def make_clips(folder: Path, shared: Path) -> list[Path]:
    """Return the clips, made once; the shared ones where they are."""
    wanted: dict[str, Pictures] = {
        "visitor": acted(EILEEN),
        "two": acted(EILEEN, STRANGER),
        "bus": acted(BUS_PASSES),
    }
    for name in ("home_man", "onebyone"):
        if (path := shared / f"{name}.mp4").is_file():
            wanted[name] = filmed(path)
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for name, pictures in wanted.items():
        path = folder / f"{name}_{VERSION}.mp4"
        if not path.exists():
            write_clip(path, pictures, SECONDS)
        clips.append(path)
    return clips


def write_clip(path: Path, pictures: Pictures, seconds: float) -> None:
    """Write a clip: still, then movement for a third of the time, then still."""
    noise = np.random.default_rng(3).normal(0, NOISE, (HEIGHT + 64, WIDTH + 64))
    part = path.with_suffix(".part")
    options = {"movflags": "+faststart"}
    with av.open(str(part), "w", format="mp4", options=options) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.bit_rate = BITRATE
        stream.options = {
            "preset": "veryfast",
            "bf": "0",
            "g": str(KEYFRAME_EVERY_S * FPS),
        }
        for index, image in enumerate(_timeline(pictures, seconds)):
            pixels = _noisy(np.asarray(image, dtype=np.float32), noise, index)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    part.replace(path)


def _timeline(pictures: Pictures, seconds: float) -> Iterator[Image.Image]:
    """Yield all pictures of a clip at its size."""
    still = round(seconds * FPS / 3)
    image = None
    shown = 0
    for picture in pictures(seconds / 3):
        image = picture.convert("RGB").resize(
            (WIDTH, HEIGHT), Image.Resampling.BILINEAR
        )
        for _ in range(still if shown == 0 else 1):
            shown += 1
            yield image
    while image is not None and shown < round(seconds * FPS):
        shown += 1
        yield image


def _noisy(
    pixels: NDArray[np.float32], noise: NDArray[np.float64], index: int
) -> NDArray[np.uint8]:
    """Return a picture with a sensor's noise, another one each time."""
    down, across = (index * 29) % 64, (index * 41) % 64
    grain = noise[down : down + HEIGHT, across : across + WIDTH, None]
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)
