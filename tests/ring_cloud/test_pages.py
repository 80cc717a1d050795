"""Tests of the walk through the history: every recording, newest first, by two doors."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.ring_vision.library.models import NewRecording
from custom_components.ring_vision.ring_cloud import HistoryPage, OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import (
    Blocked,
    CannotConnect,
    RateLimited,
    RingError,
)
from tests.ring_cloud_server import (
    FAULTS,
    CloudCamera,
    CloudRecording,
    Fault,
    RingCloudServer,
)

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAMERAS = ["1001", "1002", "1003"]
EVM = "GET /evm/v2/history/devices"
DINGS = r"GET /clients_api/doorbots/\d+/history"
EVM_IS_MISSING = Fault(EVM, times=-1, status=404, body={"error": "Not Found"})


@pytest.fixture
def recordings(cloud: RingCloudServer) -> list[CloudRecording]:
    """Let three cameras have recorded 250 times, one of them seldom, one at first."""
    cloud.state.recordings = [
        CloudRecording(
            camera_id=1001 if n % 7 else 1002 if n % 2 else 1003,
            start=START - timedelta(minutes=n),
        )
        for n in range(250)
    ]
    return cloud.state.recordings


async def walk(
    ring: OwnRingCloud, camera_ids: list[str], key: str | None = None
) -> list[HistoryPage]:
    """Return all pages from a key on."""
    pages = [await ring.async_history(camera_ids, key=key)]
    while pages[-1].next_key:
        pages.append(await ring.async_history(camera_ids, key=pages[-1].next_key))
    return pages


def all_of(pages: list[HistoryPage]) -> list[NewRecording]:
    """Return the recordings of all pages."""
    return [recording for page in pages for recording in page.recordings]


def asked_for(cloud: RingCloudServer, part: str) -> int:
    """Return how many requests had this in their path."""
    return len([asked for asked in cloud.requests if part in asked.path])


async def test_evm_tells_every_recording_of_every_camera(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """250 are three requests, newest first, each one once."""
    pages = await walk(signed_in, CAMERAS)
    assert [len(page.recordings) for page in pages] == [100, 100, 50]
    assert [each.id for each in all_of(pages)] == [each.key for each in recordings]
    assert asked_for(cloud, "/evm/v2/history/devices") == 3
    assert cloud.requests[-1].query["source_ids"] == "1001,1002,1003"
    assert not cloud.requests[-1].query["pagination_key"].endswith("=")


async def test_clients_api_tells_every_recording_when_evm_is_missing(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """The cameras' lists are merged, newest first, each recording once."""
    cloud.add_fault(EVM_IS_MISSING)
    pages = await walk(signed_in, CAMERAS)
    assert [each.id for each in all_of(pages)] == [each.key for each in recordings]
    assert asked_for(cloud, "/evm/") == 1


async def test_a_single_camera_is_paged_until_an_empty_page(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """A short page is not the end: Ring decides how long a page is."""
    cloud.state.history_page_limit = 60
    cloud.state.recordings = [
        CloudRecording(camera_id=1001, start=START - timedelta(minutes=n))
        for n in range(250)
    ]
    cloud.add_fault(EVM_IS_MISSING)
    pages = await walk(signed_in, ["1001"])
    assert [len(page.recordings) for page in pages] == [60, 60, 60, 60, 10, 0]


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 404, "body": {}},
        {"status": 400, "body": {"error": "invalid pagination"}},
        {"status": 500, "body": {}},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": "null"},
        {"status": 200, "body": []},
        {"json_set": {"items": None}},
        {"json_set": {"items": {}}},
    ],
)
@pytest.mark.parametrize("after", [0, 1])
async def test_a_walk_goes_on_when_evm_fails_on_the_way(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    recordings: list[CloudRecording],
    after: int,
    trouble: dict[str, Any],
) -> None:
    """The other door takes over from where it stopped; nothing is left out."""
    cloud.add_fault(Fault(EVM, after=after, times=-1, **trouble))
    found = [each.id for each in all_of(await walk(signed_in, CAMERAS))]
    assert sorted(set(found)) == sorted(each.key for each in recordings)
    assert len(found) <= len(recordings) + after


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (FAULTS["too_many_requests"](match=EVM), RateLimited),
        (FAULTS["not_acceptable"](match=EVM), Blocked),
        (FAULTS["unavailable"](match=EVM), RateLimited),
        (FAULTS["api_reset"](match=EVM), CannotConnect),
    ],
)
async def test_a_wish_to_wait_is_no_reason_to_ask_at_the_other_door(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    trouble: Fault,
    error: type[RingError],
) -> None:
    """Nor is a line that is down."""
    cloud.add_fault(trouble)
    with pytest.raises(RingError) as caught:
        await signed_in.async_history(CAMERAS)
    assert type(caught.value) is error
    assert not asked_for(cloud, "/doorbots/")


