"""The newest snapshot of each camera."""

from pathlib import Path
from random import SystemRandom
from unittest.mock import patch

from homeassistant.components.image import async_get_image
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components import ring_vision

from .pictures import face_clip
from .ring_cloud_server import RingCloudServer
from .steps import NOW, check, fill, recorded, set_up, settle

LAST_SNAPSHOT = "image.front_door_last_snapshot"
JPEG_START = b"\xff\xd8\xff"


@pytest.mark.freeze_time(NOW)
async def test_the_images_of_an_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    with (
        patch.object(SystemRandom, "getrandbits", return_value=1),
        patch.object(ring_vision, "PLATFORMS", [Platform.IMAGE]),
    ):
        await set_up(hass, entry)
        await entry.runtime_data.archive.ask(fill, dt_util.utcnow())
        await settle(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_the_image_is_the_jpeg_of_the_newest_snapshot(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    glimpse = face_clip(tmp_path / "glimpse.mp4", 0.1)
    addresses, names = [], []
    for minutes_ago in (20, 10):
        recording = recorded(cloud, glimpse, minutes_ago=minutes_ago)
        await check(hass, account)
        image = await async_get_image(hass, LAST_SNAPSHOT)
        (file,) = account.runtime_data.archive.snapshots.rglob(
            f"*_{recording.key}_*.jpg"
        )
        assert image.content_type == "image/jpeg"
        assert image.content.startswith(JPEG_START)
        assert image.content == file.read_bytes()
        state = hass.states.get(LAST_SNAPSHOT)
        assert dt_util.parse_datetime(state.state) == recording.start
        addresses.append(state.attributes["entity_picture"])
        names.append(file.name)
    assert len(set(addresses)) == len(set(names)) == 2


async def test_the_address_stays_while_no_newer_snapshot_comes(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    await account.runtime_data.archive.ask(fill, dt_util.utcnow())
    await settle(hass, account)
    before = hass.states.get(LAST_SNAPSHOT)
    await settle(hass, account)
    assert hass.states.get(LAST_SNAPSHOT).attributes == before.attributes


async def test_there_is_no_image_when_the_file_is_gone(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    await account.runtime_data.archive.ask(fill, dt_util.utcnow())
    await settle(hass, account)
    assert hass.states.get(LAST_SNAPSHOT).state != "unknown"
    with pytest.raises(HomeAssistantError):
        await async_get_image(hass, LAST_SNAPSHOT)


async def test_there_is_no_image_before_the_first_snapshot(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    assert hass.states.get(LAST_SNAPSHOT).state == "unknown"
    with pytest.raises(HomeAssistantError):
        await async_get_image(hass, LAST_SNAPSHOT)
