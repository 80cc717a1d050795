"""Rows, analyses and files that the library's tests put in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import struct
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from custom_components.ring_vision.engine.protocol import Analysis, Face, Track
from custom_components.ring_vision.library import recordings, sightings
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.models import (
    Camera,
    NewRecording,
    Recording,
    Sighting,
)
from custom_components.ring_vision.library.schema import METADATA
from custom_components.ring_vision.library.store import Library, reads

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PICTURE = "101/2026/11/20261120T115900Z_motion_6999999999999999999_1.jpg"
"""Of the first track of `announced(1)`."""


def camera(camera_id: str = "101", **changes: Any) -> Camera:
    """Return a camera."""
    return replace(
        Camera(id=camera_id, name="Front Door", kind="lpd_v1", family="doorbots"),
        **changes,
    )


def announced(number: int = 1, **changes: Any) -> NewRecording:
    """Return a recording of the history; higher numbers are minutes earlier."""
    return replace(
        NewRecording(
            id=str(7_000_000_000_000_000_000 - number),
            camera_id="101",
            kind="motion",
            start=NOON - timedelta(minutes=number),
            duration_s=20.0,
        ),
        **changes,
    )


def add(library: Library, *new: NewRecording) -> list[str]:
    """Put recordings in and return all their ids."""
    library.run(recordings.add_recordings, new)
    return [recording.id for recording in new]


def add_downloaded(
    library: Library, *new: NewRecording, size: int = 1000, now: datetime = NOON
) -> list[str]:
    """Put recordings in as if their files were here."""
    ids = add(library, *new)

    def mark(connection: Connection) -> None:
        for recording_id in ids:
            recordings.mark_downloaded(
                connection, recording_id, f"101/{recording_id}.mp4", size, now=now
            )

    library.run(mark)
    return ids


def found(library: Library, recording_id: str) -> Recording:
    """Return a recording that must be there."""
    recording = library.run(recordings.get_recording, recording_id)
    assert recording is not None
    return recording


def sightings_of(
    library: Library, recording_id: str, *tracks: Track, **changes: Any
) -> list[Sighting]:
    """Keep an analysis of a recording and return its sightings, newest first."""
    return library.run(
        sightings.save_analysis, recording_id, analysis(*tracks, **changes)
    )


def count_rows(library: Library, table: str) -> int:
    """Return how many rows a table has."""

    @reads
    def count(connection: Connection) -> int:
        statement = select(func.count()).select_from(METADATA.tables[table])
        return connection.execute(statement).scalar_one()

    return library.run(count)


def embedding(seed: float = 0.5) -> tuple[float, ...]:
    """Return 128 numbers that float32 keeps exactly."""
    return tuple(seed + step / 128 for step in range(128))


def track(number: int = 1, **changes: Any) -> Track:
    """Return a moving person seen from second 2 to 5."""
    return replace(
        Track(
            track=number,
            label="person",
            confidence=0.75,
            start_s=2.0,
            end_s=5.0,
            frames=9,
            box=(0.1, 0.2, 0.3, 0.4),
            moving=True,
            snapshot=f"101/2026/11/x_{number}.jpg",
        ),
        **changes,
    )


def face(**changes: Any) -> Face:
    """Return a look at a face."""
    return replace(
        Face(
            time_s=2.5,
            box=(0.1, 0.2, 0.2, 0.3),
            score=0.9,
            width_px=80,
            sharpness=120.0,
            embedding=embedding(),
        ),
        **changes,
    )


def analysis(*tracks: Track, **changes: Any) -> Analysis:
    """Return what the engine said of a recording."""
    return replace(
        Analysis(
            engine="2 yolo11n+resnet",
            duration_s=21.5,
            width=1920,
            height=1080,
            codec="h264",
            seconds=3.0,
            cpu_seconds=5.0,
            peak_rss_mb=150.0,
            frames_decoded=300,
            frames_analyzed=60,
            tracks=tracks,
            strangers=0,
        ),
        **changes,
    )


def box(kind: bytes, body: bytes = b"") -> bytes:
    """Return one box of an MP4."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mp4(media: int = 5000) -> bytes:
    """Return the boxes of a whole MP4 with `media` bytes of media data."""
    return (
        box(b"ftyp", b"isom" * 4)
        + box(b"moov", b"m" * 100)
        + box(b"mdat", bytes(media))
    )


def put(files: RecordingFiles, recording: NewRecording, content: bytes = b"") -> str:
    """Put a recording's file in its place and return its name."""
    name = files.relative_path(recording)
    files.resolve(name).parent.mkdir(parents=True, exist_ok=True)
    files.resolve(name).write_bytes(content or mp4())
    return name


def put_picture(snapshots: Path, name: str) -> Path:
    """Put a snapshot in its place."""
    path = snapshots / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"jpeg")
    return path


def keep(library: Library, files: RecordingFiles, *new: NewRecording) -> list[str]:
    """Put recordings in with their files, as downloads do."""
    ids = add(library, *new)
    for recording in new:
        name = put(files, recording)
        library.run(recordings.mark_downloaded, recording.id, name, len(mp4()))
    return ids
