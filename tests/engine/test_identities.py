"""Tests of collecting faces of tracks: the real networks on composed frames."""

from PIL import Image
import pytest

from custom_components.ring_vision.engine.detector import Detection
from custom_components.ring_vision.engine.faces import FaceEmbedder
from custom_components.ring_vision.engine.identities import FaceCollector, name_tracks
from custom_components.ring_vision.engine.labels import PERSON
from custom_components.ring_vision.engine.protocol import Box, Face, Identity, Reference
from custom_components.ring_vision.engine.tracker import TrackState
from custom_components.ring_vision.engine.video import Frame
from custom_components.ring_vision.engine.yunet import FaceFinder
from tests.pictures import ASTRONAUT, TWO_MEN

from .scenes import frame, photograph, wall

BUST = photograph(ASTRONAUT).crop((60, 0, 420, 360))
"""The astronaut; the face is 120 to 210 px from the left and 59 to 177 from the top."""
ALONE = wall((BUST, (20, 24)))
LEFT: Box = (20 / 640, 24 / 384, 380 / 640, 1.0)
MEN = photograph(TWO_MEN)
MAN_BEHIND: Box = (0.09, 0.27, 0.88, 1.0)
MAN_IN_FRONT: Box = (0.58, 0.05, 0.9, 1.0)


@pytest.fixture(scope="module")
def embedder() -> FaceEmbedder:
    """Return what knows faces again."""
    return FaceEmbedder()


@pytest.fixture
def collector(embedder: FaceEmbedder) -> FaceCollector:
    """Return a collector that has seen nothing."""
    return FaceCollector(FaceFinder(threads=2), embedder)


def track(number: int, *times_s: float, box: Box = LEFT) -> TrackState:
    """Return a person's track that was seen at some times."""
    made = TrackState(number=number)
    for time_s in times_s:
        made.add(time_s, Detection(label=PERSON, score=0.9, box=box))
    return made


def look(collector: FaceCollector, seen: Frame, people: dict[int, Box]) -> set[int]:
    """Look for faces in people and keep them; answers whose were found."""
    faces = collector.in_people(seen, people)
    collector.keep(seen, faces)
    return set(faces)


def test_a_face_in_a_whole_frame_is_told_in_fractions(collector: FaceCollector) -> None:
    ((face, box),) = collector.in_frame(frame(ALONE))
    assert face.box == pytest.approx((140, 83, 230, 201), abs=10)
    assert box == pytest.approx((0.22, 0.22, 0.36, 0.52), abs=0.03)


def test_a_person_has_the_face_inside_their_box(collector: FaceCollector) -> None:
    found = collector.in_people(frame(ALONE), {7: LEFT})
    assert found[7].box == pytest.approx((140, 83, 230, 201), abs=10)


def test_of_a_standing_person_the_upper_half_is_looked_at(
    collector: FaceCollector,
) -> None:
    tall = Image.new("RGB", (640, 1280), "grey")
    small = BUST.resize((240, 240))
    tall.paste(small, (200, 100))
    standing: Box = (200 / 640, 100 / 1280, 440 / 640, 1.0)
    assert set(collector.in_people(frame(tall), {1: standing})) == {1}
    on_his_shirt = Image.new("RGB", (640, 1280), "grey")
    on_his_shirt.paste(small, (200, 1000))
    assert collector.in_people(frame(on_his_shirt), {1: standing}) == {}


def test_a_person_outside_whose_box_the_face_lies_has_none(
    collector: FaceCollector,
) -> None:
    assert collector.in_people(frame(ALONE), {1: (0.7, 0.0, 1.0, 1.0)}) == {}


def test_one_face_belongs_to_one_of_two_people(collector: FaceCollector) -> None:
    wide: Box = (0.0, 0.0, 1.0, 1.0)
    assert set(collector.in_people(frame(ALONE), {1: wide, 2: LEFT})) == {2}


def test_each_of_two_people_has_their_own_face(collector: FaceCollector) -> None:
    people = {1: MAN_BEHIND, 2: MAN_IN_FRONT}
    found = collector.in_people(frame(MEN), people)
    assert found[1].box == pytest.approx((554, 260, 657, 425), abs=20)
    assert found[2].box == pytest.approx((917, 102, 1053, 283), abs=20)


