"""Setting an account up, the first run, reloading and leaving."""

import asyncio
from pathlib import Path

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.ring_vision import async_remove_config_entry_device
from custom_components.ring_vision.const import DOMAIN, EVENT_SIGHTING
from custom_components.ring_vision.library.store import FILE_NAME
from tests.ring_cloud_server import (
    FAULTS,
    CloudCamera,
    CloudRecording,
    Fault,
    RingCloudServer,
)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up and wait until its first run is over."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_first_run_tells_who_was_there(
    hass: HomeAssistant, entry: MockConfigEntry, one_recording: CloudRecording
) -> None:
    heard = async_capture_events(hass, EVENT_SIGHTING)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert [
        (event.data["recording_id"], event.data["type"], event.data["strangers"])
        for event in heard
    ] == [(one_recording.key, "stranger", 1)]
    await entry.runtime_data.library.async_refresh()
    assert hass.states.get("sensor.front_door_last_person").state == "stranger"
    assert hass.states.get("event.front_door_sighting").attributes["event_type"] == (
        "stranger"
    )


async def test_a_restart_repeats_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    one_recording: CloudRecording,
    cloud: RingCloudServer,
) -> None:
    await set_up(hass, entry)
    state = hass.states.get("event.front_door_sighting").state
    heard = async_capture_events(hass, EVENT_SIGHTING)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert heard == []
    assert len(cloud.seen("GET", "/video/")) == 1
    assert hass.states.get("event.front_door_sighting").state == state
    assert hass.states.get("sensor.front_door_last_person").state == "stranger"


async def test_unloading_ends_everything(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    data = account.runtime_data
    await hass.config_entries.async_unload(account.entry_id)
    assert account.state is ConfigEntryState.NOT_LOADED
    assert data.tasks.active == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("unavailable", ConfigEntryState.SETUP_RETRY),
        ("too_many_requests", ConfigEntryState.SETUP_RETRY),
        ("api_reset", ConfigEntryState.SETUP_RETRY),
        ("not_acceptable", ConfigEntryState.SETUP_RETRY),
    ],
)
async def test_an_account_waits_for_ring(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    fault: str,
    state: ConfigEntryState,
) -> None:
    cloud.add_fault(FAULTS[fault](times=-1))
    await set_up(hass, entry)
    assert entry.state is state
    cloud.clear_faults()


async def test_a_sign_in_that_ended_asks_for_a_new_one(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert [
        flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()
    ] == [SOURCE_REAUTH]


async def test_a_new_token_is_kept_in_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    before = entry.data[CONF_TOKEN]["refresh_token"]
    cloud.state.expire_access_tokens()
    await set_up(hass, entry)
    after = entry.data[CONF_TOKEN]["refresh_token"]
    assert before != after
    assert after in cloud.state.refresh_tokens


async def test_a_token_on_its_way_is_not_lost_in_a_reload(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Ring takes the old one no more, so the next setup must wait for the new one."""
    cloud.state.expire_access_tokens()
    cloud.add_fault(Fault("POST /oauth/token", delay_s=0.3))
    asking = hass.async_create_task(account.runtime_data.account.async_refresh())
    async with asyncio.timeout(10):
        while not cloud.faults_served:
            await asyncio.sleep(0.01)
    assert await hass.config_entries.async_reload(account.entry_id)
    await asking
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.state is ConfigEntryState.LOADED
    assert len(cloud.state.refresh_tokens) == 1


async def test_a_broken_database_is_said_to_be_one(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    folder = Path(hass.config.path(DOMAIN)) / f"account_{entry.unique_id}"
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_bytes(b"no database at all" * 500)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "library_broken"


async def test_a_camera_that_comes_later_gets_its_device(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras.append(CloudCamera(1004, "Shed", "cocoa_v9", "stickup_cams"))
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("sensor.shed_sightings_today").state == "0"


async def test_a_camera_that_left_can_be_removed_and_no_other(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    registry = dr.async_get(hass)
    gone, stays, service = (
        registry.async_get_device_by_identifier((DOMAIN, identifier), account.entry_id)
        for identifier in ("1003", "1001", f"account_{account.unique_id}")
    )
    cloud.state.cameras.pop()
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("sensor.drive_sightings_today").state == "unavailable"
    assert [
        await async_remove_config_entry_device(hass, account, device)
        for device in (gone, stays, service)
    ] == [True, False, False]
