"""Tests of versions: every earlier one becomes today's, and crashes harm none."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import journal, recordings
from custom_components.ring_vision.library.errors import LibraryError, NewerSchema
from custom_components.ring_vision.library.migrations import (
    LATEST,
    STEPS,
    migrate,
    schema_version,
)
from custom_components.ring_vision.library.models import RecordingFilter, TaskRow
from custom_components.ring_vision.library.store import Library, check

from .samples import NOON, add, announced, count_rows, found

EARLIER = range(1, LATEST)
"""Each has its dump beside this file: a schema that changes needs a step and a dump of
what it was."""
FILLED = """
INSERT INTO cameras (id, name, kind, family, shared, has_plan, connected)
    VALUES ('101', 'Front Door', 'lpd_v1', 'doorbots', 0, 1, 1);
INSERT INTO recordings (id, camera_id, kind, start, state, path, size, analysis)
    VALUES ('7', '101', 'ding', 1795176000000, 'downloaded', 'a.mp4',
            1000, 'done');
INSERT INTO persons (name, name_key, created) VALUES ('Anna', 'anna', 0);
INSERT INTO sightings (recording_id, camera_id, track, label, confidence, start, "end",
                       frames, x1, y1, x2, y2, moving, person_id)
    VALUES ('7', '101', 1, 'person', 0.9, 0, 1, 1, 0, 0, 1, 1, 1, 1);
INSERT INTO faces (sighting_id, time_s, x1, y1, x2, y2, score, width_px, sharpness,
                   weight, embedding)
    VALUES (1, 0, 0, 0, 1, 1, 0.9, 80, 1, 1, zeroblob(512));
INSERT INTO tasks (id, kind, state, current, started)
    VALUES ('t', 'check', 'finished', 1, 1795176000000);
"""


def earlier_library(folder: Path, version: int) -> None:
    """Make a library of an earlier version, with a row in every table."""
    dump = Path(__file__).with_name(f"schema_{version}.sql").read_text()
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        connection.executescript(dump + FILLED)


def shape(library: Library) -> dict[str, Any]:
    """Return the tables with all that they are made of."""

    def describe(connection: Connection) -> dict[str, Any]:
        seen = inspect(connection)
        indices = text(
            "SELECT sql FROM sqlite_master "
            "WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = :table"
        )
        return {
            table: {
                "columns": {
                    column["name"]: (
                        str(column["type"]),
                        column["nullable"],
                        column["default"],
                    )
                    for column in seen.get_columns(table)
                },
                "foreign keys": seen.get_foreign_keys(table),
                "indices": sorted(
                    " ".join(sql.split())
                    for (sql,) in connection.execute(indices, {"table": table})
                ),
            }
            for table in seen.get_table_names()
        }

    return library.run(describe)


@contextmanager
def crashing(what: str, folder: Path, repository: Path) -> Iterator[None]:
    """Run a process that changes a library, and kill it in the middle."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.library.crashing", what, str(folder)],
        cwd=repository,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        process.wait()
    assert said == b"now\n"
    yield


@pytest.mark.parametrize("version", EARLIER)
def test_a_library_of_an_earlier_version_becomes_like_a_new_one(
    tmp_path: Path, library: Library, version: int
) -> None:
    earlier_library(tmp_path, version)
    migrated = Library.open(tmp_path)
    assert shape(migrated) == shape(library)
    assert migrated.run(schema_version) == LATEST
    migrated.close()


@pytest.mark.parametrize("version", EARLIER)
def test_a_library_of_an_earlier_version_keeps_all_its_rows(
    tmp_path: Path, version: int
) -> None:
    earlier_library(tmp_path, version)
    migrated = Library.open(tmp_path)
    kept = {
        table: count_rows(migrated, table)
        for table in ("cameras", "recordings", "persons", "sightings", "faces", "tasks")
    }
    recording = found(migrated, "7")
    migrated.run(check)
    migrated.close()
    assert set(kept.values()) == {1}
    assert (recording.start, recording.path, recording.size) == (NOON, "a.mp4", 1000)


def test_what_a_migration_adds_can_be_used(tmp_path: Path) -> None:
    earlier_library(tmp_path, 1)
    library = Library.open(tmp_path)
    task = TaskRow(
        id="new",
        kind="export",
        state="running",
        current=0,
        total=None,
        message=None,
        started=NOON,
        finished=None,
        error=None,
        arguments='{"days": 3}',
    )
    library.run(journal.save_task, task)
    kept = {row.id: row.arguments for row in library.run(journal.list_tasks, 10)}
    library.close()
    assert kept == {"new": '{"days": 3}', "t": None}


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "library.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (tmp_path / "library.db").read_bytes()
    with pytest.raises(NewerSchema, match="99"):
        Library.open(tmp_path)
    assert (tmp_path / "library.db").read_bytes() == before


def test_a_step_to_come_runs_once(library: Library) -> None:
    def add_column(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE cameras ADD COLUMN colour TEXT"))

    steps = (*STEPS, add_column)
    library.run(migrate, steps)
    library.run(migrate, steps)
    assert library.run(schema_version) == LATEST + 1
    library.run(
        lambda connection: connection.execute(text("SELECT colour FROM cameras"))
    )


def test_a_migration_that_fails_changes_nothing(library: Library) -> None:
    def add_column_and_fail(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE cameras ADD COLUMN colour TEXT"))
        raise RuntimeError("power cut")

    before = shape(library)
    with pytest.raises(RuntimeError):
        library.run(migrate, (*STEPS, add_column_and_fail))
    assert library.run(schema_version) == LATEST
    assert shape(library) == before
    with pytest.raises(LibraryError, match="no such column"):
        library.run(
            lambda connection: connection.execute(text("SELECT colour FROM cameras"))
        )


@pytest.mark.parametrize("what", ["write", "migrate"])
def test_a_process_killed_in_the_middle_leaves_the_library_as_it_was(
    tmp_path: Path, repository: Path, library: Library, what: str
) -> None:
    folder = tmp_path / "killed"
    first = Library.open(folder)
    ids = add(first, announced(1), announced(2))
    first.close()
    with crashing(what, folder, repository):
        assert (folder / "library.db-wal").stat().st_size > 100_000
    again = Library.open(folder)
    again.run(check)
    assert shape(again) == shape(library)
    assert again.run(schema_version) == LATEST
    kept = again.run(recordings.list_recordings, RecordingFilter(limit=10_000))
    assert [recording.id for recording in kept] == ids
    add(again, announced(3))
    assert count_rows(again, "recordings") == 3
    again.close()
