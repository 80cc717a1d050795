"""Questions about cameras and recordings, and the recordings' way to a file."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select, update
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
from .rows import COLUMNS, change, conditions, read, recording as as_recording
from .schema import DUE, OPEN_ANALYSIS, recordings as table
from .store import reads

NOT_READY_WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300, 900, 1800, 3600)
)
"""Between two questions for media that Ring has not ready; the last one repeats."""
NOT_READY_LIMIT: Final = timedelta(hours=24)
"""After the first question; what has no media by then never will."""
REASON_NOT_READY: Final = "not_ready"
REASON_NO_MEDIA: Final = "no_media"

IDS_PER_STATEMENT: Final = 500
"""Far below the number of variables that any SQLite takes."""


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


def remove_camera(connection: Connection, camera_id: str) -> None:
    """Forget a camera that left the account; its recordings stay."""
    connection.execute(delete(schema.cameras).where(schema.cameras.c.id == camera_id))


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
    """Return the recordings that a filter lets through."""
    order = table.c.start.desc() if wanted.newest_first else table.c.start
    statement = (
        select(*COLUMNS)
        .where(*conditions(wanted))
        .order_by(order, table.c.id)
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    return read(connection, statement)


@reads
def count_recordings(connection: Connection, wanted: RecordingFilter) -> int:
    """Count what a filter lets through, whatever its limit."""
    statement = select(func.count()).select_from(table).where(*conditions(wanted))
    return connection.execute(statement).scalar_one()


@reads
def known_ids(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Return which of the ids the library knows, tombstones included."""
    found: set[str] = set()
    for part in batched(ids, IDS_PER_STATEMENT, strict=False):
        statement = select(table.c.id).where(table.c.id.in_(part))
        found.update(connection.execute(statement).scalars())
    return found


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
        .where(DUE, or_(table.c.next_try.is_(None), table.c.next_try <= now))
        .order_by(table.c.start.desc(), table.c.id)
        .limit(limit)
    )
    if camera_ids:
        statement = statement.where(table.c.camera_id.in_(camera_ids))
    return read(connection, statement)


@reads
def next_due(connection: Connection, camera_ids: Sequence[str] = ()) -> datetime | None:
    """Return when the next planned try is due; None when none is planned."""
    statement = select(func.min(table.c.next_try)).where(DUE)
    if camera_ids:
        statement = statement.where(table.c.camera_id.in_(camera_ids))
    due: datetime | None = connection.execute(statement).scalar_one()
    return due


def mark_downloaded(
    connection: Connection,
    recording_id: str,
    path: str,
    size: int,
    *,
    now: datetime | None = None,
) -> None:
    """Note that the whole file is here, and let it wait for its analysis."""
    change(
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


def mark_not_ready(
    connection: Connection, recording_id: str, now: datetime
) -> RecordingState:
    """Plan the next question for media, or give up a day after the first one."""
    asked, since = connection.execute(
        select(table.c.asked, table.c.asked_since).where(table.c.id == recording_id)
    ).one()
    since = since or now
    wait = NOT_READY_WAITS[min(asked, len(NOT_READY_WAITS) - 1)]
    expired = now - since >= NOT_READY_LIMIT
    state = RecordingState.EXPIRED if expired else RecordingState.NOT_READY
    change(
        connection,
        recording_id,
        state=state,
        reason=REASON_NO_MEDIA if expired else REASON_NOT_READY,
        attempts=table.c.attempts + 1,
        asked=asked + 1,
        asked_since=since,
        # The last question comes when the day is over, not up to an hour later.
        next_try=None if expired else min(now + wait, since + NOT_READY_LIMIT),
    )
    return state


def mark_retry(
    connection: Connection, recording_id: str, reason: str, next_try: datetime
) -> None:
    """Plan another try after a failure that may pass."""
    change(
        connection,
        recording_id,
        state=RecordingState.SEEN,
        reason=reason,
        attempts=table.c.attempts + 1,
        next_try=next_try,
    )


def mark_failed(connection: Connection, recording_id: str, reason: str) -> None:
    """Give a download up."""
    _give_up(connection, recording_id, RecordingState.FAILED, reason)


def mark_skipped(connection: Connection, recording_id: str, reason: str) -> None:
    """Note that there will never be media for us."""
    _give_up(connection, recording_id, RecordingState.SKIPPED, reason)


def mark_expired(connection: Connection, recording_id: str, reason: str) -> None:
    """Note that Ring no longer has it."""
    _give_up(connection, recording_id, RecordingState.EXPIRED, reason)


def queue_download(connection: Connection, ids: Iterable[str]) -> int:
    """Fetch recordings again that were given up, or whose file is lost."""
    queued = 0
    for part in batched(ids, IDS_PER_STATEMENT, strict=False):
        result = connection.execute(
            update(table)
            .where(table.c.id.in_(part), table.c.state != RecordingState.DELETED)
            .values(
                state=RecordingState.SEEN,
                reason=None,
                attempts=0,
                next_try=None,
                asked=0,
                asked_since=None,
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


def queue_analysis(
    connection: Connection, wanted: Sequence[str] | RecordingFilter
) -> int:
    """Let recordings wait for the engine (again); a filter's limit does not count."""
    if isinstance(wanted, RecordingFilter):
        return _queue_analysis(connection, *conditions(wanted))
    return sum(
        _queue_analysis(connection, table.c.id.in_(part))
        for part in batched(wanted, IDS_PER_STATEMENT, strict=False)
    )


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


@reads
def camera_counts(connection: Connection, since: datetime) -> dict[str, int]:
    """Count the recordings of each camera since then, without the deleted ones."""
    statement = (
        select(table.c.camera_id, func.count())
        .where(table.c.start >= since, table.c.state != RecordingState.DELETED)
        .group_by(table.c.camera_id)
    )
    return dict(connection.execute(statement).tuples().all())


@reads
def newest_download(connection: Connection) -> datetime | None:
    """Return when the last file came in."""
    statement = select(func.max(table.c.downloaded)).where(
        table.c.downloaded.is_not(None)
    )
    newest: datetime | None = connection.execute(statement).scalar_one()
    return newest


def _queue_analysis(connection: Connection, *where: ColumnElement[bool]) -> int:
    result = connection.execute(
        update(table)
        .where(*where, table.c.state == RecordingState.DOWNLOADED)
        .values(
            analysis=AnalysisState.WAITING, analysis_reason=None, analysis_attempts=0
        )
    )
    return result.rowcount


def _give_up(
    connection: Connection, recording_id: str, state: RecordingState, reason: str
) -> None:
    change(
        connection,
        recording_id,
        state=state,
        reason=reason,
        attempts=table.c.attempts + 1,
        next_try=None,
    )
