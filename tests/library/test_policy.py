"""Tests of what an owner wants to keep: which recordings go, and why."""

from datetime import timedelta

import pytest

from custom_components.ring_vision.library import recordings, sightings
from custom_components.ring_vision.library.policy import Policy, plan_purge
from custom_components.ring_vision.library.store import Library

from .samples import NOON, add_downloaded, announced, sightings_of, track

SIZE = 1000
AGES = {
    "anna": 50,
    "anna_and_cat": 49,
    "cat": 48,
    "moving_car": 47,
    "parked_car": 46,
    "umbrella": 45,
    "nothing": 44,
    "waiting": 43,
    "failed": 42,
    "ding": 41,
}
"""Days, by what the recording shows."""
SEEN = {
    "anna": (track(1),),
    "anna_and_cat": (track(1), track(2, label="cat")),
    "cat": (track(1, label="cat"),),
    "moving_car": (track(1, label="car"),),
    "parked_car": (track(1, label="car", moving=False),),
    "umbrella": (track(1, label="umbrella"),),
    "nothing": (),
    "ding": (track(1, moving=False),),
}


@pytest.fixture
def kept(library: Library) -> Library:
    """Return a library with one recording for each case, all of them old."""
    for name, age in AGES.items():
        kind = {"ding": "ding"}.get(name, "motion")
        new = announced(id=name, start=NOON - timedelta(days=age), kind=kind)
        add_downloaded(library, new, size=SIZE)
    for name, tracks in SEEN.items():
        sightings_of(library, name, *tracks)
    library.run(sightings.mark_analysis_failed, "failed", "bad_video")
    return library


def planned(library: Library, policy: Policy) -> dict[str, str]:
    """Return what goes, and why."""
    plan = library.run(plan_purge, NOON, policy)
    return {item.recording.id: item.why.value for item in plan}


@pytest.mark.parametrize(
    ("policy", "goes"),
    [
        pytest.param(Policy(), {}, id="nothing is said"),
        pytest.param(
            Policy(kinds=("ding",)), {"ding": "kind"}, id="a kind without a limit"
        ),
        pytest.param(
            Policy(kinds=("ding", "motion"), keep_days=46),
            dict.fromkeys(["anna", "anna_and_cat", "cat", "moving_car"], "age"),
            id="kinds and days",
        ),
        pytest.param(Policy(kinds=("on_demand",), keep_days=0), {}, id="no such kind"),
        pytest.param(
            Policy(labels=("cat",)), {"cat": "label"}, id="nobody goes with a cat"
        ),
        pytest.param(
            Policy(labels=("cat", "person"), keep_days=48),
            {"anna": "age", "anna_and_cat": "age"},
            id="labels and days",
        ),
        pytest.param(
            Policy(labels=("car",)), {"moving_car": "label"}, id="a parked car is none"
        ),
        pytest.param(
            Policy(labels=("nothing",)),
            {"parked_car": "label", "nothing": "label"},
            id="nothing was seen, though looked for",
        ),
        pytest.param(
            Policy(labels=("cat", "nothing"), max_bytes=8 * SIZE),
            {"cat": "size", "parked_car": "size"},
            id="labels and bytes",
        ),
        pytest.param(
            Policy(kinds=("ding",), max_bytes=0),
            {"ding": "size"},
            id="the others stay, though they are too much",
        ),
        pytest.param(
            Policy(label_days={"people": 90, "animals": 7}),
            {"cat": "label"},
            id="people 90 days, cats 7",
        ),
        pytest.param(
            Policy(keep_days=30, label_days={"people": None}),
            {
                **dict.fromkeys(["cat", "moving_car", "parked_car", "umbrella"], "age"),
                **dict.fromkeys(["nothing", "waiting", "failed"], "age"),
            },
            id="people for ever",
        ),
        pytest.param(
            Policy(label_days={"vehicles": 30, "nothing": 45}),
            {"moving_car": "label", "parked_car": "label"},
            id="vehicles and nothing",
        ),
        pytest.param(
            Policy(keep_days=100, label_days={"animals": 7}, max_bytes=8 * SIZE),
            {"anna": "size", "cat": "label"},
            id="the size of what is left",
        ),
    ],
)
def test_a_policy_says_what_goes_and_why(
    kept: Library, policy: Policy, goes: dict[str, str]
) -> None:
    assert planned(kept, policy) == goes


def test_what_is_kept_longest_counts_for_all_that_was_seen(kept: Library) -> None:
    days = {"people": 49, "animals": 7}
    assert planned(kept, Policy(label_days=days)) == {"anna": "label", "cat": "label"}
    assert "anna_and_cat" in planned(kept, Policy(label_days=days | {"people": 48}))


def test_a_locked_recording_goes_for_no_reason(kept: Library) -> None:
    kept.run(recordings.set_locked, "cat", locked=True)
    assert planned(kept, Policy(labels=("cat",))) == {}
    assert planned(kept, Policy(label_days={"animals": 1})) == {}
    assert "cat" not in planned(kept, Policy(max_bytes=0))


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Policy(), False),
        (Policy(label_days={"people": None}), False),
        (Policy(label_days={"people": 1}), True),
        (Policy(keep_days=0), True),
        (Policy(max_bytes=0), True),
        (Policy(kinds=("ding",)), True),
    ],
)
def test_a_policy_that_keeps_all_says_nothing(policy: Policy, says: bool) -> None:
    assert policy.says_something is says
