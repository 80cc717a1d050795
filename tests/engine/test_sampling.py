"""Tests of sampling: which frames get a closer look."""

import numpy as np
import pytest

from custom_components.ring_vision.engine.sampling import Luma, Sampler, changed, is_cut

DAY = np.full((90, 160), 120, dtype=np.float32)
RANDOM = np.random.default_rng(3)
SCENE: Luma = RANDOM.uniform(0, 200, (90, 160)).astype(np.float32)
OTHER: Luma = RANDOM.uniform(0, 200, (90, 160)).astype(np.float32)


def with_somebody(column: int) -> Luma:
    """Return the day with a dark figure in it."""
    luma = DAY.copy()
    luma[30:60, column : column + 10] = 20
    return luma


def looks(
    lumas: list[Luma], fps: float, *, busy: bool = False, steady: bool = False
) -> list[float]:
    """Return the times at which the sampler looks closely."""
    sampler = Sampler()
    sampler.busy, sampler.steady = busy, steady
    times = []
    for index, luma in enumerate(lumas):
        time_s = index / fps
        if sampler.wants(time_s, luma):
            sampler.looked(time_s, luma)
            times.append(time_s)
    return times


def test_a_still_scene_is_looked_at_once_a_second() -> None:
    assert looks([DAY] * 41, fps=10) == [0, 1, 2, 3, 4]


def test_while_somebody_is_in_view_it_is_twice_a_second() -> None:
    assert looks([DAY] * 21, fps=10, busy=True) == [0, 0.5, 1, 1.5, 2]


def test_movement_is_looked_at_four_times_a_second() -> None:
    moving = [with_somebody(column * 4) for column in range(31)]
    assert looks(moving, fps=20) == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]


def test_the_whole_recording_is_covered_also_when_its_end_alone_moves() -> None:
    lumas = [DAY] * 100 + [with_somebody(column * 4) for column in range(20)]
    times = looks(lumas, fps=10)
    assert [time for time in times if time < 10] == list(range(10))
    assert len([time for time in times if time >= 10]) > 5


def test_noise_and_a_light_that_goes_on_are_no_movement() -> None:
    noise = RANDOM.normal(0, 5, DAY.shape).astype(np.float32)
    assert not changed(DAY, DAY + noise).any()
    assert not changed(DAY, DAY + 60).any()


def test_the_cells_of_what_came_have_changed() -> None:
    cells = changed(DAY, with_somebody(20))
    assert cells[30:60, 20:30].all()
    assert cells.sum() == 300


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (SCENE, OTHER, True),
        (SCENE, SCENE, False),
        (SCENE, SCENE * 2, False),  # the infrared light went on
        (DAY, with_somebody(20), False),
        (DAY, np.where(np.arange(160) < 110, DAY, 30), False),  # a lorry drives by
    ],
    ids=["another scene", "the same", "lit", "somebody", "lorry"],
)
def test_another_scene_is_told_from_movement(
    before: Luma, after: Luma, expected: bool
) -> None:
    after = after.astype(np.float32)
    # A plain wall is like nothing, also not like itself: a little texture.
    before, after = before + SCENE / 9, after + SCENE / 9
    assert is_cut(before, after, changed(before, after)) is expected


def test_the_sampler_says_whether_the_scene_was_cut() -> None:
    sampler = Sampler()
    assert sampler.looked(0, SCENE) is None
    assert not sampler.cut
    assert sampler.looked(1, OTHER) is not None
    assert sampler.cut
    sampler.looked(2, OTHER)
    assert not sampler.cut


def test_a_cut_between_two_looks_is_not_missed() -> None:
    sampler = Sampler()
    sampler.looked(0, SCENE)
    sampler.passed(OTHER)
    sampler.looked(1, OTHER)
    assert sampler.cut


def test_what_is_known_and_followed_is_looked_at_half_as_often() -> None:
    moving = [with_somebody(column * 4) for column in range(31)]
    assert looks(moving, fps=20, steady=True) == [0, 0.45, 0.9, 1.35]


def test_a_recording_that_changes_its_size_shows_another_scene() -> None:
    sampler = Sampler()
    sampler.looked(0, DAY)
    small = DAY[::2, ::2]
    assert sampler.wants(0.3, small)
    assert sampler.looked(0.3, small) is None
    assert sampler.cut
