"""A downloader at a loopback Ring cloud, with a library and a folder of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.ring_vision.downloader import Downloader, DownloadSummary
from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.models import Recording, RecordingState
from custom_components.ring_vision.library.rows import change
from custom_components.ring_vision.library.store import Library
from custom_components.ring_vision.ring_cloud import RingCloud
from tests.ring_cloud_server import FAULTS, CloudRecording, Fault, RingCloudServer
from tests.ring_cloud_server.faults import VIDEO

CAMERAS = ("1001", "1002", "1003")
ASKS = "GET /(evm/v2/history/events|clients_api/dings)/"
"""The doors to a media URL."""
WAITING = (RecordingState.SEEN, None)
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(kw_only=True, slots=True)
class Bench:
    """Everything that a test of downloads touches."""

    hass: HomeAssistant
    server: RingCloudServer
    cloud: RingCloud
    library: Library
    files: RecordingFiles
    clip: Path
    downloader: Downloader
    told: list[Recording] = field(default_factory=list)
    """What `on_downloaded` was called with."""
    listeners: list[Callable[[Recording], None]] = field(default_factory=list)
    """Called then, too."""
    progress: list[tuple[int, int | None, str | None]] = field(default_factory=list)

    def record(self, minutes_ago: float = 10, **changes: Any) -> CloudRecording:
        """Let Ring have a recording."""
        made: dict[str, Any] = {
            "camera_id": 1001,
            "start": NOW - timedelta(minutes=minutes_ago),
            "file": self.clip,
        }
        recording = CloudRecording(**made | changes)
        self.server.state.recordings.append(recording)
        return recording

    async def known(self, minutes_ago: float = 10, **changes: Any) -> CloudRecording:
        """Let Ring have a recording, and the library a row of it."""
        recording = self.record(minutes_ago, **changes)
        await self.backfill()
        return recording

    def spoil(self, name: str, **changes: Any) -> Fault:
        """Switch on a fault of the catalogue."""
        return self.server.add_fault(FAULTS[name](**changes))

    def spoil_store(self, **changes: Any) -> Fault:
        """Let something else go wrong with the files."""
        return self.server.add_fault(Fault(VIDEO, **changes))

    async def backfill(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> list[str]:
        """Read the history."""
        return await self.downloader.async_backfill(CAMERAS, start=start, end=end)

    async def due(self, **changes: Any) -> DownloadSummary:
        """Fetch what is due."""
        asked: dict[str, Any] = {"camera_ids": CAMERAS, "limit": None} | changes
        return await self.downloader.async_download_due(
            progress=self._note, on_downloaded=self._downloaded, **asked
        )

    async def fetch(self, *ids: str, skip_existing: bool = True) -> DownloadSummary:
        """Fetch some by their ids."""
        return await self.downloader.async_download_ids(
            ids,
            skip_existing=skip_existing,
            progress=self._note,
            on_downloaded=self._downloaded,
        )

    def row(self, recording: CloudRecording) -> Recording:
        """Return a recording's row."""
        row = self.library.run(recordings.get_recording, recording.key)
        assert row is not None
        return row

    def state(self, recording: CloudRecording) -> tuple[RecordingState, str | None]:
        """Return a recording's state and the reason for it."""
        row = self.row(recording)
        return row.state, row.reason

    def change(self, recording: CloudRecording, **values: Any) -> None:
        """Let a row be as time or an earlier run would have made it."""
        self.library.run(lambda connection: change(connection, recording.key, **values))

    def is_whole(self, recording: CloudRecording) -> bool:
        """Say whether the file is Ring's byte for byte, alone, and in its row."""
        row = self.row(recording)
        return (
            self.file(recording).read_bytes() == self.clip.read_bytes()
            and (row.state, row.size) == ("downloaded", self.clip.stat().st_size)
            and self.names() == [row.path]
        )

    def file(self, recording: CloudRecording) -> Path:
        """Return where a recording's file belongs."""
        return self.files.resolve(self.files.relative_path(self.row(recording)))

    def part(self, recording: CloudRecording) -> Path:
        """Return where it grows."""
        return self.files.part_path(self.files.relative_path(self.row(recording)))

    def names(self) -> list[str]:
        """Return the names of all files in the folder but the marker."""
        root = self.files.root
        return sorted(
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and path.name != ".ring_vision"
        )

    def ranges(self) -> list[str | None]:
        """Return what each media request asked for: a range, or None for all."""
        return [
            request.headers.get("range")
            for request in self.server.seen("GET", "/video/")
        ]

    def _downloaded(self, recording: Recording) -> None:
        self.told.append(recording)
        for listener in self.listeners:
            listener(recording)

    def _note(
        self, current: int, total: int | None = None, message: str | None = None
    ) -> None:
        self.progress.append((current, total, message))


def asked(bench: Bench) -> list[str]:
    """Return the ids whose files were asked for, in order."""
    return [
        request.path.rpartition("/")[2].removesuffix(".mp4")
        for request in bench.server.seen("GET", "/video/")
    ]


async def several(bench: Bench, count: int = 5) -> list[CloudRecording]:
    """Let there be some rows, newest first."""
    made = [bench.record(minutes) for minutes in range(count)]
    await bench.backfill()
    return made


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
