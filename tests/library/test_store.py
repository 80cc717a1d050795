"""Tests of the database itself: opening, transactions, versions, damage."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import recordings, store
from custom_components.ring_vision.library.errors import (
    BusyLibrary,
    CorruptLibrary,
    LibraryError,
)
from custom_components.ring_vision.library.models import RecordingFilter
from custom_components.ring_vision.library.store import Library, check, reads

from .samples import add, announced, count_rows


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


@pytest.mark.parametrize("content", [b"not a database, by far" * 500, b"\x00" * 5000])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(CorruptLibrary):
        Library.open(tmp_path)
    assert (tmp_path / "library.db").read_bytes() == content


def test_a_page_that_is_damaged_is_found_when_opening(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    add(library, *(announced(number) for number in range(500)))
    library.close()
    content = bytearray((tmp_path / "library.db").read_bytes())
    page = 4096 * (len(content) // 4096 // 2)
    content[page : page + 4096] = b"\xa5" * 4096
    (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(CorruptLibrary):
        Library.open(tmp_path)
    assert (tmp_path / "library.db").read_bytes() == content


def test_garbage_in_the_schema_is_damage(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    content = (tmp_path / "library.db").read_bytes()
    damaged = content.replace(b"CREATE TABLE cameras", b"CREATE\xa1\xb2TABLE cameras")
    assert damaged != content
    (tmp_path / "library.db").write_bytes(damaged)
    with pytest.raises(CorruptLibrary):
        Library.open(tmp_path)


def test_a_sound_library_passes_the_check(library: Library) -> None:
    add(library, *(announced(number) for number in range(500)))
    library.run(check)


def test_a_lock_of_another_program_is_named_after_the_busy_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)
    library = Library.open(tmp_path)
    other = sqlite3.connect(library.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyLibrary, match="Another program"):
        add(library, announced())
    assert count_rows(library, "recordings") == 0
    other.execute("ROLLBACK")
    other.close()
    add(library, announced())
    assert count_rows(library, "recordings") == 1
    library.close()


def test_opening_a_library_that_is_locked_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)
    Library.open(tmp_path).close()
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BusyLibrary):
        Library.open(tmp_path)
    other.close()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="folder"):
        Library.open(tmp_path / "file" / "library")


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
