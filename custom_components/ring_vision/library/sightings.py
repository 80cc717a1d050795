"""What the engine saw: analyses, their sightings and the faces in them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import batched
import json
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, select, text, update
from sqlalchemy.engine import Connection

from ..engine.protocol import Analysis, Track
from . import schema
from .models import AnalysisState, Sighting, SightingFilter
from .rows import GONE, IDS_PER_STATEMENT
from .schema import IDENTIFIED, NEWS, SHOWN, persons, recordings, sightings as table
from .store import reads

_COLUMNS: Final = tuple(
    table.c[name]
    for name in (
        "id",
        "recording_id",
        "camera_id",
        "label",
        "confidence",
        "start",
        "end",
        "x1",
        "y1",
        "x2",
        "y2",
        "moving",
        "person_id",
        "distance",
        "stranger",
        "snapshot",
    )
)


def save_analysis(
    connection: Connection, recording_id: str, analysis: Analysis
) -> list[Sighting]:
    """Keep the result of a recording in place of an older one; return its sightings.

    A recording that was deleted meanwhile, or is in the bin, takes nothing.
    """
    found = connection.execute(
        select(recordings.c.camera_id, recordings.c.start).where(
            recordings.c.id == recording_id, recordings.c.state.not_in(GONE)
        )
    ).one_or_none()
    if found is None:
        return []
    camera_id, start = found
    for derived in (table, schema.analyses):
        connection.execute(
            delete(derived).where(derived.c.recording_id == recording_id)
        )
    _insert_analysis(connection, recording_id, analysis)
    known = set(connection.execute(select(persons.c.id)).scalars())
    for track in analysis.tracks:
        _insert_track(connection, recording_id, camera_id, start, track, known)
    connection.execute(
        update(recordings)
        .where(recordings.c.id == recording_id)
        .values(
            analysis=AnalysisState.DONE,
            analysis_reason=None,
            duration_s=analysis.duration_s,
        )
    )
    return list_sightings(
        connection,
        SightingFilter(
            recording_id=recording_id, scenery=True, limit=len(analysis.tracks)
        ),
    )


def mark_analysis_failed(connection: Connection, recording_id: str, code: str) -> None:
    """Set a recording aside that the engine cannot do; `code` says why."""
    connection.execute(
        update(recordings)
        .where(recordings.c.id == recording_id, recordings.c.state.not_in(GONE))
        .values(analysis=AnalysisState.FAILED, analysis_reason=code)
    )


def note_analysis_attempt(connection: Connection, recording_id: str) -> int:
    """Count a try of the engine and return how many there were."""
    attempts = connection.execute(
        update(recordings)
        .where(recordings.c.id == recording_id)
        .values(analysis_attempts=recordings.c.analysis_attempts + 1)
        .returning(recordings.c.analysis_attempts)
    ).scalar_one_or_none()
    return attempts or 0


@reads
def is_analyzed(connection: Connection, recording_id: str) -> bool:
    """Tell whether a result of a recording is kept."""
    statement = select(schema.analyses.c.recording_id).where(
        schema.analyses.c.recording_id == recording_id
    )
    return connection.execute(statement).first() is not None


@reads
def list_sightings(connection: Connection, wanted: SightingFilter) -> list[Sighting]:
    """Return the sightings that a filter lets through, newest first."""
    statement = (
        _select()
        .where(*_conditions(wanted))
        .order_by(table.c.start.desc(), table.c.id.desc())
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    return [_sighting(row) for row in connection.execute(statement)]


@reads
def sightings_since(connection: Connection, since: datetime) -> dict[str, int]:
    """Count the sightings of each camera since then, scenery left out."""
    statement = (
        select(table.c.camera_id, func.count())
        .where(table.c.start >= since, NEWS, SHOWN)
        # The plus keeps SQLite from walking all sightings in the cameras' order.
        .group_by(text("+sightings.camera_id"))
    )
    return dict(connection.execute(statement).tuples().all())


@reads
def analysis_seconds(connection: Connection, ids: Sequence[str]) -> dict[str, float]:
    """Return how long the engine looked at each recording that it has looked at."""
    found: dict[str, float] = {}
    for part in batched(ids, IDS_PER_STATEMENT, strict=False):
        statement = select(schema.analyses.c.recording_id, schema.analyses.c.seconds)
        found.update(
            connection.execute(
                statement.where(schema.analyses.c.recording_id.in_(part))
            )
            .tuples()
            .all()
        )
    return found


@reads
def list_snapshots(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Return the snapshots of recordings: file names below the snapshots folder."""
    statement = select(table.c.snapshot).where(
        table.c.recording_id.in_(ids), table.c.snapshot.is_not(None)
    )
    return [name for name in connection.execute(statement).scalars() if name]


