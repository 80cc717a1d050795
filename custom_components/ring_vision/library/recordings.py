"""Questions about cameras and recordings, and the recordings' way to a file."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Final

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from . import schema
from .models import (
    AnalysisState,
    Camera,
    Counts,
    NewRecording,
    Recording,
    RecordingFilter,
    RecordingState,
)
from .rows import (
    COLUMNS,
    GONE,
    IDS_PER_STATEMENT,
    change,
    conditions,
    read,
    recording as as_recording,
)
from .schema import OPEN_ANALYSIS, recordings as table
from .store import reads

_DUE: Final = and_(
    table.c.state.in_(
        (RecordingState.SEEN, RecordingState.NOT_READY, RecordingState.FAILED)
    ),
    # What was given up for good has no next try.
    or_(table.c.state != RecordingState.FAILED, table.c.next_try.is_not(None)),
)
# The plus keeps SQLite from walking a camera's whole history for the few that wait.
_CAMERA_OF_FEW: Final = literal_column("+recordings.camera_id", String)


def save_cameras(connection: Connection, cameras: Iterable[Camera]) -> None:
    """Insert cameras, or bring those known up to date."""
    names = [column.name for column in schema.cameras.c]
    rows = [{name: getattr(camera, name) for name in names} for camera in cameras]
    if not rows:
        return
    statement = insert(schema.cameras)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in names if name != "id"},
        ),
        rows,
    )


@reads
def list_cameras(connection: Connection) -> list[Camera]:
    """Return the cameras by name."""
    statement = select(schema.cameras).order_by(
        schema.cameras.c.name, schema.cameras.c.id
    )
    return [Camera(**row) for row in connection.execute(statement).mappings()]


def add_recordings(
    connection: Connection, announced: Iterable[NewRecording]
) -> list[str]:
    """Insert recordings and return the ids that are new.

    What is known stays as it is, tombstones above all.
    """
    added: list[str] = []
    for recording in announced:
        skipped = recording.skip_reason is not None
        result = connection.execute(
            insert(table)
            .values(
                id=recording.id,
                camera_id=recording.camera_id,
                kind=recording.kind,
                start=recording.start,
                duration_s=recording.duration_s,
                state=RecordingState.SKIPPED if skipped else RecordingState.SEEN,
                reason=recording.skip_reason,
                analysis=AnalysisState.NONE,
            )
            .on_conflict_do_nothing()
        )
        if result.rowcount:
            added.append(recording.id)
    return added


@reads
def get_recording(connection: Connection, recording_id: str) -> Recording | None:
    """Return a recording, a tombstone too, or None."""
    statement = select(*COLUMNS).where(table.c.id == recording_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else as_recording(row)


@reads
def list_recordings(connection: Connection, wanted: RecordingFilter) -> list[Recording]:
    """Return the recordings that a filter lets through, newest first."""
    statement = (
        select(*COLUMNS)
        .where(*conditions(wanted))
        .order_by(table.c.start.desc(), table.c.id)
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    return read(connection, statement)


@reads
def due_downloads(
    connection: Connection,
    now: datetime,
    limit: int | None,
    camera_ids: Sequence[str] = (),
) -> list[Recording]:
    """Return the recordings to fetch now, newest first."""
    statement = (
        select(*COLUMNS)
        .where(_DUE, or_(table.c.next_try.is_(None), table.c.next_try <= now))
        .order_by(table.c.start.desc(), table.c.id)
        .limit(limit)
    )
    if camera_ids:
        statement = statement.where(_CAMERA_OF_FEW.in_(camera_ids))
    return read(connection, statement)


@reads
def next_due(connection: Connection, camera_ids: Sequence[str] = ()) -> datetime | None:
    """Return when the next planned try is due; None when none is planned."""
    statement = select(func.min(table.c.next_try)).where(_DUE)
    if camera_ids:
        statement = statement.where(_CAMERA_OF_FEW.in_(camera_ids))
    due: datetime | None = connection.execute(statement).scalar_one()
    return due


def mark_downloaded(
    connection: Connection,
    recording_id: str,
    path: str,
    size: int,
    *,
    now: datetime | None = None,
) -> bool:
    """Note that the whole file is here, and let it wait for its analysis.

    False says that the recording was deleted meanwhile: nobody wants the file.
    """
    state = change(
        connection,
        recording_id,
        state=RecordingState.DOWNLOADED,
        reason=None,
        next_try=None,
        path=path,
        size=size,
        downloaded=now or datetime.now(UTC),
        analysis=AnalysisState.WAITING,
        analysis_reason=None,
        analysis_attempts=0,
    )
    return state is RecordingState.DOWNLOADED


def mark_retry(
    connection: Connection,
    recording_id: str,
    reason: str,
    next_try: datetime,
    *,
    state: RecordingState = RecordingState.SEEN,
    again: bool = True,
) -> None:
    """Plan another try after a failure that may pass.

    `again` tells that the try before failed in the same way, so that tries are counted.
    """
    change(
        connection,
        recording_id,
        state=state,
        reason=reason,
        attempts=table.c.attempts + 1 if again else 1,
        next_try=next_try,
    )


def mark_failed(connection: Connection, recording_id: str, reason: str) -> None:
    """Give a download up."""
    give_up(connection, recording_id, RecordingState.FAILED, reason)


def mark_skipped(connection: Connection, recording_id: str, reason: str) -> None:
    """Note that there will never be media for us."""
    give_up(connection, recording_id, RecordingState.SKIPPED, reason)


def mark_expired(connection: Connection, recording_id: str, reason: str) -> None:
    """Note that Ring no longer has it."""
    give_up(connection, recording_id, RecordingState.EXPIRED, reason)


def queue_download(connection: Connection, ids: Iterable[str]) -> int:
    """Fetch recordings again that were given up, or whose file is lost."""
    queued = 0
    for part in batched(ids, IDS_PER_STATEMENT, strict=False):
        result = connection.execute(
            update(table)
            .where(table.c.id.in_(part), table.c.state.not_in(GONE))
            .values(
                state=RecordingState.SEEN,
                reason=None,
                attempts=0,
                next_try=None,
                asked=0,
                asked_since=None,
                path=None,
                size=None,
                # Without a file there is nothing to look at; what was seen stays.
                analysis=case(
                    (table.c.analysis == AnalysisState.DONE, AnalysisState.DONE),
                    else_=AnalysisState.NONE,
                ),
            )
        )
        queued += result.rowcount
    return queued


def mark_deleted(connection: Connection, ids: Iterable[str]) -> None:
    """Leave tombstones; what was seen in the recordings goes with them."""
    for part in batched(ids, IDS_PER_STATEMENT, strict=False):
        for derived in (schema.sightings, schema.analyses):
            connection.execute(delete(derived).where(derived.c.recording_id.in_(part)))
        connection.execute(
            update(table)
            .where(table.c.id.in_(part))
            .values(
                state=RecordingState.DELETED,
                reason=None,
                next_try=None,
                path=None,
                size=None,
                binned=None,
                binned_why=None,
                analysis=AnalysisState.NONE,
                analysis_reason=None,
            )
        )


def set_locked(connection: Connection, recording_id: str, locked: bool) -> None:
    """Keep a recording from being cleaned up, or no longer."""
    change(connection, recording_id, locked=locked)


@reads
def waiting_analysis(connection: Connection, limit: int | None) -> list[Recording]:
    """Return the recordings that wait for the engine, newest first."""
    statement = (
        select(*COLUMNS)
        .where(OPEN_ANALYSIS, table.c.analysis == AnalysisState.WAITING)
        .order_by(table.c.start.desc(), table.c.id)
        .limit(limit)
    )
    return read(connection, statement)


def queue_analysis(connection: Connection, ids: Iterable[str]) -> int:
    """Let recordings whose file is here wait for the engine (again)."""
    return sum(
        queue_where(connection, table.c.id.in_(part))
        for part in batched(ids, IDS_PER_STATEMENT, strict=False)
    )


@reads
def list_failed(connection: Connection, limit: int) -> list[Recording]:
    """Return the recordings that were given up, newest first."""
    statement = (
        select(*COLUMNS)
        .where(
            or_(
                table.c.state == RecordingState.FAILED,
                OPEN_ANALYSIS & (table.c.analysis == AnalysisState.FAILED),
            )
        )
        .order_by(table.c.start.desc(), table.c.id)
        .limit(limit)
    )
    return read(connection, statement)


@reads
def count(connection: Connection) -> Counts:
    """Return the library in numbers."""
    by_state = {
        state: (number, size, oldest)
        for state, number, size, oldest in connection.execute(
            select(
                table.c.state,
                func.count(),
                func.sum(table.c.size),
                func.min(table.c.start),
            ).group_by(table.c.state)
        )
    }
    by_analysis = dict(
        connection.execute(
            select(table.c.analysis, func.count())
            .where(OPEN_ANALYSIS)
            .group_by(table.c.analysis)
        )
        .tuples()
        .all()
    )
    nothing = (0, None, None)
    kept, size, oldest = by_state.get(RecordingState.DOWNLOADED, nothing)
    return Counts(
        kept=kept,
        waiting_download=by_state.get(RecordingState.SEEN, nothing)[0]
        + by_state.get(RecordingState.NOT_READY, nothing)[0],
        waiting_analysis=by_analysis.get(AnalysisState.WAITING, 0),
        failed=by_state.get(RecordingState.FAILED, nothing)[0]
        + by_analysis.get(AnalysisState.FAILED, 0),
        size=size or 0,
        oldest=oldest,
    )


def queue_where(connection: Connection, *where: ColumnElement[bool]) -> int:
    """Let what is here and meets the conditions wait for the engine (again)."""
    result = connection.execute(
        update(table)
        .where(*where, table.c.state == RecordingState.DOWNLOADED)
        .values(
            analysis=AnalysisState.WAITING, analysis_reason=None, analysis_attempts=0
        )
    )
    return result.rowcount


def give_up(
    connection: Connection, recording_id: str, state: RecordingState, reason: str
) -> RecordingState:
    """End the tries; a recording that was to be fetched anew keeps its old file."""
    return change(
        connection,
        recording_id,
        state=case((table.c.path.is_not(None), RecordingState.DOWNLOADED), else_=state),
        reason=reason,
        attempts=table.c.attempts + 1,
        next_try=None,
    )
