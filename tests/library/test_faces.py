"""Tests of the faces of strangers, which go after their days."""

from datetime import timedelta

import pytest

from custom_components.ring_vision.engine.protocol import Identity
from custom_components.ring_vision.library import people
from custom_components.ring_vision.library.errors import PurgeRefused
from custom_components.ring_vision.library.faces import (
    delete_strangers_faces,
    strangers_faces,
)
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.identities import save_identities
from custom_components.ring_vision.library.store import Library

from .binned import place_of
from .samples import (
    NOON,
    add_downloaded,
    announced,
    count_rows,
    face,
    sightings_of,
    track,
)

DAY = timedelta(days=1)


@pytest.fixture
def seen(library: Library) -> list[int]:
    """Keep faces of 40 and 20 days ago: Anna's and, twice, a stranger's."""
    anna = library.run(people.add_person, "Anna")
    ids = []
    for number, age in enumerate((40, 20)):
        add_downloaded(library, announced(number, start=NOON - age * DAY))
        found = sightings_of(
            library,
            announced(number).id,
            track(1, person=str(anna.id), faces=(face(),)),
            track(2, stranger=1, faces=(face(), face())),
        )
        ids += [one.id for one in found if one.stranger]
    return ids


@pytest.mark.parametrize(("days", "gone"), [(41, 0), (39, 2), (20, 2), (19, 4)])
def test_strangers_faces_go_and_all_else_stays(
    library: Library, files: RecordingFiles, seen: list[int], days: int, gone: int
) -> None:
    place = place_of(library, files)
    assert place.expire_strangers(now=NOON, days=days) == gone
    assert count_rows(library, "faces") == 6 - gone
    assert count_rows(library, "sightings") == 4
    assert place.expire_strangers(now=NOON, days=days) == 0


def test_who_got_a_name_meanwhile_keeps_the_face(
    library: Library, files: RecordingFiles, seen: list[int]
) -> None:
    due = library.run(strangers_faces, NOON)
    (anna,) = library.run(people.list_people)
    named = Identity(person=str(anna.id), distance=0.2, stranger=None)
    library.run(save_identities, {seen[0]: named})
    assert library.run(delete_strangers_faces, due) == 2
    assert count_rows(library, "faces") == 4


def test_a_wrong_clock_lets_no_face_go(
    library: Library, files: RecordingFiles, seen: list[int]
) -> None:
    with pytest.raises(PurgeRefused, match="clock"):
        place_of(library, files).expire_strangers(now=NOON + 9999 * DAY, days=30)
    assert count_rows(library, "faces") == 6
