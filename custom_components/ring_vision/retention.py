"""Clean up: delete the recordings that the owner no longer wants to keep."""

import asyncio
from functools import partial
import threading
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .archive import Archive
from .const import DOMAIN
from .library.errors import LibraryError
from .library.retention import PurgeSummary, plan_purge, purge
from .tasks import Task, TaskKind, TaskList


class Retention:
    """Deletes by age and by size; what is locked stays."""

    def __init__(self, hass: HomeAssistant, archive: Archive, tasks: TaskList) -> None:
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
                return await self._async_purge(
                    task, keep_days=keep_days, max_bytes=max_bytes, dry_run=dry_run
                )
            except LibraryError as err:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="purge_refused",
                    translation_placeholders={"reason": str(err)},
                ) from err

        return self._tasks.async_start(TaskKind.PURGE, work)

    async def _async_purge(
        self, task: Task, *, keep_days: int | None, max_bytes: int | None, dry_run: bool
    ) -> dict[str, Any]:
        now = dt_util.utcnow()
        plan = await self._archive.ask(plan_purge, now, keep_days, max_bytes)
        task.progress(0, len(plan))
        done = PurgeSummary()
        if plan and not dry_run:
            done = await self._async_delete(
                partial(purge, now=now, keep_days=keep_days, max_bytes=max_bytes)
            )
            task.progress(len(done.deleted), len(plan))
        return {
            "dry_run": dry_run,
            "planned": [
                {"recording_id": item.recording.id, "why": item.why.value}
                for item in plan
            ],
            "deleted": done.deleted,
            "failed": done.failed,
            "freed_bytes": done.freed,
        }

    async def _async_delete(self, call: partial[PurgeSummary]) -> PurgeSummary:
        """Delete in the executor; a cancelled task stops it after a few files."""
        stop = threading.Event()
        running = self._hass.async_add_executor_job(
            partial(
                call,
                self._archive.library,
                self._archive.files,
                self._archive.snapshots,
                should_stop=stop.is_set,
            )
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            # Nothing may be deleted after the task has ended.
            await asyncio.wait([running])
            raise
