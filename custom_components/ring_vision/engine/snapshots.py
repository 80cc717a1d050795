"""Snapshots: the best picture of every track, with its box and its label."""

from dataclasses import dataclass
import io
import math
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .errors import EngineError, ErrorCode
from .faces import sharpness
from .labels import Group, group_of
from .protocol import Box
from .video import Frame

LONG_SIDE_PX: Final = 1280
QUALITY: Final = 88
BETTER: Final = 1.15
"""A new best picture must be so much better: encoding costs time."""
COLORS: Final = {
    Group.PEOPLE: (3, 169, 244),
    Group.ANIMALS: (255, 152, 0),
    Group.VEHICLES: (139, 195, 74),
    Group.THINGS: (158, 158, 158),
}


@dataclass(kw_only=True, slots=True)
class BestPicture:
    """The best picture of one track so far."""

    worth: float = 0.0
    box: Box = (0.0, 0.0, 1.0, 1.0)
    jpeg: bytes = b""
    """The whole frame; empty when no picture is wanted."""


class Snapshots:
    """Keeps the best picture of each track of one recording."""

    def __init__(self, *, wanted: bool) -> None:
        """Begin without a picture; `wanted` False keeps the boxes alone."""
        self._wanted = wanted
        self._best: dict[int, BestPicture] = {}
        self._frame: tuple[float, bytes] = (-1.0, b"")

    def offer(
        self, track: int, frame: Frame, box: Box, *, score: float, face: float
    ) -> None:
        """Take the frame if it shows the track better: sure, large, sharp, whole.

        `face` is the quality of the face in it, 0 for none.
        """
        best = self._best.setdefault(track, BestPicture())
        worth = score * (1 + 2 * face) * _visible(frame, box)
        if worth > best.worth * BETTER or not best.worth:
            best.worth, best.box = worth, box
            best.jpeg = self._encoded(frame) if self._wanted else b""

    def absorb(self, track: int, later: int) -> None:
        """Let one track have the other's picture if that is better."""
        other = self._best.pop(later, None)
        if other is not None and other.worth > self._best[track].worth:
            self._best[track] = other

    def box(self, track: int) -> Box:
        """Return where the track was in its best picture."""
        return self._best[track].box

    def write(self, track: int, label: str, folder: Path, name: str) -> None:
        """Write the track's picture with its box drawn."""
        best = self._best[track]
        with Image.open(io.BytesIO(best.jpeg)) as opened:
            image = opened.convert("RGB")
        _draw(image, best.box, label)
        part = folder / f"{name}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            image.save(part, "JPEG", quality=QUALITY)
            part.replace(folder / name)
        except OSError as err:
            raise EngineError(ErrorCode.INTERNAL, f"snapshot: {err}") from err

    def _encoded(self, frame: Frame) -> bytes:
        """Return the frame as JPEG, encoded once for all tracks in it."""
        if self._frame[0] != frame.time_s:
            scale = min(1.0, LONG_SIDE_PX / max(frame.width, frame.height))
            pixels = frame.rgb(
                max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
            )
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
            self._frame = (frame.time_s, buffer.getvalue())
        return self._frame[1]


def _visible(frame: Frame, box: Box) -> float:
    """Return how well a box can be seen: large, sharp and not cut off."""
    x1, y1, x2, y2 = box
    size = math.sqrt(max(0.0, (x2 - x1) * (y2 - y1)))
    cut_off = sum((x1 < 0.01, y1 < 0.01, x2 > 0.99, y2 > 0.99))
    scale = min(1.0, 640 / max(frame.width, frame.height))
    width, height = round(frame.width * scale), round(frame.height * scale)
    crop = frame.rgb(max(1, width), max(1, height))[
        int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1
    ]
    sharp = min(1.0, sharpness(crop) / 200)
    return size * (0.5 + 0.5 * sharp) * math.pow(0.8, cut_off)


def _draw(image: Image.Image, box: Box, label: str) -> None:
    """Draw the box and its label onto the picture."""
    draw = ImageDraw.Draw(image)
    line = max(2, image.width // 320)
    x1, y1, x2, y2 = (
        round(side * length) for side, length in zip(box, image.size * 2, strict=True)
    )
    x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
    color = COLORS[group_of(label)]
    draw.rectangle((x1, y1, x2, y2), outline=color, width=line)
    font = ImageFont.load_default(size=max(12, image.width // 50))
    left, top, right, bottom = draw.textbbox((0, 0), label, font=font)
    width, height = right - left + 4 * line, bottom + 2 * line
    x = max(0, min(x1, image.width - width))
    y = y1 - height if y1 >= height else y1
    draw.rectangle((x, y, x + width, y + height), fill=color)
    draw.text((x + 2 * line, y + line - top / 2), label, fill="white", font=font)
