"""Tests of matching: distances on a plane stand for faces that are alike or not."""

import math

import pytest

from custom_components.ring_vision.engine.matching import identify, nearest
from custom_components.ring_vision.engine.protocol import (
    GoodFace,
    Identity,
    Reference,
    TrackFaces,
)

ANNA, BEN = (0.0, 0.0), (1.0, 0.0)
FAR = (9.0, 9.0)

type Point = tuple[float, float]


def embedding(point: Point) -> tuple[float, ...]:
    """Return 128 numbers of which all but two are nought."""
    return (*point, *[0.0] * 126)


def reference(person: str, point: Point) -> Reference:
    """Enrol a face for a person."""
    return Reference(person=person, embedding=embedding(point))


def track(number: int, *points: Point, together: tuple[int, ...] = ()) -> TrackFaces:
    """Return a track whose faces weigh the same."""
    weighed = [(point, 1.0) for point in points]
    return weighed_track(number, *weighed, together=together)


def weighed_track(
    number: int, *faces: tuple[Point, float], together: tuple[int, ...] = ()
) -> TrackFaces:
    """Return a track with faces of given weights."""
    good = tuple(
        GoodFace(embedding=embedding(point), weight=weight) for point, weight in faces
    )
    return TrackFaces(track=number, faces=good, together=together)


GALLERY = (reference("Anna", ANNA), reference("Ben", BEN))


def named(*tracks: TrackFaces) -> dict[int, str | None]:
    """Return the person of each track that is identified; None for a stranger."""
    return {
        number: identity.person
        for number, identity in identify(list(tracks), GALLERY).items()
    }


def strangers(*tracks: TrackFaces) -> dict[int, int | None]:
    """Return the number of each unknown track."""
    return {
        number: identity.stranger
        for number, identity in identify(list(tracks), GALLERY).items()
    }


def test_the_nearest_face_of_a_person_is_their_distance() -> None:
    gallery = (*GALLERY, reference("Anna", (0.75, 0.0)))
    assert nearest(embedding((0.5, 0.0)), gallery) == [(0.25, "Anna"), (0.5, "Ben")]


def test_nobody_is_near_in_an_empty_gallery() -> None:
    assert nearest(embedding(ANNA), ()) == []
    assert identify([track(1, ANNA)], ()) == {1: Identity(stranger=1)}


def test_a_broken_reference_is_nobodys_nearest() -> None:
    broken = (reference("Anna", (math.nan, 0.0)), reference("Ben", BEN))
    assert nearest(embedding(ANNA), broken) == [(1.0, "Ben")]
    assert identify([track(1, BEN)], broken)[1].person == "Ben"
    only_broken = (reference("Anna", (math.nan, 0.0)),)
    assert identify([track(1, ANNA)], only_broken) == {1: Identity(stranger=1)}


@pytest.mark.parametrize(
    ("points", "identity"),
    [
        # Near one person and nobody else; the distance is that of the best face.
        ([(0.25, 0.0)], Identity(person="Anna", distance=0.25)),
        ([(0.375, 0.0), (0.25, 0.0)], Identity(person="Anna", distance=0.25)),
        # Far from everybody.
        ([(0.0, 0.625)], Identity(stranger=1)),
        # Too far to be Anna, too near to be a stranger.
        ([(0.0, 0.5625)], None),
        # As near to the one as to the other.
        ([(0.5, 0.0)], None),
        ([(0.485, 0.0)], None),
        ([(0.46875, 0.0)], Identity(person="Anna", distance=0.46875)),
        # Two of three faces agree; the third is nobody's.
        ([(0.25, 0.0), (0.25, 0.0), FAR], Identity(person="Anna", distance=0.25)),
        # Two of three faces agree, and the third says Ben: just enough.
        ([(0.25, 0.0), (0.25, 0.0), BEN], Identity(person="Anna", distance=0.25)),
        # The faces contradict each other.
        ([ANNA, BEN], None),
        # One near miss among many far faces names nobody.
        ([ANNA, FAR, FAR], Identity(stranger=1)),
        # No face was good enough to tell.
        ([], None),
    ],
)
def test_faces_name_a_person_by_agreement(
    points: list[Point], identity: Identity | None
) -> None:
    assert identify([track(1, *points)], GALLERY).get(1) == identity


def test_a_good_face_outweighs_bad_ones() -> None:
    faces = [(ANNA, 0.9), (BEN, 0.2), (BEN, 0.1)]
    assert named(weighed_track(1, *faces)) == {1: "Anna"}


def test_faces_without_weight_tell_nothing() -> None:
    assert identify([weighed_track(1, (ANNA, 0.0), (FAR, 0.0))], GALLERY) == {}


def test_of_two_in_view_at_once_the_nearer_is_the_person() -> None:
    far = track(1, (0.375, 0.0), together=(2,))
    near = track(2, (0.125, 0.0), together=(1,))
    assert named(far, near) == {2: "Anna"}


def test_one_after_the_other_both_are_the_person() -> None:
    assert named(track(1, (0.375, 0.0)), track(2, ANNA)) == {1: "Anna", 2: "Anna"}


def test_two_people_in_view_at_once_are_both_named() -> None:
    one, other = track(1, ANNA, together=(2,)), track(2, BEN, together=(1,))
    assert named(one, other) == {1: "Anna", 2: "Ben"}


@pytest.mark.parametrize(
    ("tracks", "numbers"),
    [
        # Numbered from 1 on, in the order of the tracks.
        ([track(4, FAR), track(7, (-9.0, 9.0))], {4: 1, 7: 2}),
        # The same unknown face twice is one stranger.
        ([track(1, FAR), track(2, (-9.0, 9.0)), track(3, FAR)], {1: 1, 2: 2, 3: 1}),
        ([track(1, FAR), track(2, (9.0, 9.5))], {1: 1, 2: 1}),
        ([track(1, FAR), track(2, (9.0, 9.5625))], {1: 1, 2: 2}),
        # In view at once they are two, however alike.
        ([track(1, FAR, together=(2,)), track(2, FAR, together=(1,))], {1: 1, 2: 2}),
        # A known person is not counted.
        ([track(1, ANNA), track(2, FAR)], {1: None, 2: 1}),
    ],
)
def test_strangers_are_numbered_and_grouped(
    tracks: list[TrackFaces], numbers: dict[int, int | None]
) -> None:
    assert strangers(*tracks) == numbers


def test_the_middle_of_a_persons_faces_is_one_more_of_them() -> None:
    """A face from a new side is nearer to it than to any of them."""
    gallery = (reference("Anna", (0.0, 0.5)), reference("Anna", (0.0, -0.5)))
    face = track(1, (0.5, 0.0))
    assert identify([face], gallery)[1] == Identity(person="Anna", distance=0.5)
    assert identify([face], gallery[:1]).get(1) == Identity(stranger=1)
