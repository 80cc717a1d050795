"""Tests of the tracker: what is seen look after look becomes one object each."""

import pytest

from custom_components.ring_vision.engine.detector import Detection
from custom_components.ring_vision.engine.presets import PRESETS
from custom_components.ring_vision.engine.protocol import Box
from custom_components.ring_vision.engine.tracker import PATIENCE_S, Tracker, TrackState

GAP_S = PRESETS["balanced"].track_gap_s
LEFT, MIDDLE, RIGHT = (0.1, 0.2, 0.3, 0.8), (0.4, 0.2, 0.6, 0.8), (0.7, 0.2, 0.9, 0.8)


def person(box: Box = MIDDLE, score: float = 0.8) -> Detection:
    """Return a person that was detected."""
    return Detection(label="person", score=score, box=box)


def thing(label: str, score: float = 0.8, box: Box = MIDDLE) -> Detection:
    """Return something that was detected."""
    return Detection(label=label, score=score, box=box)


def at(left: float) -> Box:
    """Return a box that begins so far to the right, a tenth wide."""
    return (left, 0.3, left + 0.1, 0.7)


def followed(*looks: list[Detection], gap_s: float = 0.5) -> list[TrackState]:
    """Return the tracks of looks that are so far apart."""
    tracker = Tracker()
    for index, detections in enumerate(looks):
        tracker.update(index * gap_s, detections)
    return tracker.finish()


def seen_at(*seen: tuple[float, Detection]) -> list[TrackState]:
    """Return the tracks of single detections at given times."""
    tracker = Tracker()
    for time_s, detection in seen:
        tracker.update(time_s, [detection])
    return tracker.finish()


def track_of(*seen: tuple[float, Detection], stirred: float = 0.0) -> TrackState:
    """Return a track made of given looks."""
    track = TrackState(number=1, stirred=stirred)
    for time_s, detection in seen:
        track.add(time_s, detection)
    return track


def test_nothing_seen_is_nothing_followed() -> None:
    assert followed([], [], []) == []


def test_who_stays_is_one_track() -> None:
    (track,) = followed([person()], [person()], [person()])
    assert (track.number, track.label, len(track.looks)) == (1, "person", 3)
    assert (track.start_s, track.end_s, track.box) == (0.0, 1.0, MIDDLE)


def test_an_update_tells_which_track_each_detection_goes_to() -> None:
    tracker = Tracker()
    first = {one.number: seen for one, seen in tracker.update(0, [person(LEFT)])}
    assert first == {1: person(LEFT)}
    both = [person(RIGHT), person(LEFT)]
    again = {one.number: seen for one, seen in tracker.update(0.5, both)}
    assert again == {1: person(LEFT), 2: person(RIGHT)}


def test_two_that_stand_beside_each_other_are_two_tracks() -> None:
    tracks = followed([person(LEFT), person(MIDDLE)], [person(MIDDLE), person(LEFT)])
    assert [one.box for one in tracks] == [LEFT, MIDDLE]


@pytest.mark.parametrize("step", [0.02, 0.06, 0.09], ids=str)
def test_who_walks_is_followed(step: float) -> None:
    """With nine tenths of its width a look the boxes touch hardly."""
    (track,) = followed(*[[person(at(index * step))] for index in range(10)])
    assert len(track.looks) == 10


def test_who_runs_is_found_where_the_run_leads() -> None:
    """Two looks tell the speed, with which the boxes do not overlap any more."""
    lefts = [0.0, 0.1, 0.25, 0.4, 0.55, 0.7]
    (track,) = followed(*[[person(at(left))] for left in lefts])
    assert len(track.looks) == 6


def test_who_appears_elsewhere_is_another() -> None:
    assert len(followed([person(LEFT)], [person(RIGHT)])) == 2


def test_a_detection_goes_to_the_track_that_it_fits_best() -> None:
    one, other = person((0.0, 0.2, 0.2, 0.8)), person((0.1, 0.2, 0.3, 0.8))
    tracks = followed([one, other], [other])
    assert [len(track.looks) for track in tracks] == [1, 2]


