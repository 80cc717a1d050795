"""Tests of the sign-in that another integration has: its client, our questions."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from ring_doorbell import Auth, AuthenticationError, Ring, RingTimeout

from custom_components.ring_vision.ring_cloud import LinkedRingCloud
from custom_components.ring_vision.ring_cloud.errors import (
    Blocked,
    CannotConnect,
    RateLimited,
    RingError,
)
from tests.core_ring import core_client, point_library_at
from tests.ring_cloud_server import FAULTS, CloudRecording, Fault, RingCloudServer

OURS = ("/evm/", "/device_info/", "/clients_api/doorbots/", "/clients_api/dings/")


@pytest.fixture
async def client(
    cloud: RingCloudServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Return core's client, signed in and registered; the log begins after that."""
    point_library_at(cloud, monkeypatch)
    async with aiohttp.ClientSession() as session:
        ring = await core_client(cloud, session)
        cloud.requests.clear()
        yield ring


@pytest.fixture
def linked(client: Ring) -> LinkedRingCloud:
    """Return the account behind the client."""
    return LinkedRingCloud(lambda: client)


async def test_everything_is_read_without_a_sign_in_of_ours(
    linked: LinkedRingCloud, cloud: RingCloudServer, one_recording: CloudRecording
) -> None:
    """Whose account, which cameras, which recordings, and the way to the file."""
    account = await linked.async_account()
    assert (account.id, account.email) == ("424242", "anna@example.com")
    assert cloud.requests == []
    cameras = await linked.async_cameras()
    assert [camera.name for camera in cameras] == ["Front Door", "Garden", "Drive"]
    page = await linked.async_history([camera.id for camera in cameras])
    assert [recording.id for recording in page.recordings] == [one_recording.key]
    url = await linked.async_media_url(SimpleNamespace(id=one_recording.key))
    assert str(url).startswith(f"{cloud.url}/video/")
    assert cloud.seen("POST", "/") == []
    assert cloud.seen("GET", "/evm/v2/history/devices")[0].query["source_ids"] == (
        "1001,1002,1003"
    )


async def test_clients_api_is_asked_where_evm_is_missing(
    linked: LinkedRingCloud, cloud: RingCloudServer, one_recording: CloudRecording
) -> None:
    """A refusal is an answer, though the library makes an error of it."""
    cloud.add_fault(FAULTS["evm_not_found"](times=-1))
    page = await linked.async_history(["1001"])
    assert [recording.id for recording in page.recordings] == [one_recording.key]
    cloud.clear_faults()


@pytest.mark.parametrize(
    ("fault", "error", "seconds"),
    [
        ("too_many_requests", RateLimited, 60),
        ("too_many_requests_bare", RateLimited, 120),
        ("unavailable", RateLimited, 120),
        ("not_acceptable", Blocked, 6 * 3600),
    ],
)
async def test_a_wish_to_wait_closes_our_gate(
    linked: LinkedRingCloud,
    cloud: RingCloudServer,
    fault: str,
    error: type[RateLimited],
    seconds: float,
) -> None:
    """For as long as Ring says, and nothing more is asked."""
    cloud.add_fault(FAULTS[fault](times=-1))
    with pytest.raises(RateLimited) as caught:
        await linked.async_cameras()
    assert type(caught.value) is error
    assert caught.value.retry_after == pytest.approx(seconds, rel=0.11)
    asked = len(cloud.requests)
    with pytest.raises(error):
        await linked.async_history(["1001"])
    assert len(cloud.requests) == asked


@pytest.mark.parametrize(
    "fault",
    ["server_error", "bad_gateway", "gateway_timeout", "maintenance", "api_reset"],
)
async def test_ring_in_trouble_cannot_be_connected_to(
    linked: LinkedRingCloud, cloud: RingCloudServer, fault: str
) -> None:
    """Another try may succeed."""
    cloud.add_fault(FAULTS[fault](times=-1))
    with pytest.raises(RingError) as caught:
        await linked.async_cameras()
    assert type(caught.value) is CannotConnect
    cloud.clear_faults()
    assert len(await linked.async_cameras()) == 3


