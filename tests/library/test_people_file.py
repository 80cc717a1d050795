"""Tests of people as a file: out, in again, and what is no such file."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.ring_vision.library import people, people_file
from custom_components.ring_vision.library.people_file import (
    BadPeopleFile,
    NewerPeopleFile,
)
from custom_components.ring_vision.library.store import Library

from .samples import embedding

SAME_FACE = 0.4


def file_of(*references: Any, **changes: Any) -> dict[str, Any]:
    """Return what a file with one person holds."""
    anna = {"name": "Anna", "references": list(references)}
    good = {"format": "ring_vision_people", "version": 1, "people": [anna]}
    return good | changes


def reference(**changes: Any) -> dict[str, Any]:
    """Return a good reference."""
    return {"source": "a.jpg", "embedding": list(embedding())} | changes


def enroll(library: Library, name: str, *seeds: float) -> None:
    """Enroll faces of somebody."""
    person = library.run(people.add_person, name)
    for seed in seeds:
        library.run(
            people.add_reference, person.id, embedding(seed), f"/secret/{seed}.jpg"
        )


def test_people_come_in_as_they_went_out(library: Library, tmp_path: Path) -> None:
    enroll(library, "Anna", 0.25, 0.5)
    enroll(library, "Şükrü", 0.75)
    enroll(library, "Nobody's face")
    path = tmp_path / "people.json"
    people_file.write(path, library.run(people_file.list_all))
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"secret" not in path.read_bytes()
    assert [one.name for one in tmp_path.glob("*.json")] == ["people.json"]
    other = Library.open(tmp_path / "other")
    done = other.run(people_file.merge, people_file.parse(path), SAME_FACE)
    assert (done.added, done.merged) == (["Anna", "Nobody's face", "Şükrü"], [])
    assert (done.references, done.skipped) == (3, 0)
    assert other.run(people.gallery) == [
        (1, embedding(0.25)),
        (1, embedding(0.5)),
        (3, embedding(0.75)),
    ]
    other.close()


def test_people_of_the_same_name_are_merged(library: Library, tmp_path: Path) -> None:
    enroll(library, "Anna", 0.5)
    path = tmp_path / "people.json"
    far_away = reference(embedding=list(embedding(9)))
    content = file_of(
        reference(),
        reference(embedding=list(embedding(0.25))),
        people=[
            {"name": " ANNA", "references": [reference()]},
            {"name": "anna", "references": [reference(embedding=list(embedding(1)))]},
            {"name": "Ben", "references": [far_away, far_away]},
        ],
    )
    path.write_text(json.dumps(content))
    done = library.run(people_file.merge, people_file.parse(path), SAME_FACE)
    assert (done.added, done.merged) == (["Ben"], ["Anna"])
    assert (done.references, done.skipped) == (2, 2)
    again = library.run(people_file.merge, people_file.parse(path), SAME_FACE)
    assert (again.references, again.skipped) == (0, 4)
    assert [one.references for one in library.run(people.list_people)] == [2, 1]


def test_nobody_comes_in_with_the_face_of_another(
    library: Library, tmp_path: Path
) -> None:
    enroll(library, "Anna", 0.5)
    path = tmp_path / "people.json"
    near = reference(embedding=list(embedding(0.53)))
    own = reference(embedding=list(embedding(3)))
    people_in_file = [
        {"name": "Ben", "references": [near, own]},
        {"name": "Eve", "references": [near]},
        {"name": "Anna", "references": [near]},
    ]
    path.write_text(json.dumps(file_of(people=people_in_file)))
    done = library.run(people_file.merge, people_file.parse(path), SAME_FACE)
    assert done.rejected == {"Ben": 1, "Eve": 1}
    assert (done.added, done.merged, done.references) == (["Ben"], ["Anna"], 2)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"name,face\nAnna,1", id="no JSON"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="of nothing"),
        *(
            pytest.param(json.dumps(one).encode(), id=name)
            for name, one in {
                "another format": file_of(format="people"),
                "no version": file_of(version=None),
                "version as text": file_of(version="1"),
                "version zero": file_of(version=0),
                "version true": file_of(version=True),
                "no people": file_of(people=None),
                "people as text": file_of(people="Anna"),
                "nobody": file_of(people=[None]),
                "no name": file_of(people=[{"references": []}]),
                "number as name": file_of(people=[{"name": 1, "references": []}]),
                "no references": file_of(people=[{"name": "Anna"}]),
                "reference is none": file_of(None),
                "source is none": file_of(reference(source=None)),
                "no embedding": file_of({"source": "a.jpg"}),
                "127 numbers": file_of(reference(embedding=[0.5] * 127)),
                "129 numbers": file_of(reference(embedding=[0.5] * 129)),
                "text": file_of(reference(embedding=["0.5"] * 128)),
                "true": file_of(reference(embedding=[True] * 128)),
                "null": file_of(reference(embedding=[None] * 128)),
                "not a number": file_of(reference(embedding=[float("nan")] * 128)),
                "infinite": file_of(reference(embedding=[float("inf")] * 128)),
                "beyond float32": file_of(reference(embedding=[1e39] * 128)),
                "beyond float": file_of(reference(embedding=[10**400] * 128)),
            }.items()
        ),
    ],
)
def test_what_is_no_file_of_people_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "people.json"
    path.write_bytes(content)
    with pytest.raises(BadPeopleFile, match=r"It |in it "):
        people_file.parse(path)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_file, "MAX_BYTES", 10)
    path = tmp_path / "people.json"
    path.write_text(json.dumps(file_of()))
    with pytest.raises(BadPeopleFile, match="large"):
        people_file.parse(path)


def test_a_file_of_a_later_version_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(file_of(version=2)))
    with pytest.raises(NewerPeopleFile):
        people_file.parse(path)


def test_a_source_that_no_database_takes_is_mended(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(file_of(reference(source="\ud800.jpg"))))
    done = library.run(people_file.merge, people_file.parse(path), SAME_FACE)
    assert done.references == 1
