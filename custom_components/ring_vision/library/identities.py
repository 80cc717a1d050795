"""Who the kept faces show: read again, and changed, without any video."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from ..engine.protocol import GoodFace, Identity, TrackFaces
from .schema import faces, persons, sightings as table
from .store import reads


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFaces:
    """The faces of one recording that are good enough to tell."""

    recording_id: str
    tracks: tuple[TrackFaces, ...]
    """`track` is the id of the sighting."""
    identities: Mapping[int, Identity]
    """Sighting id to who it shows by now."""


@reads
def count_recordings_with_faces(connection: Connection) -> int:
    """Count the recordings that have a face which is good enough to tell."""
    statement = (
        select(func.count(table.c.recording_id.distinct()))
        .join_from(faces, table)
        .where(faces.c.weight > 0)
    )
    return connection.execute(statement).scalar_one()


@reads
def recordings_with_faces(
    connection: Connection, after: str, limit: int
) -> list[RecordingFaces]:
    """Return the faces of the next recordings, in the order of their ids."""
    good = (
        select(table.c.recording_id.distinct().label("id"))
        .join_from(table, faces)
        .where(table.c.recording_id > after, faces.c.weight > 0)
        .order_by(table.c.recording_id)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(table, faces.c.embedding, faces.c.weight)
        .join_from(table, good, table.c.recording_id == good.c.id)
        .join(faces, faces.c.sighting_id == table.c.id)
        .where(faces.c.weight > 0)
        .order_by(table.c.recording_id, table.c.id, faces.c.id)
    )
    rows = connection.execute(statement).all()
    return [
        _recording_faces(recording_id, list(found))
        for recording_id, found in groupby(rows, key=lambda row: row.recording_id)
    ]


def save_identities(
    connection: Connection, identities: Mapping[int, Identity]
) -> list[int]:
    """Note who sightings show; return those whose person or stranger changed."""
    known = set(connection.execute(select(persons.c.id)).scalars())
    changed: list[int] = []
    for sighting_id, identity in identities.items():
        person_id = None if identity.person is None else int(identity.person)
        if person_id is not None and person_id not in known:
            # Forgotten while the engine worked.
            continue
        other = table.c.person_id.is_distinct_from(
            person_id
        ) | table.c.stranger.is_distinct_from(identity.stranger)
        values = {"person_id": person_id, "stranger": identity.stranger}
        result = connection.execute(
            update(table).where(table.c.id == sighting_id, other).values(values)
        )
        connection.execute(
            update(table)
            .where(table.c.id == sighting_id)
            .values(distance=identity.distance)
        )
        if result.rowcount:
            changed.append(sighting_id)
    return changed


def _recording_faces(recording_id: str, rows: list[Any]) -> RecordingFaces:
    """Return one recording of the joined rows."""
    spans = {row.id: (row.start, row.end) for row in rows}
    tracks = tuple(
        TrackFaces(
            track=sighting_id,
            faces=tuple(
                GoodFace(embedding=row.embedding, weight=row.weight) for row in mine
            ),
            together=tuple(
                other
                for other, span in spans.items()
                if other != sighting_id and _overlap(span, spans[sighting_id])
            ),
        )
        for sighting_id, mine in groupby(rows, key=lambda row: row.id)
    )
    identities = {
        row.id: Identity(
            person=None if row.person_id is None else str(row.person_id),
            distance=row.distance,
            stranger=row.stranger,
        )
        for row in rows
    }
    return RecordingFaces(
        recording_id=recording_id, tracks=tracks, identities=identities
    )


def _overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Tell whether two sightings were in view at the same time for a while."""
    return max(one[0], other[0]) < min(one[1], other[1])
