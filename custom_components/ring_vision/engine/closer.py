"""Closer looks: what moves and is not known is cut out and looked at by itself.

A cat that crosses a street is some 40 pixels of the network's picture; cut out it fills
it. Where it is, the difference to the picture's usual state of the last two seconds tells.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .boxes import inside, pair_iou
from .detector import Detection, Detector
from .labels import PERSON, Group, group_of
from .protocol import Box
from .sampling import Luma, changed
from .video import Frame, Pixels

REMEMBERED: Final = 9
"""Thumbnails of which the middle is the usual state: two seconds."""
WHOLE_COST: Final = 1
CUT_OUT_COST: Final = 3
LEAST_LUMAS: Final = 3
SAVED_S: Final = 6.0
"""What a recording may use at its start, in seconds' worth."""
LEAST_CELLS: Final = 12
"""Fewer changed cells are noise, or too small to be told apart."""
MOST_SHARE: Final = 0.12
"""Of the picture; what is larger is seen well without being cut out."""
BLOCK: Final = 8
"""Cells, each way: what touches is one thing."""
BLOCK_CELLS: Final = 6
REGIONS: Final = 2
"""At most so many in one frame."""
ROOM: Final = 1.5
"""A cut-out is so many times as large as what moves."""
BORDER: Final = 0.01
"""What comes into the picture or leaves it is only a part of something."""
LEAST_PX: Final = 160
LONG_SIDE_PX: Final = 384
"""Of the cut-out as the network sees it."""
WHOLE_SIDE_PX: Final = 384
"""Of the whole picture: what is large is known better when it is made small."""
KNOWN_SCORE: Final = 0.5
KNOWN_IOU: Final = 0.25
KNOWN_SHARE: Final = 0.5
MOST_SCORE: Final = 0.59
"""One closer look is never enough for a label: enlarged leaves look like many things."""
SAME_SHARE: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class CutOut:
    """A part of a picture, which is looked at as a picture."""

    pixels: Pixels

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return int(self.pixels.shape[0])

    def rgb(self, width: int, height: int) -> Pixels:
        """Return it scaled to a size."""
        image = Image.fromarray(self.pixels)
        return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


@dataclass(kw_only=True, slots=True)
class CloserLooks:
    """Decides where a closer look is worth it, and takes it, within its means."""

    per_second: float
    """How much they may cost; what is not used is saved for later."""
    unknown: bool = False
    """Something moved in the last frame of which nobody knows what it is."""
    _used: int = 0
    _lumas: deque[Luma] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def remember(self, luma: Luma) -> None:
        """Take a thumbnail into account."""
        if self._lumas and self._lumas[-1].shape != luma.shape:
            self._lumas.clear()
        self._lumas.append(luma)

    def add(
        self, frame: Frame, luma: Luma, known: list[Detection], detector: Detector
    ) -> list[Detection]:
        """Return what was detected, with what closer looks show besides."""
        if not self.per_second or frame.turns or len(self._lumas) < LEAST_LUMAS:
            return known
        regions = [
            region
            for region in moving_regions(luma, list(self._lumas))
            if not _is_known(region, known)
        ]
        self.unknown = bool(regions)
        if not regions or self._used >= self.per_second * (SAVED_S + frame.time_s):
            return known
        self._used += WHOLE_COST
        found = list(known)
        _add_news(found, detector.detect(frame, WHOLE_SIDE_PX), regions)
        for region in [one for one in regions if _is_whole(one)][:REGIONS]:
            if not _is_known(region, found):
                self._used += CUT_OUT_COST
                _add_news(found, _look_closer(frame, region, detector), [region])
        return found


def moving_regions(luma: Luma, lumas: list[Luma]) -> list[Box]:
    """Return where something is that usually is not, in fractions, largest first."""
    usual = np.median(np.stack(lumas), axis=0).astype(np.float32)
    cells = changed(usual, luma)
    found = [_region(cells, blocks) for blocks in _connected(_blocks(cells))]
    return sorted(
        (box for box in found if box is not None),
        key=_share,
        reverse=True,
    )


def _is_whole(box: Box) -> bool:
    """Tell whether the box shows all of something, and not too near."""
    inside = min(box[:2]) >= BORDER and max(box[2:]) <= 1 - BORDER
    return inside and _share(box) <= MOST_SHARE


def _share(box: Box) -> float:
    """Return which share of the picture a box covers."""
    return (box[2] - box[0]) * (box[3] - box[1])


