"""What the owner says about who is shown: kept as faces, so that the past is read anew.

A face that is somebody's becomes a reference, a face that is not becomes a rejection.
Each correction names what it added, and can be taken back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import json

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from . import people
from .errors import LibraryError
from .schema import (
    corrections,
    faces,
    person_references,
    persons,
    rejections,
    sightings,
)
from .store import reads


class CorrectionKind(StrEnum):
    """What the owner says."""

    THIS_IS = "this_is"
    NOT_THIS_PERSON = "not_this_person"
    NOT_A_FACE = "not_a_face"


class NothingToCorrect(LibraryError):  # noqa: N818
    """There is no such sighting, no face in it, no name on it, or nothing to undo."""

    def __init__(self, why: str) -> None:
        """`why` is a code that translations name."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """One that was made, or taken back."""

    id: int
    kind: CorrectionKind
    sighting_id: int
    person_id: int | None


def correct(
    connection: Connection,
    sighting_id: int,
    kind: CorrectionKind,
    name: str | None = None,
) -> Correction:
    """Keep what the owner says about a sighting; `name` is whom it shows."""
    shown, embeddings = _shown(connection, sighting_id)
    references: list[int] = []
    rejected: list[int] = []
    began = False
    person_id = shown
    match kind:
        case CorrectionKind.THIS_IS:
            person = people.find_person(connection, name or "")
            began = person is None
            person = person or people.add_person(connection, name or "")
            person_id = person.id
            references = _enroll(connection, person.id, embeddings, sighting_id)
            if shown is not None and shown != person.id:
                rejected = _reject(connection, shown, embeddings)
        case CorrectionKind.NOT_THIS_PERSON:
            if shown is None:
                raise NothingToCorrect("sighting_without_name")
            rejected = _reject(connection, shown, embeddings)
        case CorrectionKind.NOT_A_FACE:
            person_id = None
            rejected = _reject(connection, None, embeddings)
    correction_id: int = connection.execute(
        corrections.insert()
        .values(
            made=datetime.now(UTC),
            kind=kind,
            sighting_id=sighting_id,
            person_id=person_id,
            began_person=began,
            reference_ids=json.dumps(references),
            rejection_ids=json.dumps(rejected),
        )
        .returning(corrections.c.id)
    ).scalar_one()
    return Correction(
        id=correction_id, kind=kind, sighting_id=sighting_id, person_id=person_id
    )


def undo(connection: Connection, correction_id: int | None = None) -> Correction:
    """Take a correction back, the last one without an id."""
    newest = select(func.max(corrections.c.id)).scalar_subquery()
    wanted = newest if correction_id is None else correction_id
    row = connection.execute(
        select(corrections).where(corrections.c.id == wanted)
    ).one_or_none()
    if row is None:
        raise NothingToCorrect("nothing_to_undo")
    connection.execute(delete(corrections).where(corrections.c.id == row.id))
    for table, ids in (
        (person_references, json.loads(row.reference_ids)),
        (rejections, json.loads(row.rejection_ids)),
    ):
        connection.execute(delete(table).where(table.c.id.in_(ids)))
    if row.began_person:
        person = people.get_person(connection, row.person_id)
        # Pictures may have been enrolled for them since.
        if person is not None and not person.references:
            connection.execute(delete(persons).where(persons.c.id == person.id))
    return Correction(
        id=row.id,
        kind=CorrectionKind(row.kind),
        sighting_id=row.sighting_id,
        person_id=row.person_id,
    )


@reads
def all_rejections(
    connection: Connection,
) -> list[tuple[int | None, tuple[float, ...]]]:
    """Return all faces that somebody is not: person (None: no face) and embedding."""
    statement = select(rejections.c.person_id, rejections.c.embedding)
    rows = connection.execute(statement.order_by(rejections.c.id))
    return [(person, embedding) for person, embedding in rows]


@reads
def version(connection: Connection) -> tuple[int, int]:
    """Return what is another one whenever a rejection came or went."""
    ids = rejections.c.id
    statement = select(func.coalesce(func.max(ids), 0), func.count(ids))
    newest, count = connection.execute(statement).one()
    return newest, count


def _shown(
    connection: Connection, sighting_id: int
) -> tuple[int | None, list[tuple[float, ...]]]:
    """Return who a sighting shows, and its faces that are good enough to tell."""
    row = connection.execute(
        select(sightings.c.person_id).where(sightings.c.id == sighting_id)
    ).one_or_none()
    if row is None:
        raise NothingToCorrect("unknown_sighting")
    statement = select(faces.c.embedding).where(
        faces.c.sighting_id == sighting_id, faces.c.weight > 0
    )
    embeddings = list(connection.execute(statement.order_by(faces.c.id)).scalars())
    if not embeddings:
        raise NothingToCorrect("sighting_without_face")
    return row.person_id, embeddings


def _enroll(
    connection: Connection,
    person_id: int,
    embeddings: Sequence[tuple[float, ...]],
    sighting_id: int,
) -> list[int]:
    """Make references of faces; answers the new ones' ids."""
    return [
        people.add_reference(connection, person_id, one, f"sighting {sighting_id}")
        for one in embeddings
        if not people.has_reference(connection, person_id, one)
    ]


def _reject(
    connection: Connection,
    person_id: int | None,
    embeddings: Iterable[tuple[float, ...]],
) -> list[int]:
    """Make rejections of faces; answers their ids."""
    return [
        connection.execute(
            rejections.insert()
            .values(person_id=person_id, embedding=one)
            .returning(rejections.c.id)
        ).scalar_one()
        for one in embeddings
    ]
