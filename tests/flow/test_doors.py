"""Tests of the doors behind the password, and of a pasted token."""

import base64
from collections.abc import Generator
import json

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_HARDWARE_ID
from tests.core_ring import add_core_entry, point_library_at
from tests.forms import CHOICES, fields, reopen, sign_in, submit, without_setup
from tests.ring_cloud_server import FAULTS, CloudState, RingCloudServer

OTHER_TOOL = "ring-auth-cli-device"


@pytest.fixture
def flows(cloud: RingCloudServer) -> Generator[CloudState]:
    """Return the account; entries run no further than the end of the flow."""
    with without_setup():
        yield cloud.state


@pytest.fixture
def pasted(flows: CloudState) -> str:
    """Return a refresh token that another tool made."""
    flows.refresh_tokens["refresh-token-of-another-tool"] = float("inf")
    return "refresh-token-of-another-tool"


async def refused(hass: HomeAssistant, cloud: RingCloudServer) -> ConfigFlowResult:
    """Sign in by the password, as Ring answers it to many: with 406."""
    cloud.add_fault(FAULTS["login_406"]())
    return await sign_in(hass, cloud.state)


async def door(
    hass: HomeAssistant, cloud: RingCloudServer, step_id: str
) -> ConfigFlowResult:
    """Open one of the doors behind."""
    menu = await refused(hass, cloud)
    return await submit(hass, menu, next_step_id=step_id)


def wrapped(**content: object) -> str:
    """Return what ring-auth-cli shows."""
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize("fault", ["login_406", "login_406_html"])
async def test_a_refused_password_leads_to_the_other_doors(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer, fault: str
) -> None:
    """Nothing is asked until the owner chooses; the password may be tried again."""
    cloud.add_fault(FAULTS[fault]())
    menu = await sign_in(hass, flows)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "doors")
    assert menu["menu_options"] == ["user", "paste_token", "app_pages"]
    menu = await reopen(hass, menu)
    assert len(cloud.requests) == 1
    form = await submit(hass, menu, next_step_id="user")
    assert fields(form) == {CONF_USERNAME: flows.email, CONF_PASSWORD: None}
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_refused_code_leads_to_the_other_doors(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> None:
    """The code may be entered again."""
    flows.two_factor = True
    form = await sign_in(hass, flows)
    cloud.add_fault(FAULTS["login_406"]())
    menu = await submit(hass, form, code=flows.code)
    assert menu["menu_options"] == ["code", "paste_token", "app_pages"]
    form = await submit(hass, menu, next_step_id="code")
    form = await submit(hass, form, code=flows.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_core_is_one_of_the_other_doors(
    hass: HomeAssistant,
    flows: CloudState,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the sign-in expired, too."""
    point_library_at(cloud, monkeypatch)
    await add_core_entry(hass, cloud)
    form = await entry.start_reauth_flow(hass)
    cloud.add_fault(FAULTS["login_406"]())
    menu = await submit(hass, form, password=flows.password)
    assert menu["menu_options"] == [
        "reauth_confirm",
        "link",
        "paste_token",
        "app_pages",
    ]
    result = await submit(hass, menu, next_step_id="link")
    assert result["reason"] == "reauth_successful"


async def test_a_plain_token_is_pasted(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer, pasted: str
) -> None:
    """It is changed at once: the entry has one that the other tool never saw."""
    form = await door(hass, cloud, "paste_token")
    assert (form["step_id"], form["errors"]) == ("paste_token", {})
    form = await submit(hass, form, token=f"  {pasted}\n")
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    data = result["result"].data
    assert pasted not in flows.refresh_tokens
    assert data[CONF_TOKEN]["refresh_token"] in flows.refresh_tokens
    assert data[CONF_TOKEN]["refresh_token"] != pasted
    assert data[CONF_USERNAME] == result["result"].title == flows.email
    assert list(flows.sessions) == [data[CONF_HARDWARE_ID]]


async def test_a_wrapped_token_brings_its_device(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer, pasted: str
) -> None:
    """Its hardware id is ours from then on, from the first request on."""
    form = await door(hass, cloud, "paste_token")
    cloud.requests.clear()
    form = await submit(hass, form, token=wrapped(rt=pasted, hid=OTHER_TOOL))
    result = await submit(hass, form, **CHOICES)
    assert result["result"].data[CONF_HARDWARE_ID] == OTHER_TOOL
    assert {asked.headers["hardware_id"] for asked in cloud.requests} == {OTHER_TOOL}


@pytest.mark.parametrize(
    "text",
    ["hello", "x" * 9000, "a token with *", wrapped(hid="x"), wrapped(rt=7)],
)
async def test_what_is_no_token_is_refused_unasked(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pasted: str,
    text: str,
) -> None:
    """The form says so; the next try succeeds."""
    form = await door(hass, cloud, "paste_token")
    asked = len(cloud.requests)
    form = await submit(hass, form, token=text)
    assert form["errors"] == {"base": "bad_token"}
    assert len(cloud.requests) == asked
    form = await submit(hass, form, token=pasted)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("invalid_grant", "token_refused"),
        ("login_406", "blocked"),
        ("login_429_empty", "rate_limited"),
        ("login_503", "rate_limited"),
        ("login_500", "cannot_connect"),
        ("server_error", "cannot_connect"),
        ("not_acceptable", "blocked"),
    ],
)
async def test_a_token_that_failed_can_be_pasted_again(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    pasted: str,
    fault: str,
    error: str,
) -> None:
    """The form says what is wrong; another token succeeds."""
    form = await door(hass, cloud, "paste_token")
    cloud.add_fault(FAULTS[fault]())
    form = await submit(hass, form, token=pasted)
    assert (form["step_id"], form["errors"]) == ("paste_token", {"base": error})
    assert fields(form) == {CONF_TOKEN: None}
    flows.refresh_tokens["another-token-of-that-tool"] = float("inf")
    form = await submit(hass, form, token="another-token-of-that-tool")
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_token_is_changed_once(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer, pasted: str
) -> None:
    """When the question after it fails, the same text goes on with the new token."""
    form = await door(hass, cloud, "paste_token")
    cloud.add_fault(FAULTS["server_error"]())
    form = await submit(hass, form, token=pasted)
    assert form["errors"] == {"base": "cannot_connect"}
    form = await submit(hass, form, token=pasted)
    assert form["step_id"] == "setup"
    result = await submit(hass, form, **CHOICES)
    assert result["result"].data[CONF_TOKEN]["refresh_token"] in flows.refresh_tokens


async def test_an_expired_sign_in_is_renewed_by_a_token(
    hass: HomeAssistant,
    flows: CloudState,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    pasted: str,
) -> None:
    """The entry becomes the device that the token was made for."""
    form = await entry.start_reauth_flow(hass)
    cloud.add_fault(FAULTS["login_406"]())
    menu = await submit(hass, form, password=flows.password)
    form = await submit(hass, menu, next_step_id="paste_token")
    result = await submit(hass, form, token=wrapped(rt=pasted, hid=OTHER_TOOL))
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_HARDWARE_ID] == OTHER_TOOL
    assert entry.data[CONF_TOKEN]["refresh_token"] in flows.refresh_tokens
