"""The actions that watch and cancel long work."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_RECOGNIZE_FACES, DOMAIN
from tests.calls import act, refused, settle
from tests.pictures import face_picture
from tests.ring_cloud_server import FAULTS, CloudRecording, RingCloudServer


@pytest.fixture
async def stalled(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> str:
    """Return the id of a download that has fallen silent in the middle of a file."""
    cloud.add_fault(FAULTS["media_stalled"](times=-1))
    cloud.state.recordings.append(
        CloudRecording(
            camera_id=1001,
            start=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10),
            file=clip_of_a_face,
        )
    )
    response = await act(hass, "download", hours=1)
    async with asyncio.timeout(20):
        while not cloud.seen("GET", "/video/"):
            await asyncio.sleep(0.02)
    return str(response["task_id"])


async def state_of(hass: HomeAssistant, task_id: str) -> str:
    """Return the state of a task, as it is listed."""
    listed = (await act(hass, "list_tasks"))["tasks"]
    (state,) = (one["state"] for one in listed if one["id"] == task_id)
    return str(state)


async def test_tasks_are_listed_newest_first(
    hass: HomeAssistant, account: MockConfigEntry, stalled: str
) -> None:
    listed = (await act(hass, "list_tasks"))["tasks"]
    assert listed[0] | {"started": "", "message": "", "seconds_left": None} == {
        "id": stalled,
        "kind": "backfill",
        "state": "running",
        "current": 0,
        "total": 1,
        "message": "",
        "started": "",
        "finished": None,
        "seconds_left": None,
        "error": None,
    }
    started = [one["started"] for one in listed]
    assert started == sorted(started, reverse=True)
    assert {one["kind"] for one in listed} == {
        "backfill",
        "download",
        "check",
        "analyze",
    }
    assert {one["state"] for one in listed[1:]} == {"finished"}


async def test_a_stalled_download_can_be_cancelled(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer, stalled: str
) -> None:
    waiting = asyncio.ensure_future(account.runtime_data.tasks.get(stalled).wait())
    async with asyncio.timeout(10):
        assert await act(hass, "cancel_task", task_id=stalled) == {"cancelled": True}
    assert await state_of(hass, stalled) == "cancelled"
    with pytest.raises(HomeAssistantError) as raised:
        await waiting
    assert raised.value.translation_key == "task_cancelled"
    assert await act(hass, "cancel_task", task_id=stalled) == {"cancelled": False}
    cloud.clear_faults()
    response = await act(hass, "download", hours=1, wait=True)
    assert len(response["downloaded"]) == 1


async def test_a_stalled_download_does_not_hold_up_the_end(
    hass: HomeAssistant, account: MockConfigEntry, stalled: str
) -> None:
    task = account.runtime_data.tasks.get(stalled)
    async with asyncio.timeout(10):
        assert await hass.config_entries.async_unload(account.entry_id)
    assert account.state is ConfigEntryState.NOT_LOADED
    assert task.state == "interrupted"


async def test_an_enrolment_does_not_wait_for_a_stalled_download(
    hass: HomeAssistant, account: MockConfigEntry, stalled: str, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    image = str(face_picture(tmp_path / "anna.jpg"))
    response = await act(hass, "enroll_person", name="Anna", images=[image])
    assert response["enrolled"] == [image]
    assert await act(hass, "analyze", wait=True)
    assert (await act(hass, "purge", keep_days=30))["deleted"] == []
    assert await state_of(hass, stalled) == "running"


async def test_a_task_that_nobody_knows_cannot_be_cancelled(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    error = await refused(
        hass, "cancel_task", ServiceValidationError, task_id="nothing"
    )
    assert (error.translation_domain, error.translation_key) == (DOMAIN, "unknown_task")
    assert error.translation_placeholders == {"task": "nothing"}


async def test_nobody_is_enrolled_while_faces_are_off(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    options = {**entry.options, CONF_RECOGNIZE_FACES: False}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    error = await refused(
        hass, "enroll_person", ServiceValidationError, name="Anna", images=["a.jpg"]
    )
    assert error.translation_key == "faces_off"
