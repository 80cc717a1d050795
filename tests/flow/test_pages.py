"""Tests of the sign-in by the pages of Ring's app."""

from collections.abc import Generator
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_HARDWARE_ID
from tests.forms import CHOICES, fields, reopen, sign_in, submit, without_setup
from tests.ring_cloud_server import FAULTS, CloudState, Fault, RingCloudServer

TROUBLES: list[tuple[dict[str, Any], str]] = [
    ({"status": 406, "body": "406 Not Acceptable"}, "blocked"),
    ({"status": 429, "body": {}}, "rate_limited"),
    ({"status": 500}, "cannot_connect"),
    ({"reset": True}, "cannot_connect"),
    ({"status": 404}, "page_changed"),
    ({"status": 302}, "page_changed"),
    ({"status": 302, "headers": {"Location": "https://example.com"}}, "page_changed"),
    ({"status": 302, "headers": {"Location": "http://["}}, "page_changed"),
    ({"body": "<html>something new</html>"}, "page_changed"),
]
"""What a page may be instead of itself, and what the form says then."""


@pytest.fixture
def flows(cloud: RingCloudServer) -> Generator[CloudState]:
    """Return the account; entries run no further than the end of the flow."""
    with without_setup():
        yield cloud.state


@pytest.fixture
async def pages(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> ConfigFlowResult:
    """Return the form behind the door, after Ring refused the password."""
    cloud.add_fault(FAULTS["login_406"]())
    menu = await sign_in(hass, flows)
    form = await submit(hass, menu, next_step_id="app_pages")
    cloud.requests.clear()
    return form


async def enter(
    hass: HomeAssistant, form: ConfigFlowResult, state: CloudState
) -> ConfigFlowResult:
    """Enter what is right."""
    return await submit(hass, form, username=state.email, password=state.password)


async def test_the_pages_lead_to_an_account_without_a_code(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
) -> None:
    """The token that they hand out is changed before the API sees it."""
    form = pages
    assert (form["step_id"], form["errors"]) == ("app_pages", {})
    assert fields(form) == {CONF_USERNAME: flows.email, CONF_PASSWORD: None}
    form = await enter(hass, form, flows)
    assert (form["step_id"], form["errors"]) == ("setup", {})
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    data = result["result"].data
    assert data.keys() == {CONF_USERNAME, CONF_TOKEN, CONF_HARDWARE_ID}
    assert data[CONF_TOKEN]["access_token"] in flows.access_tokens
    grants = [asked.form["grant_type"] for asked in cloud.seen("POST", "/oauth/token")]
    assert grants == ["authorization_code", "refresh_token"]


async def test_the_pages_lead_to_an_account_with_a_code(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
) -> None:
    """One code is sent, and a wrong one can be corrected."""
    flows.two_factor = True
    form = pages
    form = await enter(hass, form, flows)
    assert (form["step_id"], form["errors"]) == ("app_code", {})
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert flows.phone in placeholders["where"]
    assert (await reopen(hass, form))["step_id"] == "app_code"
    form = await submit(hass, form, code=" ")
    assert form["errors"] == {"code": "code_missing"}
    form = await submit(hass, form, code="000000")
    assert (form["step_id"], form["errors"]) == ("app_code", {"base": "wrong_code"})
    form = await submit(hass, form, code=flows.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(flows.codes_sent) == 1


async def test_a_wrong_password_on_the_pages_can_be_corrected(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
) -> None:
    """And an empty e-mail is told at its field."""
    form = pages
    form = await submit(hass, form, username=" ", password="wrong")
    assert form["errors"] == {CONF_USERNAME: "email_missing"}
    form = await submit(hass, form, username=flows.email, password="wrong")
    assert (form["step_id"], form["errors"]) == ("app_pages", {"base": "invalid_auth"})
    form = await enter(hass, form, flows)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("page", ["GET /oauth/v2/authorize", "* /oauth/v2/signin"])
@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_pages_that_failed_can_be_entered_again(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
    page: str,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """The form says what is wrong and keeps the e-mail."""
    fault = cloud.add_fault(Fault(page, times=-1, **trouble))
    form = await enter(hass, pages, flows)
    assert (form["step_id"], form["errors"]) == ("app_pages", {"base": error})
    assert fields(form) == {CONF_USERNAME: flows.email, CONF_PASSWORD: None}
    cloud.faults.remove(fault)
    form = await enter(hass, form, flows)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("page", ["GET /oauth/v2/authorize", "POST /oauth/v2/2fa"])
@pytest.mark.parametrize(("trouble", "error"), TROUBLES[:4])
async def test_a_code_of_the_pages_that_failed_can_be_entered_again(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
    page: str,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """No other code is sent for that."""
    flows.two_factor = True
    form = await enter(hass, pages, flows)
    fault = cloud.add_fault(Fault(page, times=-1, **trouble))
    form = await submit(hass, form, code=flows.code)
    assert (form["step_id"], form["errors"]) == ("app_code", {"base": error})
    cloud.faults.remove(fault)
    form = await submit(hass, form, code=flows.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(flows.codes_sent) == 1


@pytest.mark.parametrize("page", ["GET /oauth/v2/authorize", "POST /oauth/v2/2fa"])
@pytest.mark.parametrize(("trouble", "error"), TROUBLES[4:])
async def test_pages_that_changed_lead_back_to_the_password(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
    page: str,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """Another code would not help."""
    flows.two_factor = True
    form = await enter(hass, pages, flows)
    fault = cloud.add_fault(Fault(page, times=-1, **trouble))
    form = await submit(hass, form, code=flows.code)
    assert (form["step_id"], form["errors"]) == ("app_pages", {"base": error})
    cloud.faults.remove(fault)
    form = await enter(hass, form, flows)
    form = await submit(hass, form, code=flows.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("login_406", "blocked"),
        ("login_429_empty", "rate_limited"),
        ("login_503", "cannot_connect"),
        ("login_502", "cannot_connect"),
        ("login_html", "page_changed"),
        ("invalid_grant", "page_changed"),
        ("server_error", "cannot_connect"),
    ],
)
async def test_an_exchange_that_failed_can_be_repeated(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
    fault: str,
    error: str,
) -> None:
    """Entering the password again begins anew."""
    cloud.add_fault(FAULTS[fault]())
    form = await enter(hass, pages, flows)
    assert (form["step_id"], form["errors"]) == ("app_pages", {"base": error})
    form = await enter(hass, form, flows)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_code_of_the_pages_is_used_once(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pages: ConfigFlowResult,
) -> None:
    """When the question after it fails, the next try goes on with the new token."""
    flows.two_factor = True
    form = await enter(hass, pages, flows)
    cloud.add_fault(FAULTS["server_error"]())
    form = await submit(hass, form, code=flows.code)
    assert (form["step_id"], form["errors"]) == ("app_code", {"base": "cannot_connect"})
    form = await submit(hass, form, code=flows.code)
    assert form["step_id"] == "setup"
    assert len(cloud.seen("POST", "/oauth/v2/2fa/verify")) == 1
    assert len(cloud.seen("POST", "/oauth/token")) == 2


async def test_an_expired_sign_in_is_renewed_by_the_pages(
    hass: HomeAssistant,
    flows: CloudState,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    """The password is enough, and the entry stays the device that it was."""
    before = dict(entry.data)
    form = await entry.start_reauth_flow(hass)
    cloud.add_fault(FAULTS["login_406"]())
    menu = await submit(hass, form, password=flows.password)
    form = await submit(hass, menu, next_step_id="app_pages")
    assert fields(form).keys() == {CONF_PASSWORD}
    result = await submit(hass, form, password=flows.password)
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_HARDWARE_ID] == before[CONF_HARDWARE_ID]
    assert entry.data[CONF_TOKEN] != before[CONF_TOKEN]
