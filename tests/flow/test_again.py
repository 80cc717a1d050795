"""Tests of dialogs for an account that is there already, and of the forms' texts."""

from collections.abc import Generator
import json
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    CONF_HARDWARE_ID,
    CONF_PRESET,
    CONF_RECOGNIZE_FACES,
    DOMAIN,
)
from custom_components.ring_vision.flow.forms import ERRORS, LINK_ERRORS, PASTE_ERRORS
from tests.forms import (
    CHOICES,
    begin,
    camera_options,
    fields,
    reopen,
    sign_in,
    submit,
    without_setup,
)
from tests.ring_cloud_server import CloudState, RingCloudServer

TEXTS = "custom_components/ring_vision/translations/en.json"


@pytest.fixture
def flows(cloud: RingCloudServer) -> Generator[CloudState]:
    """Return the account that the flows of a test sign in to."""
    with without_setup():
        yield cloud.state


async def test_an_account_is_added_only_once(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """The second time the flow says so, whatever the e-mail looks like."""
    form = await begin(hass)
    result = await submit(
        hass, form, username=flows.email.upper(), password=flows.password
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert hass.config_entries.async_entries(DOMAIN) == [entry]


async def test_a_dialog_left_open_does_not_block_the_next(
    hass: HomeAssistant, flows: CloudState
) -> None:
    """The account can be added by the second dialog, and the first one ends."""
    await sign_in(hass, flows)
    result = await submit(hass, await sign_in(hass, flows), **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_a_dialog_can_be_opened_again(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> None:
    """A dialog that was closed half way shows the same form, and asks Ring nothing."""
    flows.two_factor = True
    code = await sign_in(hass, flows)
    assert (await reopen(hass, code))["step_id"] == "code"
    setup = await submit(hass, code, code=flows.code)
    asked = len(cloud.requests)
    again = await reopen(hass, setup)
    assert again["step_id"] == "setup"
    assert camera_options(again) == camera_options(setup)
    assert len(cloud.requests) == asked


async def test_a_sign_in_that_expired_is_renewed(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """The password is enough; the hardware id, the options and the title stay."""
    before = dict(entry.data)
    hass.config_entries.async_update_entry(entry, title="Home")
    form = await entry.start_reauth_flow(hass)
    assert (form["step_id"], form["errors"]) == ("reauth_confirm", {})
    assert fields(form).keys() == {CONF_PASSWORD}
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders[CONF_USERNAME] == flows.email
    result = await submit(hass, form, password=flows.password)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data.keys() == before.keys()
    assert entry.data[CONF_TOKEN] != before[CONF_TOKEN]
    assert entry.data[CONF_TOKEN]["access_token"] in flows.access_tokens
    assert entry.data[CONF_HARDWARE_ID] == before[CONF_HARDWARE_ID]
    assert list(flows.sessions) == [before[CONF_HARDWARE_ID]]
    assert entry.title == "Home"


async def test_a_renewal_may_need_corrections_and_a_code(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """Wrong password, wrong code, and then all is well."""
    flows.two_factor = True
    token = entry.data[CONF_TOKEN]
    form = await entry.start_reauth_flow(hass)
    form = await submit(hass, form, password="wrong")
    assert form["step_id"] == "reauth_confirm"
    assert form["errors"] == {"base": "invalid_auth"}
    form = await submit(hass, form, password=flows.password)
    assert (form["step_id"], form["errors"]) == ("code", {})
    form = await submit(hass, form, code="000000")
    assert (form["step_id"], form["errors"]) == ("code", {"base": "wrong_code"})
    assert entry.data[CONF_TOKEN] == token
    result = await submit(hass, form, code=flows.code)
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN] != token


async def test_a_renewal_takes_no_other_account(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """The entry keeps what it had."""
    token = entry.data[CONF_TOKEN]
    flows.account_id += 1
    form = await entry.start_reauth_flow(hass)
    result = await submit(hass, form, password=flows.password)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"
    assert entry.data[CONF_TOKEN] == token


async def test_an_account_whose_email_changed_is_reconfigured(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """E-mail, token and title are new; the hardware id and the options stay."""
    before = dict(entry.data)
    options = dict(entry.options)
    form = await entry.start_reconfigure_flow(hass)
    assert (form["step_id"], form["errors"]) == ("reconfigure", {})
    assert fields(form) == {CONF_USERNAME: flows.email, CONF_PASSWORD: None}
    flows.email = "new@example.com"
    flows.two_factor = True
    form = await submit(
        hass, form, username=before[CONF_USERNAME], password=flows.password
    )
    assert form["step_id"] == "reconfigure"
    assert form["errors"] == {"base": "invalid_auth"}
    form = await submit(hass, form, username=flows.email, password=flows.password)
    assert form["step_id"] == "code"
    result = await submit(hass, form, code=flows.code)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.title == entry.data[CONF_USERNAME] == "new@example.com"
    assert entry.data[CONF_TOKEN] != before[CONF_TOKEN]
    assert entry.data[CONF_HARDWARE_ID] == before[CONF_HARDWARE_ID]
    assert entry.options == options


async def test_an_entry_is_not_reconfigured_to_another_account(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """Another account is another entry."""
    token = entry.data[CONF_TOKEN]
    flows.account_id += 1
    form = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, form, username=flows.email, password=flows.password)
    assert result["reason"] == "wrong_account"
    assert entry.data[CONF_TOKEN] == token


async def test_changed_options_set_the_account_up_anew(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    """The cameras are those of the account, and the new choices count at once."""
    before = account.runtime_data
    form = await hass.config_entries.options.async_init(account.entry_id)
    assert form["step_id"] == "init"
    assert camera_options(form) == {
        "1001": "Front Door",
        "1002": "Garden",
        "1003": "Drive",
    }
    choices = {
        CONF_BACKFILL_DAYS: 1,
        CONF_CAMERAS: ["1001"],
        CONF_RECOGNIZE_FACES: False,
    }
    result = await hass.config_entries.options.async_configure(form["flow_id"], choices)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.options == {**choices, CONF_PRESET: "balanced"}
    assert account.state is ConfigEntryState.LOADED
    assert account.runtime_data is not before
    assert account.runtime_data.account.chosen == ("1001",)


async def test_a_chosen_camera_that_is_gone_stays_selectable(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """It keeps its name, and does not spoil the form."""
    hass.config_entries.async_update_entry(
        account, options={**account.options, CONF_CAMERAS: ["1001", "1002"]}
    )
    cloud.state.cameras = [each for each in cloud.state.cameras if each.id != 1002]
    await account.runtime_data.account.async_refresh()
    form = await hass.config_entries.options.async_init(account.entry_id)
    assert camera_options(form) == {
        "1001": "Front Door",
        "1003": "Drive",
        "1002": "Garden",
    }
    choices = {**CHOICES, CONF_CAMERAS: ["1001", "1002"]}
    result = await hass.config_entries.options.async_configure(form["flow_id"], choices)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.options == {**choices, CONF_PRESET: "balanced"}


async def test_options_can_be_changed_while_the_account_is_not_set_up(
    hass: HomeAssistant, flows: CloudState, entry: MockConfigEntry
) -> None:
    """The chosen cameras are offered, by the owner's name where there is one."""
    hass.config_entries.async_update_entry(
        entry, options={**CHOICES, CONF_CAMERAS: ["1001", "1002", "1003"]}
    )
    registry = dr.async_get(hass)
    for camera_id in ("1001", "1002"):
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, camera_id)},
            name=f"Camera {camera_id}",
        )
    device = registry.async_get_device_by_identifier((DOMAIN, "1001"), entry.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="My door")
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert camera_options(form) == {
        "1001": "My door",
        "1002": "Camera 1002",
        "1003": "1003",
    }
    choices = {**CHOICES, CONF_CAMERAS: ["1003"]}
    result = await hass.config_entries.options.async_configure(form["flow_id"], choices)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**choices, CONF_PRESET: "balanced"}


def test_every_error_and_every_field_has_a_text(repository: Path) -> None:
    """Whatever a form shows is in the translations, with an explanation."""
    texts = json.loads((repository / TEXTS).read_text())
    shown = {"unknown"}.union(
        *(e.values() for e in (ERRORS, LINK_ERRORS, PASTE_ERRORS))
    )
    assert shown <= texts["config"]["error"].keys()
    forms = [*texts["config"]["step"].values(), *texts["options"]["step"].values()]
    assert [form.get("data", {}).keys() for form in forms] == [
        form.get("data_description", {}).keys() for form in forms
    ]
