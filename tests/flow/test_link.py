"""Tests of the sign-in that Home Assistant's own Ring integration has already."""

from collections.abc import Generator
from types import SimpleNamespace

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import (
    CONF_HARDWARE_ID,
    CONF_LINKED_ENTRY,
    DOMAIN,
)
from custom_components.ring_vision.token_file import TokenFile
from tests.core_ring import add_core_entry, point_library_at
from tests.forms import (
    CHOICES,
    begin,
    camera_options,
    fields,
    reopen,
    submit,
    without_setup,
)
from tests.ring_cloud_server import CloudRecording, CloudState, RingCloudServer


@pytest.fixture
async def core(
    hass: HomeAssistant, cloud: RingCloudServer, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """Return core's entry, signed in; the log of requests begins after that."""
    point_library_at(cloud, monkeypatch)
    entry = await add_core_entry(hass, cloud)
    cloud.requests.clear()
    return entry


@pytest.fixture
def flows(cloud: RingCloudServer) -> Generator[CloudState]:
    """Return the account; entries run no further than the end of the flow."""
    with without_setup():
        yield cloud.state


async def test_one_click_adds_the_account(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    """No password, no code, no device of our own: only core's id is kept."""
    menu = await begin(hass)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "choose")
    assert menu["menu_options"] == ["link", "user"]
    assert menu["description_placeholders"] == {"account": flows.email}
    form = await submit(hass, menu, next_step_id="link")
    assert (form["step_id"], form["errors"]) == ("setup", {})
    assert camera_options(form).keys() == {"1001", "1002", "1003"}
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == flows.email
    assert entry.unique_id == str(flows.account_id)
    assert entry.data == {CONF_LINKED_ENTRY: core.entry_id}
    assert cloud.seen("POST", "/") == []
    assert list(flows.sessions) == ["core-hardware-id"]


async def test_a_linked_account_runs_without_a_sign_in_of_ours(
    hass: HomeAssistant,
    core: MockConfigEntry,
    cloud: RingCloudServer,
    one_recording: CloudRecording,
) -> None:
    """Recordings come, and nobody but core asks for tokens or registers a device."""
    menu = await begin(hass)
    form = await submit(hass, menu, next_step_id="link")
    result = await submit(hass, form, **CHOICES)
    await hass.async_block_till_done(wait_background_tasks=True)
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert len(cloud.seen("GET", "/video/")) == 1
    assert cloud.seen("POST", "/") == []
    assert not TokenFile(hass, entry.entry_id).path.exists()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_linked_account_waits_for_core(
    hass: HomeAssistant, core: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """While core's entry is not set up, ours is tried again; core may be replaced."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id=str(cloud.state.account_id),
        data={CONF_LINKED_ENTRY: core.entry_id},
        options=CHOICES,
    )
    entry.add_to_hass(hass)
    core.mock_state(hass, ConfigEntryState.SETUP_RETRY)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "linked_entry_waits"
    assert cloud.requests == []
    core.mock_state(hass, ConfigEntryState.LOADED)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_link_to_nothing_is_said_to_be_one(
    hass: HomeAssistant, core: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Waiting would not help; the dialog of the entry offers what does."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id=str(cloud.state.account_id),
        data={CONF_LINKED_ENTRY: "removed"},
        options=CHOICES,
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "linked_entry_gone"
    menu = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, menu, next_step_id="link")
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_sign_in_that_core_lost_starts_no_dialog_of_ours(
    hass: HomeAssistant, core: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Core asks its owner itself; ours waits."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id=str(cloud.state.account_id),
        data={CONF_LINKED_ENTRY: core.entry_id},
        options=CHOICES,
    )
    entry.add_to_hass(hass)
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert hass.config_entries.flow.async_progress() == []


async def test_of_two_accounts_one_is_chosen(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    """The form asks which."""
    other = await add_core_entry(hass, cloud)
    menu = await begin(hass)
    form = await submit(hass, menu, next_step_id="link")
    assert (form["step_id"], form["errors"]) == ("link", {})
    assert fields(form).keys() == {CONF_LINKED_ENTRY}
    form = await submit(hass, form, linked_entry=other.entry_id)
    result = await submit(hass, form, **CHOICES)
    assert result["result"].data == {CONF_LINKED_ENTRY: other.entry_id}


@pytest.mark.parametrize("session", [None, {"profile": {}}, []])
async def test_a_client_without_an_owner_can_be_waited_for(
    hass: HomeAssistant, flows: CloudState, core: MockConfigEntry, session: object
) -> None:
    """The form says so; the next try succeeds."""
    known = core.runtime_data.api.session
    core.runtime_data.api.session = session
    menu = await begin(hass)
    form = await submit(hass, menu, next_step_id="link")
    assert (form["step_id"], form["errors"]) == ("link", {"base": "link_unavailable"})
    core.runtime_data.api.session = known
    form = await submit(hass, form)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_core_may_stop_while_the_dialog_is_open(
    hass: HomeAssistant, flows: CloudState, core: MockConfigEntry
) -> None:
    """The form says so; once core is back, or reloaded, the next try succeeds."""
    menu = await begin(hass)
    core.mock_state(hass, ConfigEntryState.NOT_LOADED)
    form = await submit(hass, menu, next_step_id="link")
    assert (form["step_id"], form["errors"]) == ("link", {"base": "link_unavailable"})
    core.mock_state(hass, ConfigEntryState.LOADED)
    core.runtime_data = SimpleNamespace(api=core.runtime_data.api)
    form = await submit(hass, form)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_signing_in_here_stays_possible(
    hass: HomeAssistant, flows: CloudState, core: MockConfigEntry
) -> None:
    """The menu leads to the form, also after it was closed half way."""
    menu = await reopen(hass, await begin(hass))
    assert menu["step_id"] == "choose"
    form = await submit(hass, menu, next_step_id="user")
    assert (form["step_id"], form["errors"]) == ("user", {})
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["result"].data.keys() == {
        CONF_USERNAME,
        CONF_TOKEN,
        CONF_HARDWARE_ID,
    }


async def test_an_account_is_linked_only_once(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    entry: MockConfigEntry,
) -> None:
    """It is the same account, by whichever sign-in."""
    menu = await begin(hass)
    result = await submit(hass, menu, next_step_id="link")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_an_account_can_be_linked_later(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    entry: MockConfigEntry,
) -> None:
    """Its own token is forgotten, everywhere."""
    file = TokenFile(hass, entry.entry_id)
    await file.async_save(entry.data[CONF_TOKEN])
    menu = await entry.start_reconfigure_flow(hass)
    assert menu["menu_options"] == ["link", "reconfigure"]
    result = await submit(hass, menu, next_step_id="link")
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {CONF_LINKED_ENTRY: core.entry_id}
    assert entry.title == flows.email
    assert not file.path.exists()


async def test_a_link_can_be_given_up_later(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    """The account signs in as a device of its own; the link is forgotten."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        unique_id=str(flows.account_id),
        data={CONF_LINKED_ENTRY: core.entry_id},
    )
    entry.add_to_hass(hass)
    menu = await entry.start_reconfigure_flow(hass)
    form = await submit(hass, menu, next_step_id="reconfigure")
    assert fields(form)[CONF_USERNAME] == ""
    result = await submit(hass, form, username=flows.email, password=flows.password)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data.keys() == {CONF_USERNAME, CONF_TOKEN, CONF_HARDWARE_ID}
    assert entry.title == "Home"


async def test_another_account_of_core_is_refused(
    hass: HomeAssistant,
    flows: CloudState,
    core: MockConfigEntry,
    entry: MockConfigEntry,
) -> None:
    """The entry keeps what it had."""
    before = dict(entry.data)
    core.runtime_data.api.session = {"profile": {"id": 7}}
    menu = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, menu, next_step_id="link")
    assert result["reason"] == "wrong_account"
    assert entry.data == before
