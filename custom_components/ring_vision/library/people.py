"""Persons with a name and the reference faces that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import math
from typing import Any
import unicodedata

from sqlalchemy import Select, and_, delete, func, select, update
from sqlalchemy.engine import Connection

from . import schema
from .errors import LibraryError
from .models import Person
from .schema import SHOWN, person_references, persons, sightings
from .store import reads


class NameTaken(LibraryError):  # noqa: N818
    """Somebody else has that name already."""


def add_person(connection: Connection, name: str) -> Person:
    """Insert somebody with a name that nobody else has."""
    name = " ".join(name.split())
    if not name:
        raise LibraryError("A person needs a name")
    if find_person(connection, name) is not None:
        raise NameTaken(name)
    row = connection.execute(
        persons.insert()
        .values(name=name, name_key=_key(name), created=datetime.now(UTC))
        .returning(persons.c.id, persons.c.name, persons.c.created)
    ).one()
    return Person(id=row.id, name=row.name, created=row.created)


@reads
def get_person(connection: Connection, person_id: int) -> Person | None:
    """Return somebody by id."""
    return _first(connection, _select().where(persons.c.id == person_id))


@reads
def find_person(connection: Connection, name: str) -> Person | None:
    """Return somebody by name, whatever its case."""
    return _first(connection, _select().where(persons.c.name_key == _key(name)))


@reads
def list_people(connection: Connection) -> list[Person]:
    """Return everybody by name."""
    statement = _select().order_by(persons.c.name_key)
    return [Person(**row) for row in connection.execute(statement).mappings()]


def rename_person(connection: Connection, person_id: int, name: str) -> None:
    """Give somebody another name, that nobody else has."""
    name = " ".join(name.split())
    other = find_person(connection, name)
    if other is not None and other.id != person_id:
        raise NameTaken(name)
    connection.execute(
        update(persons)
        .where(persons.c.id == person_id)
        .values(name=name, name_key=_key(name))
    )


def add_reference(
    connection: Connection, person_id: int, embedding: Sequence[float], source: str
) -> int:
    """Enroll a face for somebody and return the reference's id."""
    reference_id: int = connection.execute(
        person_references.insert()
        .values(
            person_id=person_id,
            embedding=tuple(embedding),
            source=source,
            created=datetime.now(UTC),
        )
        .returning(person_references.c.id)
    ).scalar_one()
    return reference_id


@reads
def has_reference(
    connection: Connection, person_id: int, embedding: Sequence[float]
) -> bool:
    """Tell whether this very face is enrolled for somebody."""
    statement = select(person_references.c.id).where(
        person_references.c.person_id == person_id,
        person_references.c.embedding == tuple(embedding),
    )
    return connection.execute(statement).first() is not None


@reads
def nearest_other(
    connection: Connection, name: str, embedding: Sequence[float]
) -> tuple[float, str] | None:
    """Return the distance and the name of the nearest face of anybody else."""
    statement = (
        select(person_references.c.embedding, persons.c.name)
        .join_from(person_references, persons)
        .where(persons.c.name_key != _key(name))
    )
    return min(
        (
            (math.dist(embedding, other), person)
            for other, person in connection.execute(statement)
        ),
        default=None,
    )


@reads
def gallery(connection: Connection) -> list[tuple[int, tuple[float, ...]]]:
    """Return all reference faces: person and embedding (128 numbers)."""
    statement = select(
        person_references.c.person_id, person_references.c.embedding
    ).order_by(person_references.c.id)
    return [(person, embedding) for person, embedding in connection.execute(statement)]


@reads
def gallery_version(connection: Connection) -> tuple[int, int]:
    """Return what is another one whenever a reference came or went."""
    references = person_references.c.id
    statement = select(func.coalesce(func.max(references), 0), func.count(references))
    newest, count = connection.execute(statement).one()
    return newest, count


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What went with somebody."""

    references: int = 0
    """Enrolled faces."""
    faces: int = 0
    """Faces seen in recordings."""
    sightings: int = 0
    """They stay, without the name."""


def forget_person(connection: Connection, person_id: int) -> Forgotten:
    """Delete somebody with all their faces, and the tasks that name them."""
    person = get_person(connection, person_id)
    if person is None:
        return Forgotten()
    mine = select(sightings.c.id).where(sightings.c.person_id == person_id)
    seen = connection.execute(
        delete(schema.faces).where(schema.faces.c.sighting_id.in_(mine))
    )
    nameless = connection.execute(
        update(sightings)
        .where(sightings.c.person_id == person_id)
        .values(person_id=None, distance=None)
    )
    connection.execute(delete(persons).where(persons.c.id == person_id))
    _forget_tasks(connection, _key(person.name))
    return Forgotten(
        references=person.references, faces=seen.rowcount, sightings=nameless.rowcount
    )


def _forget_tasks(connection: Connection, key: str) -> None:
    """Delete the enrolments of somebody from the journal."""
    tasks = schema.tasks.c
    statement = select(tasks.id, tasks.message).where(
        tasks.message.is_not(None), tasks.finished.is_not(None), tasks.kind == "enroll"
    )
    named = [
        id_ for id_, message in connection.execute(statement) if _key(message) == key
    ]
    connection.execute(delete(schema.tasks).where(tasks.id.in_(named)))


def _key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _select() -> Select[Any]:
    references = (
        select(func.count())
        .where(person_references.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    seen = and_(sightings.c.person_id == persons.c.id, SHOWN)
    return select(
        persons.c.id,
        persons.c.name,
        persons.c.created,
        references.label("references"),
        select(func.count())
        .select_from(sightings)
        .where(seen)
        .scalar_subquery()
        .label("sightings"),
        select(func.max(sightings.c.start))
        .where(seen)
        .scalar_subquery()
        .label("last_seen"),
    )


def _first(connection: Connection, statement: Select[Any]) -> Person | None:
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else Person(**row)
