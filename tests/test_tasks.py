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
from custom_components.ring_vision.tasks import Task, TaskKind, TaskList, TaskState


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
    assert {task.state for task in tasks.tasks} == {TaskState.CANCELLED}
