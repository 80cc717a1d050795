"""Tests of persons with a name, and of forgetting them."""

import pytest

from custom_components.ring_vision.library import people
from custom_components.ring_vision.library.errors import LibraryError
from custom_components.ring_vision.library.people import NameTaken
from custom_components.ring_vision.library.store import Library

from .samples import (
    add_downloaded,
    announced,
    count_rows,
    embedding,
    face,
    sightings_of,
    track,
)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Anna", "anna"),
        ("Anna", "  ANNA "),
        ("Anna Maria", "anna \t maria"),
        ("Ömer", "ÖMER"),
        ("Straße", "STRASSE"),
        ("Zoe\u0308", "ZO\u00cb"),
        ("\uff21\uff4e\uff4e\uff41", "anna"),
        ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
        ("王小明", "王小明"),
        ("🦊 Fox", "🦊 fox"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_a_name_is_one_person_in_any_spelling(
    library: Library, name: str, other: str
) -> None:
    person = library.run(people.add_person, name)
    assert library.run(people.find_person, other) == person
    with pytest.raises(NameTaken):
        library.run(people.add_person, other)


@pytest.mark.parametrize(("name", "other"), [("Anna", "Ana"), ("🦊", "🐕"), ("1", "2")])
def test_other_names_are_other_persons(library: Library, name: str, other: str) -> None:
    first = library.run(people.add_person, name)
    second = library.run(people.add_person, other)
    assert first.id != second.id
    assert library.run(people.find_person, other) == second


@pytest.mark.parametrize("name", ["", "  ", "\n\t"])
def test_a_person_needs_a_name(library: Library, name: str) -> None:
    with pytest.raises(LibraryError, match="name"):
        library.run(people.add_person, name)


def test_nobody_is_found_under_an_unknown_name_or_id(library: Library) -> None:
    assert library.run(people.find_person, "Anna") is None
    assert library.run(people.get_person, 1) is None
    assert library.run(people.list_people) == []


def test_people_are_listed_by_name_with_what_is_known(library: Library) -> None:
    zoe = library.run(people.add_person, " zoë   Ring ")
    anna = library.run(people.add_person, "Anna")
    library.run(people.add_reference, zoe.id, embedding(), "zoe.jpg")
    (recording_id,) = add_downloaded(library, announced(1))
    (seen,) = sightings_of(library, recording_id, track(1, person=str(zoe.id)))
    first, second = library.run(people.list_people)
    assert first == anna
    assert (second.name, second.references, second.sightings) == ("zoë Ring", 1, 1)
    assert second.last_seen == seen.start
    assert library.run(people.get_person, zoe.id) == second


def test_the_gallery_gives_back_the_very_numbers(library: Library) -> None:
    anna = library.run(people.add_person, "Anna")
    for seed in (0.25, 0.5):
        library.run(people.add_reference, anna.id, embedding(seed), "a.jpg")
    assert library.run(people.gallery) == [
        (anna.id, embedding(0.25)),
        (anna.id, embedding(0.5)),
    ]


def test_a_reference_has_128_numbers_and_a_person(library: Library) -> None:
    anna = library.run(people.add_person, "Anna")
    with pytest.raises(LibraryError, match="128"):
        library.run(people.add_reference, anna.id, embedding()[:127], "a.jpg")
    with pytest.raises(LibraryError, match="FOREIGN KEY"):
        library.run(people.add_reference, anna.id + 1, embedding(), "a.jpg")
    assert library.run(people.gallery) == []


def test_forgetting_somebody_leaves_no_face_of_theirs(library: Library) -> None:
    anna = library.run(people.add_person, "Anna")
    ben = library.run(people.add_person, "Ben")
    for person in (anna, ben):
        library.run(people.add_reference, person.id, embedding(), "a.jpg")
    (recording_id,) = add_downloaded(library, announced(1))
    sightings_of(
        library,
        recording_id,
        track(1, person=str(anna.id), distance=0.3, faces=(face(), face())),
        track(2, person=str(ben.id), distance=0.3, faces=(face(),)),
    )
    assert library.run(people.forget_person, anna.id) == people.Forgotten(
        references=1, faces=2, sightings=1
    )
    assert library.run(people.list_people) == [library.run(people.get_person, ben.id)]
    assert library.run(people.gallery) == [(ben.id, embedding())]
    assert count_rows(library, "faces") == 1
    assert count_rows(library, "sightings") == 2
    assert library.run(people.forget_person, anna.id) == people.Forgotten()


def test_a_forgotten_face_is_not_on_the_disk_any_more(library: Library) -> None:
    anna = library.run(people.add_person, "Anna Unforgettable")
    library.run(people.add_reference, anna.id, embedding(), "secret_picture.jpg")
    library.run(people.forget_person, anna.id)
    library.close()
    left = b"".join(
        path.read_bytes()
        for path in library.path.parent.iterdir()
        if path.name.startswith("library")
    )
    assert b"secret_picture" not in left
    assert b"Unforgettable" not in left


def test_an_id_is_never_given_twice(library: Library) -> None:
    anna = library.run(people.add_person, "Anna")
    library.run(people.forget_person, anna.id)
    assert library.run(people.add_person, "Anna").id != anna.id
