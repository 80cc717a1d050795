"""Tests of the database itself: opening, transactions, versions, damage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.errors import (
    CorruptLibrary,
    LibraryError,
    NewerSchema,
)
from custom_components.ring_vision.library.migrations import migrate, schema_version
from custom_components.ring_vision.library.models import RecordingFilter
from custom_components.ring_vision.library.store import Library, reads

from .samples import add, announced


def test_opening_makes_a_private_folder(library: Library) -> None:
    assert library.path.parent.stat().st_mode & 0o777 == 0o700
    assert library.path.stat().st_mode & 0o777 == 0o600


def test_what_is_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Library.open(tmp_path)
    ids = add(first, announced())
    first.close()
    second = Library.open(tmp_path)
    found = second.run(recordings.get_recording, ids[0])
    second.close()
    assert found is not None
    assert found.id == ids[0]


def test_a_failing_question_leaves_nothing_behind(library: Library) -> None:
    def add_and_fail(connection: Connection) -> None:
        recordings.add_recordings(connection, [announced()])
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        library.run(add_and_fail)
    assert len(library.run(recordings.list_recordings, RecordingFilter(limit=999))) == 0


def test_an_error_of_the_database_becomes_one_of_the_library(library: Library) -> None:
    with pytest.raises(LibraryError, match="no such table"):
        library.run(
            lambda connection: connection.execute(text("SELECT * FROM nowhere"))
        )


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("busy_timeout", 30_000),
        ("secure_delete", 1),
    ],
)
def test_every_connection_is_set_up(
    library: Library, pragma: str, value: str | int
) -> None:
    @reads
    def ask(connection: Connection) -> str | int:
        found: str | int = connection.execute(text(f"PRAGMA {pragma}")).scalar_one()
        return found

    assert library.run(ask) == value


def test_many_threads_write_without_losing_a_row(library: Library) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: add(library, announced(number)), range(1, 201)))
    assert (
        len(library.run(recordings.list_recordings, RecordingFilter(limit=999))) == 200
    )


def test_a_reader_does_not_wait_for_a_writer(library: Library) -> None:
    add(library, announced(1))
    written, release = threading.Event(), threading.Event()

    def write_slowly(connection: Connection) -> None:
        recordings.add_recordings(connection, [announced(2)])
        written.set()
        release.wait(10)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(library.run, write_slowly)
        written.wait(10)
        seen_meanwhile = len(
            library.run(recordings.list_recordings, RecordingFilter(limit=999))
        )
        release.set()
        writer.result(10)
    assert seen_meanwhile == 1
    assert len(library.run(recordings.list_recordings, RecordingFilter(limit=999))) == 2


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerSchema, match="99"):
        Library.open(tmp_path)
    with sqlite3.connect(tmp_path / "library.db") as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    assert version == (99,)


@pytest.mark.parametrize("content", [b"not a database, by far" * 500, b"\x00" * 5000])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(CorruptLibrary):
        Library.open(tmp_path)
    assert (tmp_path / "library.db").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="folder"):
        Library.open(tmp_path / "file" / "library")


def test_a_library_of_an_older_version_is_brought_up_to_date(library: Library) -> None:
    def add_column(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE cameras ADD COLUMN colour TEXT"))

    steps: tuple[Callable[[Connection], None], ...] = (add_column,)
    library.run(migrate, steps)
    assert library.run(schema_version) == 2
    library.run(
        lambda connection: connection.execute(text("SELECT colour FROM cameras"))
    )


def test_a_migration_that_fails_changes_nothing(library: Library) -> None:
    def add_column_and_fail(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE cameras ADD COLUMN colour TEXT"))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        library.run(migrate, (add_column_and_fail,))
    assert library.run(schema_version) == 1
    with pytest.raises(LibraryError, match="no such column"):
        library.run(
            lambda connection: connection.execute(text("SELECT colour FROM cameras"))
        )


def test_a_closed_library_does_not_open_again_by_itself(library: Library) -> None:
    library.close()
    with pytest.raises(LibraryError, match="closed"):
        add(library, announced())
    assert sorted(path.name for path in library.path.parent.iterdir()) == ["library.db"]


def test_a_second_process_sees_what_the_first_one_wrote(library: Library) -> None:
    ids = add(library, announced())
    other = Library.open(library.path.parent)
    assert [
        recording.id
        for recording in other.run(recordings.list_recordings, RecordingFilter())
    ] == ids
    other.close()
