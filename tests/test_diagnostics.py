"""Diagnostics help to find a fault, and tell nothing private."""

import json
from pathlib import Path
from typing import Any

from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.ring_vision.const import CONF_CAMERAS
from custom_components.ring_vision.library.people import gallery
from tests.calls import act
from tests.conftest import HARDWARE_ID
from tests.pictures import face_picture
from tests.ring_cloud_server import CloudRecording, RingCloudServer


@pytest.fixture
async def told(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    tmp_path: Path,
    hass_client: ClientSessionGenerator,
) -> dict[str, Any]:
    """Return what an account with a person and a sighting tells."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    image = face_picture(tmp_path / "anna.jpg")
    await act(hass, "enroll_person", name="Annabel", images=[str(image)])
    hass.config_entries.async_update_entry(
        account, options={**account.options, CONF_CAMERAS: ["1001", "1002"]}
    )
    await account.runtime_data.library.async_refresh()
    return dict(await get_diagnostics_for_config_entry(hass, hass_client, account))


async def test_the_account_is_told_in_numbers(told: dict[str, Any]) -> None:
    size = told["library"].pop("size_bytes")
    assert size > 1000
    assert told["library"] == {
        "kept": 1,
        "waiting_download": 0,
        "waiting_analysis": 0,
        "failed": 0,
    }
    assert told["options"] == {"backfill_days": 7, "recognize_faces": True}
    assert told["engine"] == {"missing": ["objects"]}
    assert told["tasks"].items() >= {"check finished": 1, "enroll finished": 1}.items()
    assert [
        (camera["kind"], camera["family"], camera["connected"], camera["reason"])
        for camera in told["cameras"]
    ] == [
        ("lpd_v4", "doorbots", True, None),
        ("stickup_cam_v4", "stickup_cams", True, None),
        ("osprey_next_2027", "stickup_cams", True, None),
    ]


async def test_nothing_private_is_told(
    hass: HomeAssistant,
    told: dict[str, Any],
    account: MockConfigEntry,
    cloud: RingCloudServer,
    one_recording: CloudRecording,
) -> None:
    text = json.dumps(told)
    ((_, embedding),) = await account.runtime_data.archive.ask(gallery)
    cameras = cloud.state.cameras
    secrets = [
        account.data[CONF_TOKEN]["access_token"],
        account.data[CONF_TOKEN]["refresh_token"],
        HARDWARE_ID,
        cloud.state.email,
        cloud.state.password,
        str(cloud.state.account_id),
        one_recording.key,
        "Annabel",
        *(camera.name for camera in cameras),
        *(str(camera.id) for camera in cameras),
        *(camera.location_id for camera in cameras),
        "Europe/London",
        "1 Test Street",
        "latitude",
        str(hass.config.latitude),
        str(hass.config.longitude),
        *(str(number) for number in embedding),
        hass.config.config_dir,
        "/video/",
    ]
    assert [secret for secret in secrets if secret in text] == []
