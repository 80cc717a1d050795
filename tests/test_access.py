"""Tests of the way to Ring: how long a block lasts, and who is told."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.access import GATES
from custom_components.ring_vision.block_notes import NOTES
from custom_components.ring_vision.const import DOMAIN

from .calls import refused
from .forms import submit
from .ring_cloud_server import FAULTS, RingCloudServer


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return what the owner is told of a block."""
    return ir.async_get(hass).async_get_issue(
        DOMAIN, f"sign_in_blocked_{entry.entry_id}"
    )


async def test_a_block_is_told_until_a_call_succeeds(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Nothing is asked while it lasts; the first answer afterwards ends it."""
    data = account.runtime_data
    cloud.add_fault(FAULTS["not_acceptable"]())
    await data.account.async_refresh()
    told = issue(hass, account)
    assert told is not None
    assert (told.translation_key, told.is_fixable) == ("sign_in_blocked", False)
    asked = len(cloud.requests)
    await data.account.async_refresh()
    assert len(cloud.requests) == asked
    data.cloud.gate._opens_at = 0.0
    assert issue(hass, account) is not None
    await data.account.async_refresh()
    assert data.account.last_update_success
    assert issue(hass, account) is None


@pytest.mark.parametrize("fault", ["not_acceptable", "login_406"])
async def test_setting_up_again_does_not_ask_a_ring_that_refuses(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer, fault: str
) -> None:
    """Home Assistant tries a set-up again within seconds; the block lasts hours."""
    cloud.state.expire_access_tokens()
    cloud.add_fault(FAULTS[fault]())
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert issue(hass, entry) is not None
    asked = len(cloud.requests)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert len(cloud.requests) == asked
    assert issue(hass, entry) is not None


async def test_a_restart_does_not_ask_a_ring_that_refuses(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Nor does the restart after it; a clock alone ends the wait."""
    cloud.add_fault(FAULTS["not_acceptable"]())
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    asked = len(cloud.requests)
    for _ in range(2):
        for key in (GATES, NOTES):
            hass.data.pop(key)
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert len(cloud.requests) == asked
        assert issue(hass, entry) is not None
    hass.data[GATES][entry.entry_id]._opens_at = 0.0
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert issue(hass, entry) is None
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await hass.data[NOTES].async_seconds_left(entry.entry_id) == 0
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_action_says_that_ring_refuses(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(FAULTS["not_acceptable"]())
    await account.runtime_data.account.async_refresh()
    error = await refused(hass, "download", HomeAssistantError, hours=1, wait=True)
    assert error.translation_key == "sign_in_blocked"


async def test_a_new_sign_in_ends_the_wait(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """By another door, or from another network: Ring has just let the owner in."""
    cloud.add_fault(FAULTS["not_acceptable"]())
    await hass.config_entries.async_setup(entry.entry_id)
    form = await entry.start_reconfigure_flow(hass)
    result = await submit(
        hass, form, username=cloud.state.email, password=cloud.state.password
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert issue(hass, entry) is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_account_that_is_gone_leaves_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Neither the message nor the wait."""
    cloud.add_fault(FAULTS["not_acceptable"]())
    await hass.config_entries.async_setup(entry.entry_id)
    assert issue(hass, entry) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue(hass, entry) is None
    assert entry.entry_id not in hass.data[GATES]