async def test_a_continuous_recording_is_seen_by_evm(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """An id that is no number, and a camera that clients_api does not know."""
    cloud.state.cameras = [CloudCamera(1005, "Shared", "cocoa_camera_v2", "v3")]
    cloud.state.recordings = [
        CloudRecording(camera_id=1005, start=START, id="eventito-1", continuous=True)
    ]
    page = await signed_in.async_history(["1005"])
    assert [(each.id, each.camera_id) for each in page.recordings] == [
        ("eventito-1", "1005")
    ]
    assert page.next_key is None


async def test_a_camera_that_clients_api_does_not_know_hides_no_other(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """A shared one has no list there."""
    cloud.state.cameras.append(CloudCamera(1005, "Shared", "cocoa_camera_v2", "v3"))
    cloud.add_fault(EVM_IS_MISSING)
    pages = await walk(signed_in, ["1005", *CAMERAS])
    assert len(all_of(pages)) == len(recordings)
    assert asked_for(cloud, "/doorbots/1005/") == 1


async def test_cameras_that_neither_door_knows_are_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """It must not look like a history that is empty."""
    cloud.add_fault(EVM_IS_MISSING)
    with pytest.raises(CannotConnect):
        await signed_in.async_history(["1005"])


@pytest.mark.parametrize("fault", ["history_is_a_dict", "maintenance", "server_error"])
async def test_both_doors_in_trouble_are_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer, fault: str
) -> None:
    """There is no third one."""
    cloud.add_fault(EVM_IS_MISSING)
    cloud.add_fault(FAULTS[fault](match=DINGS))
    with pytest.raises(CannotConnect):
        await signed_in.async_history(["1001"])


async def test_a_list_that_does_not_advance_ends_the_walk(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """Ring's does that for some cameras; nobody asks for ever."""
    rows = [
        {"id": each.numeric_id, "kind": "motion", "created_at": each.start.isoformat()}
        for each in recordings[:3]
    ]
    cloud.add_fault(EVM_IS_MISSING)
    cloud.add_fault(Fault(DINGS, times=-1, status=200, body=rows))
    pages = await walk(signed_in, ["1001"])
    assert [len(page.recordings) for page in pages] == [3, 0]


async def test_an_evm_key_that_repeats_itself_ends_the_walk(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """The same page again is no news."""
    first = await signed_in.async_history(CAMERAS)
    assert first.next_key is not None
    key = json.loads(first.next_key)["evm"]
    cloud.add_fault(Fault(EVM, json_set={"pagination_key": f"{key}=="}))
    second = await signed_in.async_history(CAMERAS, key=first.next_key)
    assert len(second.recordings) == 100
    assert second.next_key is None


async def test_rows_that_cannot_be_understood_are_left_out(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """At either door, and the walk goes on below them."""
    cloud.add_fault(
        Fault(EVM, json_set={"items.0.event_id": None, "items.1": None, "items.2": 7})
    )
    assert len(all_of(await walk(signed_in, CAMERAS))) == 247
    cloud.add_fault(EVM_IS_MISSING)
    cloud.add_fault(
        Fault(DINGS, json_set={"0.id": None, "1": None, "2.kind": None, "3.id": "x"})
    )
    assert len(all_of(await walk(signed_in, CAMERAS))) == 246


async def test_a_bad_date_is_read_from_the_id(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recordings: list[CloudRecording]
) -> None:
    """The order of things stays."""
    cloud.add_fault(EVM_IS_MISSING)
    cloud.add_fault(FAULTS["history_bad_date"]())
    page = await signed_in.async_history(["1001"])
    assert page.recordings[0].start == recordings[1].start


@pytest.mark.parametrize("key", ["", "x", "[]", "{}", '{"below": 7}', '{"evm": 7}'])
async def test_a_key_that_is_none_means_the_newest_page(
    signed_in: OwnRingCloud, recordings: list[CloudRecording], key: str
) -> None:
    """One of another version may have been kept."""
    page = await signed_in.async_history(CAMERAS, key=key)
    assert page.recordings[0].id == recordings[0].key


async def test_nothing_is_asked_for_no_camera(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """The page is empty, and the last."""
    cloud.requests.clear()
    page = await signed_in.async_history([])
    assert page == HistoryPage(recordings=(), next_key=None)
    assert not cloud.requests


async def test_an_account_without_recordings_has_one_empty_page(
    signed_in: OwnRingCloud,
) -> None:
    """As a new one."""
    assert await walk(signed_in, CAMERAS) == [HistoryPage(recordings=(), next_key=None)]
