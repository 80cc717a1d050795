"""What entities show: the account as Ring tells it, and the library as it stands."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later, async_track_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .analyzer import Analyzer
from .archive import Archive
from .cameras.presence import CameraPresence
from .cameras.status import CameraStatus, camera_status
from .const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    DEFAULT_BACKFILL_DAYS,
    DOMAIN,
    LOGGER,
)
from .downloader import Downloader
from .export import Export
from .library import recordings
from .library.models import Camera, Recording, RecordingFilter
from .library_state import LibraryState, read_state
from .people.gallery import People
from .people.teaching import Teaching
from .retention import Retention
from .ring_cloud import RingCloud
from .ring_cloud.errors import Blocked, RateLimited, RingError, SignInExpired
from .tasks import Task, TaskKind, TaskList

POLL_INTERVAL: Final = timedelta(minutes=5)
"""288 history requests a day; the history is the truth, push is best-effort."""
LIBRARY_COOLDOWN_S: Final = 2.0
"""Sixty recordings a minute need not be sixty looks at the library."""
NO_LIMIT: Final = 1_000_000
SHORTEST_WAIT_S: Final = 5.0
"""Between two looks for a recording that Ring has not ready yet."""


@dataclass(kw_only=True, slots=True)
class RingVisionData:
    """The pieces of a running account."""

    cloud: RingCloud
    archive: Archive
    tasks: TaskList
    downloader: Downloader
    analyzer: Analyzer
    people: People
    teaching: Teaching
    retention: Retention
    export: Export
    account: AccountCoordinator
    library: LibraryCoordinator

    @property
    def cameras(self) -> Mapping[str, Camera]:
        """Return the account's cameras by id."""
        return self.account.data or {}

    def status_of(self, camera: Camera) -> CameraStatus:
        """Return whether all is fine with a camera, or why nothing comes."""
        return camera_status(
            camera,
            self.library.data.of(camera.id),
            trouble=self.account.trouble,
            chosen=camera.id in self.account.chosen,
            now=dt_util.utcnow(),
        )


type RingVisionConfigEntry = ConfigEntry[RingVisionData]