def test_two_that_pass_each_other_keep_their_tracks() -> None:
    steps = [index * 0.04 for index in range(20)]
    tracks = followed(
        *[
            [person((left, 0.1, left + 0.1, 0.5)), person((0.8 - left, 0.4, 0.9, 0.9))]
            for left in steps
        ]
    )
    assert [len(one.looks) for one in tracks] == [20, 20]
    assert tracks[0].box[1] == 0.1
    assert tracks[1].box[1] == 0.4


def test_a_person_and_a_dog_in_one_place_are_two() -> None:
    tracks = followed([person(), thing("dog")], [thing("dog"), person()])
    assert sorted(one.label for one in tracks) == ["dog", "person"]


def test_an_animal_is_what_most_and_surest_looks_say() -> None:
    (track,) = followed(
        [thing("cat", 0.4)],
        [thing("dog", 0.9)],
        [thing("cat", 0.4)],
        [thing("cat", 0.5)],
    )
    assert track.label == "dog"
    assert track.confidence == pytest.approx(0.9)


def test_who_is_hardly_seen_begins_nothing_but_goes_on() -> None:
    weak = person(score=0.2)
    assert followed([weak], [weak], [weak]) == []
    (track,) = followed([weak], [person()], [weak])
    assert len(track.looks) == 2
    assert track.end_s == 1.0


def test_who_is_overlooked_once_goes_on() -> None:
    (track,) = seen_at((0, person()), (GAP_S, person()))
    assert (len(track.looks), track.absorbed) == (2, [])


@pytest.mark.parametrize(
    ("label", "pause_s", "tracks"),
    [
        ("person", PATIENCE_S, 1),
        ("person", PATIENCE_S + 1, 2),
        ("dog", PATIENCE_S + 1, 2),
        ("car", PATIENCE_S, 1),
        ("car", 60.0, 1),  # it is parked there
    ],
)
def test_who_comes_back_to_the_same_place_may_be_the_same(
    label: str, pause_s: float, tracks: int
) -> None:
    assert len(seen_at((0, thing(label)), (pause_s, thing(label)))) == tracks


def test_who_comes_back_to_another_place_is_another() -> None:
    assert len(seen_at((0, person(LEFT)), (4, person(RIGHT)))) == 2


def test_what_is_joined_has_all_its_looks_and_the_numbers_of_all() -> None:
    tracker = Tracker()
    for time_s in (0.0, 10.0, 20.0):
        ((track, _),) = tracker.update(time_s, [thing("car")])
        track.stirred = time_s / 100
    (car,) = tracker.finish()
    assert (car.number, car.absorbed) == (1, [2, 3])
    assert [look.time_s for look in car.looks] == [0.0, 10.0, 20.0]
    assert car.stirred == 0.2


def test_two_at_once_are_never_joined() -> None:
    """The second car was seen before the first was lost."""
    tracks = followed(
        [thing("car", box=LEFT)],
        [thing("car", box=LEFT), thing("car", box=RIGHT)],
        [thing("car", box=RIGHT)],
    )
    assert len(tracks) == 2


@pytest.mark.parametrize(("label", "tracks"), [("person", 2), ("car", 1)])
def test_after_a_cut_whoever_lives_is_another(label: str, tracks: int) -> None:
    tracker = Tracker()
    tracker.update(0, [thing(label)])
    tracker.cut()
    tracker.update(0.5, [thing(label)])
    assert len(tracker.finish()) == tracks


def test_tracks_are_numbered_once_over_cuts_and_losses() -> None:
    tracker = Tracker()
    numbers = []
    for time_s in (0.0, 10.0, 20.0):
        numbers += [one.number for one, _ in tracker.update(time_s, [person()])]
        tracker.cut()
    assert numbers == [1, 2, 3]


