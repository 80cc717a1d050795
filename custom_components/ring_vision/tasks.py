"""Long work: one list, kinds with their own limits, progress and cancel."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import json
import math
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util, ulid as ulid_util

from .archive import Archive
from .const import DOMAIN, EVENT_TASK, LOGGER
from .library import journal
from .library.errors import LibraryError
from .library.models import TaskRow

PROGRESS_EVENT_INTERVAL_S: Final = 1.0
"""A dashboard needs no more, and the recorder would keep them all."""
HISTORY_LENGTH: Final = 50
"""Ended tasks kept in memory; the journal keeps them all."""


class TaskKind(StrEnum):
    """What a task does; kinds never wait for each other."""

    CHECK = "check"
    DOWNLOAD = "download"
    """What is due; newest first, before any backfill."""
    BACKFILL = "backfill"
    """All of a span of time that somebody asked for."""
    ANALYZE = "analyze"
    ENROLL = "enroll"
    PURGE = "purge"
    EXPORT = "export"
    REIDENTIFY = "reidentify"


class TaskState(StrEnum):
    """Where a task is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Cut off by the end of Home Assistant or of the account's setup."""


@dataclass(eq=False, kw_only=True, slots=True)
class Task:
    """One piece of long work that a user can watch and cancel."""

    id: str
    kind: TaskKind
    key: str | None
    """Work with the same kind and key joins this task instead of starting anew."""
    arguments: Mapping[str, Any] | None = None
    """With these the work begins again after a restart; None: it need not."""
    state: TaskState = TaskState.QUEUED
    current: int = 0
    total: int | None = None
    message: str | None = None
    started: datetime = field(default_factory=dt_util.utcnow)
    began: float | None = None
    """When it got its turn, on the monotonic clock (seconds)."""
    finished: datetime | None = None
    error: str | None = None
    result: Any = None
    failure: BaseException | None = None
    asked: bool = True
    """Somebody asked for this work since it last looked for what there is to do."""
    _done: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: Callable[[Task], None] | None = None

    @callback
    def progress(
        self, current: int, total: int | None = None, message: str | None = None
    ) -> None:
        """Tell how far the work is; called in the event loop."""
        self.current = current
        self.total = total if total is not None else self.total
        self.message = message if message is not None else self.message
        if self._changed:
            self._changed(self)

    @property
    def seconds_left(self) -> int | None:
        """Return how long it will take at the pace so far; None when that is unknown."""
        if self.began is None or not self.current or not self.total or not self.active:
            return None
        pace = (time.monotonic() - self.began) / self.current
        return max(0, math.ceil(pace * (self.total - self.current)))

    @callback
    def take_up(self) -> bool:
        """Return whether anybody asked since the last call; work loops over it.

        Who asks for work that is under way joins it, also in the moment in which it
        has found nothing left to do.
        """
        asked, self.asked = self.asked, False
        return asked

    @property
    def active(self) -> bool:
        """Return whether the task has yet to end."""
        return self.state in {TaskState.QUEUED, TaskState.RUNNING}

    async def wait(self) -> Any:
        """Return the work's result once it ends, or raise what ended it."""
        await self._done.wait()
        if self.state in {TaskState.CANCELLED, TaskState.INTERRUPTED}:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="task_cancelled"
            )
        if self.failure is not None:
            raise self.failure
        return self.result

    def as_row(self) -> TaskRow:
        """Return the journal's row."""
        return TaskRow(
            id=self.id,
            kind=self.kind,
            state=self.state,
            current=self.current,
            total=self.total,
            message=self.message,
            started=self.started,
            finished=self.finished,
            error=self.error,
            arguments=None if self.arguments is None else json.dumps(self.arguments),
        )


type Work = Callable[[Task], Coroutine[Any, Any, Any]]


