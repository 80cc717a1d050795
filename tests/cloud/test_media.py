"""Tests of media URLs and of what they serve."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from yarl import URL

from tests.ring_cloud_server import CloudRecording

from .client import Client, url_of, video_of


async def test_media_comes_whole_from_each_door(
    client: Client, recording: CloudRecording, clip_file: Path
) -> None:
    """Event, list, share/play and the old download serve the same bytes."""
    _, listed = await client.get("/evm/v2/history/devices?source_ids=1001")
    video = video_of(listed["items"][0])
    assert video is not None
    _, shared = await client.get(f"/clients_api/dings/{recording.key}/share/play")
    urls = [await url_of(client, recording), video["url"], shared["url"]]
    for url in urls:
        response, data = await client.media(url)
        assert response.status == 200
        assert data == clip_file.read_bytes()
    async with client.session.get(
        f"{client.server.url}/clients_api/dings/{recording.key}/recording",
        headers=client.headers,
        allow_redirects=False,
    ) as response:
        assert response.status == 302
        assert response.headers["Location"].startswith(f"{client.server.url}/video/")


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "part"),
    [
        ("bytes=100-199", 206, "bytes 100-199/{size}", slice(100, 200)),
        ("bytes=100-", 206, "bytes 100-{last}/{size}", slice(100, None)),
        ("bytes=-50", 206, "bytes {tail}-{last}/{size}", slice(-50, None)),
        ("bytes=99999999-", 416, "bytes */{size}", None),
    ],
)
async def test_a_range_is_served(
    client: Client,
    recording: CloudRecording,
    clip_file: Path,
    asked: str,
    status: int,
    content_range: str,
    part: slice | None,
) -> None:
    """206 has the bytes asked for, 416 the size."""
    whole = clip_file.read_bytes()
    numbers = {"size": len(whole), "last": len(whole) - 1, "tail": len(whole) - 50}
    response, data = await client.media(await url_of(client, recording), Range=asked)
    assert response.status == status
    assert response.headers["Content-Range"] == content_range.format(**numbers)
    assert part is None or data == whole[part]


@pytest.mark.parametrize(("same", "status"), [(True, 206), (False, 200)])
async def test_if_range_serves_the_whole_of_another_object(
    client: Client, recording: CloudRecording, same: bool, status: int
) -> None:
    """A range is only good while the ETag is the same."""
    url = await url_of(client, recording)
    whole, _ = await client.media(url)
    etag = {True: whole.headers["ETag"], False: '"older"'}[same]
    response, _ = await client.media(url, **{"Range": "bytes=10-", "If-Range": etag})
    assert response.status == status


async def test_a_signed_url_is_refused_once_it_expired(
    client: Client, recording: CloudRecording
) -> None:
    """403 in the store's XML."""
    url = await url_of(client, recording)
    client.server.state.clock_offset_s = 901
    response, data = await client.media(url)
    assert (response.status, b"<Code>AccessDenied</Code>" in data) == (403, True)


def rewritten(url: str) -> URL:
    """Return it as yarl rewrites it."""
    return URL(url)


def unsigned(url: str) -> URL:
    """Return it without its query."""
    return URL(url).with_query(None)


def exact(url: str) -> URL:
    """Return it byte for byte."""
    return URL(url, encoded=True)


@pytest.mark.parametrize(
    ("method", "change", "headers", "status"),
    [
        ("GET", rewritten, {}, 403),
        ("GET", unsigned, {}, 403),
        ("GET", exact, {"Authorization": "Bearer x"}, 400),
        ("HEAD", exact, {}, 403),
    ],
)
async def test_a_signed_url_is_good_for_a_plain_get_of_itself_alone(
    client: Client,
    recording: CloudRecording,
    method: str,
    change: Callable[[str], URL],
    headers: dict[str, str],
    status: int,
) -> None:
    """Rewriting, HEAD and auth headers are refused."""
    url = change(await url_of(client, recording))
    async with client.session.request(method, url, headers=headers) as response:
        assert response.status == status


async def test_media_may_come_over_a_redirect(
    client: Client, recording: CloudRecording, clip_file: Path
) -> None:
    """`/cdn/` sends a reader on with a URL signed anew."""
    client.server.state.redirect_media = True
    url = await url_of(client, recording)
    assert urlsplit(url).path.startswith("/cdn/")
    async with client.session.get(
        URL(url, encoded=True), allow_redirects=False
    ) as response:
        location = response.headers["Location"]
    assert (await client.media(location))[1] == clip_file.read_bytes()


async def test_the_object_may_lag_behind_its_url(
    client: Client, recording: CloudRecording
) -> None:
    """The URL is there, the store has nothing yet."""
    recording.missing_object_requests = 1
    url = await url_of(client, recording)
    assert [(await client.media(url))[0].status for _ in range(2)] == [404, 200]


async def test_an_event_has_a_thumbnail(
    client: Client, recording: CloudRecording
) -> None:
    """The picture comes from the store, as the video does."""
    _, event = await client.get(f"/evm/v2/history/events/{recording.key}")
    first = event["visualizations"]["cloud_media_visualization"]["media"][0]
    assert first["file_type"] == "THUMBNAIL"
    response, data = await client.media(first["url"])
    assert response.headers["Content-Type"] == "image/jpeg"
    assert data.startswith(b"\xff\xd8\xff")
