"""Steps of a running account that several tests take, and an engine that obeys."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from custom_components.ring_vision.analyzer import Analyzer
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError
from custom_components.ring_vision.engine.protocol import Analysis, AnalyzeJob, Track
from custom_components.ring_vision.library import recordings, schema, sightings
from custom_components.ring_vision.library.models import (
    Camera,
    NewRecording,
    Recording,
    RecordingFilter,
)
from custom_components.ring_vision.tasks import Task, TaskKind

from .ring_cloud_server import CloudRecording, RingCloudServer

NOW = "2027-03-04 20:00:00+00:00"
"""Noon of a Thursday where Home Assistant's tests live."""


@dataclass(kw_only=True, slots=True)
class ObedientEngine:
    """Stands in for `EngineClient.analyze`: shows what it is told, or fails."""

    shows: Analysis
    fails: dict[str, list[EngineError]] = field(default_factory=dict)
    """Recording id to the errors of its first tries."""
    asked: list[str] = field(default_factory=list)
    """Ids of the recordings, in the order of the jobs."""

    def __call__(
        self, client: EngineClient, job: AnalyzeJob, *, timeout_s: float
    ) -> Analysis:
        """Do a job."""
        recording_id = job.snapshot_prefix.rpartition("_")[2]
        self.asked.append(recording_id)
        for error in self.fails.get(recording_id, [])[:1]:
            self.fails[recording_id].remove(error)
            raise error
        return self.shows


def track(**changes: Any) -> Track:
    """Return a stranger who walks by."""
    seen: dict[str, Any] = {
        "track": 1,
        "label": "person",
        "confidence": 0.9,
        "start_s": 0.0,
        "end_s": 2.0,
        "frames": 4,
        "box": (0.1, 0.2, 0.3, 0.9),
        "moving": True,
        "stranger": 1,
    }
    return Track(**seen | changes)


def analysis(*tracks: Track, missing: tuple[str, ...] = ()) -> Analysis:
    """Return what the engine says of a recording with these tracks."""
    return Analysis(
        engine="1",
        duration_s=2.0,
        width=640,
        height=384,
        codec="h264",
        seconds=0.5,
        cpu_seconds=0.5,
        peak_rss_mb=100.0,
        frames_decoded=20,
        frames_analyzed=4,
        tracks=tracks,
        strangers=len({seen.stranger for seen in tracks} - {None}),
        missing=missing,
    )


def recorded(
    cloud: RingCloudServer,
    file: Path,
    *,
    minutes_ago: int = 10,
    camera: int = 0,
    **changes: Any,
) -> CloudRecording:
    """Let a camera have recorded something."""
    now = datetime.now(UTC).replace(microsecond=0)
    recording = CloudRecording(
        camera_id=cloud.state.cameras[camera].id,
        start=now - timedelta(minutes=minutes_ago),
        file=file,
        **changes,
    )
    cloud.state.recordings.append(recording)
    return recording


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up and wait until its first run is over."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass, entry)


async def settle(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until nothing goes on, and let entities show it without a cooldown."""
    await hass.async_block_till_done(wait_background_tasks=True)
    await entry.runtime_data.library.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


async def check(hass: HomeAssistant, entry: MockConfigEntry) -> Task:
    """Ask Ring for what is new and wait until all of it was looked at."""
    task: Task = entry.runtime_data.account.async_start_check()
    await settle(hass, entry)
    return task


async def look(hass: HomeAssistant, entry: MockConfigEntry, *ids: str) -> Task:
    """Let the engine look (again) at some recordings and at what waits."""
    await entry.runtime_data.analyzer.async_queue(ids)
    task: Task = entry.runtime_data.analyzer.async_wake()
    await settle(hass, entry)
    return task


async def row(entry: MockConfigEntry, recording_id: str) -> Recording:
    """Return a recording as the library has it."""
    found: Recording | None = await entry.runtime_data.archive.ask(
        recordings.get_recording, recording_id
    )
    assert found is not None
    return found


async def known(entry: MockConfigEntry) -> set[str]:
    """Return the ids of all recordings that the library knows."""
    rows = await entry.runtime_data.archive.ask(
        recordings.list_recordings, RecordingFilter()
    )
    return {recording.id for recording in rows}


async def count_faces(entry: MockConfigEntry) -> int:
    """Return how many faces are kept."""

    def count(connection: Connection) -> int:
        number: int = connection.execute(
            select(func.count()).select_from(schema.faces)
        ).scalar_one()
        return number

    found: int = await entry.runtime_data.archive.ask(count)
    return found


def tasks_of(entry: MockConfigEntry, kind: TaskKind) -> list[Task]:
    """Return the tasks of a kind, newest first."""
    return [task for task in entry.runtime_data.tasks.tasks if task.kind is kind]


async def until_busy(analyzer: Analyzer) -> Recording:
    """Wait until a recording is being looked at, and return it."""
    busy = asyncio.Event()
    stop = analyzer.async_on_change(busy.set)
    async with asyncio.timeout(60):
        while analyzer.current is None:
            busy.clear()
            await busy.wait()
    stop()
    return analyzer.current


def fill(connection: Connection, now: datetime) -> None:
    """Fill a library by hand: two recordings looked at, one waiting for its file."""
    recordings.save_cameras(
        connection, [Camera(id="1001", name="Front Door", kind="", family="")]
    )
    starts = {"1": 60, "2": 30, "3": 10}
    recordings.add_recordings(
        connection,
        [
            NewRecording(
                id=recording_id,
                camera_id="1001",
                kind="motion",
                start=now - timedelta(minutes=minutes),
            )
            for recording_id, minutes in starts.items()
        ],
    )
    seen = {
        "1": track(snapshot="1001/2027/03/1_1.jpg"),
        "2": track(label="dog", stranger=None, confidence=0.75),
    }
    for recording_id, one in seen.items():
        recordings.mark_downloaded(connection, recording_id, recording_id, 25_000_000)
        sightings.save_analysis(connection, recording_id, analysis(one))
