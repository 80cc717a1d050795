"""Tests of what can be made to go wrong."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientPayloadError
import pytest
from yarl import URL

from tests.ring_cloud_server import FAULTS, CloudRecording, Fault
from tests.ring_cloud_server.faults import load_faults, parse_fault

from .client import HARDWARE_ID, Client, url_of


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_every_fault_of_the_catalogue_can_be_switched_on(
    client: Client, recording: CloudRecording, name: str
) -> None:
    """Each takes one of the requests that an integration makes, and passes."""
    url = await url_of(client, recording)
    fault = client.server.add_fault(FAULTS[name](times=1, delay_s=0.0, after=0))
    asked = [
        ("POST", "/oauth/token"),
        ("GET", "/clients_api/ring_devices"),
        ("GET", "/clients_api/doorbots/1001/history"),
        ("GET", "/evm/v2/history/devices"),
        ("GET", f"/clients_api/dings/{recording.key}/share/play"),
        ("GET", urlsplit(url).path),
    ]
    assert [fault.takes(*each) for each in asked].count(True) == 1
    assert fault.name == name


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("s3_no_such_key", 404, b"NoSuchKey"),
        ("s3_access_denied", 403, b"AccessDenied"),
        ("s3_slow_down", 503, b"SlowDown"),
        ("media_html", 200, b"<!DOCTYPE html>"),
    ],
)
async def test_a_fault_of_the_store_answers_once(
    client: Client, recording: CloudRecording, name: str, status: int, body: bytes
) -> None:
    """The next request is good again."""
    url = await url_of(client, recording)
    fault = client.server.add_fault(FAULTS[name]())
    response, data = await client.media(url)
    assert response.status == status
    assert body in data
    assert client.server.faults_served == [fault]
    assert client.server.requests[-1].fault is fault
    assert (await client.media(url))[0].headers["Content-Type"] == "video/mp4"


async def read_into(got: bytearray, client: Client, url: URL) -> None:
    """Read a body piece by piece, so that what came before an error is kept."""
    async with client.session.get(url) as response:
        async for data in response.content.iter_any():
            got += data


async def test_a_cut_download_ends_after_so_many_bytes(
    client: Client, recording: CloudRecording, clip_file: Path
) -> None:
    """What came is right, and the reader is told that it is not all."""
    client.server.add_fault(Fault("GET /video/", cut_after=1000))
    url = URL(await url_of(client, recording), encoded=True)
    got = bytearray()
    with pytest.raises(ClientPayloadError):
        await read_into(got, client, url)
    assert bytes(got) == clip_file.read_bytes()[:1000]


async def test_a_stalled_download_falls_silent(
    client: Client, recording: CloudRecording
) -> None:
    """The line stays open and nothing more comes."""
    client.server.add_fault(Fault("GET /video/", stall_after=1000))
    url = URL(await url_of(client, recording), encoded=True)
    async with client.session.get(url) as response:
        assert len(await response.content.readexactly(1000)) == 1000
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await response.content.readany()


async def test_a_reset_connection_has_no_answer(
    client: Client, recording: CloudRecording
) -> None:
    """Twice, since aiohttp asks once more by itself."""
    url = await url_of(client, recording)
    client.server.add_fault(FAULTS["media_reset"]())
    with pytest.raises(ClientError):
        await client.media(url)
    assert client.server.requests[-1].status == 0


async def test_a_slow_line_creeps(client: Client, recording: CloudRecording) -> None:
    """So many bytes a second."""
    url = await url_of(client, recording)
    client.server.add_fault(Fault("GET /video/", bps=5000, truncate=2000))
    before = client.server.state.now()
    _, data = await client.media(url)
    assert len(data) == 2000
    assert client.server.state.now() - before >= 0.35


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("media_wrong_range", "Content-Range", "bytes 0-99/100"),
        ("media_new_etag", "ETag", '"changed"'),
        ("media_no_length", "Content-Length", None),
        ("media_truncated", "Content-Range", "bytes 10-1999/2000"),
    ],
)
async def test_a_fault_changes_what_the_headers_say(
    client: Client, recording: CloudRecording, name: str, header: str, value: str | None
) -> None:
    """Range, ETag and length lie as asked."""
    url = await url_of(client, recording)
    changes = {"media_truncated": {"truncate": 2000}}.get(name, {})
    client.server.add_fault(FAULTS[name](**changes))
    response, _ = await client.media(url, Range="bytes=10-")
    assert response.headers.get(header) == value


async def test_the_hevc_fault_serves_hevc(
    client: Client, recording: CloudRecording, tmp_path: Path
) -> None:
    """Another clip comes in the recording's place."""
    import av

    client.server.add_fault(FAULTS["media_hevc"]())
    _, data = await client.media(await url_of(client, recording))
    (tmp_path / "got.mp4").write_bytes(data)
    with av.open(str(tmp_path / "got.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "hevc"


async def test_a_fault_can_change_one_value_of_the_real_answer(client: Client) -> None:
    """`json_set` reaches into dicts and lists."""
    client.server.add_fault(FAULTS["null_family"]())
    _, body = await client.get("/clients_api/ring_devices")
    assert body["doorbots"] is None
    assert len(body["stickup_cams"]) == 2
    client.server.add_fault(FAULTS["history_bad_date"]())
    _, rows = await client.get("/clients_api/doorbots/1001/history")
    assert rows[0]["created_at"] == "yesterday"


async def test_a_fault_may_wait_for_its_turn(client: Client) -> None:
    """`after` lets some pass, `times` limits the rest."""
    client.server.add_fault(
        Fault("GET /evm/", after=1, times=2, status=429, headers={"Retry-After": "7"})
    )
    path = "/evm/v2/history/devices?source_ids=1001"
    statuses = []
    for _ in range(4):
        async with client.session.get(
            f"{client.server.url}{path}", headers=client.headers
        ) as response:
            statuses.append(response.status)
    assert statuses == [200, 429, 429, 200]


async def test_a_session_fault_names_the_hardware_id(client: Client) -> None:
    """The body must contain it, as Ring's does."""
    client.server.add_fault(FAULTS["session_not_found"]())
    _, body = await client.get("/clients_api/ring_devices")
    assert HARDWARE_ID in body["error"]


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    """Names, names with changes, and whole faults."""
    path = tmp_path / "faults.json"
    items = [
        "media_cut",
        {"name": "too_many_requests", "times": -1},
        {"match": "GET /video/", "status": 418},
    ]
    path.write_text(json.dumps(items))
    faults = load_faults(path)
    assert [fault.name for fault in faults] == ["media_cut", "too_many_requests", None]
    assert [fault.times for fault in faults] == [1, -1, 1]


def test_a_misspelt_fault_is_refused() -> None:
    """A field that no fault has is told."""
    with pytest.raises(ValueError, match="statsu"):
        parse_fault({"match": "GET /", "statsu": 500})


@pytest.mark.parametrize(
    ("name", "status", "kind", "body"),
    [
        ("login_406", 406, "text/plain", "406 Not Acceptable"),
        ("login_406_html", 406, "text/html", "openresty"),
        ("login_429_empty", 429, "application/json", "{}"),
        ("login_429_codes", 429, "application/json", "too many requests"),
        ("login_502", 502, "application/json", "[]"),
        ("login_503", 503, "text/html", "Unavailable"),
        ("login_504", 504, "text/plain", ""),
        ("login_html", 200, "text/html", "be right back"),
        ("login_other_scope", 200, "application/json", '"scope": "client extra"'),
        ("invalid_grant", 401, "application/json", "invalid_grant"),
        ("access_denied", 401, "application/json", "invalid user credentials"),
    ],
)
async def test_a_fault_of_the_sign_in_answers_as_ring_does(
    client: Client, name: str, status: int, kind: str, body: str
) -> None:
    """Status, kind and words."""
    client.server.add_fault(FAULTS[name]())
    form = {
        "grant_type": "refresh_token",
        "refresh_token": client.tokens["refresh_token"],
        "client_id": "ring_official_android",
    }
    async with client.session.post(
        f"{client.server.url}/oauth/token", data=form
    ) as response:
        assert (response.status, response.content_type) == (status, kind)
        assert body in await response.text()


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("media_url_unauthorized", 401, {"error": "Unauthorized", "status_code": 401}),
        ("asset_updating", 404, {"errors": [7062]}),
        ("asset_offline", 404, {"errors": [7019]}),
        ("payment_required", 402, {}),
        ("gone", 410, {}),
        ("share_play_null", 200, None),
        ("share_play_empty", 200, {}),
    ],
)
async def test_a_fault_of_a_door_answers_once(
    client: Client,
    recording: CloudRecording,
    name: str,
    status: int,
    error: dict[str, object] | None,
) -> None:
    """Only the doors to media URLs are closed, and only for one ask."""
    client.server.add_fault(FAULTS[name]())
    path = f"/clients_api/dings/{recording.key}/share/play"
    assert (await client.get("/evm/v2/history/devices?source_ids=1001"))[0] == 200
    assert await client.get(path) == (status, error)
    assert "url" in (await client.get(path))[1]


async def test_the_new_history_can_be_nonsense(client: Client) -> None:
    """No list, no date, no media, or not there at all."""
    path = "/evm/v2/history/devices?source_ids=1001"
    for name in ("evm_is_a_list", "evm_bad_date", "evm_null_visualizations"):
        client.server.add_fault(FAULTS[name]())
    client.server.add_fault(FAULTS["evm_not_found"]())
    bodies = [(await client.get(path))[1] for _ in range(4)]
    assert bodies[0] == []
    assert bodies[1]["items"][0]["start_time"] == "yesterday"
    assert bodies[2]["items"][0]["visualizations"] is None
    assert bodies[3] == {"error": "Not Found"}
