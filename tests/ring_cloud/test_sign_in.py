"""Tests of the sign-in: each of Ring's answers means one thing."""

from typing import Any

import pytest

from custom_components.ring_vision.ring_cloud import OwnRingCloud, Token
from custom_components.ring_vision.ring_cloud.errors import (
    Blocked,
    CannotConnect,
    CodeRequired,
    RateLimited,
    RingError,
    SignInExpired,
    TooManyCodes,
    WrongCode,
    WrongPassword,
)
from custom_components.ring_vision.ring_cloud.wire import Wire
from tests.ring_cloud_server import FAULTS, Fault, RingCloudServer

from .conftest import EMAIL, PASSWORD

TOKEN = "POST /oauth/token"


def fault(status: int, body: Any, **more: Any) -> Fault:
    """Return an answer of the token endpoint."""
    return Fault(TOKEN, times=-1, status=status, body=body, **more)


async def test_a_password_is_enough_without_two_factor(
    ring: OwnRingCloud, cloud: RingCloudServer, saved: list[Token]
) -> None:
    """The token is the account's and was handed over to be kept."""
    await ring.async_sign_in(f" {EMAIL} ", PASSWORD)
    assert ring.token["access_token"] in cloud.state.access_tokens
    assert ring.token["refresh_token"] in cloud.state.refresh_tokens
    assert ring.token["expires_at"] == pytest.approx(cloud.state.now() + 14400, abs=60)
    assert saved == [ring.token]
    form = cloud.requests[0].form
    assert (form["client_id"], form["scope"]) == ("ring_official_android", "client")


@pytest.mark.parametrize("method", ["sms", "email", "totp"])
async def test_a_code_is_asked_for_and_then_accepted(
    ring: OwnRingCloud, cloud: RingCloudServer, method: str
) -> None:
    """The first try tells where the code went, the second one signs in."""
    cloud.state.two_factor, cloud.state.tsv_state = True, method
    with pytest.raises(CodeRequired) as caught:
        await ring.async_sign_in(EMAIL, PASSWORD)
    assert (caught.value.phone, caught.value.method) == ("+44xxxxxxxx89", method)
    await ring.async_sign_in(EMAIL, PASSWORD, f" {cloud.state.code} ")
    assert ring.token["access_token"] in cloud.state.access_tokens
    first, second = cloud.requests
    assert "2fa-code" not in first.headers
    assert second.headers["2fa-code"] == cloud.state.code
    assert {first.headers["2fa-support"], second.headers["2fa-support"]} == {"true"}


async def test_a_wrong_code_is_no_wrong_password(
    ring: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """The owner stays on the code step."""
    cloud.state.two_factor = True
    with pytest.raises(CodeRequired):
        await ring.async_sign_in(EMAIL, PASSWORD)
    with pytest.raises(WrongCode):
        await ring.async_sign_in(EMAIL, PASSWORD, "000000")


@pytest.mark.parametrize("code", [None, "", "123456"])
async def test_a_wrong_password_is_told_with_and_without_a_code(
    ring: OwnRingCloud, cloud: RingCloudServer, code: str | None
) -> None:
    """A code does not make it anything else, and nothing is kept."""
    cloud.state.two_factor = True
    with pytest.raises(WrongPassword):
        await ring.async_sign_in(EMAIL, "guess", code)
    with pytest.raises(SignInExpired):
        _ = ring.token


async def test_an_eleventh_code_is_too_many(
    ring: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Ring sends ten codes in ten minutes."""
    cloud.state.two_factor = True
    for _ in range(10):
        with pytest.raises(CodeRequired):
            await ring.async_sign_in(EMAIL, PASSWORD)
    with pytest.raises(TooManyCodes):
        await ring.async_sign_in(EMAIL, PASSWORD)


@pytest.mark.parametrize("body", [{}, {"phone": None, "tsv_state": None}, "<html>", []])
async def test_a_code_is_asked_for_even_when_ring_does_not_say_where_it_went(
    ring: OwnRingCloud, cloud: RingCloudServer, body: Any
) -> None:
    """412 is enough."""
    cloud.add_fault(fault(412, body))
    with pytest.raises(CodeRequired) as caught:
        await ring.async_sign_in(EMAIL, PASSWORD)
    assert (caught.value.phone, caught.value.method) == (None, None)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (FAULTS["login_406"](), Blocked),
        (FAULTS["login_406_html"](), Blocked),
        (FAULTS["login_429_empty"](), RateLimited),
        (FAULTS["login_429_codes"](), TooManyCodes),
        (FAULTS["login_500"](), CannotConnect),
        (FAULTS["login_502"](), CannotConnect),
        (FAULTS["login_503"](), CannotConnect),
        (FAULTS["login_504"](), CannotConnect),
        (FAULTS["login_reset"](), CannotConnect),
        (FAULTS["invalid_grant"](), WrongPassword),
        (fault(400, {"error": "invalid_grant"}), WrongPassword),
        (fault(400, {"error": "invalid_request"}), CannotConnect),
        (fault(401, ""), WrongPassword),
        (fault(403, "<html>Forbidden</html>"), CannotConnect),
        (fault(302, "", headers={"Location": "https://example.com/"}), CannotConnect),
        (fault(200, "<html>We'll be right back.</html>"), CannotConnect),
        (fault(200, "null"), CannotConnect),
        (fault(200, []), CannotConnect),
        (fault(200, {"access_token": "a"}), CannotConnect),
        (fault(200, {"access_token": None, "refresh_token": "r"}), CannotConnect),
        (Fault(TOKEN, cut_after=10), CannotConnect),
        (Fault(TOKEN, truncate=10), CannotConnect),
    ],
)
async def test_trouble_is_told_by_its_name(
    ring: OwnRingCloud,
    cloud: RingCloudServer,
    trouble: Fault,
    error: type[RingError],
) -> None:
    """No trouble looks like another one, and none leaves a token behind."""
    cloud.add_fault(trouble)
    with pytest.raises(RingError) as caught:
        await ring.async_sign_in(EMAIL, PASSWORD)
    assert type(caught.value) is error
    with pytest.raises(SignInExpired):
        _ = ring.token


async def test_a_wait_that_ring_names_is_told(
    ring: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Retry-After counts at the sign-in too."""
    cloud.add_fault(fault(429, {}, headers={"Retry-After": "77"}))
    with pytest.raises(RateLimited) as caught:
        await ring.async_sign_in(EMAIL, PASSWORD)
    assert caught.value.retry_after == 77


async def test_a_silent_cloud_cannot_be_connected_to(
    ring: OwnRingCloud, cloud: RingCloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever."""
    monkeypatch.setattr(Wire, "timeout_s", 0.05)
    cloud.add_fault(Fault(TOKEN, delay_s=0.2))
    with pytest.raises(CannotConnect):
        await ring.async_sign_in(EMAIL, PASSWORD)


async def test_another_scope_is_accepted(
    ring: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """What Ring calls it does not matter."""
    cloud.add_fault(Fault(TOKEN, json_set={"scope": "other"}))
    await ring.async_sign_in(EMAIL, PASSWORD)
    assert ring.token["scope"] == "other"


async def test_no_secret_is_logged(
    signed_in: OwnRingCloud, cloud: RingCloudServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither tokens nor the e-mail address, not even when debugging."""
    caplog.set_level("DEBUG")
    cloud.state.expire_access_tokens()
    await signed_in.async_account()
    secrets = [*cloud.state.access_tokens, *cloud.state.refresh_tokens, EMAIL, PASSWORD]
    assert "/oauth/token: 200" in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]
