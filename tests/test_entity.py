"""What all entities share: devices, and when they are available."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.coordinator import POLL_INTERVAL

from .ring_cloud_server import FAULTS, RingCloudServer

OF_A_CAMERA = "sensor.drive_sightings_today"
OF_THE_ACCOUNT = "sensor.anna_example_com_recordings"


async def poll(hass: HomeAssistant, times: int = 1) -> None:
    """Let the time for some polls come."""
    for _ in range(times):
        async_fire_time_changed(
            hass, dt_util.utcnow() + POLL_INTERVAL + timedelta(seconds=1)
        )
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_cameras_are_devices_below_the_account(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    service = registry.async_get_device_by_identifier(
        (DOMAIN, f"account_{account.unique_id}"), account.entry_id
    )
    camera = registry.async_get_device_by_identifier((DOMAIN, "1003"), account.entry_id)
    assert service.entry_type is dr.DeviceEntryType.SERVICE
    assert (service.name, service.model) == ("anna@example.com", "Ring account")
    assert (camera.name, camera.model) == ("Drive", "osprey_next_2027")
    assert camera.manufacturer == "Ring"
    assert camera.via_device_id == service.id


async def test_entities_stay_available_while_ring_is_down(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await poll(hass, times=3)
    assert not account.runtime_data.account.last_update_success
    for entity_id in (OF_A_CAMERA, OF_THE_ACCOUNT):
        assert hass.states.get(entity_id).state == "0"
    assert caplog.text.count("Error fetching ring_vision account data") == 1
    cloud.clear_faults()
    await poll(hass, times=3)
    assert account.runtime_data.account.last_update_success
    assert caplog.text.count("Error fetching ring_vision account data") == 1
    assert caplog.text.count("Fetching ring_vision account data recovered") == 1


async def test_a_camera_that_comes_back_is_available_again(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    camera = cloud.state.cameras.pop()
    await poll(hass)
    assert hass.states.get(OF_A_CAMERA).state == "unavailable"
    assert hass.states.get(OF_THE_ACCOUNT).state == "0"
    cloud.state.cameras.append(camera)
    await poll(hass)
    assert hass.states.get(OF_A_CAMERA).state == "0"
