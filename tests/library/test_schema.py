"""Tests of the tables: what types keep, and that questions use an index."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import (
    bin as binned,
    export,
    faces,
    people,
    policy,
    recordings,
    requeue,
    schema,
    sightings,
)
from custom_components.ring_vision.library.errors import LibraryError
from custom_components.ring_vision.library.export import ExportFilter
from custom_components.ring_vision.library.models import (
    RecordingFilter,
    RecordingState,
    SightingFilter,
)
from custom_components.ring_vision.library.policy import Policy
from custom_components.ring_vision.library.store import Library

from .samples import NOON, add, announced, embedding, found

TODAY = NOON.replace(hour=0)


def plan(library: Library, query: Callable[..., Any], *arguments: Any) -> str:
    """Return how SQLite would answer a question (all of its statements)."""
    asked: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        asked.append((call[2], call[3]))

    event.listen(library._engine, "before_cursor_execute", note)
    library.run(query, *arguments)
    event.remove(library._engine, "before_cursor_execute", note)

    def explain(connection: Connection) -> str:
        return "\n".join(
            row.detail
            for statement, values in asked
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", values
            )
        )

    return library.run(explain)


@pytest.mark.parametrize(
    ("query", "arguments", "index"),
    [
        (recordings.waiting_analysis, (20,), "recordings_open_analysis (analysis=?)"),
        (
            recordings.list_recordings,
            (RecordingFilter(start=TODAY, end=NOON),),
            "recordings_by_start (start>? AND start<?)",
        ),
        (
            recordings.list_recordings,
            (RecordingFilter(camera_ids=("101",), start=TODAY, end=NOON),),
            "recordings_by_camera (camera_id=? AND start>? AND start<?)",
        ),
        (
            recordings.list_recordings,
            (RecordingFilter(states=(RecordingState.FAILED,)),),
            "recordings_by_state (state=?)",
        ),
        (recordings.get_recording, ("1",), "sqlite_autoindex_recordings_1 (id=?)"),
        (
            sightings.list_sightings,
            (SightingFilter(start=TODAY),),
            "sightings_by_start (start>?)",
        ),
        (
            sightings.list_sightings,
            (SightingFilter(camera_ids=("101",), limit=1),),
            "sightings_news (camera_id=?)",
        ),
        (
            sightings.list_sightings,
            (SightingFilter(camera_ids=("101",), identified=True, limit=1),),
            "sightings_identified (camera_id=?)",
        ),
        (
            sightings.list_sightings,
            (SightingFilter(person_id=1),),
            "sightings_by_person (person_id=? AND hidden=?)",
        ),
        (
            sightings.list_sightings,
            (SightingFilter(scenery=True, start=TODAY),),
            "sightings_by_start (start>?)",
        ),
        (people.find_person, ("Anna",), "sqlite_autoindex_persons_1 (name_key=?)"),
        (people.gallery, (), "person_references"),
    ],
)
def test_questions_are_answered_from_an_index_in_its_order(
    library: Library, query: Callable[..., Any], arguments: tuple[Any, ...], index: str
) -> None:
    found_plan = plan(library, query, *arguments)
    assert index in found_plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in found_plan


@pytest.mark.parametrize(
    ("query", "arguments", "index"),
    [
        (recordings.due_downloads, (NOON, 20), "recordings_by_state (state=?)"),
        (recordings.due_downloads, (NOON, None, ["101"]), "recordings_by_state"),
        (recordings.next_due, (["101", "102"],), "recordings_by_state (state=?)"),
        (sightings.sightings_since, (TODAY,), "sightings_by_start (start>?)"),
    ],
)
def test_questions_that_sort_read_only_the_few_rows_they_are_about(
    library: Library, query: Callable[..., Any], arguments: tuple[Any, ...], index: str
) -> None:
    assert index in plan(library, query, *arguments).splitlines()[0]


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        (recordings.count, ()),
        (recordings.mark_deleted, (["1"],)),
        (recordings.queue_download, (["1"],)),
        (requeue.queue_incomplete, ("objects",)),
        (sightings.list_sightings, (SightingFilter(recording_id="1"),)),
        (sightings.list_snapshots, (["1"],)),
        (sightings.analysis_seconds, (["1"],)),
        (people.forget_person, (1,)),
        (policy.plan_purge, (NOON, Policy(keep_days=30))),
        (policy.plan_purge, (NOON, Policy(label_days={"people": 30}))),
        (binned.list_binned, (NOON,)),
        (faces.strangers_faces, (NOON,)),
        (export.list_for_export, (ExportFilter(labels=("cat",), person_ids=(1,)),)),
    ],
)
def test_no_question_reads_the_whole_of_a_large_table(
    library: Library, query: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    steps = plan(library, query, *arguments).splitlines()
    assert steps
    assert [
        step
        for step in steps
        if step in {"SCAN recordings", "SCAN sightings", "SCAN faces"}
    ] == []


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ],
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(
    library: Library, moment: datetime
) -> None:
    (recording_id,) = add(library, announced(1, start=moment))
    start = found(library, recording_id).start
    assert start == moment
    assert start.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="zone"):
        add(library, announced(1, start=NOON.replace(tzinfo=None)))


def test_an_embedding_is_128_little_endian_floats(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = library.run(people.add_person, "Anna")
    library.run(people.add_reference, anna.id, embedding(0.5), "a.jpg")
    raw = library.run(
        lambda connection: connection.execute(
            text("SELECT embedding FROM person_references")
        ).scalar_one()
    )
    assert len(raw) == 512
    assert raw[:4] == b"\x00\x00\x00\x3f"
    monkeypatch.setattr("sys.byteorder", "big")
    assert schema._little_endian(schema.array("f", [0.5])).tobytes() == raw[3::-1]


@pytest.mark.parametrize("kind", [schema.Embedding(), schema.UtcTime()])
def test_nothing_stays_nothing(library: Library, kind: Any) -> None:
    assert kind.process_bind_param(None, library._engine.dialect) is None
    assert kind.process_result_value(None, library._engine.dialect) is None


def test_every_table_survives_sqlites_own_check(library: Library) -> None:
    add(library, *(announced(number) for number in range(200)))

    def check(connection: Connection) -> list[Any]:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        for name in schema.METADATA.tables.values():
            connection.execute(select(name)).all()
        return list(connection.execute(text("PRAGMA foreign_key_check")))

    assert library.run(check) == []
