"""Tests of the list of long tasks."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.ring_vision.archive import Archive
from custom_components.ring_vision.const import DOMAIN, EVENT_TASK
from custom_components.ring_vision.library import journal
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.store import Library
from custom_components.ring_vision.tasks import (
    HISTORY_LENGTH,
    Task,
    TaskKind,
    TaskList,
    TaskState,
)


@pytest.fixture
async def tasks(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[TaskList]:
    """Return the tasks of an account with an empty library."""
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    archive = Archive(
        hass=hass,
        library=await hass.async_add_executor_job(Library.open, tmp_path),
        files=RecordingFiles(tmp_path / "media"),
        snapshots=tmp_path / "snapshots",
        models=tmp_path / "models",
    )
    found = TaskList(hass, entry, archive)
    yield found
    await found.async_close()
    await archive.close()


async def forever(task: Task) -> None:
    """Work that never ends by itself."""
    task.progress(1, 10, "waiting")
    await asyncio.Event().wait()


async def until(tasks: TaskList, state: TaskState, kind: TaskKind) -> None:
    """Wait until a task of a kind is in a state."""
    async with asyncio.timeout(5):
        while not any(
            task.kind is kind and task.state is state for task in tasks.tasks
        ):
            await asyncio.sleep(0.01)


async def test_a_finished_task_gives_its_result(tasks: TaskList) -> None:
    """The caller who waits gets what the work returned."""

    async def work(task: Task) -> dict[str, int]:
        task.progress(3, 3)
        return {"done": 3}

    task = tasks.async_start(TaskKind.CHECK, work)
    assert await task.wait() == {"done": 3}
    assert (task.state, task.current, task.total) == (TaskState.FINISHED, 3, 3)
    assert task.finished is not None


async def test_kinds_run_at_the_same_time(tasks: TaskList) -> None:
    """A download does not wait for an analysis."""
    for kind in TaskKind:
        tasks.async_start(kind, forever)
    for kind in TaskKind:
        await until(tasks, TaskState.RUNNING, kind)
    assert len(tasks.active) == len(TaskKind)


async def test_tasks_of_one_kind_take_turns(tasks: TaskList) -> None:
    """The second download waits for the first."""
    first = tasks.async_start(TaskKind.DOWNLOAD, forever)
    await until(tasks, TaskState.RUNNING, TaskKind.DOWNLOAD)
    second = tasks.async_start(TaskKind.DOWNLOAD, forever)
    await asyncio.sleep(0.05)
    assert second.state is TaskState.QUEUED
    await tasks.async_cancel(first.id)
    async with asyncio.timeout(5):
        while second.state is not TaskState.RUNNING:
            await asyncio.sleep(0.01)


async def test_the_same_work_joins_the_running_task(tasks: TaskList) -> None:
    """Asking twice for the same work does it once."""
    first = tasks.async_start(TaskKind.CHECK, forever, key="check")
    assert tasks.async_start(TaskKind.CHECK, forever, key="check") is first
    assert tasks.async_start(TaskKind.CHECK, forever, key="other") is not first


async def test_a_cancelled_task_ends_soon_and_says_so(tasks: TaskList) -> None:
    """Whoever waits for it hears that it was cancelled."""
    task = tasks.async_start(TaskKind.ANALYZE, forever)
    await until(tasks, TaskState.RUNNING, TaskKind.ANALYZE)
    async with asyncio.timeout(5):
        assert await tasks.async_cancel(task.id)
    assert task.state is TaskState.CANCELLED
    with pytest.raises(HomeAssistantError) as raised:
        await task.wait()
    assert raised.value.translation_key == "task_cancelled"
    assert not await tasks.async_cancel(task.id)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (HomeAssistantError("no room"), "no room"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
async def test_a_failed_task_keeps_its_reason(
    tasks: TaskList, failure: Exception, error: str
) -> None:
    """The reason is on the task, and raised for whoever waits."""

    async def work(task: Task) -> None:
        raise failure

    task = tasks.async_start(TaskKind.ENROLL, work)
    with pytest.raises(type(failure)):
        await task.wait()
    assert (task.state, task.error) == (TaskState.FAILED, error)


async def test_the_bus_hears_of_start_progress_and_end(
    hass: HomeAssistant, tasks: TaskList
) -> None:
    """An automation can follow a task."""
    events = async_capture_events(hass, EVENT_TASK)

    async def work(task: Task) -> None:
        for place in range(1000):
            task.progress(place, 1000)

    await tasks.async_start(TaskKind.DOWNLOAD, work).wait()
    await hass.async_block_till_done()
    assert [event.data["type"] for event in events] == [
        "started",
        "progress",
        "finished",
    ]


async def test_the_journal_keeps_the_task(tasks: TaskList) -> None:
    """What ended can be read after a restart."""
    task = tasks.async_start(TaskKind.CHECK, forever)
    await until(tasks, TaskState.RUNNING, TaskKind.CHECK)
    await tasks.async_cancel(task.id)
    rows = await tasks._archive.ask(journal.list_tasks, 10)
    assert [(row.id, row.kind, row.state) for row in rows] == [
        (task.id, "check", "cancelled")
    ]


async def test_closing_ends_everything(tasks: TaskList) -> None:
    """Nothing runs on after an unload."""
    for kind in TaskKind:
        tasks.async_start(kind, forever)
    await asyncio.sleep(0.05)
    await tasks.async_close()
    assert tasks.active == []
    assert {task.state for task in tasks.tasks} == {TaskState.INTERRUPTED}


async def test_work_that_is_asked_for_again_looks_again(tasks: TaskList) -> None:
    """Whoever joins a task is served by it, also when it has looked already."""
    looked, joined = asyncio.Event(), asyncio.Event()

    async def work(task: Task) -> int:
        looks = 0
        while task.take_up():
            looks += 1
            looked.set()
            await joined.wait()
        return looks

    first = tasks.async_start(TaskKind.ANALYZE, work, key="all")
    await looked.wait()
    assert tasks.async_start(TaskKind.ANALYZE, work, key="all") is first
    joined.set()
    assert await first.wait() == 2
    assert tasks.async_start(TaskKind.ANALYZE, work, key="all") is not first


async def test_work_without_a_key_joins_nothing(tasks: TaskList) -> None:
    """Two enrolments are two tasks."""
    first = tasks.async_start(TaskKind.ENROLL, forever)
    assert tasks.async_start(TaskKind.ENROLL, forever) is not first
    assert tasks.is_active(TaskKind.ENROLL)
    assert not tasks.is_active(TaskKind.PURGE)


@pytest.mark.parametrize("waiting", [True, False])
async def test_a_task_that_has_not_begun_can_be_cancelled(
    tasks: TaskList, waiting: bool
) -> None:
    """Neither its turn nor its first step must have come."""
    first = tasks.async_start(TaskKind.DOWNLOAD, forever)
    second = tasks.async_start(TaskKind.DOWNLOAD, forever)
    task = second if waiting else first
    async with asyncio.timeout(5):
        assert await tasks.async_cancel(task.id)
        with pytest.raises(HomeAssistantError):
            await task.wait()
    assert task.state is TaskState.CANCELLED
    assert task not in tasks.active
    rows = await tasks._archive.ask(journal.list_tasks, 10)
    assert {row.id: row.state for row in rows}[task.id] == "cancelled"


async def test_a_second_cancel_lets_the_cleaning_up_be(tasks: TaskList) -> None:
    """What is cleaned up after the first cancel is cleaned up to the end."""
    started, begun, go_on, cleaned = (asyncio.Event() for _ in range(4))

    async def work(task: Task) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            begun.set()
            await go_on.wait()
            cleaned.set()

    task = tasks.async_start(TaskKind.PURGE, work)
    await started.wait()
    cancels = [asyncio.create_task(tasks.async_cancel(task.id)) for _ in range(2)]
    await begun.wait()
    cancels.append(asyncio.create_task(tasks.async_cancel(task.id)))
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*cancels) == [True, True, True]
    assert cleaned.is_set()
    assert task.state is TaskState.CANCELLED


async def test_a_journal_that_cannot_be_written_fails_no_work(
    tasks: TaskList, caplog: pytest.LogCaptureFixture
) -> None:
    """The work's result counts, not its row."""

    async def work(task: Task) -> str:
        return "done"

    await tasks._archive.close()
    task = tasks.async_start(TaskKind.CHECK, work)
    assert await task.wait() == "done"
    await tasks.async_close()
    assert "is not in the journal" in caplog.text