async def test_an_answer_that_breaks_off_cannot_be_connected_to(
    linked: LinkedRingCloud, cloud: RingCloudServer
) -> None:
    """The library hands on what aiohttp raises."""
    cloud.add_fault(FAULTS["api_cut"](times=-1))
    with pytest.raises(CannotConnect):
        await linked.async_cameras()


async def test_a_token_that_was_refused_is_worth_one_more_try(
    linked: LinkedRingCloud, cloud: RingCloudServer
) -> None:
    """The library refreshes it and gives up all the same."""
    cloud.state.expire_access_tokens()
    assert len(await linked.async_cameras()) == 3
    assert len(cloud.seen("POST", "/oauth/token")) == 1


async def test_a_token_that_is_always_refused_is_trouble(
    linked: LinkedRingCloud, cloud: RingCloudServer
) -> None:
    """No sign-in of ours ends by it."""
    cloud.add_fault(FAULTS["unauthorized"](times=-1))
    with pytest.raises(CannotConnect):
        await linked.async_cameras()


@pytest.mark.parametrize(
    "fault",
    ["invalid_grant", "login_406", "login_502", "login_503", "login_other_scope"],
)
async def test_a_refresh_that_fails_is_not_our_affair(
    linked: LinkedRingCloud, cloud: RingCloudServer, fault: str
) -> None:
    """Core asks its owner to sign in again; we come back later."""
    cloud.state.expire_access_tokens()
    cloud.add_fault(FAULTS[fault]())
    with pytest.raises(RingError) as caught:
        await linked.async_cameras()
    assert type(caught.value) is CannotConnect
    assert not linked.gate.blocked


@pytest.mark.parametrize("error", [AuthenticationError("no"), RingTimeout("late")])
async def test_errors_of_the_library_cannot_be_connected_to(
    linked: LinkedRingCloud,
    client: Ring,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """Whatever it says."""

    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(client.auth, "async_query", fail)
    with pytest.raises(CannotConnect):
        await linked.async_cameras()


async def test_a_client_that_is_replaced_is_found_again(
    client: Ring, cloud: RingCloudServer
) -> None:
    """Core makes a new one whenever it is set up."""
    clients: list[object] = [client]
    linked = LinkedRingCloud(lambda: clients[-1])
    assert len(await linked.async_cameras()) == 3
    clients.append(None)
    asked = len(cloud.requests)
    with pytest.raises(CannotConnect):
        await linked.async_cameras()
    with pytest.raises(CannotConnect):
        await linked.async_account()
    assert len(cloud.requests) == asked
    clients.append(client)
    assert len(await linked.async_cameras()) == 3


@pytest.mark.parametrize(
    "client_like", [None, "a client", SimpleNamespace(session={}), Ring(Auth("x"))]
)
async def test_what_is_no_client_with_a_session_is_not_asked(
    cloud: RingCloudServer, client_like: object
) -> None:
    """Core may change what it keeps; an unregistered client would sign itself in."""
    linked = LinkedRingCloud(lambda: client_like)
    with pytest.raises(CannotConnect):
        await linked.async_cameras()
    assert cloud.requests == []


async def test_a_session_without_an_owner_is_trouble(
    linked: LinkedRingCloud, client: Ring
) -> None:
    """There would be no telling two accounts apart."""
    client.session = {"profile": {}}
    with pytest.raises(CannotConnect):
        await linked.async_account()


async def test_our_questions_keep_their_distance(
    linked: LinkedRingCloud, cloud: RingCloudServer
) -> None:
    """One at a time, though the library would send them all at once."""
    cloud.add_fault(Fault("GET /", delay_s=0.02, times=-1))
    linked.gate.spacing_s = 0.05
    begun = datetime.now(UTC).timestamp()
    await linked.async_cameras()
    times = [asked.at for asked in cloud.requests]
    assert times[0] >= begun
    assert times[1] - times[0] >= 0.05
    assert {asked.path.startswith(OURS) for asked in cloud.requests[1:]} == {True}
