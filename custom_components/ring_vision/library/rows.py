"""How a row of the recordings' table becomes data, and a filter becomes conditions."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, update
from sqlalchemy.engine import Connection

from .models import AnalysisState, Recording, RecordingFilter, RecordingState
from .schema import recordings as table

IDS_PER_STATEMENT: Final = 500
"""Far below the number of variables that any SQLite takes."""
COLUMNS: Final = tuple(
    table.c[name]
    for name in (
        "id",
        "camera_id",
        "kind",
        "start",
        "duration_s",
        "state",
        "reason",
        "attempts",
        "next_try",
        "path",
        "size",
        "analysis",
        "analysis_reason",
        "analysis_attempts",
        "locked",
        "binned",
        "binned_why",
    )
)
GONE: Final = tuple(state for state in RecordingState if state.gone)
"""States of what was deleted here, for good or into the bin."""


def conditions(wanted: RecordingFilter) -> list[ColumnElement[bool]]:
    """Return a filter as conditions; what is gone shows only when asked for."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(table.c.state.in_(wanted.states))
    else:
        conditions.append(table.c.state.not_in(GONE))
    if wanted.camera_ids:
        conditions.append(table.c.camera_id.in_(wanted.camera_ids))
    if wanted.start is not None:
        conditions.append(table.c.start >= wanted.start)
    if wanted.end is not None:
        conditions.append(table.c.start < wanted.end)
    return conditions


def change(connection: Connection, recording_id: str, **values: Any) -> RecordingState:
    """Change a recording and return its state; what is gone stays as it is."""
    state = connection.execute(
        update(table)
        .where(table.c.id == recording_id, table.c.state.not_in(GONE))
        .values(**values)
        .returning(table.c.state)
    ).scalar_one_or_none()
    return RecordingState.DELETED if state is None else RecordingState(state)


def read(connection: Connection, statement: Select[Any]) -> list[Recording]:
    """Return the recordings that a selection of `COLUMNS` finds."""
    return [recording(row) for row in connection.execute(statement)]


def recording(row: Row[Any]) -> Recording:
    """Return a row of `COLUMNS` as data."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["state"] = RecordingState(values["state"])
    values["analysis"] = AnalysisState(values["analysis"])
    return Recording(**values)
