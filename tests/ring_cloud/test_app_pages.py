"""Tests of the app's pages: what they may look like, and whom they may lead to."""

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest

from custom_components.ring_vision.ring_cloud.app_pages import AppPages
from custom_components.ring_vision.ring_cloud.errors import CodeRequired, PageChanged
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import Fault, RingCloudServer

from .conftest import EMAIL, PASSWORD

CALLBACK = "https://ring.com/signin/callback"
AUTHORIZE = "GET /oauth/v2/authorize"


@pytest.fixture
async def pages(cloud: RingCloudServer) -> AsyncGenerator[AppPages]:
    """Return a sign-in that has not begun."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield AppPages(session, HARDWARE_ID)


def redirect(location: str, **changes: Any) -> Fault:
    """Return a page that leads elsewhere, after the first one."""
    headers = {"Location": location}
    made: dict[str, Any] = {"status": 302, "body": "", "headers": headers, "after": 1}
    return Fault(AUTHORIZE, **made | changes)


async def test_the_pages_lead_to_a_token(
    pages: AppPages, cloud: RingCloudServer
) -> None:
    """The verifier proves at the end who began, and is told nobody before."""
    token = await pages.async_begin(EMAIL, PASSWORD)
    assert token["refresh_token"] in cloud.state.refresh_tokens
    first = cloud.requests[0]
    exchange = cloud.seen("POST", "/oauth/token")[0].form
    assert first.query["code_challenge_method"] == "S256"
    assert 43 <= len(exchange["code_verifier"]) <= 128
    assert exchange["code_verifier"] not in first.query.values()
    assert exchange["redirect_uri"] == first.query["redirect_uri"] == CALLBACK
    assert {asked.headers["hardware_id"] for asked in cloud.requests} == {HARDWARE_ID}


@pytest.mark.parametrize("way", ["sms", "email", "totp"])
async def test_a_code_is_asked_for(
    pages: AppPages, cloud: RingCloudServer, way: str
) -> None:
    """Ring says where it went; the same sign-in goes on with it."""
    cloud.state.two_factor = True
    cloud.state.tsv_state = way
    with pytest.raises(CodeRequired) as caught:
        await pages.async_begin(EMAIL, PASSWORD)
    assert (caught.value.method, caught.value.phone) == (way, cloud.state.phone)
    token = await pages.async_go_on(cloud.state.code)
    assert token["refresh_token"] in cloud.state.refresh_tokens
    assert len(cloud.seen("GET", "/oauth/v2/signin")) == 1


@pytest.mark.parametrize("status", [200, 202, 412])
async def test_a_wish_for_a_code_may_be_any_of_these(
    pages: AppPages, cloud: RingCloudServer, status: int
) -> None:
    """The status is not the same everywhere."""
    body = {"tsv_state": "sms", "phone": "+44xxxxxxxx89"}
    cloud.add_fault(Fault("POST /oauth/v2/signin", status=status, body=body))
    with pytest.raises(CodeRequired):
        await pages.async_begin(EMAIL, PASSWORD)


@pytest.mark.parametrize(
    "page",
    [
        '<input type="hidden" name="csrf-token" value="CSRF">',
        '<script>{"props":{"csrfToken":"CSRF"}}</script>',
        '<script id="oauth-args">{"csrf-token" : "CSRF"}</script>',
    ],
)
async def test_the_forms_own_token_is_found(
    pages: AppPages, cloud: RingCloudServer, page: str
) -> None:
    """Wherever the page has it."""
    cloud.add_fault(Fault("GET /oauth/v2/signin", body=f"<html>{page}</html>"))
    cloud.add_fault(Fault("POST /oauth/v2/signin", status=412, body={}))
    with pytest.raises(CodeRequired):
        await pages.async_begin(EMAIL, PASSWORD)


@pytest.mark.parametrize(
    "location",
    [
        CALLBACK,
        f"{CALLBACK}?code=stolen",
        f"{CALLBACK}?code=stolen&state=of-somebody-else",
        f"{CALLBACK}?error=access_denied",
        "https://ring.com/somewhere/else?code=x",
        "https://evil.example/signin/callback?code=x",
        "/oauth/v2/authorize",
        "mailto:somebody",
        "",
    ],
)
async def test_a_way_that_is_not_ours_is_not_taken(
    pages: AppPages, cloud: RingCloudServer, location: str
) -> None:
    """No code of another request is exchanged, and no other host asked."""
    cloud.add_fault(redirect(location, times=-1))
    with pytest.raises(PageChanged):
        await pages.async_begin(EMAIL, PASSWORD)
    assert cloud.seen("POST", "/oauth/token") == []


@pytest.mark.parametrize("location", [CALLBACK, "https://evil.example/", "http://["])
async def test_a_form_may_not_lead_elsewhere(
    pages: AppPages, cloud: RingCloudServer, location: str
) -> None:
    """A callback that comes at once counts only with our own state."""
    body = {"redirect_url": location, "tsv_state": "done"}
    cloud.add_fault(Fault("POST /oauth/v2/signin", status=201, body=body))
    with pytest.raises(PageChanged):
        await pages.async_begin(EMAIL, PASSWORD)
    assert cloud.seen("POST", "/oauth/token") == []