def _insert_analysis(
    connection: Connection, recording_id: str, analysis: Analysis
) -> None:
    connection.execute(
        schema.analyses.insert().values(
            recording_id=recording_id,
            finished=datetime.now(UTC),
            engine=analysis.engine,
            duration_s=analysis.duration_s,
            width=analysis.width,
            height=analysis.height,
            codec=analysis.codec,
            seconds=analysis.seconds,
            cpu_seconds=analysis.cpu_seconds,
            peak_rss_mb=analysis.peak_rss_mb,
            frames_decoded=analysis.frames_decoded,
            frames_analyzed=analysis.frames_analyzed,
            missing=json.dumps(analysis.missing),
            stages=json.dumps(analysis.stages),
        )
    )


def _insert_track(
    connection: Connection,
    recording_id: str,
    camera_id: str,
    start: datetime,
    track: Track,
    known: set[int],
) -> None:
    """Keep one track and its faces; `known` are the persons there are."""
    person_id = _person_id(track, known)
    sighting_id = connection.execute(
        table.insert()
        .values(
            recording_id=recording_id,
            camera_id=camera_id,
            track=track.track,
            label=track.label,
            confidence=track.confidence,
            start=start + timedelta(seconds=track.start_s),
            end=start + timedelta(seconds=track.end_s),
            frames=track.frames,
            **_corners(track.box),
            moving=track.moving,
            person_id=person_id,
            distance=track.distance if person_id is not None else None,
            stranger=track.stranger,
            snapshot=track.snapshot,
        )
        .returning(table.c.id)
    ).scalar_one()
    faces = [
        {
            "sighting_id": sighting_id,
            **{name: value for name, value in asdict(face).items() if name != "box"},
            **_corners(face.box),
        }
        for face in track.faces
    ]
    if faces:
        connection.execute(schema.faces.insert(), faces)


def _person_id(track: Track, known: set[int]) -> int | None:
    """Return whom the track shows, unless forgotten while the engine worked."""
    if track.person is None or int(track.person) not in known:
        return None
    return int(track.person)


def _corners(box: Sequence[float]) -> dict[str, float]:
    return dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))


def _select() -> Select[Any]:
    return select(*_COLUMNS, persons.c.name.label("person_name")).join_from(
        table, persons, isouter=True
    )


def _conditions(wanted: SightingFilter) -> list[ColumnElement[bool]]:
    conditions: list[Any] = [SHOWN]
    if wanted.camera_ids:
        conditions.append(table.c.camera_id.in_(wanted.camera_ids))
    if wanted.recording_id is not None:
        conditions.append(table.c.recording_id == wanted.recording_id)
    if wanted.start is not None:
        conditions.append(table.c.start >= wanted.start)
    if wanted.end is not None:
        conditions.append(table.c.start < wanted.end)
    if wanted.labels:
        conditions.append(table.c.label.in_(wanted.labels))
    if wanted.person_id is not None:
        conditions.append(table.c.person_id == wanted.person_id)
    if wanted.with_snapshot:
        conditions.append(table.c.snapshot.is_not(None))
    if wanted.identified:  # only people can be, and they are never scenery
        conditions.append(IDENTIFIED)
    elif not wanted.scenery:
        conditions.append(NEWS)
    return conditions


def _sighting(row: Any) -> Sighting:
    return Sighting(
        id=row.id,
        recording_id=row.recording_id,
        camera_id=row.camera_id,
        label=row.label,
        confidence=row.confidence,
        start=row.start,
        end=row.end,
        box=(row.x1, row.y1, row.x2, row.y2),
        moving=row.moving,
        person_id=row.person_id,
        person_name=row.person_name,
        distance=row.distance,
        stranger=row.stranger,
        snapshot=row.snapshot,
    )
