"""Tests of the account as the integration uses it."""

import aiohttp
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import ENV_ENDPOINT
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import CannotConnect
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import Fault, RingCloudServer


async def test_it_works_with_the_session_of_home_assistant(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """And with the token that the entry keeps."""
    ring = OwnRingCloud(
        async_get_clientsession(hass),
        hardware_id=HARDWARE_ID,
        token=entry.data[CONF_TOKEN],
    )
    cameras = await ring.async_cameras()
    assert [camera.name for camera in cameras] == ["Front Door", "Garden", "Drive"]


async def test_the_account_is_known_by_its_number(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """As text, with the e-mail address."""
    account = await signed_in.async_account()
    assert (account.id, account.email) == ("424242", cloud.state.email)


@pytest.mark.parametrize("body", [{}, {"profile": None}, {"profile": {}}, [], "null"])
async def test_an_account_without_a_number_is_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer, body: object
) -> None:
    """An entry needs something to be known by."""
    cloud.add_fault(Fault("POST /clients_api/session", status=201, body=body))
    with pytest.raises(CannotConnect):
        await signed_in.async_account()


@pytest.mark.parametrize(
    ("endpoint", "spacing_s"),
    [
        ("http://127.0.0.1:8000", 0.0),
        ("http://localhost:8000/", 0.0),
        ("http://ring.example:8000", 1.0),
        (None, 1.0),
    ],
)
async def test_only_the_loopback_cloud_is_asked_without_a_pause(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, spacing_s: float
) -> None:
    """Tests and the demo need none."""
    monkeypatch.delenv(ENV_ENDPOINT, raising=False)
    async with aiohttp.ClientSession() as session:
        ring = OwnRingCloud(session, hardware_id=HARDWARE_ID, endpoint=endpoint)
    assert ring._api._gate.spacing_s == spacing_s


async def test_without_an_endpoint_it_is_ring_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And only over an encrypted line."""
    monkeypatch.delenv(ENV_ENDPOINT, raising=False)
    async with aiohttp.ClientSession() as session:
        ring = OwnRingCloud(session, hardware_id=HARDWARE_ID)
    assert str(ring._api._base) == "https://api.ring.com"
    assert str(ring._tokens._url) == "https://oauth.ring.com/oauth/token"
