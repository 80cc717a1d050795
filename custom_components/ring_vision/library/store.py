"""The database: opened once, asked from any thread, one transaction a question."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
import sqlite3
import threading
from typing import Any, Concatenate, Final, Self

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from .errors import BusyLibrary, CorruptLibrary, LibraryError
from .migrations import migrate

__all__ = ["Library", "LibraryError", "reads"]

FILE_NAME: Final = "library.db"
BUSY_TIMEOUT_MS: Final = 30_000
_READS: Final = "library_reads"
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def reads[**P, T](query: Callable[P, T]) -> Callable[P, T]:
    """Mark a query that changes nothing, so that it never waits for a writer."""
    vars(query)[_READS] = True
    return query


@reads
def check(connection: Connection) -> None:
    """Raise `CorruptLibrary` where SQLite finds the file damaged.

    The quick check reads every page, but does not compare indices with their tables:
    0.3 s for 100,000 recordings (150 MB), against 1.2 s for the whole check.
    """
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise CorruptLibrary(str(found))


class Library:
    """All rows of one account."""

    def __init__(self, engine: Engine, path: Path) -> None:
        """Wrap an engine whose schema is up to date; use `open`."""
        self._engine = engine
        self._writer = threading.Lock()
        self._closed = False
        self.path = path

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the database in a folder; make both where they are missing.

        Raises `CorruptLibrary`, and changes nothing, where the file is damaged.
        """
        path = folder / FILE_NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Biometrics are inside; the -wal and -shm files take over its mode.
            path.touch(mode=0o600)
        except OSError as err:
            raise LibraryError(f"Cannot make the library's folder: {err}") from err
        engine = create_engine(
            f"sqlite:///{path}", pool_size=8, max_overflow=56, pool_timeout=30
        )
        event.listen(engine, "connect", _leave_alone)
        event.listen(engine, "connect", _set_up_connection)
        event.listen(engine, "begin", _begin)
        library = cls(engine, path)
        try:
            library.run(check)
            event.remove(engine, "connect", _leave_alone)
            engine.dispose()
            library.run(migrate)
        except LibraryError:
            library.close()
            raise
        return library

    def run[**P, T](
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what `query(connection, ...)` returns, all of it in one transaction.

        Raises `BusyLibrary`, and changes nothing, where another program keeps the
        database locked for longer than the busy timeout.
        """
        self._require_open()
        reading = getattr(query, _READS, False)
        # One writer at a time: SQLite itself would make the others poll.
        with nullcontext() if reading else self._writer:
            try:
                with (
                    self._engine.connect().execution_options(
                        library_reads=reading
                    ) as connection,
                    connection.begin(),
                ):
                    return query(connection, *args, **kwargs)
            except SQLAlchemyError as err:
                raise _translate(err) from err
            except UnicodeDecodeError as err:
                # The driver's way of reporting names that are garbage.
                raise CorruptLibrary(str(err)) from err

    @contextmanager
    def driver(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection of the driver itself, outside of any transaction."""
        self._require_open()
        try:
            pooled = self._engine.raw_connection()
        except SQLAlchemyError as err:
            raise _translate(err) from err
        try:
            lent: Any = pooled.driver_connection
            yield lent
        finally:
            pooled.close()

    @property
    def closed(self) -> bool:
        """Return whether the library can no longer be asked."""
        return self._closed

    def close(self) -> None:
        """Close the connections; the library cannot be asked any more."""
        self._closed = True
        self._engine.dispose()

    def _require_open(self) -> None:
        """Refuse a closed library: the pool would open the file anew."""
        if self._closed:
            raise LibraryError("The library is closed")


def _translate(err: SQLAlchemyError) -> LibraryError:
    """Name the library's own error for one of the database."""
    if not isinstance(err, DatabaseError):
        return LibraryError(str(err))
    reason = str(err.orig)
    # The lower byte tells the kind, the upper ones tell more of it.
    kind = getattr(err.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if kind in _BUSY:
        return BusyLibrary(f"Another program keeps the library locked: {reason}")
    if kind in _DAMAGED or "unsupported file format" in reason:
        return CorruptLibrary(reason)
    return LibraryError(reason)


def _leave_alone(connection: Any, _: Any) -> None:
    """Keep SQLite from writing the -wal into a file that may be damaged, and losing it."""
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003


def _set_up_connection(connection: Any, _: Any) -> None:
    """Prepare a new connection of the driver (sqlite3)."""
    # The driver would begin late and DEFERRED; `_begin` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # A forgotten face must not stay readable in free pages.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a later upgrade of a reader could only fail."""
    reading = connection.get_execution_options().get("library_reads", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")
