"""What the sensors say of the library."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components import ring_vision
from custom_components.ring_vision.engine.client import EngineClient

from .pictures import face_clip, face_picture
from .ring_cloud_server import FAULTS, RingCloudServer
from .steps import (
    NOW,
    ObedientEngine,
    analysis,
    check,
    fill,
    recorded,
    set_up,
    settle,
    track,
)

TODAY = "sensor.front_door_sightings_today"
LAST_PERSON = "sensor.front_door_last_person"
LAST_SIGHTING = "sensor.front_door_last_sighting"
STATUS = "sensor.front_door_status"
NEXT_CHECK = "sensor.anna_example_com_next_check"


@pytest.mark.freeze_time(NOW)
async def test_the_sensors_of_a_filled_library(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    with patch.object(ring_vision, "PLATFORMS", [Platform.SENSOR]):
        await set_up(hass, entry)
        await entry.runtime_data.archive.ask(fill, dt_util.utcnow())
        await settle(hass, entry)
        # What moves on fast is shown a second later.
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
        await hass.async_block_till_done(wait_background_tasks=True)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.freeze_time(NOW)
async def test_today_begins_anew_at_local_midnight(
    hass: HomeAssistant, account: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await account.runtime_data.archive.ask(fill, dt_util.utcnow())
    await settle(hass, account)
    assert hass.states.get(TODAY).state == "2"
    freezer.move_to(dt_util.start_of_local_day() + timedelta(days=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(TODAY).state == "0"
    assert hass.states.get(LAST_PERSON).state == "stranger"


async def test_somebody_with_a_face_in_the_gallery_has_a_name(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    picture = face_picture(tmp_path / "anna.jpg")
    await account.runtime_data.people.async_enroll("Anna", [picture]).wait()
    recording = recorded(cloud, face_clip(tmp_path / "glimpse.mp4", 0.1))
    await check(hass, account)
    state = hass.states.get(LAST_PERSON)
    assert state.state == "Anna"
    assert (
        state.attributes.items()
        >= {
            "recording_id": recording.key,
            "label": "person",
            "person": "Anna",
            "stranger": False,
        }.items()
    )
    assert hass.states.get("event.front_door_sighting").attributes["people"] == ["Anna"]


async def test_the_last_person_is_older_than_the_last_sighting(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    who = recorded(cloud, clip_of_a_face, minutes_ago=20)
    with patch.object(
        EngineClient,
        "analyze",
        autospec=True,
        side_effect=ObedientEngine(shows=analysis(track())),
    ):
        await check(hass, account)
    what = recorded(cloud, clip_of_a_face, minutes_ago=10)
    dog = track(label="dog", stranger=None)
    with patch.object(
        EngineClient,
        "analyze",
        autospec=True,
        side_effect=ObedientEngine(shows=analysis(dog)),
    ):
        await check(hass, account)
    assert hass.states.get(LAST_PERSON).attributes["recording_id"] == who.key
    last = hass.states.get(LAST_SIGHTING)
    assert last.attributes["label"] == "dog"
    assert dt_util.parse_datetime(last.state) == what.start
    assert hass.states.get("sensor.garden_last_sighting").state == "unknown"


@pytest.mark.freeze_time(NOW)
async def test_the_next_check_is_told_also_while_ring_is_down(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    assert hass.states.get(NEXT_CHECK).state == "2027-03-04T20:05:00+00:00"
    cloud.add_fault(FAULTS["server_error"](times=-1))
    freezer.tick(timedelta(minutes=5, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(NEXT_CHECK).state == "2027-03-04T20:10:01+00:00"
    cloud.clear_faults()


@pytest.mark.freeze_time(NOW)
async def test_the_next_check_waits_as_long_as_ring_wants(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(
        FAULTS["too_many_requests"](times=-1, headers={"Retry-After": "7200"})
    )
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(NEXT_CHECK).state >= "2027-03-04T22:00:00+00:00"
    cloud.clear_faults()


async def test_without_a_sign_in_no_check_is_planned(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(NEXT_CHECK).state == "unknown"


async def test_the_status_of_a_camera_follows_its_recordings(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    assert hass.states.get(STATUS).state == "quiet"
    recorded(cloud, clip_of_a_face, minutes_ago=20)
    await check(hass, account)
    assert hass.states.get(STATUS).state == "all_fine"
    recorded(cloud, clip_of_a_face, not_ready_requests=9)
    await check(hass, account)
    assert hass.states.get(STATUS).state == "waiting"
    recorded(cloud, clip_of_a_face, minutes_ago=5, e2ee=True)
    await check(hass, account)
    assert hass.states.get(STATUS).state == "end_to_end_encrypted"
    assert hass.states.get("sensor.garden_status").state == "quiet"


async def test_the_status_says_that_ring_cannot_be_asked(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(STATUS).state == "ring_unreachable"
    cloud.clear_faults()
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(STATUS).state == "quiet"
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(STATUS).state == "sign_in_needed"