def _blocks(cells: NDArray[np.bool_]) -> set[tuple[int, int]]:
    """Return the blocks (row, column) in which enough cells changed."""
    rows, columns = (side // BLOCK for side in cells.shape)
    counts = (
        cells[: rows * BLOCK, : columns * BLOCK]
        .reshape(rows, BLOCK, columns, BLOCK)
        .sum(axis=(1, 3))
    )
    return {
        (int(row), int(column)) for row, column in np.argwhere(counts >= BLOCK_CELLS)
    }


def _connected(blocks: set[tuple[int, int]]) -> list[set[tuple[int, int]]]:
    """Return the groups of blocks that touch each other."""
    groups = []
    left = set(blocks)
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            group |= edge
            edge = {
                (row + down, column + across)
                for row, column in edge
                for down in (-1, 0, 1)
                for across in (-1, 0, 1)
            } & left
            left -= edge
        groups.append(group)
    return groups


def _region(cells: NDArray[np.bool_], blocks: set[tuple[int, int]]) -> Box | None:
    """Return the box of what changed in some blocks, None for next to nothing."""
    inside = np.zeros_like(cells)
    for row, column in blocks:
        place = (
            slice(row * BLOCK, (row + 1) * BLOCK),
            slice(column * BLOCK, (column + 1) * BLOCK),
        )
        inside[place] = cells[place]
    rows, columns = np.nonzero(inside)
    if len(rows) < LEAST_CELLS:
        return None
    high, wide = cells.shape
    return (
        float(columns.min()) / wide,
        float(rows.min()) / high,
        float(columns.max() + 1) / wide,
        float(rows.max() + 1) / high,
    )


def _is_known(region: Box, known: list[Detection]) -> bool:
    """Tell whether a sure detection says what moves there.

    What only stands behind it, a parked car, is larger or elsewhere. Several people who
    walk together are one region.
    """
    sure = [one for one in known if one.score >= KNOWN_SCORE]
    people = [one.box for one in sure if one.label == PERSON]
    return (
        any(pair_iou(region, one.box) >= KNOWN_IOU for one in sure)
        or sum(inside(region, box) for box in people) >= KNOWN_SHARE
    )


def _look_closer(frame: Frame, region: Box, detector: Detector) -> list[Detection]:
    """Return what a region shows, cut out and as its mirror image.

    What is seen from an odd side is known one way round and not the other.
    """
    left, top, right, bottom = place = _cut_out(region, frame)
    pixels = frame.rgb(frame.width, frame.height)[top:bottom, left:right]
    plain = CutOut(pixels=np.ascontiguousarray(pixels))
    mirror = CutOut(pixels=np.ascontiguousarray(pixels[:, ::-1]))
    seen = detector.detect(plain, LONG_SIDE_PX) + [
        replace(one, box=(1 - one.box[2], one.box[1], 1 - one.box[0], one.box[3]))
        for one in detector.detect(mirror, LONG_SIDE_PX)
    ]
    return [_placed(one, place, frame) for one in seen]


def _cut_out(region: Box, frame: Frame) -> tuple[int, int, int, int]:
    """Return a square around a region in pixels: left, top, right, bottom."""
    x1, y1, x2, y2 = region
    wide, high = (x2 - x1) * frame.width, (y2 - y1) * frame.height
    half = max(LEAST_PX, ROOM * max(wide, high)) / 2
    across, down = (x1 + x2) / 2 * frame.width, (y1 + y2) / 2 * frame.height
    return (
        max(0, int(across - half)),
        max(0, int(down - half)),
        min(frame.width, int(across + half) + 1),
        min(frame.height, int(down + half) + 1),
    )


def _placed(
    one: Detection, place: tuple[int, int, int, int], frame: Frame
) -> Detection:
    """Return a detection of a cut-out where it is in the frame."""
    left, top, right, bottom = place
    wide, high = right - left, bottom - top
    x1, y1, x2, y2 = one.box
    return replace(
        one,
        score=min(one.score, MOST_SCORE),
        box=(
            (left + x1 * wide) / frame.width,
            (top + y1 * high) / frame.height,
            (left + x2 * wide) / frame.width,
            (top + y2 * high) / frame.height,
        ),
    )


def _add_news(
    found: list[Detection], seen: list[Detection], regions: list[Box]
) -> None:
    """Add what moves in the regions and is not found already, the surest first."""
    for one in sorted(seen, key=lambda one: -one.score):
        x1, y1, x2, y2 = one.box
        across, down = (x1 + x2) / 2, (y1 + y2) / 2
        moves = any(
            region[0] <= across <= region[2] and region[1] <= down <= region[3]
            for region in regions
        )
        # Nothing else moves by itself.
        if not moves or group_of(one.label) is Group.THINGS:
            continue
        alike = [
            other.box for other in found if group_of(other.label) is group_of(one.label)
        ]
        # A part of somebody who is known is nobody else.
        if not any(inside(one.box, other) >= SAME_SHARE for other in alike):
            found.append(one)
