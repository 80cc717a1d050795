"""The database: opened once, asked from any thread, one transaction a question."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
import threading
from typing import Any, Concatenate, Final, Self

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from .errors import CorruptLibrary, LibraryError
from .migrations import migrate

__all__ = ["Library", "LibraryError", "reads"]

FILE_NAME: Final = "library.db"
BUSY_TIMEOUT_MS: Final = 30_000
_READS: Final = "library_reads"
_DAMAGED: Final = ("file is not a database", "malformed", "file is encrypted")


def reads[**P, T](query: Callable[P, T]) -> Callable[P, T]:
    """Mark a query that changes nothing, so that it never waits for a writer."""
    vars(query)[_READS] = True
    return query


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
        """Open the database in a folder; make both where they are missing."""
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
        event.listen(engine, "connect", _set_up_connection)
        event.listen(engine, "begin", _begin)
        library = cls(engine, path)
        try:
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
        """Return what `query(connection, ...)` returns, all of it in one transaction."""
        if self._closed:  # or the pool would open the file anew
            raise LibraryError("The library is closed")
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

    def close(self) -> None:
        """Close the connections; the library cannot be asked any more."""
        self._closed = True
        self._engine.dispose()


def _translate(err: SQLAlchemyError) -> LibraryError:
    """Name the library's own error for one of the database."""
    reason = str(err.orig) if isinstance(err, DatabaseError) else str(err)
    if any(word in reason for word in _DAMAGED):
        return CorruptLibrary(reason)
    return LibraryError(reason)


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
