"""A doorbell event of core's `ring` brings the recording sooner."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import CONF_CAMERAS

from .ring_cloud_server import FAULTS, RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import NOW, check, known, recorded, set_up

pytestmark = pytest.mark.freeze_time(NOW)
CLIP = ("libx264", "first")


def looks(cloud: RingCloudServer) -> int:
    """Return how often the history was asked for."""
    return len(cloud.seen("GET", "/evm/v2/history/devices"))


async def later(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let time pass, and wait for what it brings."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def happens(
    hass: HomeAssistant,
    unique_id: str = "1001-ding",
    *,
    platform: str = "ring",
    ago: timedelta = timedelta(),
) -> None:
    """Let an event entity, perhaps a new one, tell of an event."""
    entity = er.async_get(hass).async_get_or_create("event", platform, unique_id)
    at = dt_util.utcnow() - ago
    hass.states.async_set(entity.entity_id, at.isoformat(timespec="milliseconds"))
    await hass.async_block_till_done()


@pytest.mark.parametrize("unique_id", ["1001-ding", "1001-motion"])
async def test_an_event_brings_its_recording_before_the_next_poll(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
    unique_id: str,
) -> None:
    before = looks(cloud)
    recording = recorded(cloud, clip(*CLIP), minutes_ago=0)
    await later(hass, freezer, 3)
    await happens(hass, unique_id)
    await later(hass, freezer, 44)
    assert looks(cloud) == before
    await later(hass, freezer, 1)
    assert looks(cloud) == before + 1
    assert await known(account) == {recording.key}
    await later(hass, freezer, 60)
    assert looks(cloud) == before + 1


async def test_it_looks_again_until_the_recording_is_there(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    old = recorded(cloud, clip(*CLIP), minutes_ago=1)
    before = looks(cloud)
    await happens(hass)
    for number, wait in enumerate((45, 15, 30, 60), start=1):
        await later(hass, freezer, wait - 1)
        assert looks(cloud) == before + number - 1
        await later(hass, freezer, 1)
        assert looks(cloud) == before + number
    new = recorded(cloud, clip(*CLIP), minutes_ago=2)
    new.start += timedelta(seconds=30)
    await later(hass, freezer, 60)
    assert await known(account) == {old.key, new.key}
    asked = looks(cloud)
    await later(hass, freezer, 60)
    assert looks(cloud) == asked


async def test_after_ten_minutes_the_poll_has_to_do(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    await happens(hass)
    for _ in range(41):
        await later(hass, freezer, 15)
    asked = looks(cloud)
    assert asked >= 12
    for _ in range(8):  # the next poll comes at 15 minutes
        await later(hass, freezer, 15)
    assert looks(cloud) == asked


async def test_events_of_all_cameras_share_one_schedule(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    before = looks(cloud)
    await happens(hass, "1001-motion")
    await later(hass, freezer, 10)
    for unique_id in ("1001-ding", "1002-motion", "1003-motion"):
        await happens(hass, unique_id)
    recorded(cloud, clip(*CLIP), minutes_ago=0)
    await later(hass, freezer, 35)
    assert looks(cloud) == before + 1
    for camera in (1, 2):
        recorded(cloud, clip(*CLIP), minutes_ago=0, camera=camera)
    await later(hass, freezer, 15)
    assert looks(cloud) == before + 2
    assert len(await known(account)) == 3
    await later(hass, freezer, 60)
    assert looks(cloud) == before + 2


async def test_what_a_poll_has_found_is_not_looked_for(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    await happens(hass)
    recorded(cloud, clip(*CLIP), minutes_ago=0)
    await check(hass, account)
    asked = looks(cloud)
    await later(hass, freezer, 46)
    assert looks(cloud) == asked


@pytest.mark.parametrize(
    ("unique_id", "platform", "ago"),
    [
        ("1001-ding", "other", timedelta()),
        ("1001-intercom_unlock", "ring", timedelta()),
        ("9999-ding", "ring", timedelta()),
        ("ding", "ring", timedelta()),
        ("1001-ding", "ring", timedelta(minutes=11)),
    ],
)
async def test_other_events_change_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
    unique_id: str,
    platform: str,
    ago: timedelta,
) -> None:
    before = looks(cloud)
    await happens(hass, unique_id, platform=platform, ago=ago)
    await later(hass, freezer, 50)
    assert looks(cloud) == before


@pytest.mark.parametrize(
    "state", ["unavailable", "unknown", "soon", "2027-03-04T20:00:00"]
)
async def test_a_state_that_is_no_moment_changes_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
    state: str,
) -> None:
    before = looks(cloud)
    entity = er.async_get(hass).async_get_or_create("event", "ring", "1001-ding")
    hass.states.async_set(entity.entity_id, state)
    await later(hass, freezer, 50)
    hass.states.async_remove(entity.entity_id)
    await later(hass, freezer, 50)
    assert looks(cloud) == before


async def test_a_change_of_attributes_is_no_new_event(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    await happens(hass)
    recorded(cloud, clip(*CLIP), minutes_ago=0)
    await later(hass, freezer, 46)
    asked = looks(cloud)
    (state,) = [
        each for each in hass.states.async_all("event") if "ring_1001" in each.entity_id
    ]
    hass.states.async_set(state.entity_id, state.state, {"friendly_name": "Bell"})
    await later(hass, freezer, 50)
    assert looks(cloud) == asked


async def test_a_camera_that_is_not_chosen_is_not_looked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    options = {**entry.options, CONF_CAMERAS: ["1002"]}
    hass.config_entries.async_update_entry(entry, options=options)
    await set_up(hass, entry)
    before = looks(cloud)
    await happens(hass)
    await later(hass, freezer, 50)
    assert looks(cloud) == before
    await hass.config_entries.async_unload(entry.entry_id)


async def test_it_goes_on_after_a_look_that_failed(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recording = recorded(cloud, clip(*CLIP), minutes_ago=0)
    await happens(hass)
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await later(hass, freezer, 46)
    assert await known(account) == set()
    cloud.clear_faults()
    await later(hass, freezer, 16)
    assert await known(account) == {recording.key}


async def test_without_a_sign_in_it_does_not_ask_on(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    await happens(hass)
    await later(hass, freezer, 46)
    asked = len(cloud.requests)
    await later(hass, freezer, 16)
    await later(hass, freezer, 31)
    assert len(cloud.requests) == asked


async def test_unloading_ends_the_schedule(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    await happens(hass)
    await hass.config_entries.async_unload(account.entry_id)
    asked = len(cloud.requests)
    await later(hass, freezer, 46)
    await happens(hass)
    await later(hass, freezer, 46)
    assert len(cloud.requests) == asked