async def test_the_end_of_all_waits_for_the_last_row(tasks: TaskList) -> None:
    """A database that is closed next has every end in it."""
    ended = [tasks.async_start(kind, forever) for kind in TaskKind]
    for kind in TaskKind:
        await until(tasks, TaskState.RUNNING, kind)

    async def work(task: Task) -> None:
        """Do nothing."""

    quick = tasks.async_start(TaskKind.CHECK, work)
    await tasks.async_cancel(next(t.id for t in ended if t.kind is TaskKind.CHECK))
    await quick.wait()
    await tasks.async_close()
    rows = await tasks._archive.ask(journal.list_tasks, 10)
    assert {row.state for row in rows} == {"cancelled", "finished", "interrupted"}
    assert len(rows) == len(ended) + 1


async def test_listeners_hear_until_they_leave(tasks: TaskList) -> None:
    """An entity that is removed is told no more."""
    heard: list[int] = []
    leave = tasks.async_add_listener(lambda: heard.append(len(tasks.active)))

    async def work(task: Task) -> None:
        """Do nothing."""

    await tasks.async_start(TaskKind.CHECK, work).wait()
    assert heard[0] == 1
    leave()
    heard.clear()
    await tasks.async_start(TaskKind.CHECK, work).wait()
    assert heard == []


async def test_only_the_newest_ends_are_kept_in_memory(tasks: TaskList) -> None:
    """A year of looks at the history does not fill the memory."""

    async def work(task: Task) -> None:
        """Do nothing."""

    started = [
        tasks.async_start(TaskKind.CHECK, work) for _ in range(HISTORY_LENGTH + 3)
    ]
    await started[-1].wait()
    assert tasks.tasks == started[:2:-1]
    assert tasks.get(started[0].id) is None
