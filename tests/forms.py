"""Opens and fills in the dialogs of the config flow, as a user would."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant

from custom_components.ring_vision.const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    CONF_RECOGNIZE_FACES,
    DOMAIN,
)

from .ring_cloud_server import CloudState

CHOICES = {CONF_BACKFILL_DAYS: 7, CONF_CAMERAS: [], CONF_RECOGNIZE_FACES: False}
"""What the form of the choices suggests."""


@contextmanager
def without_setup() -> Generator[None]:
    """Let entries run no further than the end of the flow."""
    with (
        patch("custom_components.ring_vision.async_setup_entry", return_value=True),
        patch("custom_components.ring_vision.async_unload_entry", return_value=True),
    ):
        yield


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the dialog that adds an account."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **fields: Any
) -> ConfigFlowResult:
    """Fill a form in."""
    return await hass.config_entries.flow.async_configure(form["flow_id"], fields)


async def reopen(hass: HomeAssistant, form: ConfigFlowResult) -> ConfigFlowResult:
    """Open a dialog again that was closed half way."""
    return await hass.config_entries.flow.async_configure(form["flow_id"])


async def sign_in(hass: HomeAssistant, state: CloudState) -> ConfigFlowResult:
    """Open the dialog and enter what is right."""
    form = await begin(hass)
    return await submit(hass, form, username=state.email, password=state.password)


def fields(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form asks for, by name, with what it suggests."""
    schema = form["data_schema"]
    assert schema is not None
    return {
        str(key): (key.description or {}).get("suggested_value")
        for key in schema.schema
    }


def camera_options(form: Any) -> dict[str, str]:
    """Return the names of the cameras that a form offers, by id."""
    selector = form["data_schema"].schema[CONF_CAMERAS]
    return {option["value"]: option["label"] for option in selector.config["options"]}
