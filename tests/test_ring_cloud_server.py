"""Tests of the loopback Ring cloud: its answers are what Ring's would be."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientPayloadError, ClientResponse, ClientSession
import pytest
from yarl import URL

from tests.ring_cloud_server import (
    FAULTS,
    CloudCamera,
    CloudRecording,
    CloudState,
    Fault,
    RingCloudServer,
)
from tests.ring_cloud_server.clips import make_clip
from tests.ring_cloud_server.faults import load_faults, parse_fault

pytestmark = pytest.mark.usefixtures("socket_enabled")

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HARDWARE_ID = "11111111-2222-3333-4444-555555555555"


class Client:
    """The least that talks to the cloud as an app does."""

    def __init__(self, session: ClientSession, server: RingCloudServer) -> None:
        self.session = session
        self.server = server
        self.tokens: dict[str, Any] = {}

    async def token(
        self, form: dict[str, str], code: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask for tokens; return status and body."""
        headers = {"hardware_id": HARDWARE_ID, "2fa-support": "true"}
        async with self.session.post(
            f"{self.server.url}/oauth/token",
            data={"client_id": "ring_official_android", "scope": "client"} | form,
            headers=headers | ({"2fa-code": code} if code else {}),
        ) as response:
            return response.status, await response.json()

    async def password(
        self, password: str = "secret", code: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Sign in with the password."""
        form = {"username": "anna@example.com", "password": password}
        return await self.token({"grant_type": "password"} | form, code)

    async def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """Sign in with a refresh token."""
        return await self.token({"grant_type": "refresh_token", "refresh_token": token})

    async def sign_in(self) -> None:
        """Sign in with code, and open a session."""
        await self.password()
        _, self.tokens = await self.password(code=self.server.state.code)
        await self.open_session()

    async def open_session(self) -> int:
        """Register the hardware id."""
        device = {"hardware_id": HARDWARE_ID, "os": "android", "metadata": {}}
        async with self.session.post(
            f"{self.server.url}/clients_api/session",
            json={"device": device},
            headers=self.headers,
        ) as response:
            return response.status

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the API."""
        token = self.tokens.get("access_token", "")
        return {"Authorization": f"Bearer {token}", "hardware_id": HARDWARE_ID}

    async def get(self, path: str) -> tuple[int, Any]:
        """GET a path of the API; return status and JSON."""
        url = URL(f"{self.server.url}{path}", encoded=True)
        async with self.session.get(url, headers=self.headers) as response:
            text = await response.text()
            return response.status, json.loads(text)

    async def media(self, url: str, **headers: str) -> tuple[ClientResponse, bytes]:
        """GET a signed URL as it is."""
        async with self.session.get(
            URL(url, encoded=True), headers=headers
        ) as response:
            return response, await response.read()


@pytest.fixture
def clip_file(tmp_path: Path) -> Path:
    """Return a real clip."""
    return make_clip(tmp_path / "clip.mp4")


@pytest.fixture
def recording(clip_file: Path) -> CloudRecording:
    """Return a recording of the doorbell."""
    return CloudRecording(1001, START, kind="ding", file=clip_file)


@pytest.fixture
async def server(recording: CloudRecording) -> AsyncGenerator[RingCloudServer]:
    """Run the cloud with three cameras and one recording."""
    state = CloudState.three_cameras()
    state.recordings = [recording]
    async with RingCloudServer(state) as running:
        yield running


@pytest.fixture
async def stranger(server: RingCloudServer) -> AsyncGenerator[Client]:
    """Return a client that has not signed in."""
    async with ClientSession() as session:
        yield Client(session, server)


@pytest.fixture
async def client(stranger: Client) -> Client:
    """Return a client that has signed in."""
    await stranger.sign_in()
    return stranger


async def test_a_sign_in_asks_for_a_code_and_says_where_it_went(
    stranger: Client,
) -> None:
    """412 carries phone and tsv_state."""
    status, body = await stranger.password()
    assert status == 412
    assert body["phone"] == "+44xxxxxxxx89"
    assert body["tsv_state"] == "sms"


async def test_a_code_gives_tokens_once(stranger: Client) -> None:
    """The right code signs in; used up, it is wrong."""
    await stranger.password()
    status, body = await stranger.password(code="123456")
    assert status == 200
    assert body.keys() == {
        "access_token",
        "expires_in",
        "refresh_token",
        "scope",
        "token_type",
    }
    again, refusal = await stranger.password(code="123456")
    assert (again, refusal["error"]) == (400, "Verification Code is invalid or expired")


@pytest.mark.parametrize(
    ("password", "code", "aged_s", "status", "error"),
    [
        ("wrong", None, 0, 401, "access_denied"),
        ("wrong", "123456", 0, 401, "access_denied"),
        ("secret", "000000", 0, 400, "Verification Code is invalid or expired"),
        ("secret", "123456", 601, 400, "Verification Code is invalid or expired"),
    ],
)
async def test_a_wrong_sign_in_is_told_apart(
    stranger: Client,
    password: str,
    code: str | None,
    aged_s: float,
    status: int,
    error: str,
) -> None:
    """Wrong password, wrong code and old code answer as Ring's do."""
    await stranger.password()
    stranger.server.state.clock_offset_s = aged_s
    answered, body = await stranger.password(password, code)
    assert (answered, body["error"]) == (status, error)


async def test_the_eleventh_code_in_ten_minutes_is_refused(stranger: Client) -> None:
    """Ring sends ten codes in ten minutes, then says 429."""
    statuses = [(await stranger.password())[0] for _ in range(11)]
    assert statuses == [412] * 10 + [429]
    stranger.server.state.clock_offset_s = 601
    assert (await stranger.password())[0] == 412


async def test_an_account_without_2fa_signs_in_at_once(stranger: Client) -> None:
    """No code is asked for."""
    stranger.server.state.two_factor = False
    assert (await stranger.password())[0] == 200


@pytest.mark.parametrize(
    ("policy", "aged_s", "second"),
    [("rotate", 0, 401), ("rotate_grace", 30, 200), ("rotate_grace", 61, 401)]
    + [("reusable", 5000, 200)],
)
async def test_a_refresh_token_works_as_often_as_the_policy_says(
    client: Client, policy: str, aged_s: float, second: int
) -> None:
    """A used refresh token is refused, kept for a while, or kept."""
    client.server.state.refresh_policy = policy
    token = client.tokens["refresh_token"]
    first, body = await client.refresh(token)
    assert first == 200
    assert body["refresh_token"] != token
    client.server.state.clock_offset_s = aged_s
    assert (await client.refresh(token))[0] == second


async def test_an_access_token_expires(client: Client) -> None:
    """An old token is Unauthorized, a refreshed one is good."""
    client.server.state.clock_offset_s = 14400
    status, body = await client.get("/clients_api/ring_devices")
    assert (status, body) == (401, {"error": "Unauthorized", "status_code": 401})
    _, client.tokens = await client.refresh(client.tokens["refresh_token"])
    assert (await client.get("/clients_api/ring_devices"))[0] == 200


async def test_a_forgotten_session_is_opened_again(client: Client) -> None:
    """404 names the hardware id until a session is opened."""
    client.server.state.forget_sessions()
    status, body = await client.get("/clients_api/ring_devices")
    assert status == 404
    assert HARDWARE_ID in body["error"]
    assert await client.open_session() == 201
    assert (await client.get("/clients_api/ring_devices"))[0] == 200


async def test_devices_come_by_family(client: Client) -> None:
    """Three cameras, one of a kind nobody knows, and a chime."""
    _, body = await client.get("/clients_api/ring_devices")
    kinds = {family: [item["kind"] for item in items] for family, items in body.items()}
    assert kinds["doorbots"] == ["lpd_v4"]
    assert kinds["stickup_cams"] == ["stickup_cam_v4", "osprey_next_2027"]
    assert kinds["chimes"] == ["chime"]


async def test_a_camera_says_why_nothing_comes(client: Client) -> None:
    """Plan, encryption, Ring Edge, recording and connection show in the lists."""
    client.server.state.cameras = [
        CloudCamera(
            7,
            "Old",
            "cocoa_camera_v2",
            "v3",
            plan=False,
            e2ee=True,
            ring_edge=True,
            recording_enabled=False,
            online=False,
            shared=True,
        )
    ]
    _, families = await client.get("/clients_api/ring_devices")
    assert families["stickup_cams"] == []
    _, body = await client.get("/device_info/v3/devices")
    device = body["devices"][0]
    assert device["features"]["show_recordings"] is False
    assert device["features"]["video_recording"]["recording_enabled"] is False
    assert device["settings"]["sheila_settings"]["local_storage_enabled"] is True
    assert device["alerts"]["connection"] == "offline"
    assert device["encryption_group"]["id"] is not None
    assert device["owned"] is False
    assert (await client.get("/clients_api/doorbots/7/health"))[0] == 404


async def test_health_tells_how_a_camera_is(client: Client) -> None:
    """The body is wrapped as Ring wraps it."""
    _, body = await client.get("/clients_api/doorbots/1001/health")
    assert body["device_health"]["id"] == 1001


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
    pages: list[list[int]] = []
    query = "limit=500"
    while not pages or pages[-1]:
        _, rows = await client.get(f"/clients_api/doorbots/1001/history?{query}")
        pages.append([row["id"] for row in rows])
        query = f"limit=500&older_than={rows[-1]['id'] if rows else 0}"
    ids = [each for page in pages for each in page]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 250
    assert ids[0] & 0xFFFFFFFF == 1001


async def test_the_new_history_pages_over_all_cameras(client: Client) -> None:
    """One request sees all cameras; the key works without its padding."""
    client.server.state.recordings = many([1001, 1002, 1003], 250)
    ids: list[str] = []
    key, sizes = "", []
    while key is not None:
        _, body = await client.get(
            "/evm/v2/history/devices?source_ids=1001%2C1002&limit=100"
            + (f"&pagination_key={key.rstrip('=')}" if key else "")
        )
        ids += [item["event_id"] for item in body["items"]]
        sizes.append(len(body["items"]))
        key = body["pagination_key"]
    assert sizes == [100, 67]
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


def video_of(event: dict[str, Any]) -> dict[str, Any] | None:
    """Return the video among an event's media."""
    media = event["visualizations"]["cloud_media_visualization"]["media"]
    return next((item for item in media if item["file_type"] == "VIDEO"), None)


async def url_of(client: Client, recording: CloudRecording) -> str:
    """Return a fresh signed URL."""
    _, event = await client.get(f"/evm/v2/history/events/{recording.key}")
    video = video_of(event)
    assert video is not None
    return str(video["url"])


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


async def test_requests_are_logged_for_assertions(
    client: Client, recording: CloudRecording
) -> None:
    """Method, path, query, some headers, status; the password never."""
    await client.get(f"/evm/v2/history/events/{recording.key}")
    logged = client.server.requests[-1]
    assert (logged.method, logged.status) == ("GET", 200)
    assert logged.headers["hardware_id"] == HARDWARE_ID
    token = client.server.seen("POST", "/oauth")[0]
    assert token.form["grant_type"] == "password"
    assert "password" not in token.form


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_every_fault_of_the_catalogue_can_be_switched_on(
    client: Client, recording: CloudRecording, name: str
) -> None:
    """Each takes one of the requests that an integration makes, and passes."""
    url = await url_of(client, recording)
    fault = client.server.add_fault(FAULTS[name](times=1, delay_s=0.0, after=0))
    signed = urlsplit(url)
    paths = [
        "/oauth/token",
        "/clients_api/ring_devices",
        "/clients_api/doorbots/1001/history",
        "/evm/v2/history/devices",
        f"/clients_api/dings/{recording.key}/share/play",
        signed.path,
    ]
    taken = [
        each
        for each in paths
        if fault.takes("POST" if each == "/oauth/token" else "GET", each)
    ]
    assert len(taken) == 1
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


async def test_a_cut_download_ends_after_so_many_bytes(
    client: Client, recording: CloudRecording, clip_file: Path
) -> None:
    """What came is right, and the reader is told that it is not all."""
    client.server.add_fault(Fault("GET /video/", cut_after=1000))
    url = URL(await url_of(client, recording), encoded=True)
    got = bytearray()
    with pytest.raises(ClientPayloadError):
        async with client.session.get(url) as response:
            async for data in response.content.iter_any():
                got += data
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
    async with client.session.get(
        f"{client.server.url}{path}", headers=client.headers
    ) as response:
        statuses = [response.status]
    for _ in range(3):
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


async def test_it_runs_by_itself_from_a_folder(
    tmp_path: Path, clip_file: Path, repository: Path
) -> None:
    """The first line is the URL; recordings, cameras and faults come from files."""
    items = [{"camera_id": 5, "kind": "motion", "age_s": 60, "file": clip_file.name}]
    camera = {"id": 5, "name": "Shed", "kind": "cocoa", "family": "stickup_cams"}
    (tmp_path / "recordings.json").write_text(json.dumps(items))
    (tmp_path / "cameras.json").write_text(json.dumps([camera]))
    (tmp_path / "faults.json").write_text('["login_406"]')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.ring_cloud_server", "--recordings", str(tmp_path),
        "--faults", str(tmp_path / "faults.json"), "--no-two-factor",
        stdout=asyncio.subprocess.PIPE, cwd=repository,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        server = RingCloudServer()
        server.url = url
        async with ClientSession() as session:
            client = Client(session, server)
            async with session.post(f"{url}/oauth/token") as response:
                assert (response.status, await response.text()) == (
                    406,
                    "406 Not Acceptable",
                )
            _, client.tokens = await client.password()
            await client.open_session()
            _, body = await client.get("/evm/v2/history/devices?source_ids=5")
            video = video_of(body["items"][0])
            assert video is not None
            assert (await client.media(video["url"]))[1] == clip_file.read_bytes()
    finally:
        process.terminate()
    assert await process.wait() == 0
