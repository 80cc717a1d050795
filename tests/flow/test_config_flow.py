"""Tests of adding an account: sign in, code, choices, and what goes wrong."""

from collections.abc import Generator
import json
from unittest.mock import patch
from uuid import UUID

from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.ring_vision.const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    CONF_HARDWARE_ID,
    CONF_RECOGNIZE_FACES,
)
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from tests.forms import (
    CHOICES,
    begin,
    camera_options,
    fields,
    sign_in,
    submit,
    without_setup,
)
from tests.ring_cloud_server import FAULTS, CloudState, Fault, RingCloudServer

TOKEN_FAULTS = [
    ("login_429_empty", "rate_limited"),
    ("login_429_codes", "too_many_codes"),
    ("login_500", "cannot_connect"),
    ("login_502", "cannot_connect"),
    ("login_503", "cannot_connect"),
    ("login_504", "cannot_connect"),
]
"""What the sign-in itself may answer, and what the form says then."""
SESSION_FAULTS = [
    ("not_acceptable", "blocked"),
    ("too_many_requests", "rate_limited"),
    ("server_error", "cannot_connect"),
    ("maintenance", "cannot_connect"),
]
"""What the first question after it may answer."""


@pytest.fixture
def flows(cloud: RingCloudServer) -> Generator[CloudState]:
    """Return the account that the flows of a test sign in to."""
    with without_setup():
        yield cloud.state


@pytest.fixture
def two_factor(flows: CloudState) -> CloudState:
    """Let the account ask for a code."""
    flows.two_factor = True
    return flows


async def test_an_account_is_added_without_a_code(
    hass: HomeAssistant, flows: CloudState
) -> None:
    """E-mail and password are enough where the account asks for no code."""
    form = await begin(hass)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["errors"] == {}
    form = await submit(
        hass, form, username=f"  {flows.email} ", password=flows.password
    )
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "setup")
    assert form["errors"] == {}
    assert form["description_placeholders"] == {"note": ""}
    assert camera_options(form) == {
        "1001": "Front Door",
        "1002": "Garden",
        "1003": "Drive",
    }
    result = await submit(
        hass, form, backfill_days=30, cameras=["1002"], recognize_faces=True
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == flows.email
    assert entry.unique_id == str(flows.account_id)
    assert entry.data.keys() == {CONF_USERNAME, CONF_TOKEN, CONF_HARDWARE_ID}
    assert entry.data[CONF_USERNAME] == flows.email
    assert entry.data[CONF_TOKEN]["access_token"] in flows.access_tokens
    assert UUID(entry.data[CONF_HARDWARE_ID]).version == 4
    assert list(flows.sessions) == [entry.data[CONF_HARDWARE_ID]]
    assert entry.options == {
        CONF_BACKFILL_DAYS: 30,
        CONF_CAMERAS: ["1002"],
        CONF_RECOGNIZE_FACES: True,
    }


async def test_an_account_is_added_with_a_code(
    hass: HomeAssistant, two_factor: CloudState
) -> None:
    """A code with spaces, as a message shows it, works as well."""
    form = await sign_in(hass, two_factor)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "code")
    assert form["errors"] == {}
    form = await submit(hass, form, code=" 123 456 ")
    assert form["step_id"] == "setup"
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].options == CHOICES


async def test_the_choices_have_defaults(
    hass: HomeAssistant, flows: CloudState
) -> None:
    """Whoever only confirms gets a week, all cameras and no faces."""
    result = await submit(hass, await sign_in(hass, flows))
    assert result["result"].options == CHOICES


@pytest.mark.parametrize("days", [-1, 181])
async def test_days_that_ring_does_not_keep_are_refused(
    hass: HomeAssistant, flows: CloudState, days: int
) -> None:
    """The first run goes back as far as Ring keeps recordings at most."""
    form = await sign_in(hass, flows)
    with pytest.raises(InvalidData):
        await submit(hass, form, **{**CHOICES, CONF_BACKFILL_DAYS: days})


async def test_the_password_is_not_stored(
    hass: HomeAssistant, two_factor: CloudState
) -> None:
    """Neither the password nor the code is anywhere in the entry."""
    two_factor.password = "a very long secret"
    form = await submit(hass, await sign_in(hass, two_factor), code=two_factor.code)
    result = await submit(hass, form, **CHOICES)
    stored = json.dumps(result["result"].as_dict(), default=str)
    assert two_factor.password not in stored
    assert CONF_PASSWORD not in result["result"].data
    assert CONF_CODE not in result["result"].data


