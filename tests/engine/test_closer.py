"""Tests of closer looks at what moves and is not known."""

from collections.abc import Callable

import numpy as np
import pytest

from custom_components.ring_vision.engine.closer import (
    SAVED_S,
    CloserLooks,
    moving_regions,
)
from custom_components.ring_vision.engine.detector import Detection
from custom_components.ring_vision.engine.protocol import Box
from custom_components.ring_vision.engine.sampling import Luma
from custom_components.ring_vision.engine.video import Frame, Picture

from .scenes import frame, wall

EMPTY: Luma = np.full((96, 160), 120, dtype=np.float32)
SMALL = (0.5, 0.5, 0.6, 0.6)
FRAME = frame(wall())


def with_something(*boxes: Box) -> Luma:
    """Return a thumbnail with dark things in it."""
    luma = EMPTY.copy()
    high, wide = luma.shape
    for x1, y1, x2, y2 in boxes:
        luma[
            round(y1 * high) : round(y2 * high), round(x1 * wide) : round(x2 * wide)
        ] = 20
    return luma


class Seer:
    """A detector that sees what it is told, and notes at what it looked."""

    def __init__(self, see: Callable[[Picture], list[Detection]]) -> None:
        self.see = see
        self.looked: list[tuple[int, int, int]] = []

    def detect(self, picture: Picture, long_side_px: int) -> list[Detection]:
        """Look at a picture."""
        self.looked.append((picture.width, picture.height, long_side_px))
        return self.see(picture)


def seeing(label: str, score: float = 0.9, box: Box = (0.3, 0.3, 0.7, 0.7)) -> Seer:
    """Return a detector that sees one thing in every cut-out and nothing else."""

    def see(picture: Picture) -> list[Detection]:
        whole = picture.width == FRAME.width
        return [] if whole else [Detection(label=label, score=score, box=box)]

    return Seer(see)


def looked_at(
    seer: Seer, *moving: Box, known: list[Detection] | None = None, at: Frame = FRAME
) -> list[Detection]:
    """Return what is found where these things moved in after a while."""
    closer = CloserLooks(per_second=10)
    for _ in range(5):
        closer.remember(EMPTY)
    luma = with_something(*moving)
    closer.remember(luma)
    return closer.add(at, luma, known or [], seer)  # type: ignore[arg-type]


def test_what_moves_is_found_where_it_is() -> None:
    (region,) = moving_regions(with_something(SMALL), [EMPTY] * 3)
    assert region == pytest.approx(SMALL, abs=0.02)


def test_two_things_are_two_regions_largest_first() -> None:
    large = (0.1, 0.2, 0.4, 0.6)
    found = moving_regions(with_something(SMALL, large), [EMPTY] * 3)
    assert [pytest.approx(box, abs=0.02) for box in found] == [large, SMALL]


def test_noise_is_nothing_that_moves() -> None:
    noise = np.random.default_rng(1).normal(0, 4, EMPTY.shape).astype(np.float32)
    assert moving_regions(EMPTY + noise, [EMPTY] * 3) == []


def test_a_small_thing_is_cut_out_and_seen_twice() -> None:
    seer = seeing("cat")
    (found,) = looked_at(seer, SMALL)
    assert (found.label, found.score) == ("cat", 0.59)
    assert [long_side for *_, long_side in seer.looked] == [384, 384, 384]
    across, down = (found.box[0] + found.box[2]) / 2, (found.box[1] + found.box[3]) / 2
    assert (across, down) == pytest.approx((0.55, 0.55), abs=0.03)


def test_what_is_seen_in_the_mirror_lies_on_the_other_side() -> None:
    seer = seeing("cat", box=(0.3, 0.4, 0.5, 0.6))
    left, right = sorted(looked_at(seer, SMALL), key=lambda one: one.box[0])
    assert left.box[2] == pytest.approx(right.box[0], abs=0.02)


@pytest.mark.parametrize("box", [(0.0, 0.5, 0.1, 0.6), (0.2, 0.2, 0.8, 0.8)])
def test_what_is_cut_off_or_large_is_looked_at_in_the_whole_picture(box: Box) -> None:
    seer = seeing("cat")
    assert looked_at(seer, box) == []
    assert seer.looked == [(FRAME.width, FRAME.height, 384)]


@pytest.mark.parametrize(
    ("box", "looks"), [(SMALL, 0), ((0.3, 0.3, 0.9, 0.9), 3), ((0, 0, 0.3, 0.3), 3)]
)
def test_what_is_known_needs_no_closer_look(box: Box, looks: int) -> None:
    """What only stands behind it does not say what moves."""
    seer = seeing("cat")
    known = [Detection(label="car", score=0.9, box=box)]
    found = looked_at(seer, SMALL, known=known)
    assert found[:1] == known
    assert len(seer.looked) == looks


def test_things_do_not_move_by_themselves() -> None:
    assert looked_at(seeing("suitcase"), SMALL) == []


def test_a_part_of_somebody_is_nobody_else() -> None:
    known = [Detection(label="person", score=0.4, box=(0.4, 0.4, 0.7, 0.7))]
    assert looked_at(seeing("person"), SMALL, known=known) == known


def test_a_still_scene_is_not_looked_at_closely() -> None:
    seer = seeing("cat")
    assert looked_at(seer) == []
    assert seer.looked == []


def test_there_are_only_so_many_closer_looks() -> None:
    seer = seeing("cat")
    closer = CloserLooks(per_second=1)
    for number in range(40):
        luma = with_something((0.02 * number, 0.5, 0.02 * number + 0.1, 0.6))
        closer.remember(luma)
        closer.add(FRAME, luma, [], seer)  # type: ignore[arg-type]
    assert 3 <= len(seer.looked) <= SAVED_S + 4


def test_a_picture_of_another_size_begins_anew() -> None:
    closer = CloserLooks(per_second=10)
    for _ in range(5):
        closer.remember(EMPTY)
    closer.remember(EMPTY[:50])
    assert closer.add(FRAME, EMPTY[:50], [], seeing("cat")) == []  # type: ignore[arg-type]
