"""Five landmarks of a face, by dlib's regression trees on pixel differences in NumPy.

The method is Kazemi and Sullivan's (2014); the trees are those of
`shape_predictor_5_face_landmarks.dat`. The landmarks are the corners of both eyes and the
bottom of the nose, as `face_recognition` aligns faces by them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .boxes import Floats
from .errors import EngineError, ErrorCode
from .video import Pixels

POINTS: Final = 5
TREES: Final = 500
SPLITS: Final = 15
LEAVES: Final = 16
_TREE: Final = 1 + 4 * SPLITS + 1 + LEAVES * (2 + 4 * POINTS)
"""Whole numbers that describe one tree."""

type Integers = NDArray[np.int64]
type Square = tuple[float, float, float, float]
"""left, top, right, bottom in pixels, as dlib draws it around a face."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cascade:
    """One step of the regression: all its trees."""

    anchors: Integers
    """(pixels,): the landmark next to each pixel that is looked at."""
    offsets: Floats
    """(pixels, 2): from there, in widths of the face."""
    one: Integers
    """(trees, splits): a pixel..."""
    other: Integers
    """...and the one that it is compared with."""
    thresholds: Floats
    """(trees, splits)."""
    leaves: Floats
    """(trees, leaves, 10): how the shape moves."""


class LandmarkPredictor:
    """The loaded trees."""

    def __init__(self, path: Path) -> None:
        """Read dlib's file: a second."""
        self._start, self._cascades = read_trees(path)

    def find(self, pixels: Pixels, square: Square) -> Floats:
        """Return the landmarks (5, 2) of the face in a square, in pixels."""
        left, top, right, bottom = square
        origin = np.array([left, top])
        size = np.array([right - left, bottom - top])
        shape = self._start.copy()
        for cascade in self._cascades:
            turn = _similarity(self._start, shape)
            places = shape[cascade.anchors] + cascade.offsets @ turn.T
            values = _intensities(pixels, places * size + origin)
            shape = shape + _moved(cascade, values)
        return np.asarray(shape * size + origin, dtype=np.float32)


def _moved(cascade: Cascade, values: Floats) -> Floats:
    """Return how all trees together move the shape (5, 2)."""
    trees = np.arange(len(cascade.one))
    node = np.zeros(len(trees), dtype=np.int64)
    while node[0] < SPLITS:
        difference = (
            values[cascade.one[trees, node]] - values[cascade.other[trees, node]]
        )
        right = difference <= cascade.thresholds[trees, node]
        node = 2 * node + 1 + right
    leaves = cascade.leaves[trees, node - SPLITS]
    return np.asarray(leaves.sum(axis=0).reshape(POINTS, 2))


def _similarity(one: Floats, other: Floats) -> NDArray[np.float64]:
    """Return the turn and scale (2, 2) that lay one shape best on another."""
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    across = float((a * b).sum())
    turned = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    size = float((a**2).sum())
    return np.array([[across, -turned], [turned, across]]) / size


def _intensities(pixels: Pixels, places: Floats) -> Floats:
    """Return the grey values at places (n, 2); outside of the picture it is dark."""
    height, width = pixels.shape[:2]
    x, y = np.floor(places.T + 0.5).astype(np.int64)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    values = np.zeros(len(places), dtype=np.float32)
    values[inside] = pixels[y[inside], x[inside]].sum(axis=1, dtype=np.int64) // 3
    return values


def read_trees(path: Path) -> tuple[Floats, tuple[Cascade, ...]]:
    """Read the shape to begin with (5, 2) and the trees."""
    try:
        numbers = _integers(path.read_bytes())
    except (OSError, IndexError) as err:
        raise _invalid(path, f"cannot be read: {err}") from err
    reader = _Numbers(path, numbers)
    reader.expect(1, -2 * POINTS, -1)
    start = reader.floats(2 * POINTS).reshape(POINTS, 2)
    cascades = [_read_forest(reader) for _ in range(reader.count(100))]
    reader.expect(len(cascades))
    anchors = [reader.integers(reader.count(5000)) for _ in cascades]
    reader.expect(len(cascades))
    offsets = [reader.floats(2 * reader.count(5000)) for _ in cascades]
    found = tuple(
        Cascade(
            anchors=near,
            offsets=away.reshape(-1, 2),
            one=one,
            other=other,
            thresholds=thresholds,
            leaves=leaves,
        )
        for (one, other, thresholds, leaves), near, away in zip(
            cascades, anchors, offsets, strict=True
        )
    )
    if any(not _fits(one) for one in found):
        raise _invalid(path, "is another predictor")
    return start, found


