"""While no file can be written: say so, and go on as soon as it is possible again."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, EVENT_TASK
from .coordinator import RingVisionConfigEntry
from .downloader.intake import Intake
from .issues import async_set_issue
from .library.errors import LibraryError, StorageReason, StorageUnavailable
from .tasks import Task, TaskKind

DISK_FULL: Final = "disk_full"
STORAGE_UNAVAILABLE: Final = "storage_unavailable"
TROUBLES: Final = (DISK_FULL, STORAGE_UNAVAILABLE)
RETRY_INTERVAL: Final = timedelta(minutes=2)
DOWNLOADS: Final = frozenset({TaskKind.DOWNLOAD, TaskKind.BACKFILL})


class StorageGuard:
    """Follows the downloads of an account; what waits for its file just waits."""

    def __init__(self, hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
        """Take it that files can be written."""
        self._hass = hass
        self._entry = entry
        self._trouble = STORAGE_UNAVAILABLE
        """The newest one, which holds while a retry is planned."""
        self._retry: CALLBACK_TYPE | None = None

    @callback
    def async_follow(self) -> None:
        """Watch how downloads end, until the account is unloaded."""
        entry = self._entry
        entry.async_on_unload(
            self._hass.bus.async_listen(EVENT_TASK, self._async_task_moved)
        )
        entry.async_on_unload(self._async_end)

    @callback
    def _async_task_moved(self, event: Event[dict[str, Any]]) -> None:
        if event.data["entry_id"] != self._entry.entry_id:
            return
        task = self._entry.runtime_data.tasks.get(event.data["task_id"])
        if task and (trouble := _trouble(task)):
            self._async_begin(trouble)

    @callback
    def _async_begin(self, trouble: str) -> None:
        """Tell the owner, and come back in some minutes."""
        self._trouble = trouble
        self._entry.async_create_background_task(
            self._hass, self._async_tell(trouble), f"{DOMAIN} storage"
        )
        if self._retry:
            self._retry()
        self._retry = async_call_later(self._hass, RETRY_INTERVAL, self._async_retry)

    @callback
    def _async_retry(self, _: datetime) -> None:
        self._retry = None
        if self._entry.state is ConfigEntryState.LOADED:
            self._entry.async_create_background_task(
                self._hass, self._async_try(), f"{DOMAIN} storage"
            )

    async def _async_try(self) -> None:
        """Download again, if files can be written by now."""
        data = self._entry.runtime_data
        intake = Intake(data.archive.library, data.archive.files)
        try:
            await self._hass.async_add_executor_job(intake.prepare)
        except StorageUnavailable as err:
            full = err.reason is StorageReason.DISK_FULL
            self._async_begin(DISK_FULL if full else STORAGE_UNAVAILABLE)
            return
        except LibraryError:  # the rows cannot be asked now; nothing is known anew
            self._async_begin(self._trouble)
            return
        task = data.account.async_start_download()
        # Whatever else ends it: files can be written.
        with suppress(Exception):
            await task.wait()
        if self._retry is None:
            self._async_end()

    async def _async_tell(self, trouble: str) -> None:
        """Raise the issue, with the room that there is."""
        files = self._entry.runtime_data.archive.files
        free = "0"
        try:
            left = await self._hass.async_add_executor_job(files.free_space)
            free = f"{left / 1_000_000:.0f}"
        except StorageUnavailable:
            trouble = STORAGE_UNAVAILABLE
        for each in TROUBLES:
            async_set_issue(
                self._hass,
                self._entry,
                each,
                active=each == trouble,
                placeholders={"free": free, "folder": str(files.root)},
            )

    @callback
    def _async_end(self) -> None:
        """Forget it all: files can be written, or nobody writes any."""
        if self._retry:
            self._retry()
            self._retry = None
        for trouble in TROUBLES:
            async_set_issue(self._hass, self._entry, trouble, active=False)


def _trouble(task: Task) -> str | None:
    """Return why a download could not write, None when something else ended it."""
    if task.kind not in DOWNLOADS or not isinstance(task.failure, HomeAssistantError):
        return None
    key = task.failure.translation_key
    return key if key in TROUBLES else None