def test_a_face_of_a_very_large_frame_is_measured_in_its_pixels(
    collector: FaceCollector,
) -> None:
    """The frame is looked at in half its size."""
    huge = frame(ALONE.resize((3840, 2304)))
    assert look(collector, huge, {1: LEFT}) == {1}
    (face,) = collector.embed(track(1, 0.0))
    assert face.width_px == pytest.approx(90 * 6, abs=60)
    assert face.box == pytest.approx((0.22, 0.22, 0.36, 0.52), abs=0.03)


def test_the_best_looks_of_different_moments_are_embedded(
    collector: FaceCollector,
) -> None:
    blurred = ALONE.resize((160, 96)).resize(ALONE.size)
    times_s = [number * 0.5 for number in range(7)]
    look(collector, frame(blurred, 0.2), {1: LEFT})
    for time_s in times_s:
        look(collector, frame(ALONE, time_s), {1: LEFT})
    faces = collector.embed(track(1, *times_s))
    told_s = [face.time_s for face in faces]
    assert len(faces) == 5
    assert told_s == sorted(told_s)
    assert 0.2 not in told_s
    assert all(face.weight > 0 for face in faces)
    assert all(len(face.embedding) == 128 for face in faces)


def test_a_track_has_the_faces_of_those_that_it_absorbed(
    collector: FaceCollector,
) -> None:
    look(collector, frame(ALONE, 0.0), {1: LEFT})
    look(collector, frame(ALONE, 4.0), {5: LEFT})
    first = track(1, 0.0)
    first.absorb(track(5, 4.0))
    assert [face.time_s for face in collector.embed(first)] == [0.0, 4.0]


def test_a_face_that_is_too_small_to_tell_has_no_weight(
    collector: FaceCollector,
) -> None:
    small = wall((BUST.resize((120, 120)), (20, 24)))
    look(collector, frame(small), {1: (0.0, 0.0, 0.3, 1.0)})
    (face,) = collector.embed(track(1, 0.0))
    assert (face.weight, face.width_px < 40) == (0.0, True)


def test_without_an_embedder_faces_are_found_but_nothing_is_kept() -> None:
    collector = FaceCollector(FaceFinder(threads=2), None)
    faces = collector.in_people(frame(ALONE), {1: LEFT})
    assert 0.3 < collector.keep(frame(ALONE), faces)[1] <= 0.5
    assert collector.embed(track(1, 0.0)) == []


def face(*, weight: float = 0.8) -> Face:
    """Return a face that is exactly Anna's."""
    return Face(
        time_s=0.0,
        box=LEFT,
        score=0.9,
        width_px=90,
        sharpness=100.0,
        embedding=(0.0,) * 128,
        weight=weight,
    )


ANNA = (Reference(person="Anna", embedding=(0.0,) * 128),)
KNOWN = Identity(person="Anna", distance=0.0)


def test_faces_without_weight_and_tracks_without_faces_are_nobodys() -> None:
    tracks = [track(1, 0.0), track(2, 0.0), track(3, 0.0)]
    faces = {1: [face()], 2: [face(weight=0.0)]}
    assert name_tracks(tracks, faces, ANNA) == {1: KNOWN}


@pytest.mark.parametrize(
    ("times_s", "named"),
    [
        # In view together twice: two people, of whom one is Anna.
        ((0.0, 0.5, 1.0), {1}),
        # Together once, which may be one person seen double.
        ((0.0, 2.5, 3.0), {1, 2}),
        ((2.0, 2.5, 3.0), {1, 2}),
    ],
)
def test_tracks_in_view_together_are_different_people(
    times_s: tuple[float, ...], named: set[int]
) -> None:
    tracks = [track(1, 0.0, 0.5, 1.0), track(2, *times_s)]
    found = name_tracks(tracks, {1: [face()], 2: [face()]}, ANNA)
    assert {one for one, identity in found.items() if identity.person} == named
