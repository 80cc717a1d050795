"""How far the walks through Ring's history have come: a restart goes on from there."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from .models import NewRecording
from .recordings import add_recordings
from .schema import walks as table
from .store import reads


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """A walk from now (or `ceiling`) back to `floor`, newest recordings first."""

    name: str
    """What it is for; there is one of each."""
    camera_ids: tuple[str, ...]
    """Sorted."""
    floor: datetime | None
    """Where it ends (UTC); None: where Ring's history does."""
    cursor: str | None = None
    """Of the page to read next, None for the newest one."""
    reached: datetime | None = None
    """The newest recording that it has come by (UTC)."""
    complete: bool = False
    """All down to the floor is known."""

    def covers(self, camera_ids: Iterable[str], floor: datetime | None) -> bool:
        """Tell whether it goes as far back for all these cameras.

        What has not come to its end goes on with the very cameras that it began with.
        """
        if self.complete:
            known = set(camera_ids) <= set(self.camera_ids)
        else:
            known = tuple(camera_ids) == self.camera_ids
        if not known or self.floor is None:
            return known
        return floor is not None and self.floor <= floor


@reads
def get_walk(connection: Connection, name: str) -> Walk | None:
    """Return how far a walk has come, None when there is none."""
    row = (
        connection.execute(select(table).where(table.c.name == name))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    return Walk(**{**row, "camera_ids": tuple(row["camera_ids"].split())})


def keep_page(
    connection: Connection, announced: Iterable[NewRecording], walk: Walk
) -> list[str]:
    """Insert the recordings of a page and note how far the walk is, both or neither.

    Returns the ids that are new.
    """
    added = add_recordings(connection, announced)
    values = asdict(walk) | {"camera_ids": " ".join(walk.camera_ids)}
    connection.execute(
        insert(table)
        .values(**values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
    return added


def forget_walk(connection: Connection, name: str) -> None:
    """Let a walk begin anew, or be over."""
    connection.execute(delete(table).where(table.c.name == name))
