"""Core's `ring` as we meet it: a real client of its library at the loopback cloud."""

from types import SimpleNamespace
from typing import Any

import aiohttp
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from ring_doorbell import Auth, Ring
from ring_doorbell.const import API_URI, OAuth

from .ring_cloud_server import RingCloudServer


def point_library_at(cloud: RingCloudServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library talk to the loopback cloud; its own addresses are defaults."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(OAuth, "ENDPOINT", f"{cloud.url}/oauth/token")
    for query in (Ring.async_query, Ring._async_query):
        defaults: tuple[Any, ...] = query.__defaults__ or ()
        moved = tuple(cloud.url if each == API_URI else each for each in defaults)
        monkeypatch.setattr(query, "__defaults__", moved)


async def core_client(cloud: RingCloudServer, session: aiohttp.ClientSession) -> Ring:
    """Return a client that is signed in and registered, as core's set-up leaves it."""
    auth = Auth(
        "HomeAssistant/ring-integration",
        hardware_id="core-hardware-id",
        http_client_session=session,
    )
    await auth.async_fetch_token(cloud.state.email, cloud.state.password)
    ring = Ring(auth)
    await ring.async_create_session()
    return ring


async def add_core_entry(
    hass: HomeAssistant, cloud: RingCloudServer
) -> MockConfigEntry:
    """Add an entry of core's that is set up."""
    entry = MockConfigEntry(
        domain="ring",
        title=cloud.state.email,
        unique_id=cloud.state.email,
        state=ConfigEntryState.LOADED,
    )
    entry.add_to_hass(hass)
    client = await core_client(cloud, async_get_clientsession(hass))
    entry.runtime_data = SimpleNamespace(api=client)
    return entry
