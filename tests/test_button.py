"""The buttons start tasks, and join those under way."""

import asyncio
from unittest.mock import patch

from homeassistant.components.button import DOMAIN as BUTTON, SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components import ring_vision
from custom_components.ring_vision.library.models import AnalysisState
from custom_components.ring_vision.tasks import TaskKind, TaskState

from .ring_cloud_server import RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import recorded, row, set_up, settle, tasks_of

CHECK_NOW = "button.anna_example_com_check_for_recordings_now"
ANALYZE_WAITING = "button.anna_example_com_analyze_waiting_recordings"


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button."""
    await hass.services.async_call(
        BUTTON, SERVICE_PRESS, {ATTR_ENTITY_ID: entity_id}, blocking=True
    )


async def test_the_buttons_of_an_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    with patch.object(ring_vision, "PLATFORMS", [Platform.BUTTON]):
        await set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_check_now_fetches_what_is_new(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    recording = recorded(cloud, clip("libx264", "first"))
    await press(hass, CHECK_NOW)
    await settle(hass, account)
    assert (await row(account, recording.key)).analysis is AnalysisState.DONE


async def test_analyze_waiting_looks_at_what_waits(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    recording = recorded(cloud, clip("libx264", "first"))
    await press(hass, CHECK_NOW)
    await settle(hass, account)
    await account.runtime_data.analyzer.async_queue([recording.key])
    assert (await row(account, recording.key)).analysis is AnalysisState.WAITING
    await press(hass, ANALYZE_WAITING)
    await settle(hass, account)
    assert (await row(account, recording.key)).analysis is AnalysisState.DONE


@pytest.mark.parametrize(
    ("entity_id", "kind"),
    [(CHECK_NOW, TaskKind.CHECK), (ANALYZE_WAITING, TaskKind.ANALYZE)],
)
async def test_a_second_press_joins_the_task_under_way(
    hass: HomeAssistant, account: MockConfigEntry, entity_id: str, kind: TaskKind
) -> None:
    before = len(tasks_of(account, kind))
    await asyncio.gather(press(hass, entity_id), press(hass, entity_id))
    await settle(hass, account)
    after = tasks_of(account, kind)
    assert len(after) - before == 1
    assert after[0].state is TaskState.FINISHED
