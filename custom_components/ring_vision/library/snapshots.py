"""Snapshots that no sighting shows: what a crash or a deleted row left of them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import batched
from pathlib import Path
import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from . import schema, sightings
from .errors import OutsideFolder, StorageUnavailable
from .files import remove_below
from .models import AnalysisState, NewRecording
from .names import files_below, parse_name
from .schema import recordings as table
from .store import Library, reads

BATCH: Final = 50
"""Pictures looked at in one transaction, while other writers wait."""
_PICTURE: Final = re.compile(r"(?P<recording>.+)_\d+\.jpg(\.part)?", re.ASCII)


def clean_snapshots(
    library: Library,
    snapshots: Path,
    folders: Iterable[str],
    names: Mapping[str, NewRecording],
) -> int:
    """Delete the snapshots that no sighting shows, and return how many went."""
    shown = library.run(_all_snapshots)
    unused = []
    for path in files_below(snapshots, folders, "*.jpg*"):
        match = _PICTURE.fullmatch(path)
        if path in shown or match is None:
            continue
        name = f"{match['recording']}.mp4"
        if recording := names.get(name) or parse_name(name):
            unused.append((path, recording.id))
    return sum(
        library.run(_remove_unused, snapshots, part)
        for part in batched(unused, BATCH, strict=False)
    )


@reads
def _all_snapshots(connection: Connection) -> set[str]:
    column = schema.sightings.c.snapshot
    return set(connection.execute(select(column).where(column.is_not(None))).scalars())


def _remove_unused(
    connection: Connection, snapshots: Path, pictures: Sequence[tuple[str, str]]
) -> int:
    """Delete pictures (name, recording id), unless there is a sighting by now.

    The engine writes pictures before their sightings: until those are kept, its
    recording waits.
    """
    ids = [recording_id for _, recording_id in pictures]
    shown = set(sightings.list_snapshots(connection, ids))
    waiting = set(
        connection.execute(
            select(table.c.id).where(
                table.c.id.in_(ids), table.c.analysis == AnalysisState.WAITING
            )
        ).scalars()
    )
    removed = 0
    for name, recording_id in pictures:
        if name not in shown and recording_id not in waiting:
            with suppress(StorageUnavailable, OutsideFolder):
                removed += remove_below(snapshots, name)
    return removed
