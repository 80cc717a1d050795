"""The event entity fires once for each new recording that was looked at."""

from collections.abc import Generator
from pathlib import Path
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components import ring_vision
from custom_components.ring_vision.engine.client import EngineClient

from .ring_cloud_server import CloudRecording, RingCloudServer
from .steps import (
    NOW,
    ObedientEngine,
    analysis,
    check,
    look,
    recorded,
    set_up,
    settle,
    track,
)

SIGHTING = "event.front_door_sighting"


@pytest.fixture(autouse=True)
def a_stranger_in_every_recording() -> Generator[ObedientEngine]:
    """Show a stranger in each recording, at once."""
    engine = ObedientEngine(shows=analysis(track(start_s=0.5)))
    with patch.object(EngineClient, "analyze", autospec=True, side_effect=engine):
        yield engine


@pytest.mark.freeze_time(NOW)
async def test_the_events_of_an_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    one_recording: CloudRecording,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    with patch.object(ring_vision, "PLATFORMS", [Platform.EVENT]):
        await set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_newer_recording_fires_and_an_older_one_does_not(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
    a_stranger_in_every_recording: ObedientEngine,
) -> None:
    told = []
    asked = []
    for minutes_ago in (20, 30, 10):
        asked.append(recorded(cloud, clip_of_a_face, minutes_ago=minutes_ago).key)
        await account.runtime_data.account.async_start_backfill(
            ["1001"], start=None, end=None, limit=None, skip_existing=True
        ).wait()
        await settle(hass, account)
        told.append(hass.states.get(SIGHTING).attributes["recording_id"])
    assert a_stranger_in_every_recording.asked == asked
    assert told == [asked[0], asked[0], asked[2]]


async def test_another_camera_does_not_fire(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    recorded(cloud, clip_of_a_face, camera=1)
    await check(hass, account)
    assert hass.states.get(SIGHTING).state == "unknown"
    assert hass.states.get("event.garden_sighting").attributes["event_type"] == (
        "stranger"
    )


async def test_looking_again_at_the_newest_recording_does_not_fire(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    a_stranger_in_every_recording: ObedientEngine,
) -> None:
    before = hass.states.get(SIGHTING).state
    assert before != "unknown"
    await look(hass, account, one_recording.key)
    assert a_stranger_in_every_recording.asked == [one_recording.key] * 2
    assert hass.states.get(SIGHTING).state == before


async def test_a_restart_does_not_fire_again_but_the_next_recording_does(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    before = hass.states.get(SIGHTING).state
    assert await hass.config_entries.async_reload(account.entry_id)
    await look(hass, account, one_recording.key)
    assert hass.states.get(SIGHTING).state == before
    newer = recorded(cloud, clip_of_a_face, minutes_ago=1)
    await check(hass, account)
    assert hass.states.get(SIGHTING).attributes["recording_id"] == newer.key
