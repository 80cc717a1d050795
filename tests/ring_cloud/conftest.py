"""An account at the loopback Ring cloud, and an eye on every request."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from types import SimpleNamespace

import aiohttp
import pytest

from custom_components.ring_vision.ring_cloud import OwnRingCloud, Token
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import RingCloudServer

EMAIL = "anna@example.com"
PASSWORD = "secret"

type Ask = Callable[[OwnRingCloud], Awaitable[object]]

ASKS: dict[str, Ask] = {
    "account": lambda ring: ring.async_account(),
    "cameras": lambda ring: ring.async_cameras(),
    "history": lambda ring: ring.async_history(["1001"]),
}


@pytest.fixture
async def session(cloud: RingCloudServer) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session; afterwards, nobody but the loopback cloud was asked.

    Every test is a test of that, and of the hardware id on every request.
    """
    hosts: set[str | None] = set()

    async def note(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        asked: aiohttp.TraceRequestStartParams,
    ) -> None:
        hosts.add(asked.url.host)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(note)
    async with aiohttp.ClientSession(trace_configs=[trace]) as client:
        yield client
    assert hosts <= {"127.0.0.1"}
    for header, value in (
        ("hardware_id", HARDWARE_ID),
        ("user-agent", "android:com.ringapp"),
    ):
        api = [each for each in cloud.requests if not each.path.startswith("/video/")]
        assert {asked.headers.get(header) for asked in api} <= {value}


@pytest.fixture
def saved() -> list[Token]:
    """Return the tokens that were handed over to be kept."""
    return []


@pytest.fixture
def ring(session: aiohttp.ClientSession, saved: list[Token]) -> OwnRingCloud:
    """Return an account that is not signed in."""

    async def save(token: Token) -> None:
        saved.append(token)

    return OwnRingCloud(session, hardware_id=HARDWARE_ID, save_token=save)


@pytest.fixture
async def signed_in(ring: OwnRingCloud) -> OwnRingCloud:
    """Return an account that is signed in."""
    await ring.async_sign_in(EMAIL, PASSWORD)
    return ring
