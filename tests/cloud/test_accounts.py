"""Tests of signing in, tokens and sessions."""

import pytest

from tests.ring_cloud_server import CloudRecording

from .client import HARDWARE_ID, Client


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
    [
        ("rotate", 0, 401),
        ("rotate_grace", 30, 200),
        ("rotate_grace", 61, 401),
        ("reusable", 5000, 200),
    ],
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
