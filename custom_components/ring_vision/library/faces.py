"""The kept faces of strangers: they go after their days, the sightings stay."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from .schema import faces, sightings
from .store import reads


@reads
def strangers_faces(connection: Connection, before: datetime) -> list[int]:
    """Return the faces of people without a name that were seen before then."""
    statement = (
        select(faces.c.id)
        .join_from(sightings, faces, faces.c.sighting_id == sightings.c.id)
        .where(sightings.c.start < before, sightings.c.person_id.is_(None))
    )
    return list(connection.execute(statement).scalars())


def delete_strangers_faces(connection: Connection, ids: Sequence[int]) -> int:
    """Delete faces, unless somebody has given their person a name meanwhile."""
    named = select(sightings.c.id).where(
        sightings.c.id == faces.c.sighting_id, sightings.c.person_id.is_not(None)
    )
    result = connection.execute(
        delete(faces).where(faces.c.id.in_(ids), ~named.exists())
    )
    return result.rowcount
