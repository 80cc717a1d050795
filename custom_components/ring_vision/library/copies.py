"""Copies of the database: one a day, and the way back to the newest good one."""

from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
import os
from pathlib import Path
import re
import shutil
import sqlite3
import tempfile
import time
from typing import Final

from .errors import CorruptLibrary, LibraryError
from .files import MIN_FREE_BYTES
from .migrations import LATEST
from .store import FILE_NAME, Library, check

FOLDER: Final = "copies"
"""Beside the database."""
KEPT: Final = 3
PAGES_A_STEP: Final = 256
"""1 MiB between two looks at whether the library is being closed."""
PART_LIFE_S: Final = 60 * 60
"""A copy takes seconds; an older part is what a crash left."""
_NAME: Final = re.compile(r"library-(\d{4}-\d{2}-\d{2})\.db")
_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files beside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A copy took the database's place."""

    day: date
    """Of the copy (UTC)."""
    broken: Path | None
    """The damaged file, set aside; None when there was none any more."""


def open_library(folder: Path, now: datetime) -> tuple[Library, Restored | None]:
    """Open the database in a folder; restore its newest good copy when it is damaged.

    Raises `CorruptLibrary` where no copy is good: to begin anew is the owner's decision.
    """
    restored = None
    if _is_lost(folder) and (restored := _restore(folder, now)) is None:
        raise CorruptLibrary("The database is gone, and no copy of it is good")
    try:
        return Library.open(folder), restored
    except CorruptLibrary:
        if restored is not None or (restored := _restore(folder, now)) is None:
            raise
    return Library.open(folder), restored


def copy_if_due(library: Library, now: datetime) -> Path | None:
    """Copy the database unless there is a copy of this day (UTC) already."""
    if _path_of(library, now).exists():
        return None
    return make_copy(library, now)


def make_copy(library: Library, now: datetime) -> Path:
    """Copy the database while it is used, keep the newest copies, return the new one.

    Raises `CorruptLibrary` where the database turns out to be damaged: no good copy
    makes room for a bad one.
    """
    final = _path_of(library, now)
    try:
        final.parent.mkdir(mode=0o700, exist_ok=True)
        _clean_parts(final.parent)
        _require_space(library.path, final.parent)
        part = _new_part(final)
        try:
            _write(library, part)
            _require_good(library, part)
            _sync(part)
            part.replace(final)
        finally:
            _remove(part)
        _sync(final.parent)
        for _, old in list_copies(library.path.parent, now)[KEPT:]:
            _remove(old)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as err:
        library.run(check)
        raise LibraryError(f"The database cannot be copied: {err}") from err
    return final


def list_copies(folder: Path, now: datetime) -> list[tuple[date, Path]]:
    """Return the copies beside a database with their days, newest first."""
    found = []
    for path in (folder / FOLDER).glob("library-*.db"):
        with suppress(ValueError):
            if match := _NAME.fullmatch(path.name):
                found.append((date.fromisoformat(match[1]), path))
    # A copy of days to come was made while the clock was wrong: nobody knows when.
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return sorted(found, key=lambda copy: (copy[0] <= tomorrow, copy), reverse=True)


def _path_of(library: Library, now: datetime) -> Path:
    """Return where the copy of a day belongs."""
    day = now.astimezone(UTC).date()
    return library.path.parent / FOLDER / f"library-{day}.db"


def _new_part(final: Path) -> Path:
    """Make an empty file that is nobody else's, for the owner's eyes alone."""
    handle, name = tempfile.mkstemp(
        prefix=f"{final.name}.", suffix=".part", dir=final.parent
    )
    os.close(handle)
    return Path(name)


def _write(library: Library, part: Path) -> None:
    """Copy the database as it is at this moment, while others write."""

    def go_on(*_: int) -> None:
        if library.closed:
            raise LibraryError("The library is closed")

    with closing(sqlite3.connect(part)) as target:
        with library.driver() as source:
            # Without a transaction around all steps, each write would begin it anew.
            source.execute("BEGIN")
            try:
                source.execute("SELECT count(*) FROM sqlite_master").fetchall()
                source.backup(target, pages=PAGES_A_STEP, progress=go_on)
            finally:
                source.rollback()
        # One file, without a -wal beside it.
        target.execute("PRAGMA journal_mode = DELETE").fetchall()


def _require_good(library: Library, part: Path) -> None:
    """Raise unless the copy is good, and tell whose fault it is."""
    if not _is_good(part):
        library.run(check)
        raise LibraryError("The copy came out damaged")


def _is_good(path: Path) -> bool:
    """Return whether a database can take the place of ours."""
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error, UnicodeDecodeError:  # garbage in the names of tables
        return False
    return bool(found == "ok" and 0 < version <= LATEST)


def _is_lost(folder: Path) -> bool:
    """Return whether the database is gone while there are copies of it.

    A crash in the middle of a restore leaves it so, and the end of a full disk.
    """
    path = folder / FILE_NAME
    gone = not path.exists() or path.stat().st_size == 0
    return gone and any((folder / FOLDER).glob("library-*.db"))


def _restore(folder: Path, now: datetime) -> Restored | None:
    """Put the newest good copy in the database's place; None where there is none.

    Cut off at any point, it goes on at the next start: what is not there is lost.
    """
    good = (copy for copy in list_copies(folder, now) if _is_good(copy[1]))
    day, copy = next(good, (None, None))
    if day is None or copy is None:
        return None
    path = folder / FILE_NAME
    new = folder / f"{FILE_NAME}.restoring"
    try:
        shutil.copyfile(copy, new)
        new.chmod(0o600)
        _sync(new)
        broken = _set_aside(path, now)
        new.replace(path)
        _sync(folder)
    except OSError as err:
        raise LibraryError(f"The copy of {day} cannot be restored: {err}") from err
    return Restored(day=day, broken=broken)


def _set_aside(path: Path, now: datetime) -> Path | None:
    """Rename the damaged database, so that SQLite can still be asked for the rest.

    Its -wal must not stay: SQLite would write it into the copy.
    """
    moment = now.astimezone(UTC)
    while any(path.parent.glob(f"{path.name}.broken-{moment:%Y%m%dT%H%M%SZ}*")):
        moment += timedelta(seconds=1)
    broken = path.with_name(f"{path.name}.broken-{moment:%Y%m%dT%H%M%SZ}")
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + companion).rename(
                broken.with_name(broken.name + companion)
            )
    return broken if broken.exists() else None


def _require_space(database: Path, folder: Path) -> None:
    """Refuse a copy that would take Home Assistant's last space."""
    free = shutil.disk_usage(folder).free
    if free - database.stat().st_size < MIN_FREE_BYTES:
        raise LibraryError("There is not enough space for a copy of the database")


def _clean_parts(folder: Path) -> None:
    """Delete what a crash left of earlier copies."""
    for part in folder.glob("library-*.part*"):
        with suppress(OSError):
            if part.stat().st_mtime < time.time() - PART_LIFE_S:
                part.unlink()


def _remove(path: Path) -> None:
    """Delete a database and what SQLite left beside it."""
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable; network disks may refuse."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