class TaskList:
    """All long work of one account: kinds run side by side, one task of a kind."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], archive: Archive
    ) -> None:
        """Start with nothing running."""
        self._hass = hass
        self._entry = entry
        self._archive = archive
        self._turns = {kind: asyncio.Lock() for kind in TaskKind}
        self._tasks: dict[str, Task] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ended: deque[str] = deque()
        self._listeners: set[CALLBACK_TYPE] = set()
        self._last_event: dict[str, float] = {}
        self._closing = False

    @property
    def tasks(self) -> list[Task]:
        """Return the tasks known, newest first."""
        return list(reversed(self._tasks.values()))

    @property
    def active(self) -> list[Task]:
        """Return the tasks that have yet to end."""
        return [task for task in self.tasks if task.active]

    def get(self, task_id: str) -> Task | None:
        """Return a task by its id."""
        return self._tasks.get(task_id)

    def is_active(self, kind: TaskKind) -> bool:
        """Return whether work of a kind is under way."""
        return any(task.kind is kind for task in self.active)

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call back whenever a task starts, moves on or ends."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @callback
    def async_start(
        self,
        kind: TaskKind,
        work: Work,
        *,
        key: str | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Task:
        """Start work in the background, or join the same work under way."""
        for task in self.active:
            if key is not None and (task.kind, task.key) == (kind, key):
                task.asked = True
                return task
        task = Task(id=ulid_util.ulid_now(), kind=kind, key=key, arguments=arguments)
        task._changed = self._async_moved  # noqa: SLF001
        self._tasks[task.id] = task
        self._running[task.id] = self._entry.async_create_background_task(
            self._hass,
            self._async_run(task, work),
            f"{DOMAIN} {kind} {task.id}",
            eager_start=False,
        )
        return task

    async def async_cancel(self, task_id: str) -> bool:
        """End a task and wait for it; False when it had ended already."""
        task = self._tasks.get(task_id)
        if task is None or not task.active:
            return False
        await self._async_stop([task])
        return True

    async def async_close(self) -> None:
        """Cancel everything and wait for the ends, down to the last row of the journal."""
        self._closing = True
        await self._async_stop(self.active)
        if running := list(self._running.values()):
            await asyncio.wait(running)

    async def _async_stop(self, tasks: Sequence[Task]) -> None:
        """Cancel tasks and wait for their ends."""
        stopping = [(task, self._running[task.id]) for task in tasks]
        for _, running in stopping:
            # A second cancel would break into the cleaning up after the first one.
            if not running.cancelling():
                running.cancel()
        for task, running in stopping:
            await asyncio.wait([running])
            if task.active:  # cancelled before its first step, it saw nothing of it
                task.state = self._cut_off
                await self._async_end(task)

    @property
    def _cut_off(self) -> TaskState:
        """Return what a task is that ends before its work does."""
        if self._closing or self._hass.is_stopping:
            return TaskState.INTERRUPTED
        return TaskState.CANCELLED

    async def _async_run(self, task: Task, work: Work) -> None:
        try:
            async with self._turns[task.kind]:
                task.state, task.began = TaskState.RUNNING, time.monotonic()
                self._async_tell(task, "started")
                await self._async_note(task)
                task.result = await work(task)
                task.state = TaskState.FINISHED
        except asyncio.CancelledError:
            task.state = self._cut_off
        except HomeAssistantError as err:
            task.state, task.failure, task.error = TaskState.FAILED, err, str(err)
            LOGGER.debug("Task %s failed: %s", task.kind, err)
        except Exception as err:  # noqa: BLE001 - the border of a task
            task.state, task.failure = TaskState.FAILED, err
            task.error = f"{type(err).__name__}: {err}"
            LOGGER.exception("Task %s failed", task.kind)
        finally:
            await self._async_end(task)

    async def _async_end(self, task: Task) -> None:
        """Note the end in the journal and let the waiting ones go on."""
        task.finished = dt_util.utcnow()
        self._last_event.pop(task.id, None)
        self._ended.append(task.id)
        if len(self._ended) > HISTORY_LENGTH:
            self._tasks.pop(self._ended.popleft(), None)
        task._done.set()  # noqa: SLF001
        self._async_tell(task, task.state.value)
        await self._async_note(task)
        # Only now, so that who closes the database waits for the row.
        self._running.pop(task.id, None)

    async def _async_note(self, task: Task) -> None:
        """Keep the task in the journal, which is no reason to fail the work."""
        try:
            await self._archive.ask(journal.save_task, task.as_row())
        except LibraryError as err:
            LOGGER.warning("Task %s is not in the journal: %s", task.kind, err)

    @callback
    def _async_moved(self, task: Task) -> None:
        now = time.monotonic()
        if now - self._last_event.get(task.id, 0.0) >= PROGRESS_EVENT_INTERVAL_S:
            self._last_event[task.id] = now
            self._async_tell(task, "progress")

    @callback
    def _async_tell(self, task: Task, what: str) -> None:
        self._hass.bus.async_fire(
            EVENT_TASK,
            {
                "entry_id": self._entry.entry_id,
                "task_id": task.id,
                "kind": task.kind.value,
                "type": what,
                "current": task.current,
                "total": task.total,
                "seconds_left": task.seconds_left,
                "message": task.message,
                "error": task.error,
            },
        )
        for listener in list(self._listeners):
            listener()
