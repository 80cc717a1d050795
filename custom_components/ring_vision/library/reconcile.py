"""Make rows and files agree again: after a crash, a restore, or an owner's tidying."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
import logging
from pathlib import Path
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from . import recordings, schema
from .errors import BrokenFile, OutsideFolder, StorageReason, StorageUnavailable
from .files import MAX_NAME_LENGTH, RecordingFiles
from .models import NewRecording, Recording, RecordingState
from .mp4 import check_mp4
from .names import files_below, parse_name
from .rows import COLUMNS, read
from .schema import recordings as table
from .snapshots import clean_snapshots
from .store import Library, reads

LOGGER: Final = logging.getLogger(__name__)
FEW: Final = 20
"""So many files an owner may well delete at once."""
BATCH: Final = 50
"""Files looked at in one transaction, while other writers wait."""
ADOPTABLE: Final = frozenset(
    {
        RecordingState.SEEN,
        RecordingState.NOT_READY,
        RecordingState.FAILED,
        RecordingState.EXPIRED,
        RecordingState.SKIPPED,
    }
)
"""States of rows that lack a file."""


@dataclass(kw_only=True, slots=True)
class Reconciled:
    """What did not agree, and what became of it."""

    refused: bool = False
    """Nothing was done: the folder is missing, or a wrong one."""
    lost: list[str] = field(default_factory=list)
    """Ids of recordings whose file is gone; they wait for their download again."""
    adopted: list[str] = field(default_factory=list)
    """Ids of recordings whose file was there; they wait for their analysis."""
    deleted: list[str] = field(default_factory=list)
    """Files of recordings that were deleted here, left alone."""
    strange: list[str] = field(default_factory=list)
    """Files left alone: broken, doubled, or of a name that says too little."""
    pictures: int = 0
    """Snapshots that no sighting shows, deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the rows say of the files."""

    kept: Mapping[str, str | None]
    """Recording id -> its file."""
    cameras: frozenset[str]
    """Ids; other accounts have their cameras in the same folder."""
    hashed: Sequence[Recording]
    """Those whose ids cannot be read in a file's name."""


def reconcile(library: Library, files: RecordingFiles, snapshots: Path) -> Reconciled:
    """Mark what lost its file, adopt files without rows, delete unused snapshots.

    Safe beside downloads, analyses and purges: each row is looked at again, together
    with its file, under the database's write lock.
    """
    if not files.available():
        return Reconciled(refused=True)
    known = library.run(_known)
    folders = sorted(files.camera_folder(camera) for camera in known.cameras)
    found = set(files_below(files.root, folders, "*.mp4"))
    missing = [
        recording_id
        for recording_id, path in known.kept.items()
        if path not in found and _is_gone(files, path)
    ]
    if not files.available() or _too_many(files, len(missing), len(known.kept)):
        return Reconciled(refused=True)
    names = {
        files.relative_path(recording): _as_new(recording) for recording in known.hashed
    }
    done = Reconciled()
    for part in batched(missing, BATCH, strict=False):
        done.lost += library.run(_mark_lost, files, part)
    without_row = sorted(found.difference(filter(None, known.kept.values())))
    for part in batched(without_row, BATCH, strict=False):
        library.run(_adopt, files, _whole(files, part, names, done), done)
    done.pictures = clean_snapshots(library, snapshots, folders, names)
    return done


@reads
def _known(connection: Connection) -> _Known:
    kept = select(table.c.id, table.c.path).where(
        table.c.state == RecordingState.DOWNLOADED
    )
    cameras = {
        *connection.execute(select(schema.cameras.c.id)).scalars(),
        *connection.execute(select(table.c.camera_id).distinct()).scalars(),
    }
    odd = "*[^0-9]*"
    hashed = select(*COLUMNS).where(
        or_(
            table.c.id.op("GLOB")(odd),
            table.c.camera_id.op("GLOB")(odd),
            func.length(table.c.id) > MAX_NAME_LENGTH,
            func.length(table.c.camera_id) > MAX_NAME_LENGTH,
        )
    )
    return _Known(
        kept=dict(connection.execute(kept).tuples().all()),
        cameras=frozenset(cameras),
        hashed=read(connection, hashed),
    )


def _too_many(files: RecordingFiles, missing: int, known: int) -> bool:
    """Say whether so many files are missing that another disk must be mounted."""
    if known <= FEW or missing * 2 <= known:
        return False
    LOGGER.warning(
        "%s of %s recordings have no file at %s: is another disk mounted there? "
        "Nothing is changed",
        missing,
        known,
        files.root,
    )
    return True


def _is_gone(files: RecordingFiles, path: str | None) -> bool:
    """Return whether a file is certainly not there; raise where nobody can tell."""
    if path is None:
        return True
    try:
        files.resolve(path).stat()
    except FileNotFoundError, NotADirectoryError:
        return True
    except OutsideFolder:
        return False
    except OSError as err:
        raise StorageUnavailable(StorageReason.FOLDER_MISSING) from err
    return False


def _mark_lost(
    connection: Connection, files: RecordingFiles, ids: Sequence[str]
) -> list[str]:
    """Let those whose file is gone wait for their download; return their ids."""
    still = select(*COLUMNS).where(
        table.c.id.in_(ids), table.c.state == RecordingState.DOWNLOADED
    )
    lost = [row.id for row in read(connection, still) if _is_gone(files, row.path)]
    if not files.available():
        raise StorageUnavailable(StorageReason.FOLDER_MISSING)
    recordings.queue_download(connection, lost)
    return lost


def _whole(
    files: RecordingFiles,
    paths: Iterable[str],
    names: Mapping[str, NewRecording],
    done: Reconciled,
) -> list[tuple[str, NewRecording]]:
    """Return the files that are whole and of a known name, with what they recorded."""
    whole = []
    for path in paths:
        recording = names.get(path) or parse_name(path)
        if recording is None:
            done.strange.append(path)
            continue
        try:
            check_mp4(files.resolve(path))
        except BrokenFile, OutsideFolder, OSError:
            done.strange.append(path)
        else:
            whole.append((path, recording))
    return whole


def _adopt(
    connection: Connection,
    files: RecordingFiles,
    whole: Iterable[tuple[str, NewRecording]],
    done: Reconciled,
) -> None:
    """Give files their rows, unless somebody deleted them or did so meanwhile."""
    for path, recording in whole:
        row = recordings.get_recording(connection, recording.id)
        if row is not None and row.state not in ADOPTABLE:
            if row.state is RecordingState.DELETED:
                done.deleted.append(path)
            elif row.path != path:
                done.strange.append(path)
        elif not _is_gone(files, path):
            recordings.add_recordings(connection, [recording])
            recordings.mark_downloaded(
                connection, recording.id, path, files.resolve(path).stat().st_size
            )
            done.adopted.append(recording.id)


def _as_new(recording: Recording) -> NewRecording:
    return NewRecording(
        id=recording.id,
        camera_id=recording.camera_id,
        kind=recording.kind,
        start=recording.start,
    )
