"""Boxes: pure functions on arrays of corners (n, 4), x1 y1 x2 y2."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .protocol import Box

type Floats = NDArray[np.float32]
"""Array of numbers; the shape is told where it matters."""

STRIDE_PX: Final = 32
"""Networks halve the picture five times: sides are multiples of 2**5."""


def area(boxes: Floats) -> Floats:
    """Return the areas (n,) of boxes (n, 4)."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1], dtype=np.float32)


def intersection(one: Floats, other: Floats) -> Floats:
    """Return the common areas (n, m) of boxes (n, 4) and (m, 4)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1], dtype=np.float32)


def iou(one: Floats, other: Floats) -> Floats:
    """Return intersection over union (n, m) of boxes (n, 4) and (m, 4)."""
    common = intersection(one, other)
    union = area(one)[:, None] + area(other)[None, :] - common
    return np.asarray(common / np.maximum(union, 1e-9), dtype=np.float32)


def nms(boxes: Floats, scores: Floats, threshold: float) -> list[int]:
    """Return the indexes to keep, best first, where overlapping boxes are one."""
    order = np.argsort(-scores, kind="stable")
    overlaps = iou(boxes, boxes)
    kept: list[int] = []
    for index in order:
        if not kept or overlaps[index, kept].max() <= threshold:
            kept.append(int(index))
    return kept


def pair_iou(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes."""
    return float(iou(as_array([one]), as_array([other]))[0, 0])


def as_array(boxes: list[Box] | tuple[Box, ...]) -> Floats:
    """Return boxes as an array (n, 4), also when there is none."""
    return np.asarray(boxes, dtype=np.float32).reshape(-1, 4)


def clip(box: Box) -> Box:
    """Return the box cut off at the borders of the frame."""
    x1, y1, x2, y2 = (min(1.0, max(0.0, side)) for side in box)
    return (x1, y1, x2, y2)


def grow(box: Box, share: float) -> Box:
    """Return the box with `share` of its sides added on every side."""
    x1, y1, x2, y2 = box
    wide, high = (x2 - x1) * share, (y2 - y1) * share
    return (x1 - wide, y1 - high, x2 + wide, y2 + high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letterbox:
    """How a picture is fitted into a network's input: scaled, then padded."""

    width: int
    height: int
    """The input, in pixels."""
    inner_width: int
    inner_height: int
    """The scaled picture inside it."""
    left: int
    top: int

    def to_fractions(self, boxes: Floats) -> Floats:
        """Return boxes (n, 4) of the input as fractions of the picture."""
        offset = np.array([self.left, self.top] * 2, dtype=np.float32)
        size = np.array([self.inner_width, self.inner_height] * 2, dtype=np.float32)
        return np.asarray(np.clip((boxes - offset) / size, 0, 1), dtype=np.float32)


HAIR: Final = 0.03


def fit(width: int, height: int, long_side: int) -> Letterbox:
    """Fit a picture into the smallest input of whole strides, `long_side` at most.

    A picture that is larger than whole strides by a hair is made that much smaller: 16:9
    fits into 352 rows, where 384 would be a tenth more work for nothing.
    """
    scale = long_side / max(width, height)
    short = min(width, height) * scale
    whole = short // STRIDE_PX * STRIDE_PX
    if whole and short / whole <= 1 + HAIR:
        scale *= whole / short
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    padded = [-(-side // STRIDE_PX) * STRIDE_PX for side in inner]
    return _centered(padded[0], padded[1], inner)


def fit_fixed(width: int, height: int, into: tuple[int, int]) -> Letterbox:
    """Fit a picture into an input of a given width and height."""
    scale = min(into[0] / width, into[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _centered(into[0], into[1], inner)


def _centered(width: int, height: int, inner: tuple[int, int]) -> Letterbox:
    """Put the scaled picture into the middle of the input."""
    return Letterbox(
        width=width,
        height=height,
        inner_width=inner[0],
        inner_height=inner[1],
        left=(width - inner[0]) // 2,
        top=(height - inner[1]) // 2,
    )


def inside(inner: Box, outer: Box) -> float:
    """Return the share of one box that lies in the other."""
    one = as_array([inner])
    return float(intersection(one, as_array([outer]))[0, 0] / max(1e-9, area(one)[0]))
