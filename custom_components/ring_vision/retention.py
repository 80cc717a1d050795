"""Clean up: delete the recordings that the owner no longer wants to keep."""

from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .archive import Archive
from .const import DOMAIN
from .library.errors import LibraryError
from .library.retention import purge
from .tasks import Task, TaskKind, TaskList


class Retention:
    """Deletes by age and by size; what is locked stays."""

    def __init__(
        self, hass: HomeAssistant, archive: Archive, tasks: TaskList
    ) -> None:
        """Delete nothing before somebody says so."""
        self._hass = hass
        self._archive = archive
        self._tasks = tasks

    def async_purge(
        self, *, keep_days: int | None, max_bytes: int | None, dry_run: bool
    ) -> Task:
        """Delete what is older, and the oldest of what is more, in the background."""

        async def work(task: Task) -> dict[str, Any]:
            try:
                deleted = await self._hass.async_add_executor_job(
                    partial(
                        purge,
                        self._archive.library,
                        self._archive.files,
                        self._archive.snapshots,
                        now=dt_util.utcnow(),
                        keep_days=keep_days,
                        max_bytes=max_bytes,
                        dry_run=dry_run,
                    )
                )
            except LibraryError as err:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="purge_refused",
                    translation_placeholders={"reason": str(err)},
                ) from err
            task.progress(len(deleted), len(deleted))
            return {
                "dry_run": dry_run,
                "recordings": [
                    {"recording_id": item.recording.id, "why": item.why}
                    for item in deleted
                ],
            }

        return self._tasks.async_start(TaskKind.PURGE, work)
