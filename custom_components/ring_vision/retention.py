"""Clean up: delete the recordings that the owner no longer wants to keep."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
import threading
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util import dt as dt_util

from .archive import Archive
from .const import DOMAIN, LOGGER
from .flow.storage import Keeping
from .library import recordings
from .library.bin import Moved, list_binned
from .library.errors import LibraryError
from .library.faces import strangers_faces
from .library.models import RecordingState
from .library.policy import Policy, Purgeable, PurgeReason, plan_purge
from .library.retention import KEPT, Place
from .tasks import Task, TaskKind, TaskList

if TYPE_CHECKING:
    from .coordinator import RingVisionConfigEntry

LOOK_INTERVAL: Final = timedelta(days=1)
FIRST_LOOK: Final = timedelta(minutes=10)
"""After a start, when the clock has been set and the first run is well under way."""


class Retention:
    """Deletes what the owner's policy says, and what somebody asks for."""

    def __init__(
        self,
        hass: HomeAssistant,
        archive: Archive,
        tasks: TaskList,
        keeping: Keeping,
        changed: Callable[[], None],
    ) -> None:
        """Call `changed` whenever recordings went or came back."""
        self._hass = hass
        self._archive = archive
        self._tasks = tasks
        self._keeping = keeping
        self._changed = changed
        self._place = Place(
            library=archive.library, files=archive.files, snapshots=archive.snapshots
        )
        self._left = 0
        """Bytes that stayed when the policy was last followed: locked recordings."""

    @callback
    def async_keep_up(self, entry: RingVisionConfigEntry) -> None:
        """Follow the policy once a day, and whenever there are too many gigabytes."""

        @callback
        def look(_: datetime) -> None:
            entry.async_create_background_task(
                self._hass, self._async_look(), f"{DOMAIN} retention"
            )

        @callback
        def measure() -> None:
            size = entry.runtime_data.library.data.counts.size
            limit = self._keeping.policy.max_bytes
            if limit is not None and size > max(limit, self._left):
                self._left = size
                self.async_follow_policy()

        entry.async_on_unload(async_call_later(self._hass, FIRST_LOOK, look))
        entry.async_on_unload(
            async_track_time_interval(self._hass, look, LOOK_INTERVAL)
        )
        entry.async_on_unload(entry.runtime_data.library.async_add_listener(measure))
        measure()

    @callback
    def async_follow_policy(self) -> Task:
        """Delete what the owner's options say, in the background."""

        async def work(task: Task) -> dict[str, Any]:
            result: dict[str, Any] = {}
            while task.take_up():
                result = await self._async_follow(task)
            return result

        return self._tasks.async_start(TaskKind.PURGE, work, key="policy")

    @callback
    def async_purge(
        self, policy: Policy, *, dry_run: bool = False, permanently: bool = False
    ) -> Task:
        """Delete what is to go by a policy of the moment, in the background."""

        async def work(task: Task) -> dict[str, Any]:
            with _refusals():
                plan = await self._archive.ask(plan_purge, dt_util.utcnow(), policy)
            moved = Moved()
            if not dry_run:
                moved = await self._async_remove(
                    {one.recording.id: one.why.value for one in plan},
                    permanently=permanently,
                    task=task,
                )
            return {
                "dry_run": dry_run,
                "planned": [_planned(one) for one in plan],
                **self._response(moved, permanently=permanently or dry_run),
            }

        arguments = {"policy": asdict(policy), "permanently": permanently}
        return self._tasks.async_start(
            TaskKind.PURGE,
            work,
            key=f"{arguments} {dry_run}",
            arguments=None if dry_run else arguments,
        )

    @callback
    def async_resume(self, arguments: Mapping[str, Any]) -> None:
        """Go on with a purge that the end of Home Assistant cut off."""
        told = dict(arguments["policy"])
        told |= {name: tuple(told[name]) for name in ("kinds", "labels")}
        self.async_purge(Policy(**told), permanently=arguments["permanently"])

    async def async_delete(
        self, ids: Sequence[str], *, permanently: bool
    ) -> dict[str, Any]:
        """Delete recordings, by way of the bin unless `permanently`."""
        moved = await self._async_remove(
            dict.fromkeys(ids, PurgeReason.ASKED.value),
            permanently=permanently,
            states=(*KEPT, RecordingState.BINNED) if permanently else KEPT,
        )
        return self._response(moved, permanently=permanently)

    async def async_restore(self, ids: Sequence[str]) -> dict[str, Any]:
        """Bring recordings back from the bin."""
        with _refusals():
            moved = await self._hass.async_add_executor_job(self._place.restore, ids)
        if moved.done:
            self._changed()
        return {"restored": moved.done, "failed": moved.failed}

    async def _async_look(self) -> None:
        """Begin to follow the policy, if anything has to go for it."""
        try:
            if await self._hass.async_add_executor_job(
                self._is_due, dt_util.utcnow(), self._keeping
            ):
                self.async_follow_policy()
        except LibraryError as err:
            if not self._archive.library.closed:
                LOGGER.warning("Nothing is cleaned up now: %s", err)

    def _is_due(self, now: datetime, keeping: Keeping) -> bool:
        """Return whether anything has to go; blocking."""
        ask = self._archive.library.run
        strangers = timedelta(days=keeping.strangers_days)
        return bool(
            ask(plan_purge, now, keeping.policy)
            or ask(list_binned, now - timedelta(days=keeping.bin_days))
            or (strangers and ask(strangers_faces, now - strangers))
        )

    async def _async_follow(self, task: Task) -> dict[str, Any]:
        """Follow the policy once: recordings, then the bin, then strangers' faces."""
        now, keeping = dt_util.utcnow(), self._keeping
        with _refusals():
            plan = await self._archive.ask(plan_purge, now, keeping.policy)
        whys = {one.recording.id: one.why.value for one in plan}
        moved = await self._async_remove(whys, task=task)
        emptied = await self._async_call(
            partial(self._place.empty_bin, now=now, days=keeping.bin_days)
        )
        faces = 0
        with _refusals():
            if keeping.strangers_days:
                faces = await self._hass.async_add_executor_job(
                    partial(
                        self._place.expire_strangers,
                        now=now,
                        days=keeping.strangers_days,
                    )
                )
            self._left = (await self._archive.ask(recordings.count)).size
        return {
            "planned": [_planned(one) for one in plan],
            **self._response(moved, permanently=False),
            "emptied": emptied.done,
            "strangers_faces": faces,
        }

    async def _async_remove(
        self,
        whys: Mapping[str, str],
        *,
        permanently: bool = False,
        states: Sequence[RecordingState] = KEPT,
        task: Task | None = None,
    ) -> Moved:
        """Delete recordings: ids, and why."""
        if task:
            task.progress(0, len(whys))
        if not whys:
            return Moved()
        moved = await self._async_call(
            partial(
                self._place.remove,
                whys,
                now=dt_util.utcnow(),
                to_bin=self._keeping.bin_days > 0 and not permanently,
                states=states,
            )
        )
        if task:
            task.progress(len(moved.done), len(whys))
        if moved.done:
            self._changed()
        return moved

    async def _async_call(self, call: Callable[..., Moved]) -> Moved:
        """Delete in the executor; a cancelled task stops it after a few files."""
        stop = threading.Event()
        running = self._hass.async_add_executor_job(
            partial(call, should_stop=stop.is_set)
        )
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            stop.set()
            # Nothing may be deleted after the task has ended.
            await asyncio.wait([running])
            running.exception()  # nobody asks for it any more
            raise
        with _refusals():
            return running.result()

    def _response(self, moved: Moved, *, permanently: bool) -> dict[str, Any]:
        """Return what went, and until when it can come back."""
        days = 0 if permanently else self._keeping.bin_days
        until = dt_util.utcnow() + timedelta(days=days) if days else None
        return {
            "deleted": moved.done,
            "failed": moved.failed,
            "freed_bytes": moved.freed,
            "binned_until": until and until.isoformat(),
        }


def _planned(item: Purgeable) -> dict[str, Any]:
    return {
        "recording_id": item.recording.id,
        "why": item.why.value,
        "camera_id": item.recording.camera_id,
        "kind": item.recording.kind,
        "start": item.recording.start.isoformat(),
        "size": item.recording.size,
    }


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in the owner's words why nothing was deleted."""
    try:
        yield
    except LibraryError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="purge_refused",
            translation_placeholders={"reason": str(err)},
        ) from err
