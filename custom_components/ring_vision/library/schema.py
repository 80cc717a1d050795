"""The tables: times are integer milliseconds UTC, embeddings are 128 float32."""

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import sys
from typing import Any, Final, override

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EMBEDDING_LENGTH: Final = 128
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """A moment, kept as integer milliseconds so that comparing is arithmetic."""

    impl = Integer
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone cannot be kept: {value}")
        return (value - _EPOCH) // _MILLISECOND

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(milliseconds=value)


class Embedding(TypeDecorator[tuple[float, ...]]):
    """The 128 numbers of a face, kept as little-endian float32."""

    impl = LargeBinary
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Sequence[float] | None, dialect: Dialect
    ) -> Any:
        if value is None:
            return None
        if len(value) != EMBEDDING_LENGTH:
            raise ValueError(
                f"An embedding has {EMBEDDING_LENGTH} numbers, not {len(value)}"
            )
        return _little_endian(array("f", value)).tobytes()

    @override
    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> tuple[float, ...] | None:
        if value is None:
            return None
        numbers = array("f")
        numbers.frombytes(value)
        return tuple(_little_endian(numbers))


def _little_endian(numbers: array[float]) -> array[float]:
    """Swap the bytes on the rare machine that is big-endian."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


METADATA: Final = MetaData()

cameras: Final = Table(
    "cameras",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("family", String, nullable=False),
    Column("location_id", String),
    Column("firmware", String),
    Column("time_zone", String),
    Column("shared", Boolean, nullable=False),
    Column("has_plan", Boolean, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("reason", String),
)

# No foreign key to the camera: its recordings outlive its removal from the account.
recordings: Final = Table(
    "recordings",
    METADATA,
    Column("id", String, primary_key=True),
    Column("camera_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("duration_s", Float),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_try", UtcTime),
    Column("asked_since", UtcTime),
    Column("asked", Integer, nullable=False, server_default=text("0")),
    Column("path", String),
    Column("size", Integer),
    Column("downloaded", UtcTime),
    Column("analysis", String, nullable=False),
    Column("analysis_reason", String),
    Column("analysis_attempts", Integer, nullable=False, server_default=text("0")),
    Column("locked", Boolean, nullable=False, server_default=text("0")),
    Column("binned", UtcTime),
    Column("binned_why", String),
)

# SQLite uses a partial index only where a query repeats these very words.
OPEN_ANALYSIS: Final = text("recordings.analysis IN ('waiting', 'failed')")
IDENTIFIED: Final = text(
    "(sightings.person_id IS NOT NULL OR sightings.stranger IS NOT NULL)"
)
NEWS: Final = text("(sightings.moving OR sightings.label = 'person')")
"""People always, other things when they move; the rest is scenery."""
SHOWN: Final = text("sightings.hidden = 0")
"""Not of a recording in the bin."""

Index(
    "recordings_by_start",
    recordings.c.start,
    recordings.c.camera_id,
    recordings.c.state,
)
Index("recordings_by_camera", recordings.c.camera_id, recordings.c.start)
Index("recordings_by_state", recordings.c.state, recordings.c.start, recordings.c.size)
Index(
    "recordings_open_analysis",
    recordings.c.analysis,
    recordings.c.start,
    sqlite_where=text("analysis IN ('waiting', 'failed')"),
)
Index(
    "recordings_by_download",
    recordings.c.downloaded,
    sqlite_where=text("downloaded IS NOT NULL"),
)

analyses: Final = Table(
    "analyses",
    METADATA,
    Column(
        "recording_id",
        ForeignKey("recordings.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("engine", String, nullable=False),
    Column("finished", UtcTime, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("codec", String, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cpu_seconds", Float, nullable=False),
    Column("peak_rss_mb", Float, nullable=False),
    Column("frames_decoded", Integer, nullable=False),
    Column("frames_analyzed", Integer, nullable=False),
    Column("missing", String, nullable=False),
    Column("stages", String, nullable=False),
)

persons: Final = Table(
    "persons",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    # SQLite's own NOCASE knows ASCII alone.
    Column("name_key", String, nullable=False, unique=True),
    Column("created", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

person_references: Final = Table(
    "person_references",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "person_id",
        ForeignKey("persons.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("embedding", Embedding, nullable=False),
    Column("source", String, nullable=False),
    Column("created", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

sightings: Final = Table(
    "sightings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "recording_id",
        ForeignKey("recordings.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("camera_id", String, nullable=False),
    Column("track", Integer, nullable=False),
    Column("label", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("x1", Float, nullable=False),
    Column("y1", Float, nullable=False),
    Column("x2", Float, nullable=False),
    Column("y2", Float, nullable=False),
    Column("moving", Boolean, nullable=False),
    Column("person_id", ForeignKey("persons.id", ondelete="SET NULL")),
    Column("distance", Float),
    Column("stranger", Integer),
    Column("snapshot", String),
    # True while the recording is in the bin: asking for its state would cost a look
    # into another table for each sighting.
    Column("hidden", Boolean, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)
Index("sightings_by_start", sightings.c.start, sightings.c.camera_id)
Index(
    "sightings_news",
    sightings.c.camera_id,
    sightings.c.start,
    sqlite_where=text("(moving OR label = 'person')"),
)
Index(
    "sightings_by_person",
    sightings.c.person_id,
    sightings.c.hidden,
    sightings.c.start,
)
Index(
    "sightings_identified",
    sightings.c.camera_id,
    sightings.c.start,
    sqlite_where=text("(person_id IS NOT NULL OR stranger IS NOT NULL)"),
)

faces: Final = Table(
    "faces",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "sighting_id",
        ForeignKey("sightings.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("time_s", Float, nullable=False),
    Column("x1", Float, nullable=False),
    Column("y1", Float, nullable=False),
    Column("x2", Float, nullable=False),
    Column("y2", Float, nullable=False),
    Column("score", Float, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("sharpness", Float, nullable=False),
    Column("weight", Float, nullable=False),
    Column("embedding", Embedding, nullable=False),
)

tasks: Final = Table(
    "tasks",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("current", Integer, nullable=False),
    Column("total", Integer),
    Column("message", String),
    Column("started", UtcTime, nullable=False, index=True),
    Column("finished", UtcTime),
    Column("error", String),
    Column("arguments", String),
)

walks: Final = Table(
    "walks",
    METADATA,
    Column("name", String, primary_key=True),
    # Ring's ids have no spaces: they stand between them.
    Column("camera_ids", String, nullable=False),
    Column("floor", UtcTime),
    Column("cursor", String),
    Column("reached", UtcTime),
    Column("complete", Boolean, nullable=False),
)

rejections: Final = Table(
    "rejections",
    METADATA,
    Column("id", Integer, primary_key=True),
    # NULL: not a face at all.
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), index=True),
    Column("embedding", Embedding, nullable=False),
    sqlite_autoincrement=True,
)

# What it added is named by ids, so that it can be taken back.
corrections: Final = Table(
    "corrections",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("made", UtcTime, nullable=False),
    Column("kind", String, nullable=False),
    Column("sighting_id", Integer, nullable=False),
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), index=True),
    Column("began_person", Boolean, nullable=False),
    Column("reference_ids", String, nullable=False),
    Column("rejection_ids", String, nullable=False),
    sqlite_autoincrement=True,
)
