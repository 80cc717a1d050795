"""The action that fetches recordings of a span of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.library.recordings import get_recording
from tests.calls import act, refused
from tests.ring_cloud_server import CloudRecording, RingCloudServer
from tests.ring_cloud_server.clips import clip

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(hours: float) -> str:
    """Return the time some hours ago, as a script writes it."""
    return (NOW - timedelta(hours=hours)).isoformat()


@pytest.fixture
def three(account: MockConfigEntry, cloud: RingCloudServer) -> list[CloudRecording]:
    """Let two cameras record after the first run: half, three and thirty hours ago."""
    made = [
        CloudRecording(
            camera_id=camera_id,
            start=NOW - timedelta(hours=hours),
            file=clip("libx264", "first"),
        )
        for camera_id, hours in ((1001, 0.5), (1002, 3), (1001, 30))
    ]
    cloud.state.recordings += made
    return made


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"hours": 1}, [0]),
        ({"hours": 24}, [0, 1]),
        ({"hours": 24, "limit": 1}, [0]),
        ({"hours": 2, "end": ago(2)}, [1]),
        ({"start": ago(4), "end": ago(2)}, [1]),
        ({"end": ago(2)}, [1, 2]),
        ({"hours": 48, "cameras": ["1001"]}, [0, 2]),
        ({"hours": 48, "cameras": "1002"}, [1]),
    ],
)
async def test_a_span_of_time_is_fetched(
    hass: HomeAssistant,
    account: MockConfigEntry,
    three: list[CloudRecording],
    fields: dict[str, Any],
    expected: list[int],
) -> None:
    response = await act(hass, "download", wait=True, **fields)
    wanted = [three[place].key for place in expected]
    assert response["found"] == len(wanted)
    assert sorted(response["downloaded"]) == sorted(wanted)
    archive = account.runtime_data.archive
    for recording_id in wanted:
        row = await archive.ask(get_recording, recording_id)
        assert row.state is RecordingState.DOWNLOADED
        assert archive.files.resolve(row.path).stat().st_size == row.size


async def test_a_time_without_a_zone_is_the_owners(
    hass: HomeAssistant, three: list[CloudRecording]
) -> None:
    await hass.config.async_set_time_zone("Asia/Tokyo")
    start = (NOW + timedelta(hours=9 - 1)).replace(tzinfo=None)
    response = await act(hass, "download", start=str(start), wait=True)
    assert response["downloaded"] == [three[0].key]


async def test_a_camera_can_be_named_by_its_device(
    hass: HomeAssistant, account: MockConfigEntry, three: list[CloudRecording]
) -> None:
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "1002"), account.entry_id
    )
    response = await act(hass, "download", hours=48, cameras=[device.id], wait=True)
    assert response["downloaded"] == [three[1].key]


async def test_what_is_here_is_fetched_again_only_when_asked_for(
    hass: HomeAssistant, cloud: RingCloudServer, three: list[CloudRecording]
) -> None:
    key = three[0].key
    await act(hass, "download", hours=1, wait=True)
    again = await act(hass, "download", hours=1, wait=True)
    assert (again["downloaded"], again["skipped"]) == ([], [key])
    assert len(cloud.seen("GET", "/video/")) == 1
    fresh = await act(hass, "download", hours=1, skip_existing=False, wait=True)
    assert (fresh["downloaded"], fresh["skipped"]) == ([key], [])
    assert len(cloud.seen("GET", "/video/")) == 2


async def test_without_waiting_the_answer_names_the_task(
    hass: HomeAssistant, account: MockConfigEntry, three: list[CloudRecording]
) -> None:
    response = await act(hass, "download", hours=1)
    assert list(response) == ["task_id"]
    task = account.runtime_data.tasks.get(response["task_id"])
    assert (await task.wait())["downloaded"] == [three[0].key]
    listed = (await act(hass, "list_tasks"))["tasks"]
    assert [(one["kind"], one["state"]) for one in listed if one["id"] == task.id] == [
        ("backfill", "finished")
    ]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"hours": 1, "start": ago(2)}, "hours_and_start"),
        ({"start": ago(1), "end": ago(2)}, "end_before_start"),
        ({"start": ago(1), "end": ago(1)}, "end_before_start"),
        ({"cameras": ["9999"]}, "unknown_camera"),
        ({"cameras": ["1001", ""]}, "unknown_camera"),
    ],
)
async def test_a_senseless_wish_is_refused(
    hass: HomeAssistant, account: MockConfigEntry, fields: dict[str, Any], key: str
) -> None:
    error = await refused(hass, "download", ServiceValidationError, **fields)
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)


async def test_devices_that_are_no_cameras_of_the_account_are_refused(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    lamp = registry.async_get_or_create(
        config_entry_id=other.entry_id,
        identifiers={("other", "1001"), ("other", "1001", "port 2")},
    )
    service = registry.async_get_device_by_identifier(
        (DOMAIN, f"account_{account.unique_id}"), account.entry_id
    )
    for device in (lamp, service):
        error = await refused(
            hass, "download", ServiceValidationError, cameras=[device.id]
        )
        assert error.translation_key == "unknown_camera"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("download", {"hours": 0}),
        ("download", {"hours": float("nan")}),
        ("download", {"hours": 24 * 181}),
        ("download", {"limit": 0}),
        ("download", {"limit": 1001}),
        ("download", {"start": "yesterday"}),
        ("download", {"colour": "red"}),
        ("list_recordings", {"offset": -1}),
        ("list_recordings", {"offset": 10**30}),
        ("list_sightings", {"limit": 1001}),
        ("enroll_person", {"name": "Anna", "images": []}),
        ("enroll_person", {"images": ["/a.jpg"]}),
        ("purge", {"keep_gigabytes": float("inf")}),
        ("purge", {"keep_gigabytes": -1}),
        ("purge", {"keep_days": -1}),
        ("cancel_task", {}),
    ],
)
async def test_a_field_out_of_its_range_is_refused(
    hass: HomeAssistant, account: MockConfigEntry, action: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await act(hass, action, **fields)