def test_tracks_are_returned_in_the_order_of_their_beginning() -> None:
    tracker = Tracker()
    tracker.update(0, [person(LEFT)])
    for time_s in (1.0, 2.0, 3.0, 4.0):
        tracker.update(time_s, [thing("car", box=RIGHT)])
    assert [one.label for one in tracker.finish()] == ["person", "car"]


@pytest.mark.parametrize(
    ("scores", "supported"),
    [
        ([0.6], True),
        ([0.59], False),
        ([0.4, 0.4], True),
        ([0.4, 0.39], False),
        ([0.3] * 6, True),
        ([0.3] * 5, False),
        ([0.2] * 50, False),
    ],
)
def test_a_label_needs_support(scores: list[float], supported: bool) -> None:
    looks = enumerate(person(score=score) for score in scores)
    assert track_of(*looks).is_supported() is supported


def test_an_animal_is_there_though_looks_differ_about_which_one() -> None:
    looks = [thing("dog", 0.45), thing("cat", 0.44), thing("dog", 0.3)]
    track = track_of(*enumerate(looks))
    assert (track.label, track.is_supported()) == ("dog", True)


def test_looks_that_say_something_else_are_no_support() -> None:
    looks = [thing("dog", 0.45), thing("umbrella", 0.44), thing("dog", 0.3)]
    assert not track_of(*enumerate(looks)).is_supported()


def test_what_has_no_support_is_left_out() -> None:
    assert followed([person(score=0.4)]) == []


def test_confidence_is_the_middle_of_the_better_half() -> None:
    looks = enumerate(person(score=score) for score in (0.2, 0.9, 0.7, 0.3, 0.8))
    assert track_of(*looks).confidence == pytest.approx(0.8)


def test_a_track_foresees_where_it_goes() -> None:
    track = track_of((0.0, person(at(0.1))))
    assert track.predict(5.0) == at(0.1)
    track.add(1.0, person(at(0.2)))
    assert track.predict(1.5) == pytest.approx(at(0.25))
    # No further than twice the last step.
    assert track.predict(60.0) == pytest.approx(at(0.4))
    track.add(1.0, person(at(0.2)))
    assert track.predict(1.5) == pytest.approx(at(0.2))


@pytest.mark.parametrize(
    ("boxes", "moving"),
    [
        ([at(0.1), at(0.1), at(0.11), at(0.1)], False),
        ([at(0.1), at(0.2), at(0.3), at(0.4)], True),
        ([at(0.1), at(0.3)], True),
        # One bad box is the detector's fault.
        ([at(0.1), at(0.1), at(0.5), at(0.1)], False),
        ([at(0.1)], False),
    ],
)
def test_what_moves_lies_elsewhere_than_usual(boxes: list[Box], moving: bool) -> None:
    looks = [(float(time_s), thing("car", box=box)) for time_s, box in enumerate(boxes)]
    assert track_of(*looks).is_moving(duration_s=len(boxes)) is moving


@pytest.mark.parametrize(
    ("label", "times", "stirred", "moving"),
    [
        # There all along: something that lives stirs at least.
        ("person", (0.0, 30.0), 0.0, False),
        ("person", (0.0, 30.0), 0.05, True),
        ("car", (0.0, 30.0), 0.05, False),
        ("car", (0.0, 30.0), 0.9, False),  # a shadow falls onto it
        # Came, or went.
        ("person", (5.0, 30.0), 0.0, True),
        ("person", (0.0, 20.0), 0.0, True),
        # A thing seems to come when it was overlooked before, unless all of it changed.
        ("car", (5.0, 30.0), 0.1, False),
        ("car", (5.0, 30.0), 0.7, True),
        ("car", (0.0, 5.0), 0.7, True),
    ],
)
def test_what_comes_or_goes_moves(
    label: str, times: tuple[float, float], stirred: float, moving: bool
) -> None:
    looks = [(time_s, thing(label)) for time_s in times]
    assert track_of(*looks, stirred=stirred).is_moving(duration_s=30.0) is moving
