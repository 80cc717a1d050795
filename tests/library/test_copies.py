"""Tests of the copies: made while others write, and restored after damage."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
import os
from pathlib import Path
import shutil
import sqlite3
import threading

import pytest

from custom_components.ring_vision.library import copies, recordings
from custom_components.ring_vision.library.copies import (
    Restored,
    copy_if_due,
    list_copies,
    make_copy,
    open_library,
)
from custom_components.ring_vision.library.errors import (
    CorruptLibrary,
    LibraryError,
    NewerSchema,
)
from custom_components.ring_vision.library.models import RecordingFilter
from custom_components.ring_vision.library.store import Library, check

from .samples import NOON, add, announced

DAY = timedelta(days=1)
GARBAGE = b"no database at all" * 500


def ids_in(library: Library) -> set[str]:
    """Return the ids of all recordings."""
    wanted = RecordingFilter(limit=10_000)
    return {row.id for row in library.run(recordings.list_recordings, wanted)}


def names(folder: Path) -> list[str]:
    """Return the names of a folder's files."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def damage_header(path: Path) -> None:
    """Overwrite the first page."""
    with path.open("r+b") as file:
        file.write(GARBAGE[:4096])


def damage_middle(path: Path) -> None:
    """Overwrite a page in the middle."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xa5" * 4096)


def cut(path: Path) -> None:
    """Lose the second half."""
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def empty(path: Path) -> None:
    """Lose every byte."""
    os.truncate(path, 0)


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Path, set[str]]:
    """Return the folder of a library with a copy of 500 recordings, and their ids.

    A day later another recording came in.
    """
    library = Library.open(tmp_path / "library")
    ids = add(library, *(announced(number) for number in range(1, 501)))
    make_copy(library, NOON)
    add(library, announced(501))
    library.close()
    return tmp_path / "library", set(ids)


def test_a_copy_is_a_whole_library_in_one_private_file(library: Library) -> None:
    ids = add(library, *(announced(number) for number in range(1, 50)))
    path = make_copy(library, NOON)
    assert path == library.path.parent / "copies" / "library-2026-11-20.db"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert names(path.parent) == [path.name]
    elsewhere = library.path.parent.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(path, elsewhere / "library.db")
    opened = Library.open(elsewhere)
    assert ids_in(opened) == set(ids)
    opened.close()


def test_a_copy_is_made_once_a_day_and_three_are_kept(library: Library) -> None:
    morning = NOON - DAY / 4
    made = [copy_if_due(library, morning + number * DAY / 2) for number in range(10)]
    assert [path is not None for path in made] == [True, False] * 5
    assert [day for day, _ in list_copies(library.path.parent, NOON + 5 * DAY)] == [
        date(2026, 11, 24),
        date(2026, 11, 23),
        date(2026, 11, 22),
    ]
    assert len(names(library.path.parent / "copies")) == 3


def test_a_copy_of_days_to_come_does_not_count_as_the_newest(library: Library) -> None:
    for now in (NOON + 9999 * DAY, NOON, NOON + DAY):
        make_copy(library, now)
    days = [day for day, _ in list_copies(library.path.parent, NOON + DAY)]
    assert days[:2] == [date(2026, 11, 21), date(2026, 11, 20)]
    assert copy_if_due(library, NOON + 2 * DAY) is not None


def test_others_write_while_a_copy_is_made(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(add(library, *(announced(number) for number in range(1, 1001))))
    monkeypatch.setattr(copies, "PAGES_A_STEP", 1)
    written = threading.Event()
    steps: list[int] = []
    closed = Library.closed

    def write_once(asked: Library) -> bool:
        steps.append(1)
        if len(steps) == 5:
            add(library, announced(2000))
            written.set()
        return bool(closed.fget(asked))  # type: ignore[attr-defined]

    monkeypatch.setattr(Library, "closed", property(write_once))
    path = make_copy(library, NOON)
    assert written.is_set()
    assert len(steps) > 20
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT id FROM recordings").fetchall()
    # The copy shows one moment, and the writes did not make it begin anew.
    assert {recording_id for (recording_id,) in found} == before
    assert ids_in(library) == {*before, announced(2000).id}


def test_a_copy_ends_when_the_library_is_closed(library: Library) -> None:
    add(library, *(announced(number) for number in range(1, 1001)))
    library.close()
    with pytest.raises(LibraryError, match="closed"):
        make_copy(library, NOON)
    assert names(library.path.parent / "copies") == []


def test_a_damaged_library_is_never_copied(copied: tuple[Path, set[str]]) -> None:
    folder, _ = copied
    library = Library.open(folder)
    library._engine.dispose()  # or the pages would come from memory
    damage_middle(library.path)
    with pytest.raises(CorruptLibrary):
        make_copy(library, NOON + DAY)
    library.close()
    assert names(folder / "copies") == ["library-2026-11-20.db"]


def test_a_copy_that_came_out_damaged_is_thrown_away(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(library, *(announced(number) for number in range(1, 501)))
    good = copies._is_good

    def wear_out(path: Path) -> bool:
        damage_middle(path)
        return good(path)

    monkeypatch.setattr(copies, "_is_good", wear_out)
    with pytest.raises(LibraryError, match="came out damaged") as caught:
        make_copy(library, NOON)
    assert not isinstance(caught.value, CorruptLibrary)
    assert names(library.path.parent / "copies") == []


def test_a_full_disk_is_not_filled_further(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(LibraryError, match="space"):
        make_copy(library, NOON)
    assert names(library.path.parent / "copies") == []


def test_a_folder_that_cannot_take_a_copy_is_an_error(library: Library) -> None:
    (library.path.parent / "copies").write_text("in the way")
    with pytest.raises(LibraryError, match="cannot be copied"):
        make_copy(library, NOON)


def test_what_a_crash_left_of_a_copy_is_deleted(library: Library) -> None:
    folder = library.path.parent / "copies"
    folder.mkdir()
    for name, age_s in (
        ("old.part", 7200),
        ("old.part-journal", 7200),
        ("new.part", 0),
    ):
        path = folder / f"library-2026-11-19.db.{name}"
        path.touch()
        then = datetime.now(UTC).timestamp() - age_s
        os.utime(path, (then, then))
    make_copy(library, NOON)
    assert names(folder) == ["library-2026-11-19.db.new.part", "library-2026-11-20.db"]


def test_a_sound_library_is_opened_as_it_is(copied: tuple[Path, set[str]]) -> None:
    folder, ids = copied
    library, restored = open_library(folder, NOON)
    assert restored is None
    assert ids_in(library) == {*ids, announced(501).id}
    library.close()


@pytest.mark.parametrize("damage", [damage_header, damage_middle, cut, empty])
def test_a_damaged_library_gives_way_to_its_copy_and_is_set_aside(
    copied: tuple[Path, set[str]], damage: Callable[[Path], None]
) -> None:
    folder, ids = copied
    damage(folder / "library.db")
    damaged = (folder / "library.db").read_bytes()
    library, restored = open_library(folder, NOON + DAY)
    broken = folder / "library.db.broken-20261121T120000Z"
    assert restored == Restored(day=date(2026, 11, 20), broken=broken)
    assert broken.read_bytes() == damaged
    assert library.path.stat().st_mode & 0o777 == 0o600
    assert ids_in(library) == ids
    library.run(check)
    add(library, announced(502))
    library.close()
    again, restored = open_library(folder, NOON + DAY)
    assert restored is None
    assert ids_in(again) == {*ids, announced(502).id}
    again.close()


def test_the_files_beside_a_damaged_library_go_with_it(
    copied: tuple[Path, set[str]], tmp_path: Path
) -> None:
    folder, ids = copied
    library = Library.open(folder)
    add(library, announced(502))
    # As a crash leaves it: with rows that are in the -wal alone.
    crashed = shutil.copytree(folder, tmp_path / "crashed")
    library.close()
    wal = (crashed / "library.db-wal").read_bytes()
    damage_middle(crashed / "library.db")
    damaged = (crashed / "library.db").read_bytes()
    library, _ = open_library(crashed, NOON)
    assert ids_in(library) == ids
    library.close()
    broken = "library.db.broken-20261120T120000Z"
    assert names(crashed) == ["library.db", broken, f"{broken}-shm", f"{broken}-wal"]
    assert (crashed / broken).read_bytes() == damaged
    assert (crashed / f"{broken}-wal").read_bytes() == wal


def test_nothing_set_aside_is_ever_overwritten(copied: tuple[Path, set[str]]) -> None:
    folder, _ = copied
    for content in (GARBAGE, GARBAGE * 2):
        (folder / "library.db").write_bytes(content)
        library, _ = open_library(folder, NOON)
        library.close()
    kept = [path.stat().st_size for path in sorted(folder.glob("library.db.broken-*"))]
    assert kept == [len(GARBAGE), len(GARBAGE) * 2]


def test_the_newest_copy_that_is_good_is_taken(copied: tuple[Path, set[str]]) -> None:
    folder, ids = copied
    good = folder / "copies" / "library-2026-11-20.db"
    shutil.copy(good, good.with_name("library-2026-11-21.db"))
    damage_middle(good.with_name("library-2026-11-21.db"))
    shutil.copy(good, good.with_name("library-2026-11-22.db"))
    with closing(sqlite3.connect(good.with_name("library-2026-11-22.db"))) as newer:
        newer.execute("PRAGMA user_version = 99")
    good.with_name("library-2026-11-23.db").touch()
    good.with_name("library-2026-99-99.db").write_bytes(good.read_bytes())
    (folder / "library.db").write_bytes(GARBAGE)
    library, restored = open_library(folder, NOON + 4 * DAY)
    assert restored is not None
    assert restored.day == date(2026, 11, 20)
    assert ids_in(library) == ids
    library.close()


@pytest.mark.parametrize("damage", [damage_header, damage_middle, empty])
def test_without_a_good_copy_everything_stays_as_it_is(
    copied: tuple[Path, set[str]], damage: Callable[[Path], None]
) -> None:
    folder, _ = copied
    (folder / "copies" / "library-2026-11-20.db").write_bytes(GARBAGE)
    damage(folder / "library.db")
    damaged = (folder / "library.db").read_bytes()
    with pytest.raises(CorruptLibrary):
        open_library(folder, NOON)
    assert list(folder.glob("*broken*")) == []
    assert (folder / "library.db").read_bytes() == damaged


def test_a_library_without_any_copy_begins_empty(tmp_path: Path) -> None:
    library, restored = open_library(tmp_path / "library", NOON)
    assert restored is None
    assert ids_in(library) == set()
    library.close()


def test_a_newer_schema_is_no_damage(copied: tuple[Path, set[str]]) -> None:
    folder, _ = copied
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerSchema):
        open_library(folder, NOON)
    assert names(folder) == ["library.db"]


@pytest.mark.parametrize(
    "left",
    [
        ["library.db", "library.db-wal", "library.db.restoring"],
        ["library.db-wal", "library.db.restoring"],
        ["library.db.restoring"],
        [],
    ],
)
def test_a_restore_that_was_cut_off_goes_on_at_the_next_start(
    copied: tuple[Path, set[str]], left: list[str]
) -> None:
    folder, ids = copied
    (folder / "library.db").unlink()
    for name in left:
        (folder / name).write_bytes(GARBAGE)
    library, restored = open_library(folder, NOON)
    assert restored is not None
    assert ids_in(library) == ids
    library.run(check)
    library.close()


def test_a_copy_that_cannot_be_put_in_place_loses_nothing(
    copied: tuple[Path, set[str]],
) -> None:
    folder, _ = copied
    (folder / "library.db").write_bytes(GARBAGE)
    (folder / "library.db.restoring").mkdir()
    with pytest.raises(LibraryError, match="cannot be restored"):
        open_library(folder, NOON)
    assert (folder / "library.db").read_bytes() == GARBAGE