def _fits(cascade: Cascade) -> bool:
    """Tell whether all that a cascade names is there."""
    pixels = len(cascade.anchors)
    return (
        len(cascade.offsets) == pixels
        and bool((cascade.anchors < POINTS).all())
        and int(max(cascade.one.max(), cascade.other.max())) < pixels
    )


def _read_forest(
    reader: _Numbers,
) -> tuple[Integers, Integers, Floats, Floats]:
    """Read the trees of one cascade."""
    reader.expect(TREES)
    trees = reader.integers(TREES * _TREE).reshape(TREES, _TREE)
    end = 1 + 4 * SPLITS
    splits = trees[:, 1:end].reshape(TREES, SPLITS, 4)
    leaves = trees[:, end + 1 :].reshape(TREES, LEAVES, 2 + 4 * POINTS)
    if (
        (trees[:, 0] != SPLITS).any()
        or (trees[:, end] != LEAVES).any()
        or (leaves[:, :, 0] != -2 * POINTS).any()
    ):
        reader.fail("is another predictor")
    return (
        splits[:, :, 0],
        splits[:, :, 1],
        _as_floats(splits[:, :, 2:]).reshape(TREES, SPLITS),
        _as_floats(leaves[:, :, 2:].reshape(TREES, LEAVES, 2 * POINTS, 2)),
    )


def _as_floats(pairs: Integers) -> Floats:
    """Return numbers of mantissa and exponent (…, 2)."""
    return np.ldexp(pairs[..., 0].astype(np.float64), pairs[..., 1]).astype(np.float32)


def _integers(data: bytes) -> Integers:
    """Return all whole numbers of a file: a byte with length and sign, then the bytes."""
    places = []
    at = 0
    while at < len(data):
        places.append(at)
        at += 1 + (data[at] & 0x0F)
    padded = np.frombuffer(data + bytes(9), dtype=np.uint8)
    starts = np.array(places)
    heads = padded[starts]
    lengths = heads & 0x0F
    values = np.zeros(len(starts), dtype=np.int64)
    for byte in range(min(8, int(lengths.max(initial=0)))):
        more = lengths > byte
        values[more] |= padded[starts[more] + 1 + byte].astype(np.int64) << (8 * byte)
    return np.where(heads & 0x80, -values, values)


class _Numbers:
    """Reads one number after the other."""

    def __init__(self, path: Path, numbers: Integers) -> None:
        self._path, self._numbers, self._at = path, numbers, 0

    def integers(self, count: int) -> Integers:
        """Return so many whole numbers."""
        taken = self._numbers[self._at : self._at + count]
        if len(taken) < count:
            self.fail("breaks off")
        self._at += count
        return taken

    def floats(self, count: int) -> Floats:
        """Return so many numbers of mantissa and exponent."""
        return _as_floats(self.integers(2 * count).reshape(-1, 2))

    def count(self, most: int) -> int:
        """Return how many follow."""
        (number,) = self.integers(1)
        if not 0 < number <= most:
            self.fail("is another predictor")
        return int(number)

    def expect(self, *wanted: int) -> None:
        """Fail unless these very numbers follow."""
        if tuple(self.integers(len(wanted))) != wanted:
            self.fail("is no predictor of five landmarks")

    def fail(self, why: str) -> None:
        """Say what is wrong with the file."""
        raise _invalid(self._path, why)


def _invalid(path: Path, why: str) -> EngineError:
    """Say what is wrong with dlib's file."""
    return EngineError(ErrorCode.WEIGHTS_INVALID, f"{path.name} {why}")