class AccountCoordinator(DataUpdateCoordinator[dict[str, Camera]]):
    """Polls Ring: which cameras there are, and (in the background) what they recorded."""

    config_entry: RingVisionConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: RingVisionConfigEntry,
        cloud: RingCloud,
        archive: Archive,
    ) -> None:
        """Poll every five minutes."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} account",
            update_interval=POLL_INTERVAL,
        )
        self._cloud = cloud
        self._archive = archive
        self._retry: CALLBACK_TYPE | None = None
        self.next_check: datetime | None = None
        self.presence = CameraPresence()

    @override
    async def _async_update_data(self) -> dict[str, Camera]:
        """Ask for the cameras; their history follows as a task."""
        self.next_check = dt_util.utcnow() + POLL_INTERVAL
        try:
            cameras = await self._cloud.async_cameras()
        except SignInExpired as err:
            self.next_check = None
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="sign_in_expired"
            ) from err
        except RateLimited as err:
            self.next_check = dt_util.utcnow() + timedelta(seconds=err.retry_after)
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=_wait_key(err),
                retry_after=err.retry_after,
            ) from err
        except RingError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cannot_reach_ring",
                translation_placeholders={"reason": type(err).__name__},
            ) from err
        await self._archive.ask(recordings.save_cameras, cameras)
        self.presence.note(
            [camera.id for camera in cameras], complete=self._cloud.listed_all
        )
        if self.data is not None:
            self.async_start_check()
        return {camera.id: camera for camera in cameras}

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the ids of the cameras that the owner wants, all unless some are chosen."""
        wanted = self.config_entry.options.get(CONF_CAMERAS) or []
        return tuple(
            camera_id
            for camera_id in self.data or {}
            if not wanted or camera_id in wanted
        )

    @property
    def trouble(self) -> CameraStatus | None:
        """Return why Ring cannot be asked, None when it can."""
        if self.last_update_success:
            return None
        if isinstance(self.last_exception, ConfigEntryAuthFailed):
            return CameraStatus.SIGN_IN_NEEDED
        return CameraStatus.RING_UNREACHABLE

    @callback
    def async_start_check(self) -> Task:
        """Read the history and fetch what is new, in the background."""
        return self.config_entry.runtime_data.tasks.async_start(
            TaskKind.CHECK, self._async_check, key="check"
        )

    @callback
    def async_start_download(self) -> Task:
        """Fetch what is due, in the background."""
        return self.config_entry.runtime_data.tasks.async_start(
            TaskKind.DOWNLOAD, self._async_download, key="due"
        )

    @callback
    def async_start_backfill(
        self,
        camera_ids: Sequence[str],
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int | None,
        skip_existing: bool,
        resume: bool = False,
    ) -> Task:
        """Fetch all recordings of a span of time, in the background.

        With `resume` the walk through the history goes on where it was cut off.
        """
        arguments = {
            "camera_ids": sorted(camera_ids),
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
            "limit": limit,
            "skip_existing": skip_existing,
        }
        key = json.dumps(arguments)

        async def work(task: Task) -> dict[str, Any]:
            data = self.config_entry.runtime_data
            async with self._async_ring_errors():
                await data.downloader.async_backfill(
                    camera_ids, start=start, end=end, name=key, resume=resume
                )
                wanted = await self._async_known(camera_ids, start, end, limit)
                summary = await data.downloader.async_download_ids(
                    [recording.id for recording in wanted],
                    skip_existing=skip_existing,
                    progress=task.progress,
                    on_downloaded=self._async_downloaded,
                )
            data.library.async_changed()
            return {"found": len(wanted), **summary.as_response()}

        return self.config_entry.runtime_data.tasks.async_start(
            TaskKind.BACKFILL, work, key=key, arguments=arguments
        )

    async def _async_known(
        self,
        camera_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        limit: int | None,
    ) -> list[Recording]:
        """Return the recordings of a span of time; of no camera there are none."""
        if not camera_ids:
            return []
        wanted = RecordingFilter(
            camera_ids=tuple(camera_ids), start=start, end=end, limit=limit or NO_LIMIT
        )
        return await self._archive.ask(recordings.list_recordings, wanted)

    @callback
    def _async_downloaded(self, _: Recording) -> None:
        """Have a new recording looked at, while the next one is fetched."""
        data = self.config_entry.runtime_data
        data.library.async_changed()
        data.analyzer.async_wake()

    async def _async_check(self, task: Task) -> dict[str, int]:
        """Read the history into rows, as far back as the owner chose."""
        data = self.config_entry.runtime_data
        days = self.config_entry.options.get(CONF_BACKFILL_DAYS, DEFAULT_BACKFILL_DAYS)
        since = dt_util.utcnow() - timedelta(days=days)
        async with self._async_ring_errors():
            new = await data.downloader.async_check(
                self.chosen, since=since, progress=task.progress
            )
        data.library.async_changed()
        self.async_start_download()
        return {"new": len(new)}

    async def _async_download(self, task: Task) -> dict[str, Any]:
        """Fetch what is due now, and come back when the next one is."""
        data = self.config_entry.runtime_data
        summary: dict[str, Any] = {}
        # Chosen cameras may all have left the account.
        while task.take_up() and self.chosen:
            async with self._async_ring_errors():
                done = await data.downloader.async_download_due(
                    camera_ids=self.chosen,
                    limit=None,
                    progress=task.progress,
                    on_downloaded=self._async_downloaded,
                )
            summary = done.as_response()
            data.library.async_changed()
            if due := await self._archive.ask(recordings.next_due, self.chosen):
                self._plan_download((due - dt_util.utcnow()).total_seconds())
        return summary

    @asynccontextmanager
    async def _async_ring_errors(self) -> AsyncIterator[None]:
        """Say in the owner's words why Ring did not give what a task asked for."""
        try:
            yield
        except SignInExpired as err:
            self.config_entry.async_start_reauth(self.hass)
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="sign_in_expired"
            ) from err
        except RateLimited as err:
            self._plan_download(err.retry_after)
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key=_wait_key(err)
            ) from err
        except RingError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="cannot_reach_ring",
                translation_placeholders={"reason": type(err).__name__},
            ) from err

    @callback
    def _plan_download(self, seconds: float) -> None:
        """Come back for what Ring has not ready yet; the poll is too seldom for that."""
        if self._retry:
            self._retry()
        # A task may end after the shutdown, and nobody would stop the timer.
        if self._shutdown_requested:
            return

        @callback
        def retry(_: datetime) -> None:
            self._retry = None
            self.async_start_download()

        self._retry = async_call_later(self.hass, max(SHORTEST_WAIT_S, seconds), retry)

    @override
    async def async_shutdown(self) -> None:
        """Stop polling, and forget the retry too."""
        if self._retry:
            self._retry()
            self._retry = None
        await super().async_shutdown()


def _wait_key(err: RateLimited) -> str:
    """Return the translation of why Ring is not asked now."""
    return "sign_in_blocked" if isinstance(err, Blocked) else "rate_limited"


class LibraryCoordinator(DataUpdateCoordinator[LibraryState]):
    """Reads the library after each change; never polls."""

    config_entry: RingVisionConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: RingVisionConfigEntry, archive: Archive
    ) -> None:
        """Read soon after a change, and each hour: at midnight today begins anew."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} library",
            update_interval=None,
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=LIBRARY_COOLDOWN_S, immediate=True
            ),
        )
        self._archive = archive
        entry.async_on_unload(
            async_track_time_change(hass, self.async_changed, minute=0, second=0)
        )

    @callback
    def async_changed(self, _: datetime | None = None) -> None:
        """Read the library again soon."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} library refresh"
        )

    @override
    async def _async_update_data(self) -> LibraryState:
        """Ask the library for the numbers."""
        return await self._archive.ask(read_state, dt_util.start_of_local_day())
