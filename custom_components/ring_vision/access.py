"""How an account reaches Ring: by a sign-in of its own, or by that of core's `ring`."""

from functools import partial

import aiohttp
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import (
    async_create_clientsession,
    async_get_clientsession,
)
from homeassistant.util.hass_dict import HassKey

from .block_notes import block_notes
from .const import CONF_HARDWARE_ID, CONF_LINKED_ENTRY, DOMAIN
from .ring_cloud import LinkedRingCloud, OwnRingCloud, RingCloud, Token
from .ring_cloud.cloud import other_endpoint
from .ring_cloud.gate import Gate
from .token_file import TokenFile

CORE_DOMAIN = "ring"
SIGN_IN_BLOCKED = "sign_in_blocked"
GATES: HassKey[dict[str, Gate]] = HassKey(f"{DOMAIN}_gates")
"""By entry id. An entry that is set up again must not ask before Ring wants it to."""


@callback
def core_entries(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the accounts that Home Assistant's own Ring integration is signed in to."""
    return hass.config_entries.async_loaded_entries(CORE_DOMAIN)


@callback
def core_client(hass: HomeAssistant, entry_id: str) -> object:
    """Return the client of core's entry as it is now, None while it is not set up."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    return getattr(getattr(entry, "runtime_data", None), "api", None)


def linked_cloud(
    hass: HomeAssistant, core_entry_id: str, gate: Gate | None = None
) -> LinkedRingCloud:
    """Return the account of an entry of core's."""
    return LinkedRingCloud(partial(core_client, hass, core_entry_id), gate=gate)


@callback
def page_session(hass: HomeAssistant) -> aiohttp.ClientSession:
    """Return a session with cookies of its own; detach it when it is no longer used."""
    # A host that is an address has cookies in the loopback cloud only.
    jar = aiohttp.CookieJar(unsafe=other_endpoint(None) is not None)
    return async_create_clientsession(hass, auto_cleanup=False, cookie_jar=jar)


async def async_access(hass: HomeAssistant, entry: ConfigEntry) -> RingCloud:
    """Return the account's client."""
    gates = hass.data.setdefault(GATES, {})
    gate = gates.get(entry.entry_id)
    cloud: RingCloud
    if core_entry_id := entry.data.get(CONF_LINKED_ENTRY):
        _check_link(hass, core_entry_id)
        cloud = linked_cloud(hass, core_entry_id, gate)
    else:
        cloud = await _async_own(hass, entry, gate)
    if gate is None and (
        left := await block_notes(hass).async_seconds_left(entry.entry_id)
    ):
        cloud.gate.block(left)
    gates[entry.entry_id] = cloud.gate
    _follow(hass, entry, cloud.gate)
    return cloud


@callback
def _check_link(hass: HomeAssistant, core_entry_id: str) -> None:
    """Say why core's sign-in cannot be used: it is gone for good, or not there yet."""
    entry = hass.config_entries.async_get_entry(core_entry_id)
    if entry is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="linked_entry_gone"
        )
    if entry.state is not ConfigEntryState.LOADED:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="linked_entry_waits"
        )


@callback
def forget_gate(hass: HomeAssistant, entry_id: str) -> None:
    """Let an account ask at once: it has just signed in anew, or is gone."""
    hass.data.get(GATES, {}).pop(entry_id, None)
    hass.async_create_task(block_notes(hass).async_note(entry_id, None))
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry_id))


async def _async_own(
    hass: HomeAssistant, entry: ConfigEntry, gate: Gate | None
) -> OwnRingCloud:
    """Return the client with a sign-in of its own; a new token is kept before use."""
    file = TokenFile(hass, entry.entry_id)

    @callback
    def keep(token: Token) -> None:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_TOKEN: token}
        )

    async def save_token(token: Token) -> None:
        keep(token)
        await file.async_save(token)

    newest = await file.async_newest(entry.data[CONF_TOKEN])
    keep(newest)
    return OwnRingCloud(
        async_get_clientsession(hass),
        hardware_id=entry.data[CONF_HARDWARE_ID],
        token=newest,
        save_token=save_token,
        gate=gate,
    )


@callback
def _follow(hass: HomeAssistant, entry: ConfigEntry, gate: Gate) -> None:
    """Raise an issue while Ring refuses this network, and note until when."""
    notes = block_notes(hass)

    @callback
    def follow() -> None:
        left = gate.seconds_left if gate.blocked else None
        hass.async_create_task(notes.async_note(entry.entry_id, left))
        if not gate.blocked:
            ir.async_delete_issue(hass, DOMAIN, _issue_id(entry.entry_id))
            return
        ir.async_create_issue(
            hass,
            DOMAIN,
            _issue_id(entry.entry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=SIGN_IN_BLOCKED,
        )

    entry.async_on_unload(gate.on_blocked(follow))
    follow()


def _issue_id(entry_id: str) -> str:
    return f"{SIGN_IN_BLOCKED}_{entry_id}"
