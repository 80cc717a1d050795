"""Tests of the calls: trouble of every kind, and the session that Ring forgets."""

import aiohttp
import pytest

from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import CannotConnect, RingError
from custom_components.ring_vision.ring_cloud.wire import Wire
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import FAULTS, CloudRecording, Fault, RingCloudServer

from .conftest import ASKS, Ask


@pytest.mark.parametrize("path", ["/clients_api/", "/evm/", "/device_info/"])
async def test_a_forgotten_session_is_opened_again(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    one_recording: CloudRecording,
    path: str,
) -> None:
    """Whichever door says so, the call succeeds."""
    await signed_in.async_account()
    cloud.requests.clear()
    cloud.add_fault(FAULTS["session_not_found"](match=f"GET {path}"))
    assert len(await signed_in.async_cameras()) == 3
    page = await signed_in.async_history(["1001"])
    assert [recording.id for recording in page.recordings] == [one_recording.key]
    assert [a.path for a in cloud.requests].count("/clients_api/session") == 1
    assert len(cloud.faults_served) == 1


async def test_ring_may_forget_the_session_at_any_time(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """It does so about once a day."""
    await signed_in.async_account()
    cloud.state.forget_sessions()
    assert len(await signed_in.async_cameras()) == 3
    assert cloud.state.sessions[HARDWARE_ID]["metadata"] == {
        "api_version": "11",
        "device_model": "Ring Vision (Home Assistant)",
    }


async def test_a_session_that_is_forgotten_at_once_is_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """It is no missing device and no missing recording."""
    await signed_in.async_account()
    cloud.add_fault(FAULTS["session_not_found"](times=-1))
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()


@pytest.mark.parametrize(
    "trouble",
    [
        "server_error",
        "bad_gateway",
        "gateway_timeout",
        "maintenance",
        "api_reset",
        "api_cut",
    ],
)
@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
async def test_ring_in_trouble_cannot_be_connected_to(
    signed_in: OwnRingCloud, cloud: RingCloudServer, trouble: str, ask: Ask
) -> None:
    """Another try may succeed; nobody has to sign in again."""
    await signed_in.async_account()
    cloud.add_fault(FAULTS[trouble](times=-1))
    with pytest.raises(RingError) as caught:
        await ask(signed_in)
    assert type(caught.value) is CannotConnect


async def test_a_redirect_is_not_followed(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """The hardware id and the token are for Ring alone."""
    await signed_in.async_account()
    location = {"Location": "https://example.com/"}
    cloud.add_fault(Fault("GET /clients_api/", status=302, body="", headers=location))
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()


async def test_a_silent_cloud_is_given_up(
    signed_in: OwnRingCloud, cloud: RingCloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call has its turn."""
    await signed_in.async_account()
    monkeypatch.setattr(Wire, "timeout_s", 0.1)
    cloud.add_fault(Fault("GET /clients_api/", delay_s=0.3))
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()
    monkeypatch.setattr(Wire, "timeout_s", 5.0)
    assert len(await signed_in.async_cameras()) == 3


async def test_nobody_there_cannot_be_connected_to(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """As when the internet is down."""
    await cloud.stop()
    ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, token=signed_in.token)
    with pytest.raises(CannotConnect):
        await ring.async_cameras()
