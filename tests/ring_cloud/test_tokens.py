"""Tests of the tokens: one refresh for everybody, and none is ever lost."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from custom_components.ring_vision.ring_cloud import OwnRingCloud, Token
from custom_components.ring_vision.ring_cloud.errors import (
    Blocked,
    CannotConnect,
    RateLimited,
    RingError,
    SignInExpired,
)
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import FAULTS, Fault, RingCloudServer

TOKEN = "POST /oauth/token"


def refreshes(cloud: RingCloudServer) -> list[int]:
    """Return the answers to all refreshes."""
    return [
        asked.status
        for asked in cloud.requests
        if asked.form.get("grant_type") == "refresh_token"
    ]


def with_expiry(ring: OwnRingCloud, **changes: Any) -> Token:
    """Return the account's token, changed as if it had been kept for a while."""
    return ring.token | changes


async def test_ten_calls_at_expiry_refresh_once(
    signed_in: OwnRingCloud,
    session: aiohttp.ClientSession,
    cloud: RingCloudServer,
) -> None:
    """All of them succeed, though a refresh token is good for one use."""
    ring = OwnRingCloud(
        session, hardware_id=HARDWARE_ID, token=with_expiry(signed_in, expires_at=0.0)
    )
    cloud.requests.clear()
    results = await asyncio.gather(*(ring.async_cameras() for _ in range(10)))
    assert [len(cameras) for cameras in results] == [3] * 10
    assert refreshes(cloud) == [200]


async def test_ten_calls_that_are_refused_refresh_once(
    signed_in: OwnRingCloud, cloud: RingCloudServer, saved: list[Token]
) -> None:
    """A 401 is worth one refresh and one more try."""
    await signed_in.async_account()
    cloud.state.expire_access_tokens()
    saved.clear()
    results = await asyncio.gather(*(signed_in.async_cameras() for _ in range(10)))
    assert [len(cameras) for cameras in results] == [3] * 10
    assert refreshes(cloud) == [200]
    assert saved == [signed_in.token]


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": time.time() - 1},
        {"expires_at": time.time() + 30},
        {"expires_at": None},
        {"expires_at": "soon"},
        {"access_token": None},
    ],
)
async def test_a_token_near_its_end_is_refreshed_before_it_is_used(
    signed_in: OwnRingCloud,
    session: aiohttp.ClientSession,
    cloud: RingCloudServer,
    changes: dict[str, Any],
) -> None:
    """The API never sees the old one."""
    old = with_expiry(signed_in, **changes)
    ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, token=old)
    cloud.requests.clear()
    await ring.async_cameras()
    assert [asked.path for asked in cloud.requests] == [
        "/oauth/token",
        "/clients_api/session",
        "/clients_api/ring_devices",
        "/device_info/v3/devices",
    ]
    assert {asked.status for asked in cloud.requests} <= {200, 201}


async def test_a_good_token_is_used_as_it_is(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """A restart does not refresh."""
    ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, token=signed_in.token)
    assert len(await ring.async_cameras()) == 3
    assert not refreshes(cloud)


