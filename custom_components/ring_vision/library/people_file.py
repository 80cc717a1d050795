"""People as a file: names and embeddings, for another Home Assistant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import tempfile
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from . import people
from .errors import LibraryError
from .schema import EMBEDDING_LENGTH, person_references
from .store import reads

FORMAT: Final = "ring_vision_people"
VERSION: Final = 1
MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a file: some 3,000 faces, each of which is compared with all others."""
MAX_NUMBER: Final = 1000.0
"""Embeddings' numbers are below 1; float32 ends somewhere far above."""


class BadPeopleFile(LibraryError):  # noqa: N818
    """A file does not hold people."""


class NewerPeopleFile(LibraryError):  # noqa: N818
    """A later version wrote the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonInFile:
    """Somebody of a file."""

    name: str
    references: tuple[tuple[str, tuple[float, ...]], ...]
    """Source and embedding of each."""


@dataclass(kw_only=True, slots=True)
class Imported:
    """What came in."""

    added: list[str] = field(default_factory=list)
    """Names of those who are new."""
    merged: list[str] = field(default_factory=list)
    """Names of those who were known already."""
    references: int = 0
    skipped: int = 0
    """References that were here already."""
    rejected: dict[str, int] = field(default_factory=dict)
    """Name -> references that are somebody else's face."""


@reads
def list_all(connection: Connection) -> list[PersonInFile]:
    """Return everybody with all their references."""
    columns = person_references.c
    return [
        PersonInFile(
            name=person.name,
            references=tuple(
                (source, embedding)
                for source, embedding in connection.execute(
                    select(columns.source, columns.embedding)
                    .where(columns.person_id == person.id)
                    .order_by(columns.id)
                )
            ),
        )
        for person in people.list_people(connection)
    ]


def write(path: Path, everybody: Sequence[PersonInFile]) -> None:
    """Write people to a file that only the owner may read, in one step."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "people": [
            {
                "name": person.name,
                "references": [
                    # A picture's path tells of this machine, its name is enough.
                    {"source": Path(source).name, "embedding": list(embedding)}
                    for source, embedding in person.references
                ],
            }
            for person in everybody
        ],
    }
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ring_vision_")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def parse(path: Path) -> list[PersonInFile]:
    """Return the people of a file; raises `BadPeopleFile` unless all of it is good."""
    if path.stat().st_size > MAX_BYTES:
        raise BadPeopleFile("It is too large")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as err:
        raise BadPeopleFile("It is no JSON") from err
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadPeopleFile("It was not written by the export of people")
    version = content.get("version")
    if type(version) is not int or version < 1:
        raise BadPeopleFile("It has no version")
    if version > VERSION:
        raise NewerPeopleFile(str(version))
    everybody = content.get("people")
    if not isinstance(everybody, list):
        raise BadPeopleFile("It has no list of people")
    return [_person(one) for one in everybody]


def merge(
    connection: Connection, everybody: Sequence[PersonInFile], same_face: float
) -> Imported:
    """Add people by their names, whatever the case; references known are skipped.

    A face that is nearer to somebody else than `same_face` would make both unknown.
    """
    done = Imported()
    for one in everybody:
        good = []
        for source, embedding in one.references:
            other = people.nearest_other(connection, one.name, embedding)
            if other is None or other[0] >= same_face:
                good.append((source, embedding))
        if len(good) < len(one.references):
            done.rejected[one.name] = len(one.references) - len(good)
        if good or not one.references:
            _merge_one(connection, one.name, good, done)
    return done


def _merge_one(
    connection: Connection,
    name: str,
    references: Sequence[tuple[str, tuple[float, ...]]],
    done: Imported,
) -> None:
    person = people.find_person(connection, name)
    if person is None:
        person = people.add_person(connection, name)
        done.added.append(person.name)
    elif person.name not in (*done.added, *done.merged):
        done.merged.append(person.name)
    for source, embedding in references:
        if people.has_reference(connection, person.id, embedding):
            done.skipped += 1
        else:
            people.add_reference(connection, person.id, embedding, source)
            done.references += 1


def _person(one: Any) -> PersonInFile:
    if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
        raise BadPeopleFile("Somebody in it has no name")
    references = one.get("references")
    if not isinstance(references, list):
        raise BadPeopleFile("Somebody in it has no list of references")
    return PersonInFile(
        name=one["name"], references=tuple(_reference(each) for each in references)
    )


def _reference(one: Any) -> tuple[str, tuple[float, ...]]:
    if not isinstance(one, Mapping) or not isinstance(one.get("source", ""), str):
        raise BadPeopleFile("A reference in it is none")
    numbers = one.get("embedding")
    if not isinstance(numbers, list) or len(numbers) != EMBEDDING_LENGTH:
        raise BadPeopleFile(f"A reference in it has not {EMBEDDING_LENGTH} numbers")
    if not all(type(number) in {int, float} for number in numbers):
        raise BadPeopleFile("A reference in it has other things than numbers")
    if not all(abs(number) <= MAX_NUMBER for number in numbers):  # nor is NaN
        raise BadPeopleFile("A reference in it has impossible numbers")
    source = one.get("source", "").encode("utf-8", "replace").decode()
    return source, tuple(map(float, numbers))
