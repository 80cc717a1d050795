"""Draws the demo's recordings: pictures that move before a street."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.pictures import ASTRONAUT, BUS, CAT, TWO_MEN, picture

WIDTH, HEIGHT, FPS = 1280, 720, 10
FEATHER_PX = 18
"""Pictures fade into the street: a hard edge would look like a poster."""

type Crop = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A part of a picture, and how it crosses the scene."""

    source: tuple[str, str]
    crop: Crop
    height: int
    """In pixels of the scene."""
    start: tuple[float, float]
    """Left and top at the beginning, in fractions of the scene."""
    end: tuple[float, float]
    mirrored: bool = False


EILEEN = Actor(
    source=ASTRONAUT,
    crop=(20, 0, 420, 512),
    height=560,
    start=(0.02, 0.22),
    end=(0.3, 0.22),
)
STRANGER = Actor(
    source=TWO_MEN,
    crop=(735, 10, 1125, 720),
    height=640,
    start=(0.68, 0.11),
    end=(0.5, 0.11),
)
TWO = Actor(
    source=TWO_MEN,
    crop=(90, 10, 1160, 720),
    height=640,
    start=(0.2, 0.11),
    end=(0.02, 0.11),
)
CAT_COMES = Actor(
    source=CAT, crop=(0, 0, 451, 300), height=400, start=(0.45, 0.42), end=(0.05, 0.42)
)
BUS_PASSES = Actor(
    source=BUS, crop=(0, 0, 810, 1080), height=700, start=(0.5, 0.02), end=(0.1, 0.02)
)


def street() -> Image.Image:
    """Return a street without anybody: sky, a row of houses, pavement, road."""
    random = np.random.default_rng(7)
    image = Image.new("RGB", (WIDTH, HEIGHT), (172, 196, 214))
    draw = ImageDraw.Draw(image)
    for place, color in enumerate(
        ((166, 124, 98), (190, 170, 142), (146, 132, 120), (178, 142, 112))
    ):
        left = place * WIDTH // 4
        top = 90 + 25 * (place % 2)
        draw.rectangle((left, top, left + WIDTH // 4, 430), fill=color)
        for row in range(2):
            for column in range(3):
                x, y = left + 40 + column * 90, top + 50 + row * 130
                draw.rectangle((x, y, x + 45, y + 70), fill=(92, 108, 122))
    draw.rectangle((0, 430, WIDTH, 520), fill=(150, 148, 144))
    draw.rectangle((0, 520, WIDTH, HEIGHT), fill=(94, 96, 98))
    noise = random.normal(0, 5, (HEIGHT, WIDTH, 1))
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)), dtype=np.float32)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def frames(actors: tuple[Actor, ...], seconds: float) -> Iterator[Image.Image]:
    """Yield the frames of a scene; before and after it the street is empty."""
    empty = street()
    stickers = [(actor, *_sticker(actor)) for actor in actors]
    count = round(seconds * FPS)
    for index in range(count):
        scene = empty.copy()
        share = (index - FPS / 2) / max(1, count - FPS)
        for actor, image, mask in stickers if 0 <= share <= 1 else ():
            left, top = (
                round((first + (last - first) * share) * side)
                for first, last, side in zip(
                    actor.start, actor.end, (WIDTH, HEIGHT), strict=True
                )
            )
            scene.paste(image, (left, top), mask)
        yield scene


def write_video(path: Path, actors: tuple[Actor, ...], seconds: float) -> None:
    """Write a scene as a recording like Ring's: H.264 in an MP4 that begins with moov."""
    part = path.with_suffix(".part")
    with av.open(
        str(part), "w", format="mp4", options={"movflags": "+faststart"}
    ) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"preset": "veryfast", "crf": "23"}
        for image in frames(actors, seconds):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    part.replace(path)


def _sticker(actor: Actor) -> tuple[Image.Image, Image.Image]:
    """Return an actor's picture at its size, and the mask of its soft edges."""
    image = Image.open(picture(*actor.source)).convert("RGB").crop(actor.crop)
    width = round(image.width * actor.height / image.height)
    image = image.resize((width, actor.height), Image.Resampling.LANCZOS)
    inner = (FEATHER_PX, FEATHER_PX, width - FEATHER_PX, actor.height - FEATHER_PX)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rectangle(inner, fill=255)
    return image, mask.filter(ImageFilter.GaussianBlur(FEATHER_PX / 2))
