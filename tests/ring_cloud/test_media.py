"""Tests of the doors to a file: a fresh URL, or the reason why there is none."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from custom_components.ring_vision.library.models import (
    AnalysisState,
    Recording,
    RecordingState,
)
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import (
    CannotConnect,
    MediaDenied,
    MediaUnavailable,
    NotReady,
    RateLimited,
    RingError,
)
from custom_components.ring_vision.ring_cloud.media import MediaDoors
from tests.ring_cloud_server import CloudRecording, Fault, RingCloudServer

EVENT = "GET /evm/v2/history/events/"
SHARE_PLAY = "GET /clients_api/dings/[^/]+/share/play"
EMPTY: dict[str, Any] = {"visualizations.cloud_media_visualization.media": []}


def row(recording: CloudRecording) -> Recording:
    """Return the library's row of a recording."""
    return Recording(
        id=recording.key,
        camera_id=str(recording.camera_id),
        kind=recording.kind,
        start=recording.start,
        duration_s=None,
        state=RecordingState.SEEN,
        reason=None,
        attempts=0,
        next_try=None,
        path=None,
        size=None,
        analysis=AnalysisState.NONE,
        analysis_reason=None,
        analysis_attempts=0,
    )


@pytest.fixture
def recorded(cloud: RingCloudServer, tmp_path: Path) -> CloudRecording:
    """Return a recording whose file is ready."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"clip")
    start = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    recording = CloudRecording(camera_id=1001, start=start, file=file)
    cloud.state.recordings.append(recording)
    return recording


async def fetch(
    session: aiohttp.ClientSession, ring: OwnRingCloud, of: Recording
) -> bytes:
    """Return what lies behind a recording's URL."""
    url = await ring.async_media_url(of)
    async with session.get(url) as response:
        assert response.status == 200
        return await response.read()


async def test_the_event_has_the_url(
    signed_in: OwnRingCloud,
    session: aiohttp.ClientSession,
    cloud: RingCloudServer,
    recorded: CloudRecording,
) -> None:
    """One request, and the signature is untouched."""
    assert await fetch(session, signed_in, row(recorded)) == b"clip"
    assert "/share/play" not in " ".join(asked.path for asked in cloud.requests)


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 404, "body": {}},
        {"status": 500, "body": {}},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": "null"},
        {"json_set": EMPTY},
    ],
)
async def test_share_play_has_it_when_the_event_does_not(
    signed_in: OwnRingCloud,
    session: aiohttp.ClientSession,
    cloud: RingCloudServer,
    recorded: CloudRecording,
    trouble: dict[str, Any],
) -> None:
    """It is the older door."""
    cloud.add_fault(Fault(EVENT, times=-1, **trouble))
    assert await fetch(session, signed_in, row(recorded)) == b"clip"


async def test_a_url_is_fresh_every_time(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recorded: CloudRecording
) -> None:
    """It is good for minutes only."""
    first = await signed_in.async_media_url(row(recorded))
    cloud.state.clock_offset_s = 60.0
    assert await signed_in.async_media_url(row(recorded)) != first


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"not_ready_requests": 1}, NotReady("Ring has no media of it yet")),
        ({"file": None}, NotReady("Ring has no media of it yet")),
        ({"expired": True}, NotReady("Ring has no media of it yet")),
        ({"e2ee": True}, MediaUnavailable("e2ee")),
    ],
)
async def test_a_recording_without_media_says_why(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    recorded: CloudRecording,
    changes: dict[str, Any],
    error: RingError,
) -> None:
    """404 and nothing are not ready; whether for good, time tells."""
    cloud.state.recordings[:] = [replace(recorded, **changes)]
    with pytest.raises(type(error), match=str(error)):
        await signed_in.async_media_url(row(recorded))


async def test_what_was_not_ready_is_ready_later(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recorded: CloudRecording
) -> None:
    """Asking again is worth it."""
    recorded.not_ready_requests = 1
    with pytest.raises(NotReady):
        await signed_in.async_media_url(row(recorded))
    assert (await signed_in.async_media_url(row(recorded))).scheme == "http"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plan": False}, "no_plan"),
        ({"ring_edge": True}, "ring_edge"),
        ({"e2ee": True}, "e2ee"),
    ],
)
async def test_a_camera_whose_media_never_come_says_why(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    recorded: CloudRecording,
    changes: dict[str, Any],
    reason: str,
) -> None:
    """Its recordings need not be asked for again."""
    cloud.state.cameras[0] = replace(cloud.state.cameras[0], **changes)
    with pytest.raises(MediaUnavailable) as caught:
        await signed_in.async_media_url(row(recorded))
    assert caught.value.reason == reason


