"""Devices of cameras that leave, come back and change their names."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.library.models import RecordingState
from tests.ring_cloud_server import Fault, RingCloudServer
from tests.steps import check, recorded, row, set_up

DRIVE = "sensor.drive_sightings_today"


async def poll(hass: HomeAssistant, entry: MockConfigEntry, times: int) -> None:
    """Ask Ring for the cameras some times."""
    for _ in range(times):
        await entry.runtime_data.account.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)


def device(
    hass: HomeAssistant, entry: MockConfigEntry, camera_id: str
) -> dr.DeviceEntry | None:
    """Return a camera's device."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, camera_id), entry.entry_id
    )


async def test_a_camera_that_left_goes_with_its_entities_and_leaves_its_recordings(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    recording = recorded(cloud, clip_of_a_face, camera=2)
    await check(hass, account)
    cloud.state.cameras.pop()
    await poll(hass, account, 2)
    assert device(hass, account, "1003")
    await poll(hass, account, 1)
    assert device(hass, account, "1003") is None
    assert hass.states.get(DRIVE) is None
    names = {
        entity.unique_id
        for entity in er.async_entries_for_config_entry(
            er.async_get(hass), account.entry_id
        )
    }
    assert not [name for name in names if "_1003_" in name]
    assert [name for name in names if "_1002_" in name]
    assert device(hass, account, f"account_{account.unique_id}")
    assert (await row(account, recording.key)).state is RecordingState.DOWNLOADED


async def test_a_camera_that_comes_back_has_its_entities_again(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = cloud.state.cameras.pop()
    await poll(hass, account, 4)
    assert hass.states.get(DRIVE) is None
    cloud.state.cameras.append(camera)
    await poll(hass, account, 2)
    assert hass.states.get(DRIVE).state == "0"
    assert hass.states.get("image.drive_last_snapshot")
    assert "does not generate unique IDs" not in caplog.text


@pytest.mark.parametrize(
    ("path", "trouble"),
    [
        ("GET /clients_api/ring_devices", {"status": 500}),
        ("GET /clients_api/ring_devices", {"body": "<html>", "status": 200}),
        ("GET /device_info/", {"status": 500}),
        ("GET /device_info/", {"json_set": {"devices": None}}),
    ],
)
async def test_a_list_that_failed_removes_nobody(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    path: str,
    trouble: dict[str, object],
) -> None:
    cloud.state.cameras.pop()
    cloud.add_fault(Fault(path, times=-1, **trouble))  # type: ignore[arg-type]
    await poll(hass, account, 5)
    assert device(hass, account, "1003")
    cloud.clear_faults()
    await poll(hass, account, 3)
    assert device(hass, account, "1003") is None


async def test_an_empty_list_removes_nobody(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras.clear()
    await poll(hass, account, 5)
    assert device(hass, account, "1001")
    assert device(hass, account, "1003")


async def test_a_camera_that_left_while_home_assistant_was_off_goes_too(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    await hass.config_entries.async_unload(account.entry_id)
    cloud.state.cameras.pop()
    await set_up(hass, account)
    await poll(hass, account, 1)
    assert device(hass, account, "1003")
    await poll(hass, account, 2)
    assert device(hass, account, "1003") is None


async def test_a_new_name_at_ring_is_taken_over(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[2].name = "Porch"
    await poll(hass, account, 1)
    found = device(hass, account, "1003")
    assert found
    assert found.name == "Porch"
    assert hass.states.get(DRIVE).name == "Porch Sightings today"


async def test_a_name_that_the_owner_gave_stays(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    before = device(hass, account, "1003")
    assert before
    dr.async_get(hass).async_update_device(before.id, name_by_user="Our drive")
    cloud.state.cameras[2].name = "Porch"
    await poll(hass, account, 1)
    assert hass.states.get(DRIVE).name == "Our drive Sightings today"
