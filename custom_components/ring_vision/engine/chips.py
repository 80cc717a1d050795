"""Chips: faces cut out upright and at one size, as dlib's `get_face_chip` cuts them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .boxes import Floats
from .video import Pixels

SIDE_PX: Final = 150
PADDING: Final = 0.25
"""As `face_recognition` cuts faces out, so that its embeddings compare with ours."""
# Where the five landmarks of a face lie in a chip without padding: dlib's numbers.
TEMPLATE: Final = (
    (0.8595674595992, 0.2134981538014),
    (0.6460604764104, 0.2289674387677),
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.4901123135679, 0.6277975316475),
)
SMOOTH: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""dlib's filter before a picture is halved."""
_MARGIN_PX: Final = 4

type Doubles = NDArray[np.float64]


def cut_chip(pixels: Pixels, landmarks: Floats) -> Pixels:
    """Return the face with these landmarks (5, 2), upright (150, 150, 3)."""
    wanted = (PADDING + np.array(TEMPLATE)) / (2 * PADDING + 1) * SIDE_PX
    turn, shift = _similarity(wanted, landmarks.astype(np.float64))
    scale = float(np.hypot(*turn[:, 0]))
    part, origin = _around(pixels, turn, shift)
    halved = 0
    # Each step down is a quarter of the pixels: no fewer than the chip has.
    while (scale / 2 ** (halved + 1)) >= 1:
        part = _halved(part)
        halved += 1
    # dlib lays the first and the last pixel on the borders of a square around the middle.
    middle = turn @ np.array([SIDE_PX / 2, SIDE_PX / 2]) + shift
    step = (SIDE_PX * scale - 1) / (SIDE_PX - 1) / scale
    down, across = np.mgrid[:SIDE_PX, :SIDE_PX] - (SIDE_PX - 1) / 2
    places = np.stack([across, down], axis=-1) * step @ turn.T + middle - origin
    for _ in range(halved):
        places = places / 2 - np.array([1.25, 0.75])
    return _sampled(part, places)


def _similarity(one: Doubles, other: Doubles) -> tuple[Doubles, Doubles]:
    """Return turn and scale (2, 2) and shift (2,) that lay points on others."""
    from_middle, to_middle = one.mean(axis=0), other.mean(axis=0)
    a, b = one - from_middle, other - to_middle
    size = float((a**2).sum())
    across = float((a * b).sum()) / size
    turned = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[across, -turned], [turned, across]])
    return turn, to_middle - turn @ from_middle


def _around(pixels: Pixels, turn: Doubles, shift: Doubles) -> tuple[Pixels, Doubles]:
    """Return the part of the picture that a chip shows, and where it lies (x, y)."""
    corners = np.array([[0, 0], [SIDE_PX, 0], [0, SIDE_PX], [SIDE_PX, SIDE_PX]])
    places = corners @ turn.T + shift
    height, width = pixels.shape[:2]
    room = _MARGIN_PX * max(1.0, float(np.hypot(*turn[:, 0])))
    left, top = np.floor(places.min(axis=0) - room).astype(int).clip(0)
    right, bottom = np.ceil(places.max(axis=0) + room).astype(int)
    part = pixels[top : min(bottom, height), left : min(right, width)]
    return part, np.array([left, top], dtype=np.float64)


def _halved(pixels: Pixels) -> Pixels:
    """Return a picture of half the size, smoothed before."""
    values = pixels.astype(np.float32)
    for _ in range(2):
        # Columns first, then, turned around, the rows.
        count = (values.shape[1] - 3) // 2
        taps = [
            values[:, place : place + 2 * count : 2] * weight
            for place, weight in enumerate(SMOOTH)
        ]
        values = np.swapaxes(np.sum(taps, axis=0), 0, 1)
    return np.asarray(values.astype(np.uint8))


def _sampled(pixels: Pixels, places: Doubles) -> Pixels:
    """Return bilinear values at places (…, 2); outside of the picture it is black."""
    height, width = pixels.shape[:2]
    x, y = places[..., 0], places[..., 1]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (left >= 0) & (top >= 0) & (left < width - 1) & (top < height - 1)
    left, top = left.clip(0, max(0, width - 2)), top.clip(0, max(0, height - 2))
    share_x, share_y = (x - left)[..., None], (y - top)[..., None]
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    upper = pixels[top, left] * (1 - share_x) + pixels[top, right] * share_x
    lower = pixels[bottom, left] * (1 - share_x) + pixels[bottom, right] * share_x
    values = upper * (1 - share_y) + lower * share_y
    values[~inside] = 0
    return np.asarray(values.astype(np.uint8))
