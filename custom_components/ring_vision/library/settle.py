"""After a crash: every file goes to where its row says, the bin or its old place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import batched
import logging
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from . import recordings, schema
from .bin import FOLDER, bin_path, list_binned
from .errors import LibraryError, StorageReason, StorageUnavailable
from .files import RecordingFiles
from .models import Recording, RecordingState
from .rows import COLUMNS, read
from .schema import recordings as table
from .store import Library, reads

LOGGER: Final = logging.getLogger(__name__)
FEW: Final = 20
"""So many files may well have been deleted in the bin by hand at once."""
BATCH: Final = 50
"""Files looked at in one transaction, while other writers wait."""


@dataclass(kw_only=True, slots=True)
class Settled:
    """What was not where its row says."""

    moved: list[str] = field(default_factory=list)
    """Files, by the names that they have outside of the bin."""
    removed: list[str] = field(default_factory=list)
    """Files of recordings that were deleted for good, or are in their place too."""
    lost: list[str] = field(default_factory=list)
    """Ids of recordings whose file is gone from the bin: tombstones now."""


def settle(library: Library, files: RecordingFiles) -> Settled:
    """Bring files and rows of the bin together; does nothing while the folder is away.

    Safe beside everything else: each row is looked at again, together with its file,
    under the database's write lock.
    """
    done = Settled()
    if not files.available():
        return done
    binned = {row.path: row.id for row in library.run(list_binned) if row.path}
    found = set(_files_in_bin(files, library.run(_camera_ids)))
    stray = _ids_of(library, files, found - binned.keys())
    missing = binned.keys() - found
    here = {path for path in missing if files.resolve(path).is_file()}
    if len(missing - here) > FEW and len(missing - here) * 2 > len(binned):
        LOGGER.warning("Most files of the bin are gone: is another disk mounted?")
        missing = here
    wanted = stray | {path: binned[path] for path in missing}
    wanted |= {path: id_ for path, id_ in binned.items() if _doubled(files, path)}
    for part in batched(sorted(wanted.items()), BATCH, strict=False):
        library.run(_settle, files, part, done)
    return done


@reads
def _camera_ids(connection: Connection) -> set[str]:
    """Return the account's cameras; other accounts' lie in the same folder."""
    return {
        *connection.execute(select(schema.cameras.c.id)).scalars(),
        *connection.execute(select(table.c.camera_id).distinct()).scalars(),
    }


def _files_in_bin(files: RecordingFiles, camera_ids: Iterable[str]) -> Iterable[str]:
    """Yield the files in the bin, by the names that they have outside of it."""
    top = files.root / FOLDER
    for camera_id in camera_ids:
        for path in (top / files.camera_folder(camera_id)).rglob("*.mp4"):
            yield path.relative_to(top).as_posix()


def _doubled(files: RecordingFiles, path: str) -> bool:
    """Return whether a file is in the bin and in its place as well."""
    return files.resolve(path).is_file() and files.resolve(bin_path(path)).is_file()


def _ids_of(
    library: Library, files: RecordingFiles, paths: set[str]
) -> dict[str, str | None]:
    """Return whose files they are, by the rows' word."""
    ids: dict[str, str | None] = dict.fromkeys(paths)
    if paths:
        for row in library.run(_rows_of_files):
            path = row.path or files.relative_path(row)
            if path in ids:
                ids[path] = row.id
    return ids


@reads
def _rows_of_files(connection: Connection) -> list[Recording]:
    states = (RecordingState.DOWNLOADED, RecordingState.DELETED)
    return read(connection, select(*COLUMNS).where(table.c.state.in_(states)))


def _settle(
    connection: Connection,
    files: RecordingFiles,
    wanted: Iterable[tuple[str, str | None]],
    done: Settled,
) -> None:
    """Do what is to be done about some files."""
    lost: list[str] = []
    for path, recording_id in wanted:
        row = recording_id and recordings.get_recording(connection, recording_id)
        state = row.state if row else None
        try:
            if state is RecordingState.BINNED and not _into_bin(files, path, done):
                lost.extend(filter(None, [recording_id]))
            elif state is RecordingState.DELETED:
                _remove(files, bin_path(path), done)
            elif state is not RecordingState.BINNED:
                _out_of_bin(files, path, done, known=row is not None)
        except LibraryError as err:
            LOGGER.warning("File %s of the bin stays as it is: %s", path, err)
    if not files.available():
        raise StorageUnavailable(StorageReason.FOLDER_MISSING)
    recordings.mark_deleted(connection, lost)
    done.lost += lost


def _into_bin(files: RecordingFiles, path: str, done: Settled) -> bool:
    """Have a file in the bin alone; False when it is nowhere."""
    if files.resolve(bin_path(path)).is_file():
        if files.resolve(path).is_file():
            _remove(files, path, done)
        return True
    if not files.move(path, bin_path(path)):
        return False
    done.moved.append(path)
    return True


def _out_of_bin(
    files: RecordingFiles, path: str, done: Settled, *, known: bool
) -> None:
    """Have a file in its place alone; what has no row gets one there."""
    if not files.resolve(path).is_file():
        if files.move(bin_path(path), path):
            done.moved.append(path)
    elif known:
        _remove(files, bin_path(path), done)


def _remove(files: RecordingFiles, path: str, done: Settled) -> None:
    if files.remove(path):
        done.removed.append(path)
