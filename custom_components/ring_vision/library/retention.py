"""Delete what is too old or too much, and nothing at all when in doubt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
import logging
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from . import recordings, sightings
from .errors import LibraryError, PurgeRefused, StorageReason, StorageUnavailable
from .files import RecordingFiles, remove_below
from .models import Recording, RecordingState
from .rows import COLUMNS, read
from .schema import recordings as table
from .store import Library, reads

LOGGER: Final = logging.getLogger(__name__)
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""A clock may be set back a little without being wrong."""
QUIET_LIMIT: Final = timedelta(days=2 * 365)
"""Without any recording for longer, the clock is more likely wrong than the account
quiet: a year must be possible, and clocks that lose their battery jump by decades."""
BATCH: Final = 10
"""Files between two looks at cancel, and at whether the folder is still there."""
_DAY: Final = timedelta(days=1)


class PurgeReason(StrEnum):
    """Why a recording goes."""

    AGE = "age"
    SIZE = "size"


@dataclass(frozen=True, kw_only=True, slots=True)
class Purgeable:
    """A recording that has to go, and why."""

    recording: Recording
    why: PurgeReason


@dataclass(kw_only=True, slots=True)
class PurgeSummary:
    """What a purge did."""

    deleted: list[str] = field(default_factory=list)
    """Recording ids."""
    failed: dict[str, str] = field(default_factory=dict)
    """Recording id -> why its file would not go; its row stays with it."""
    freed: int = 0
    """Bytes of the files that went."""


@reads
def plan_purge(
    connection: Connection,
    now: datetime,
    keep_days: int | None,
    max_bytes: int | None,
) -> list[Purgeable]:
    """Return what is too old, then the oldest of what is too much; locked ones stay."""
    statement = select(*COLUMNS).where(table.c.state == RecordingState.DOWNLOADED)
    kept = read(connection, statement.order_by(table.c.start, table.c.id))
    if kept:
        _require_clock(connection, now)
    total = sum(recording.size or 0 for recording in kept)
    plan: list[Purgeable] = []
    for recording in kept:
        if recording.locked:
            continue
        if keep_days is not None and (now - recording.start) / _DAY > keep_days:
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
    should_stop: Callable[[], bool] = lambda: False,
) -> PurgeSummary:
    """Delete files, snapshots and rows, and return what went; tombstones stay behind.

    Raises before anything is deleted when the folder is away, the database does not
    answer or the clock is wrong.
    """
    if not files.available():
        raise PurgeRefused("The recordings folder is not there")
    summary = PurgeSummary()
    plan = library.run(plan_purge, now, keep_days, max_bytes)
    for part in batched(plan, BATCH, strict=False):
        if should_stop() or not files.available():
            break
        ids = [item.recording.id for item in part]
        done = library.run(_delete, files, snapshots, ids)
        summary.deleted += done.deleted
        summary.failed |= done.failed
        summary.freed += done.freed
    return summary


def _require_clock(connection: Connection, now: datetime) -> None:
    """Refuse a clock that is behind the last download, or years ahead of everything."""
    downloaded = connection.execute(
        select(func.max(table.c.downloaded)).where(table.c.downloaded.is_not(None))
    ).scalar_one()
    if now < downloaded - CLOCK_TOLERANCE:
        raise PurgeRefused(f"The clock says {now}; a download came in at {downloaded}")
    recorded = connection.execute(select(func.max(table.c.start))).scalar_one()
    if now > max(downloaded, recorded) + QUIET_LIMIT:
        raise PurgeRefused(f"The clock says {now}; the last recording is of {recorded}")


def _delete(
    connection: Connection, files: RecordingFiles, snapshots: Path, ids: Sequence[str]
) -> PurgeSummary:
    """Delete some recordings: files first, so that no file is ever without a row.

    It happens under the database's write lock: where that cannot be had nothing goes,
    and nobody locks or analyzes a recording between its file's end and its row's.
    """
    done = PurgeSummary()
    still = select(*COLUMNS).where(
        table.c.id.in_(ids),
        table.c.state == RecordingState.DOWNLOADED,
        table.c.locked.is_(False),
    )
    for recording in read(connection, still.order_by(table.c.start, table.c.id)):
        try:
            done.freed += _remove_file(files, recording)
        except LibraryError as err:
            LOGGER.warning("Recording %s could not be deleted: %s", recording.id, err)
            done.failed[recording.id] = str(err)
        else:
            done.deleted.append(recording.id)
    for name in sightings.list_snapshots(connection, done.deleted):
        _remove_snapshot(snapshots, name)
    recordings.mark_deleted(connection, done.deleted)
    return done


def _remove_file(files: RecordingFiles, recording: Recording) -> int:
    """Delete the file and return the bytes that are free now."""
    if recording.path is None:
        return 0
    if files.remove(recording.path):
        return recording.size or 0
    # Gone already, or out of sight together with its disk?
    if not files.available():
        raise StorageUnavailable(StorageReason.FOLDER_MISSING)
    return 0


def _remove_snapshot(snapshots: Path, name: str) -> None:
    """Delete a picture; one that stays behind is no reason to keep a recording."""
    try:
        remove_below(snapshots, name)
    except LibraryError as err:
        LOGGER.warning("Snapshot %s could not be deleted: %s", name, err)