@pytest.mark.parametrize("door", [EVENT, SHARE_PLAY])
@pytest.mark.parametrize(("status", "reason"), [(402, "no_plan"), (410, "gone")])
async def test_a_last_word_at_either_door_counts(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    recorded: CloudRecording,
    door: str,
    status: int,
    reason: str,
) -> None:
    """402 is no plan, 410 is gone."""
    cloud.add_fault(Fault(door, times=-1, status=status, body={}))
    cloud.add_fault(Fault(EVENT, times=-1, json_set=EMPTY))
    with pytest.raises(MediaDenied) as caught:
        await signed_in.async_media_url(row(recorded))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("event", "play", "error"),
    [
        ({"status": 404, "body": {}}, {"status": 404, "body": {}}, NotReady),
        ({"json_set": EMPTY}, {"status": 404, "body": {"errors": [7062]}}, NotReady),
        ({"json_set": EMPTY}, {"status": 200, "body": "null"}, NotReady),
        ({"json_set": EMPTY}, {"status": 200, "body": {}}, NotReady),
        ({"json_set": EMPTY}, {"status": 200, "body": {"url": ""}}, NotReady),
        ({"json_set": EMPTY}, {"status": 200, "body": {"url": None}}, NotReady),
        ({"json_set": EMPTY}, {"status": 200, "body": "<html>"}, CannotConnect),
        ({"json_set": EMPTY}, {"status": 500, "body": {}}, CannotConnect),
        ({"json_set": EMPTY}, {"status": 403, "body": {}}, CannotConnect),
        ({"status": 500, "body": {}}, {"status": 404, "body": {}}, CannotConnect),
        ({"json_set": EMPTY}, {"status": 429, "body": {}}, RateLimited),
        ({"status": 429, "body": {}}, {}, RateLimited),
        ({"reset": True}, {}, CannotConnect),
    ],
)
async def test_only_a_clear_no_is_not_ready(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    recorded: CloudRecording,
    event: dict[str, Any],
    play: dict[str, Any],
    error: type[RingError],
) -> None:
    """A recording must not expire because Ring is in trouble."""
    cloud.add_fault(Fault(EVENT, times=-1, **event))
    cloud.add_fault(Fault(SHARE_PLAY, times=-1, **play))
    with pytest.raises(RingError) as caught:
        await signed_in.async_media_url(row(recorded))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "url",
    ["https://example.com/video", "file:///etc/passwd", "/video", "http://[", "x"],
)
async def test_a_url_that_leads_elsewhere_is_not_returned(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recorded: CloudRecording, url: str
) -> None:
    """The loopback cloud is the only one that there is."""
    cloud.add_fault(Fault(EVENT, times=-1, json_set=EMPTY))
    cloud.add_fault(Fault(SHARE_PLAY, status=200, body={"url": url}))
    with pytest.raises(CannotConnect) as caught:
        await signed_in.async_media_url(row(recorded))
    assert url not in str(caught.value).split()


@pytest.mark.parametrize("text", ["http://bucket.example/v", "ftp://bucket.example/v"])
async def test_a_url_of_ring_itself_has_to_be_encrypted(
    signed_in: OwnRingCloud, text: str
) -> None:
    """Nobody on the way needs to see it."""
    with pytest.raises(CannotConnect):
        MediaDoors(signed_in._api, None)._checked(text)


async def test_a_url_of_ring_itself_is_left_as_it_is(signed_in: OwnRingCloud) -> None:
    """A signature is over every byte."""
    text = "https://bucket.example/v?X-Amz-Credential=A%2FB%7E&x=%3A%40"
    assert str(MediaDoors(signed_in._api, None)._checked(text)) == text


async def test_an_id_cannot_leave_its_place_in_the_path(
    signed_in: OwnRingCloud, cloud: RingCloudServer, recorded: CloudRecording
) -> None:
    """It comes from outside."""
    strange = replace(row(recorded), id="../../clients_api/x?y=1#z")
    with pytest.raises(NotReady):
        await signed_in.async_media_url(strange)
    assert all("x?y" in asked.path for asked in cloud.requests[-2:])


async def test_no_media_url_is_logged(
    signed_in: OwnRingCloud, recorded: CloudRecording, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has it has the file."""
    caplog.set_level("DEBUG")
    await signed_in.async_media_url(row(recorded))
    assert "/evm/v2/history/events/" in caplog.text
    assert "X-Amz" not in caplog.text
