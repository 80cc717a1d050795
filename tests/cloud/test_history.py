"""Tests of both histories."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.ring_cloud_server import CloudRecording

from .client import (
    Client,
    pages_of_the_new_history,
    pages_of_the_old_history,
    url_of,
    video_of,
)
from .conftest import START


def many(camera_ids: list[int], count: int) -> list[CloudRecording]:
    """Return recordings a minute apart, the cameras in turn."""
    return [
        CloudRecording(
            camera_ids[index % len(camera_ids)], START + timedelta(minutes=index)
        )
        for index in range(count)
    ]


async def test_the_old_history_pages_by_older_than(client: Client) -> None:
    """At most 100 rows a page, until an empty one; ids never come twice."""
    client.server.state.recordings = many([1001, 1002], 500)
    pages = await pages_of_the_old_history(client, 1001)
    ids = [each for page in pages for each in page]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 250
    assert ids[0] & 0xFFFFFFFF == 1001


async def test_the_new_history_pages_over_all_cameras(client: Client) -> None:
    """One request sees all cameras; the key works without its padding."""
    client.server.state.recordings = many([1001, 1002, 1003], 250)
    pages = await pages_of_the_new_history(client, "1001%2C1002")
    ids = [each for page in pages for each in page]
    assert [len(page) for page in pages] == [100, 67]
    assert len(set(ids)) == 167
    assert {int(each) & 0xFFFFFFFF for each in ids} == {1001, 1002}


async def test_a_continuous_recording_shows_in_the_new_history_alone(
    client: Client, recording: CloudRecording
) -> None:
    """24/7 recordings do not advance the old history."""
    recording.continuous = True
    assert (await client.get("/clients_api/doorbots/1001/history"))[1] == []
    _, body = await client.get("/evm/v2/history/devices/1001")
    assert [item["event_id"] for item in body["items"]] == [recording.key]
    assert (await client.get(f"/clients_api/dings/{recording.key}/share/play"))[
        0
    ] == 404


async def test_media_is_not_ready_for_the_first_asks(
    client: Client, recording: CloudRecording
) -> None:
    """Each door counts its own asks: empty media, or 404."""
    recording.not_ready_requests = 2
    path = f"/clients_api/dings/{recording.key}/share/play"
    assert [(await client.get(path))[0] for _ in range(3)] == [404, 404, 200]
    events = [
        (await client.get(f"/evm/v2/history/events/{recording.key}"))[1]
        for _ in range(3)
    ]
    assert [video_of(event) is not None for event in events] == [False, False, True]
    assert [event["recording_status"] for event in events][1:] == [
        "processing",
        "ready",
    ]


async def test_media_is_ready_after_a_while(
    client: Client, recording: CloudRecording
) -> None:
    """The first ask starts the clock."""
    recording.ready_after_s = 30
    path = f"/clients_api/dings/{recording.key}/share/play"
    assert (await client.get(path))[0] == 404
    client.server.state.clock_offset_s = 31
    assert (await client.get(path))[0] == 200


async def test_without_a_plan_ready_means_nothing(
    client: Client, recording: CloudRecording
) -> None:
    """The event says ready and has no media; share/play wants money."""
    client.server.state.cameras[0].plan = False
    _, event = await client.get(f"/evm/v2/history/events/{recording.key}")
    assert (event["recording_status"], event["had_subscription"]) == ("ready", False)
    assert video_of(event) is None
    assert (await client.get(f"/clients_api/dings/{recording.key}/share/play"))[
        0
    ] == 402


async def test_end_to_end_encryption_is_flagged_and_serves_ciphertext(
    client: Client, recording: CloudRecording, clip_file: Path
) -> None:
    """Both histories say so, and the bytes are no video."""
    recording.e2ee = True
    _, rows = await client.get("/clients_api/doorbots/1001/history")
    assert rows[0]["is_e2ee"] is True
    _, event = await client.get(f"/evm/v2/history/events/{recording.key}")
    video = video_of(event)
    assert video is not None
    assert video["is_e2ee"] is True
    _, data = await client.media(video["url"])
    assert data[4:8] != clip_file.read_bytes()[4:8]


@pytest.mark.parametrize("gone", ["expired", "camera"])
async def test_what_is_gone_is_a_404_everywhere(
    client: Client, recording: CloudRecording, gone: str
) -> None:
    """An expired recording, or one of a camera that was removed."""
    url = await url_of(client, recording)
    recording.expired = gone == "expired"
    client.server.state.cameras = client.server.state.cameras[gone == "camera" :]
    _, listed = await client.get("/evm/v2/history/devices?source_ids=1001")
    assert listed["items"] == []
    assert (await client.get(f"/evm/v2/history/events/{recording.key}"))[0] == 404
    response, data = await client.media(url)
    assert (response.status, b"NoSuchKey" in data) == (404, True)


@pytest.mark.parametrize(
    ("types", "kinds"),
    [("motion", ["motion"]), ("motion,ding", ["motion", "ding"]), ("alarm", [])],
)
async def test_the_new_history_can_be_asked_for_some_kinds(
    client: Client, recording: CloudRecording, types: str, kinds: list[str]
) -> None:
    """`event_types` leaves the others out, in the list of one camera as of all."""
    later = CloudRecording(1001, START + timedelta(minutes=1))
    client.server.state.recordings = [recording, later]
    paths = (
        "/evm/v2/history/devices/1001?",
        "/evm/v2/history/devices?source_ids=1001&",
    )
    for path in paths:
        _, body = await client.get(f"{path}event_types={types}")
        assert [item["event_type"] for item in body["items"]] == kinds
