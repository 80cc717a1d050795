"""Whether a recording of a camera is being looked at."""

from pathlib import Path
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components import ring_vision

from .pictures import face_clip
from .ring_cloud_server import RingCloudServer
from .steps import check, recorded, set_up


async def test_the_binary_sensors_of_an_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    with patch.object(ring_vision, "PLATFORMS", [Platform.BINARY_SENSOR]):
        await set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_analyzing_is_on_while_the_engine_looks_at_that_camera(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    changes = async_capture_events(hass, "state_changed")
    recorded(cloud, face_clip(tmp_path / "glimpse.mp4", 0.1), camera=1)
    await check(hass, account)
    assert [
        (event.data["entity_id"], event.data["new_state"].state)
        for event in changes
        if event.data["entity_id"].startswith("binary_sensor.")
    ] == [
        ("binary_sensor.garden_analyzing", "on"),
        ("binary_sensor.garden_analyzing", "off"),
    ]
