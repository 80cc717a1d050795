"""Delete what is too old or too much, and nothing at all when in doubt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
import logging
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from . import recordings, sightings
from .errors import LibraryError, PurgeRefused
from .files import RecordingFiles, remove_below
from .models import Recording, RecordingState
from .rows import COLUMNS, read
from .schema import recordings as table
from .store import Library, reads

LOGGER: Final = logging.getLogger(__name__)
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""A clock may be set back a little without being wrong."""
BATCH: Final = 50
"""Recordings between two writes, so that a cancelled task has told of its deeds."""


class PurgeReason(StrEnum):
    """Why a recording goes."""

    AGE = "age"
    SIZE = "size"


@dataclass(frozen=True, kw_only=True, slots=True)
class Purgeable:
    """A recording that has to go, and why."""

    recording: Recording
    why: PurgeReason


@reads
def plan_purge(
    connection: Connection,
    now: datetime,
    keep_days: int | None,
    max_bytes: int | None,
) -> list[Purgeable]:
    """Return what is too old, then the oldest of what is too much; locked ones stay."""
    newest = recordings.newest_download(connection)
    if newest is not None and now < newest - CLOCK_TOLERANCE:
        raise PurgeRefused(f"The clock says {now}, but a download came in at {newest}")
    statement = select(*COLUMNS).where(table.c.state == RecordingState.DOWNLOADED)
    kept = read(connection, statement.order_by(table.c.start, table.c.id))
    oldest = None if keep_days is None else now - timedelta(days=keep_days)
    total = sum(recording.size or 0 for recording in kept)
    plan: list[Purgeable] = []
    for recording in kept:
        if recording.locked:
            continue
        if oldest is not None and recording.start < oldest:
            plan.append(Purgeable(recording=recording, why=PurgeReason.AGE))
        elif max_bytes is not None and total > max_bytes:
            plan.append(Purgeable(recording=recording, why=PurgeReason.SIZE))
        else:
            continue
        total -= recording.size or 0
    return plan


def purge(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    *,
    now: datetime,
    keep_days: int | None,
    max_bytes: int | None,
    dry_run: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Purgeable]:
    """Delete files, snapshots and rows, and return what went; tombstones stay behind.

    Raises before anything is deleted when the folder is away, the database does not
    answer or the clock is wrong. `dry_run` returns what would go.
    """
    _require_folder(files)
    plan = library.run(plan_purge, now, keep_days, max_bytes)
    if dry_run:
        return plan
    deleted: list[Purgeable] = []
    for part in batched(plan, BATCH, strict=False):
        if should_stop():
            break
        gone = _delete(library, files, snapshots, [item.recording for item in part])
        deleted += [item for item in part if item.recording.id in gone]
    return deleted


def delete_recordings(
    library: Library, files: RecordingFiles, snapshots: Path, ids: Iterable[str]
) -> list[str]:
    """Delete recordings that the owner chose, locked or not; return those that went."""
    _require_folder(files)
    deleted: list[str] = []
    for part in batched(ids, BATCH, strict=False):
        chosen = [
            recording
            for recording_id in part
            if (recording := library.run(recordings.get_recording, recording_id))
            and recording.state is not RecordingState.DELETED
        ]
        deleted += _delete(library, files, snapshots, chosen)
    return deleted


def _require_folder(files: RecordingFiles) -> None:
    if not files.available():
        raise PurgeRefused("The recordings folder is not there")


def _delete(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    chosen: list[Recording],
) -> dict[str, Recording]:
    """Delete some recordings: files first, so that no file is ever without a row."""
    gone = {
        recording.id: recording
        for recording in chosen
        if _remove_file(files, recording)
    }
    for name in library.run(sightings.list_snapshots, list(gone)):
        _remove_snapshot(snapshots, name)
    library.run(recordings.mark_deleted, list(gone))
    return gone


def _remove_file(files: RecordingFiles, recording: Recording) -> bool:
    """Delete the file; one that will not go keeps its row, and the rest goes on."""
    if recording.path is None:
        return True
    try:
        files.remove(recording.path)
    except (OSError, LibraryError) as err:
        LOGGER.warning("Recording %s could not be deleted: %s", recording.id, err)
        return False
    return True


def _remove_snapshot(snapshots: Path, name: str) -> None:
    """Delete a picture; one that stays behind is no reason to keep a recording."""
    try:
        remove_below(snapshots, name)
    except (OSError, LibraryError) as err:
        LOGGER.warning("Snapshot %s could not be deleted: %s", name, err)