@pytest.mark.parametrize(
    ("way", "phone", "sentence"),
    [
        ("sms", "+44xxxxxxxx89", "by text message to `+44xxxxxxxx89`"),
        ("email", "a**a@example.com", "by e-mail to `a**a@example.com`"),
        ("totp", "", "authenticator app and enter"),
        ("sms", "", "Ring asks for a code"),
        ("pigeon", "+44xxxxxxxx89", "Ring asks for a code"),
    ],
)
async def test_the_form_says_where_the_code_went(
    hass: HomeAssistant, two_factor: CloudState, way: str, phone: str, sentence: str
) -> None:
    """Each way has a sentence of its own, and so has one that nobody knows yet."""
    two_factor.tsv_state = way
    two_factor.phone = phone
    form = await sign_in(hass, two_factor)
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert sentence in placeholders["where"]


@pytest.mark.parametrize(("fault", "error"), [*TOKEN_FAULTS, *SESSION_FAULTS])
async def test_a_sign_in_that_failed_can_be_repeated(
    hass: HomeAssistant,
    flows: CloudState,
    cloud: RingCloudServer,
    fault: str,
    error: str,
) -> None:
    """The form says what is wrong and keeps the e-mail; the next try succeeds."""
    cloud.add_fault(FAULTS[fault]())
    form = await sign_in(hass, flows)
    assert (form["step_id"], form["errors"]) == ("user", {"base": error})
    assert fields(form) == {CONF_USERNAME: flows.email, CONF_PASSWORD: None}
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_lost_connection_can_be_repeated(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> None:
    """A connection that breaks off is no reason to begin again."""
    cloud.add_fault(FAULTS["login_reset"](times=-1))
    form = await sign_in(hass, flows)
    assert form["errors"] == {"base": "cannot_connect"}
    cloud.clear_faults()
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("fault", "error"), TOKEN_FAULTS)
async def test_a_code_that_failed_can_be_repeated(
    hass: HomeAssistant,
    two_factor: CloudState,
    cloud: RingCloudServer,
    fault: str,
    error: str,
) -> None:
    """The form of the code stays, and says where the code went all the same."""
    form = await sign_in(hass, two_factor)
    where = form["description_placeholders"]
    cloud.add_fault(FAULTS[fault]())
    form = await submit(hass, form, code=two_factor.code)
    assert (form["step_id"], form["errors"]) == ("code", {"base": error})
    assert form["description_placeholders"] == where
    form = await submit(hass, form, code=two_factor.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_code_is_used_once(
    hass: HomeAssistant, two_factor: CloudState, cloud: RingCloudServer
) -> None:
    """When the question after the sign-in fails, the next try needs no new code."""
    form = await sign_in(hass, two_factor)
    cloud.add_fault(FAULTS["server_error"]())
    form = await submit(hass, form, code=two_factor.code)
    assert (form["step_id"], form["errors"]) == ("code", {"base": "cannot_connect"})
    form = await submit(hass, form, code=two_factor.code)
    assert form["step_id"] == "setup"
    assert len(cloud.seen("POST", "/oauth/token")) == 2


async def test_a_wrong_password_can_be_corrected(
    hass: HomeAssistant, flows: CloudState
) -> None:
    """The form says so and asks again."""
    form = await begin(hass)
    form = await submit(hass, form, username=flows.email, password="wrong")
    assert (form["step_id"], form["errors"]) == ("user", {"base": "invalid_auth"})
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_wrong_code_can_be_corrected(
    hass: HomeAssistant, two_factor: CloudState
) -> None:
    """The form of the code stays."""
    form = await sign_in(hass, two_factor)
    form = await submit(hass, form, code="000000")
    assert (form["step_id"], form["errors"]) == ("code", {"base": "wrong_code"})
    form = await submit(hass, form, code=two_factor.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_another_code_is_asked_for_where_ring_sends_one(
    hass: HomeAssistant, two_factor: CloudState, cloud: RingCloudServer
) -> None:
    """The form says where the newest code went."""
    form = await sign_in(hass, two_factor)
    cloud.add_fault(
        Fault(
            match="POST /oauth/token",
            status=412,
            body={"phone": "a**a@example.com", "tsv_state": "email"},
        )
    )
    form = await submit(hass, form, code=two_factor.code)
    assert (form["step_id"], form["errors"]) == ("code", {"base": "wrong_code"})
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert "a**a@example.com" in placeholders["where"]
    form = await submit(hass, form, code=two_factor.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_password_that_changed_meanwhile_is_asked_for_again(
    hass: HomeAssistant, two_factor: CloudState
) -> None:
    """A wrong password at the code leads back to the password."""
    form = await sign_in(hass, two_factor)
    two_factor.password = "changed"
    form = await submit(hass, form, code=two_factor.code)
    assert (form["step_id"], form["errors"]) == ("user", {"base": "invalid_auth"})
    form = await submit(hass, form, username=two_factor.email, password="changed")
    form = await submit(hass, form, code=two_factor.code)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_ring_is_not_asked_without_an_email(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> None:
    """An empty e-mail address is told at its field."""
    form = await submit(hass, await begin(hass), username="  ", password="secret")
    assert form["step_id"] == "user"
    assert form["errors"] == {CONF_USERNAME: "email_missing"}
    assert cloud.requests == []


async def test_ring_is_not_asked_without_a_code(
    hass: HomeAssistant, two_factor: CloudState, cloud: RingCloudServer
) -> None:
    """An empty code is told at its field."""
    form = await submit(hass, await sign_in(hass, two_factor), code="  ")
    assert form["step_id"] == "code"
    assert form["errors"] == {CONF_CODE: "code_missing"}
    assert len(cloud.requests) == 1


async def test_something_unforeseen_is_logged_and_can_be_repeated(
    hass: HomeAssistant, flows: CloudState, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of our own ends no flow."""
    with patch.object(OwnRingCloud, "async_account", side_effect=ZeroDivisionError):
        form = await sign_in(hass, flows)
    assert (form["step_id"], form["errors"]) == ("user", {"base": "unknown"})
    assert "ZeroDivisionError" in caplog.text
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_account_without_cameras_can_be_added(
    hass: HomeAssistant, flows: CloudState
) -> None:
    """The form says that there is none and asks for none."""
    flows.cameras.clear()
    form = await sign_in(hass, flows)
    assert (form["step_id"], form["errors"]) == ("setup", {})
    assert fields(form).keys() == {CONF_BACKFILL_DAYS, CONF_RECOGNIZE_FACES}
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert "no camera" in placeholders["note"]
    result = await submit(hass, form, backfill_days=7, recognize_faces=False)
    assert result["result"].options == CHOICES


async def test_cameras_that_cannot_be_read_do_not_lose_the_sign_in(
    hass: HomeAssistant, two_factor: CloudState, cloud: RingCloudServer
) -> None:
    """The form goes without them; the next try shows them and keeps the choices."""
    form = await sign_in(hass, two_factor)
    # The session is opened, and whatever else tells of cameras fails.
    cloud.add_fault(
        Fault(match="GET /(clients_api|device_info)/", status=500, times=-1)
    )
    form = await submit(hass, form, code=two_factor.code)
    assert (form["step_id"], form["errors"]) == ("setup", {"base": "cannot_connect"})
    assert form["description_placeholders"] == {"note": ""}
    assert fields(form).keys() == {CONF_BACKFILL_DAYS, CONF_RECOGNIZE_FACES}
    cloud.clear_faults()
    form = await submit(hass, form, backfill_days=3, recognize_faces=True)
    assert (form["step_id"], form["errors"]) == ("setup", {})
    assert fields(form) == {
        CONF_BACKFILL_DAYS: 3,
        CONF_CAMERAS: None,
        CONF_RECOGNIZE_FACES: True,
    }
    result = await submit(
        hass, form, backfill_days=3, cameras=["1003"], recognize_faces=True
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].options[CONF_CAMERAS] == ["1003"]
    assert len(cloud.seen("POST", "/oauth/token")) == 2


async def test_a_sign_in_that_ended_meanwhile_leads_back_to_the_password(
    hass: HomeAssistant, flows: CloudState, cloud: RingCloudServer
) -> None:
    """Cameras are read late, when the sign-in may be over."""
    fault = cloud.add_fault(
        Fault(match="GET /(clients_api|device_info)/", status=500, times=-1)
    )
    form = await sign_in(hass, flows)
    assert form["errors"] == {"base": "cannot_connect"}
    cloud.faults.remove(fault)
    flows.expire_access_tokens()
    flows.revoke_refresh_tokens()
    form = await submit(hass, form, backfill_days=7, recognize_faces=False)
    assert (form["step_id"], form["errors"]) == ("user", {"base": "invalid_auth"})
    form = await submit(hass, form, username=flows.email, password=flows.password)
    result = await submit(hass, form, **CHOICES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
