"""The bin: recordings deleted here wait in it for some days, and can come back.

The file moves in one step, under the database's write lock, and then its row changes.
Whatever a crash leaves between the two, the row says where the file belongs: `settle`
brings it there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import logging
from pathlib import Path
from typing import Final

from sqlalchemy import case, select, update
from sqlalchemy.engine import Connection

from . import recordings, schema, sightings
from .errors import LibraryError, StorageReason, StorageUnavailable
from .files import RecordingFiles, remove_below
from .models import AnalysisState, Recording, RecordingState
from .rows import COLUMNS, read
from .schema import recordings as table
from .store import reads

LOGGER: Final = logging.getLogger(__name__)
FOLDER: Final = ".bin"
"""Below the recordings folder, so that a file gets there without being copied."""


@dataclass(kw_only=True, slots=True)
class Moved:
    """What went, or came back."""

    done: list[str] = field(default_factory=list)
    """Recording ids."""
    failed: dict[str, str] = field(default_factory=dict)
    """Recording id -> why its file would not move; its row stays with it."""
    freed: int = 0
    """Bytes that the disk has got back."""

    def add(self, other: Moved) -> None:
        """Count another part of the same work in."""
        self.done += other.done
        self.failed |= other.failed
        self.freed += other.freed


def bin_path(path: str) -> str:
    """Return where a recording's file is while it is in the bin."""
    return f"{FOLDER}/{path}"


def put(
    connection: Connection,
    files: RecordingFiles,
    snapshots: Path,
    whys: Mapping[str, str],
    now: datetime,
) -> Moved:
    """Move recordings to the bin; what was seen in them is hidden until they go.

    A recording whose file is gone has nothing to wait for, and leaves a tombstone.
    """
    moved, binned, gone = Moved(), list[str](), list[str]()
    for recording in _still(connection, whys, RecordingState.DOWNLOADED):
        try:
            here = _move(files, recording.path, to_bin=True)
        except LibraryError as err:
            _failed(moved, recording, err)
        else:
            (binned if here else gone).append(recording.id)
    for recording_id in binned:
        _mark_binned(connection, recording_id, whys[recording_id], now)
    _forget(connection, snapshots, gone)
    moved.done = binned + gone
    return moved


def delete(
    connection: Connection,
    files: RecordingFiles,
    snapshots: Path,
    ids: Iterable[str],
    states: Iterable[RecordingState],
) -> Moved:
    """Delete recordings of these states for good; tombstones stay behind.

    Files go first, so that no file is ever without a row.
    """
    moved = Moved()
    for recording in _still(connection, ids, *states):
        try:
            moved.freed += _remove_file(files, recording)
        except LibraryError as err:
            _failed(moved, recording, err)
        else:
            moved.done.append(recording.id)
    _forget(connection, snapshots, moved.done)
    return moved


def restore(connection: Connection, files: RecordingFiles, ids: Iterable[str]) -> Moved:
    """Bring recordings back as they were, with all that was seen in them."""
    moved = Moved()
    for recording in _still(connection, ids, RecordingState.BINNED):
        try:
            if not _move(files, recording.path, to_bin=False):
                moved.failed[recording.id] = "file_missing"
                continue
        except LibraryError as err:
            _failed(moved, recording, err)
        else:
            _mark_restored(connection, recording.id)
            moved.done.append(recording.id)
    return moved


@reads
def list_binned(
    connection: Connection, until: datetime | None = None
) -> list[Recording]:
    """Return what is in the bin (and was there by `until`), the longest there first."""
    statement = select(*COLUMNS).where(table.c.state == RecordingState.BINNED)
    if until is not None:
        statement = statement.where(table.c.binned <= until)
    return read(connection, statement.order_by(table.c.binned, table.c.id))


def _still(
    connection: Connection, ids: Iterable[str], *states: RecordingState
) -> list[Recording]:
    """Return those of some recordings that may move now, oldest first."""
    statement = select(*COLUMNS).where(
        table.c.id.in_(list(ids)), table.c.state.in_(states), table.c.locked.is_(False)
    )
    return read(connection, statement.order_by(table.c.start, table.c.id))


def _move(files: RecordingFiles, path: str | None, *, to_bin: bool) -> bool:
    """Move a file in or out; False when it is certainly gone."""
    if path is None:
        return False
    places = (path, bin_path(path)) if to_bin else (bin_path(path), path)
    if files.move(*places):
        return True
    _require_folder(files)
    return False


def _remove_file(files: RecordingFiles, recording: Recording) -> int:
    """Delete the file and return the bytes that are free now."""
    if recording.path is None:
        return 0
    binned = recording.state is RecordingState.BINNED
    if files.remove(bin_path(recording.path) if binned else recording.path):
        return recording.size or 0
    _require_folder(files)
    return 0


def _require_folder(files: RecordingFiles) -> None:
    """Raise where a file is not gone, but out of sight together with its disk."""
    if not files.available():
        raise StorageUnavailable(StorageReason.FOLDER_MISSING)


def _failed(moved: Moved, recording: Recording, err: LibraryError) -> None:
    LOGGER.warning("Recording %s could not be moved: %s", recording.id, err)
    moved.failed[recording.id] = str(err)


def _mark_binned(
    connection: Connection, recording_id: str, why: str, now: datetime
) -> None:
    """Note that a file is in the bin; nobody shall wait for its analysis there."""
    connection.execute(
        update(table)
        .where(table.c.id == recording_id)
        .values(
            state=RecordingState.BINNED,
            binned=now,
            binned_why=why,
            analysis=case(
                (table.c.analysis == AnalysisState.DONE, AnalysisState.DONE),
                else_=AnalysisState.NONE,
            ),
        )
    )
    _hide(connection, recording_id, hidden=True)


def _mark_restored(connection: Connection, recording_id: str) -> None:
    """Note that a file is back; its analysis goes on where it was."""
    connection.execute(
        update(table)
        .where(table.c.id == recording_id)
        .values(
            state=RecordingState.DOWNLOADED,
            binned=None,
            binned_why=None,
            analysis=case(
                (table.c.analysis == AnalysisState.DONE, AnalysisState.DONE),
                # Only a failed one has a reason.
                (table.c.analysis_reason.is_not(None), AnalysisState.FAILED),
                else_=AnalysisState.WAITING,
            ),
        )
    )
    _hide(connection, recording_id, hidden=False)


def _hide(connection: Connection, recording_id: str, *, hidden: bool) -> None:
    connection.execute(
        update(schema.sightings)
        .where(schema.sightings.c.recording_id == recording_id)
        .values(hidden=hidden)
    )


def _forget(connection: Connection, snapshots: Path, ids: list[str]) -> None:
    """Delete all that was seen, and leave tombstones."""
    for name in sightings.list_snapshots(connection, ids):
        try:
            remove_below(snapshots, name)
        except LibraryError as err:  # no reason to keep a recording
            LOGGER.warning("Snapshot %s could not be deleted: %s", name, err)
    recordings.mark_deleted(connection, ids)
