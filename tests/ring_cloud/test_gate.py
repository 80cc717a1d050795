"""Tests of the gate: nobody hammers, and Ring's wishes count for the whole account."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from yarl import URL

from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import (
    BLOCKED_RETRY_AFTER_S,
    DEFAULT_RETRY_AFTER_S,
    Blocked,
    RateLimited,
)
from custom_components.ring_vision.ring_cloud.gate import (
    LONGEST_WAIT_S,
    SHORTEST_WAIT_S,
    Gate,
    retry_after,
)
from custom_components.ring_vision.ring_cloud.wire import Answer, Wire
from tests.ring_cloud_server import FAULTS, RingCloudServer

from .conftest import ASKS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def date(seconds: float) -> str:
    """Return an HTTP date so many seconds from now."""
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, DEFAULT_RETRY_AFTER_S),
        ({"Retry-After": "60"}, 60),
        ({"Retry-After": " 60 "}, 60),
        ({"Retry-After": "0"}, SHORTEST_WAIT_S),
        ({"Retry-After": "9" * 400}, LONGEST_WAIT_S),
        ({"Retry-After": "-5"}, DEFAULT_RETRY_AFTER_S),
        ({"Retry-After": "soon"}, DEFAULT_RETRY_AFTER_S),
        ({"Retry-After": date(60)}, 60),
        ({"Retry-After": date(-60)}, SHORTEST_WAIT_S),
        ({"Retry-After": date(3660), "Date": date(3600)}, 60),
        ({"Retry-After": "Fri, 20 Nov 2026 12:01:00 -0000"}, 60),
        ({"Retry-After": "Fri, 99 Nov 2026 12:01:00 GMT"}, DEFAULT_RETRY_AFTER_S),
    ],
)
def test_a_wait_is_read_in_both_forms(
    freezer: FrozenDateTimeFactory, headers: dict[str, str], seconds: float
) -> None:
    """Seconds or an HTTP date; nonsense is no wish."""
    freezer.move_to(NOW)
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("trouble", "error", "seconds"),
    [
        ("too_many_requests", RateLimited, 60),
        ("too_many_requests_date", RateLimited, 60),
        ("too_many_requests_bare", RateLimited, DEFAULT_RETRY_AFTER_S),
        ("unavailable", RateLimited, DEFAULT_RETRY_AFTER_S),
        ("not_acceptable", Blocked, BLOCKED_RETRY_AFTER_S),
        ("not_acceptable_html", Blocked, BLOCKED_RETRY_AFTER_S),
    ],
)
async def test_one_refusal_closes_the_gate_for_every_call(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    trouble: str,
    error: type[RateLimited],
    seconds: float,
) -> None:
    """They are told at once how long it takes, without a request."""
    cloud.add_fault(FAULTS[trouble]())
    with pytest.raises(RateLimited):
        await signed_in.async_history(["1001"])
    asked = len(cloud.requests)
    for ask in ASKS.values():
        with pytest.raises(RateLimited) as caught:
            await ask(signed_in)
        assert type(caught.value) is error
        assert 0.9 * seconds <= caught.value.retry_after <= 1.1 * seconds
    assert len(cloud.requests) == asked


async def test_calls_that_wait_their_turn_are_refused_too(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Ten at once are one request when the first is refused."""
    await signed_in.async_account()
    cloud.requests.clear()
    cloud.add_fault(FAULTS["too_many_requests"](times=-1))
    results = await asyncio.gather(
        *(signed_in.async_cameras() for _ in range(10)), return_exceptions=True
    )
    assert {type(result) for result in results} == {RateLimited}
    assert len(cloud.requests) == 1


async def test_a_refused_refresh_closes_the_gate(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """The token endpoint is Ring as well."""
    cloud.state.expire_access_tokens()
    cloud.add_fault(FAULTS["login_406"](times=-1))
    with pytest.raises(Blocked):
        await signed_in.async_cameras()
    asked = len(cloud.requests)
    with pytest.raises(Blocked):
        await signed_in.async_history(["1001"])
    assert len(cloud.requests) == asked


async def test_the_gate_opens_when_the_wait_is_over(
    signed_in: OwnRingCloud, cloud: RingCloudServer, freezer: FrozenDateTimeFactory
) -> None:
    """No earlier than Ring wants, and not much later."""
    cloud.add_fault(FAULTS["too_many_requests"]())
    with pytest.raises(RateLimited):
        await signed_in.async_cameras()
    freezer.tick(59)
    with pytest.raises(RateLimited):
        await signed_in.async_cameras()
    freezer.tick(8)
    assert len(await signed_in.async_cameras()) == 3


async def test_the_owner_may_sign_in_while_the_gate_is_closed(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Somebody who asks by hand gets Ring's own answer."""
    cloud.add_fault(FAULTS["too_many_requests"]())
    with pytest.raises(RateLimited):
        await signed_in.async_cameras()
    await signed_in.async_sign_in(cloud.state.email, cloud.state.password)


async def test_one_call_is_in_flight_at_a_time(
    signed_in: OwnRingCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many want something."""
    in_flight: list[str] = []
    most: list[int] = []
    ask = Wire.async_ask

    async def counted(wire: Wire, method: str, url: URL, **more: Any) -> Answer:
        in_flight.append(url.path)
        most.append(len(in_flight))
        answer = await ask(wire, method, url, **more)
        in_flight.remove(url.path)
        return answer

    monkeypatch.setattr(Wire, "async_ask", counted)
    await asyncio.gather(*(each(signed_in) for each in ASKS.values()))
    assert most == [1] * 4


async def test_calls_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second from the end of one to the start of the next."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    gate = Gate()
    await gate.async_wait_turn()
    gate.call_ended()
    await gate.async_wait_turn()
    assert [round(seconds) for seconds in slept] == [1]