async def test_a_new_token_is_kept_before_it_is_used(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """While it is being kept, nobody shows it to Ring."""
    keeping, kept = asyncio.Event(), asyncio.Event()
    tokens: list[Token] = []

    async def save(token: Token) -> None:
        tokens.append(token)
        keeping.set()
        await kept.wait()

    ring = OwnRingCloud(
        session,
        hardware_id=HARDWARE_ID,
        token=with_expiry(signed_in, expires_at=0.0),
        save_token=save,
    )
    calls = asyncio.gather(ring.async_cameras(), ring.async_account())
    await keeping.wait()
    before = len(cloud.requests)
    assert cloud.requests[-1].form["grant_type"] == "refresh_token"
    kept.set()
    await calls
    new = f"Bearer {tokens[0]['access_token']}"
    assert {asked.headers["authorization"] for asked in cloud.requests[before:]} == {
        new
    }
    assert new not in {a.headers.get("authorization") for a in cloud.requests[:before]}
    assert ring.token == tokens[0]


async def test_a_cancelled_caller_loses_no_token(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """The refresh that Ring has answered is kept, and the next call uses it."""
    keeping, kept = asyncio.Event(), asyncio.Event()
    tokens: list[Token] = []

    async def save(token: Token) -> None:
        keeping.set()
        await kept.wait()
        tokens.append(token)

    ring = OwnRingCloud(
        session,
        hardware_id=HARDWARE_ID,
        token=with_expiry(signed_in, expires_at=0.0),
        save_token=save,
    )
    call = asyncio.create_task(ring.async_cameras())
    await keeping.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    kept.set()
    assert len(await ring.async_cameras()) == 3
    assert tokens == [ring.token]
    assert refreshes(cloud) == [200]


async def test_a_token_that_could_not_be_kept_is_used_all_the_same(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """The old one is worth nothing any more."""

    async def save(_token: Token) -> None:
        raise OSError("disk full")

    ring = OwnRingCloud(
        session,
        hardware_id=HARDWARE_ID,
        token=with_expiry(signed_in, expires_at=0.0),
        save_token=save,
    )
    with pytest.raises(OSError, match="disk full"):
        await ring.async_cameras()
    assert len(await ring.async_cameras()) == 3
    assert refreshes(cloud) == [200]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (FAULTS["login_406"](), Blocked),
        (FAULTS["login_429_empty"](), RateLimited),
        (FAULTS["login_429_codes"](), RateLimited),
        (FAULTS["login_503"](), RateLimited),
        (FAULTS["login_500"](), CannotConnect),
        (FAULTS["login_502"](), CannotConnect),
        (FAULTS["login_reset"](), CannotConnect),
        (Fault(TOKEN, status=200, body="<html>"), CannotConnect),
        (Fault(TOKEN, status=400, body={"error": "invalid_request"}), CannotConnect),
        (FAULTS["invalid_grant"](), SignInExpired),
        (Fault(TOKEN, status=400, body={"error": "invalid_grant"}), SignInExpired),
        (Fault(TOKEN, status=403, body={"error": "access_denied"}), SignInExpired),
        (Fault(TOKEN, status=401, body=""), SignInExpired),
    ],
)
async def test_a_refresh_in_trouble_leaves_the_token_untouched(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    saved: list[Token],
    trouble: Fault,
    error: type[RingError],
) -> None:
    """Only a refusal of the token itself asks the owner to sign in again."""
    before = signed_in.token
    cloud.state.expire_access_tokens()
    cloud.add_fault(trouble)
    with pytest.raises(RingError) as caught:
        await signed_in.async_cameras()
    assert type(caught.value) is error
    assert signed_in.token == before
    assert saved == [before]


async def test_it_goes_on_after_a_refresh_in_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """The token that was left untouched is still good."""
    cloud.state.expire_access_tokens()
    cloud.add_fault(FAULTS["login_500"]())
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()
    assert len(await signed_in.async_cameras()) == 3


async def test_a_revoked_token_asks_to_sign_in_again(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """As after a change of the password."""
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    with pytest.raises(SignInExpired):
        await signed_in.async_cameras()


async def test_a_fresh_token_that_is_refused_is_no_reason_to_sign_in_again(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """One refresh, one more try, and then it is Ring's trouble."""
    await signed_in.async_account()
    cloud.requests.clear()
    cloud.add_fault(FAULTS["unauthorized"](times=-1))
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()
    assert [asked.status for asked in cloud.requests] == [401, 200, 401]


async def test_a_refresh_that_gives_no_refresh_token_keeps_the_old_one(
    signed_in: OwnRingCloud, session: aiohttp.ClientSession, cloud: RingCloudServer
) -> None:
    """OAuth allows that."""
    old = with_expiry(signed_in, expires_at=0.0)
    ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, token=old)
    cloud.state.access_tokens["new"] = cloud.state.now() + 600
    cloud.add_fault(Fault(TOKEN, status=200, body={"access_token": "new"}))
    await ring.async_cameras()
    assert ring.token["access_token"] == "new"
    assert ring.token["refresh_token"] == old["refresh_token"]


@pytest.mark.parametrize("token", [None, {}, {"access_token": "a"}])
async def test_nothing_is_asked_without_a_token(
    session: aiohttp.ClientSession, cloud: RingCloudServer, token: Token | None
) -> None:
    """Somebody has to sign in first."""
    ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, token=token)
    with pytest.raises(SignInExpired):
        await ring.async_cameras()
    with pytest.raises(SignInExpired):
        _ = ring.token
    assert not cloud.requests


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(600, 600), ("600", 600), (None, 3600), ("soon", 3600), (True, 3600)],
)
async def test_the_end_of_a_token_is_kept_with_it(
    ring: OwnRingCloud, cloud: RingCloudServer, expires_in: Any, seconds: int
) -> None:
    """A stored token does not start its clock anew."""
    cloud.add_fault(Fault(TOKEN, json_set={"expires_in": expires_in}))
    await ring.async_sign_in(cloud.state.email, cloud.state.password)
    assert ring.token["expires_at"] == pytest.approx(time.time() + seconds, abs=60)


@pytest.mark.parametrize("fault", [{"reset": True}, {"cut_after": 10}])
async def test_a_lost_answer_does_not_cost_the_sign_in(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    saved: list[Token],
    fault: dict[str, Any],
) -> None:
    """Ring rotated the token, and takes the old one for a minute."""
    cloud.state.refresh_policy = "rotate_grace"
    cloud.state.expire_access_tokens()
    cloud.add_fault(Fault("POST /oauth/token", times=1, **fault))
    assert len(await signed_in.async_cameras()) == 3
    assert saved[-1] == signed_in.token
