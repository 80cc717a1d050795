"""Tests of the tracker: detections of one frame after the other become tracks."""

import pytest

from custom_components.ring_vision.engine.detector import Detection
from custom_components.ring_vision.engine.protocol import Box
from custom_components.ring_vision.engine.tracker import Tracker, TrackState

HERE: Box = (0.1, 0.2, 0.3, 0.8)
THERE: Box = (0.6, 0.2, 0.8, 0.8)


def seen(box: Box, label: str = "person", score: float = 0.8) -> Detection:
    """Return a detection."""
    return Detection(label=label, score=score, box=box)


def follow(frames: list[list[Detection]], step_s: float = 0.5) -> list[TrackState]:
    """Return the tracks of detections, frame by frame."""
    tracker = Tracker()
    for index, detections in enumerate(frames):
        tracker.update(index * step_s, detections)
    return tracker.finish()


def shifted(box: Box, across: float) -> Box:
    """Return a box further to the right."""
    return (box[0] + across, box[1], box[2] + across, box[3])


def test_who_stays_is_one_track() -> None:
    (track,) = follow([[seen(HERE)]] * 5)
    assert (track.label, track.start_s, track.end_s) == ("person", 0, 2)
    assert len(track.looks) == 5
    assert track.confidence == pytest.approx(0.8)


def test_two_people_are_two_tracks_also_when_their_order_changes() -> None:
    one, other = seen(HERE, score=0.9), seen(THERE, score=0.7)
    tracks = follow([[one, other], [other, one], [one, other]])
    assert [track.box for track in tracks] == [HERE, THERE]
    assert [len(track.looks) for track in tracks] == [3, 3]


def test_an_update_says_which_track_each_detection_goes_to() -> None:
    tracker = Tracker()
    one, weak = seen(HERE), seen(THERE, score=0.2)
    ((track, detection),) = tracker.update(0, [one, weak])
    assert (track.number, detection) == (1, one)
    (again,) = tracker.update(0.5, [seen(HERE)])
    assert again[0] is track


def test_who_walks_is_one_track() -> None:
    tracks = follow([[seen(shifted(HERE, step * 0.1))] for step in range(7)], 0.25)
    assert [len(track.looks) for track in tracks] == [7]


def test_who_runs_is_found_where_they_would_be() -> None:
    """Without overlap between two looks, the way so far tells."""
    run = [0.0, 0.1, 0.25, 0.46]
    tracks = follow([[seen(shifted(HERE, across))] for across in run], 0.25)
    assert [len(track.looks) for track in tracks] == [4]


def test_who_is_not_seen_once_stays_the_same() -> None:
    (track,) = follow([[seen(HERE)], [], [seen(HERE)]], step_s=1.0)
    assert len(track.looks) == 2


def test_who_comes_after_a_while_is_somebody_else() -> None:
    tracks = follow([[seen(HERE)], *[[]] * 6, [seen(HERE)]], step_s=1.0)
    assert [track.start_s for track in tracks] == [0, 7]


def test_a_car_that_was_overlooked_for_a_while_stands_there_still() -> None:
    car = seen(HERE, "car")
    (track,) = follow([[car], *[[]] * 9, [car], *[[]] * 9, [car]], step_s=1.0)
    assert (track.start_s, track.end_s) == (0, 20)
    assert len(track.absorbed) == 2


def test_a_weak_detection_goes_on_with_a_track_but_begins_none() -> None:
    weak = seen(HERE, score=0.2)
    assert follow([[weak]] * 9) == []
    (track,) = follow([[seen(HERE)], [weak], [weak]])
    assert track.end_s == 1


@pytest.mark.parametrize(
    ("scores", "counts"),
    [
        ([0.6], True),  # one sure look
        ([0.55], False),
        ([0.4, 0.4], True),  # two good ones
        ([0.45, 0.35], False),
        ([0.3] * 6, True),  # many weak ones
        ([0.3] * 5, False),
    ],
)
def test_a_label_counts_when_enough_looks_support_it(
    scores: list[float], counts: bool
) -> None:
    tracks = follow([[seen(HERE, score=score)] for score in scores])
    assert bool(tracks) is counts


def test_a_track_has_the_label_for_which_most_looks_speak() -> None:
    looks = [("dog", 0.4), ("cat", 0.9), ("dog", 0.45), ("cat", 0.7)]
    (track,) = follow([[seen(HERE, label, score)] for label, score in looks])
    assert track.label == "cat"
    assert track.confidence == pytest.approx(0.9)


def test_a_dog_beside_its_owner_is_not_taken_for_them() -> None:
    tracks = follow([[seen(HERE)], [seen(HERE, "dog")], [seen(HERE)]])
    assert sorted(track.label for track in tracks) == ["dog", "person"]


def test_after_a_cut_somebody_else_may_stand_there() -> None:
    tracker = Tracker()
    person, car = seen(HERE), seen(THERE, "car")
    tracker.update(0, [person, car])
    tracker.cut()
    tracker.update(0.5, [person, car])
    tracks = tracker.finish()
    assert sorted((track.label, track.start_s) for track in tracks) == [
        ("car", 0),
        ("person", 0),
        ("person", 0.5),
    ]


def test_two_looks_at_the_same_moment_tell_no_way() -> None:
    tracker = Tracker()
    for _ in range(2):
        tracker.update(0, [seen(HERE)])
    ((track, _),) = tracker.update(0, [seen(HERE)])
    assert track.predict(1) == HERE


@pytest.mark.parametrize(
    ("label", "boxes", "moving"),
    [
        ("car", [HERE] * 8, False),
        ("person", [HERE] * 8, False),  # a picture on the wall, a garden gnome
        ("car", [shifted(HERE, step * 0.06) for step in range(8)], True),
        ("car", [*[HERE] * 7, shifted(HERE, 0.1)], False),  # one bad box
        ("car", [HERE], False),
    ],
    ids=["parked", "gnome", "drives", "one bad box", "one look"],
)
def test_what_stands_still_all_along_does_not_move(
    label: str, boxes: list[Box], moving: bool
) -> None:
    (track,) = follow([[seen(box, label)] for box in boxes])
    assert track.is_moving(duration_s=4) is moving


@pytest.mark.parametrize(
    ("label", "stirred", "duration_s", "moving"),
    [
        ("person", 0.0, 1.0, False),
        ("person", 0.03, 1.0, True),  # breathes
        ("person", 0.0, 30.0, True),  # went
        ("car", 0.1, 30.0, False),  # was overlooked
        ("car", 0.7, 30.0, True),  # drove by
        ("car", 0.7, 1.0, False),  # somebody walked before it
    ],
)
def test_what_came_or_went_or_stirred_moved(
    label: str, stirred: float, duration_s: float, moving: bool
) -> None:
    (track,) = follow([[seen(HERE, label)]] * 2)
    track.stirred = stirred
    assert track.is_moving(duration_s) is moving
