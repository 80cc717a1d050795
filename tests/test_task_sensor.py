"""The sensor that shows the tasks under way."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.tasks import Task, TaskKind

from .steps import NOW

pytestmark = pytest.mark.freeze_time(NOW)
SENSOR = "sensor.anna_example_com_active_tasks"


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self._begun = asyncio.Semaphore(0)

    async def __call__(self, task: Task) -> None:
        """Tell how far it is and wait."""
        task.progress(3, 10, f"{task.kind} goes on")
        self._begun.release()
        await self.go.wait()

    async def begun(self, tasks: int) -> None:
        """Wait until so many tasks do it."""
        for _ in range(tasks):
            await self._begun.acquire()


async def second(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let a second pass."""
    freezer.tick(timedelta(seconds=1.1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_it_shows_what_is_under_way_and_then_nothing(
    hass: HomeAssistant, account: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await second(hass, freezer)
    assert hass.states.get(SENSOR).state == "0"
    assert hass.states.get(SENSOR).attributes["tasks"] == []
    await second(hass, freezer)
    work, tasks = Held(), account.runtime_data.tasks
    started = [tasks.async_start(k, work) for k in (TaskKind.PURGE, TaskKind.ENROLL)]
    await work.begun(2)
    await second(hass, freezer)
    state = hass.states.get(SENSOR)
    assert state.state == "2"
    shown = [{**each, "seconds_left": None} for each in state.attributes["tasks"]]
    assert shown == [
        {
            "kind": kind,
            "current": 3,
            "total": 10,
            "message": f"{kind} goes on",
            "seconds_left": None,
        }
        for kind in ("enroll", "purge")
    ]
    work.go.set()
    await asyncio.gather(*(task.wait() for task in started))
    await second(hass, freezer)
    assert hass.states.get(SENSOR).state == "0"


async def test_it_is_written_once_a_second_at_most(
    hass: HomeAssistant, account: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for _ in range(3):
        await second(hass, freezer)
    written: list[int] = []

    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        assert new
        written.extend([len(new.attributes["tasks"])] * (new.entity_id == SENSOR))

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    work, tasks = Held(), account.runtime_data.tasks
    started = [
        tasks.async_start(kind, work)
        for kind in (TaskKind.PURGE, TaskKind.ENROLL, TaskKind.REIDENTIFY)
    ]
    await work.begun(3)
    assert len(written) == 1
    await second(hass, freezer)
    assert written[1:] == [3]
    work.go.set()
    await asyncio.gather(*(task.wait() for task in started))
    stop()


async def test_unloading_forgets_the_next_write(
    hass: HomeAssistant, account: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    work = Held()
    account.runtime_data.tasks.async_start(TaskKind.PURGE, work)
    await work.begun(1)
    await hass.config_entries.async_unload(account.entry_id)
    await second(hass, freezer)
    assert hass.states.get(SENSOR).state == "unavailable"
