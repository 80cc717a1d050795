"""What the forms of a sign-in ask for, and what they say when it fails."""

from collections.abc import Coroutine, Mapping
from typing import Any, Final

from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.translation import async_get_translations
import probatio

from ..const import CONF_LINKED_ENTRY, DOMAIN, LOGGER
from ..ring_cloud.errors import (
    BadToken,
    Blocked,
    CannotConnect,
    CodeRequired,
    PageChanged,
    RateLimited,
    RingError,
    SignInExpired,
    TooManyCodes,
    WrongCode,
    WrongPassword,
)

type Errors = Mapping[type[Exception], str]
"""What a form says by what happened; a subclass stands before its base."""

ERRORS: Final[Errors] = {
    WrongPassword: "invalid_auth",
    SignInExpired: "invalid_auth",
    WrongCode: "wrong_code",
    CodeRequired: "wrong_code",
    TooManyCodes: "too_many_codes",
    BadToken: "bad_token",
    PageChanged: "page_changed",
    Blocked: "blocked",
    RateLimited: "rate_limited",
    CannotConnect: "cannot_connect",
}
PASTE_ERRORS: Final[Errors] = {**ERRORS, SignInExpired: "token_refused"}
LINK_ERRORS: Final[Errors] = {RingError: "link_unavailable"}
INVALID_AUTH: Final = {"base": "invalid_auth"}
BLOCKED: Final = {"base": "blocked"}
PAGE_CHANGED: Final = {"base": "page_changed"}
PLACES: Final = {"sms", "email"}
"""Ways of a code that lead to some place, which Ring tells."""

PASSWORD_FIELD: Final = {
    probatio.Required(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(
            type=TextSelectorType.PASSWORD, autocomplete="current-password"
        )
    )
}
PASSWORD_SCHEMA: Final = probatio.Schema(PASSWORD_FIELD)
SIGN_IN_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): TextSelector(
            TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
        ),
        **PASSWORD_FIELD,
    }
)
CODE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_CODE): TextSelector(
            TextSelectorConfig(autocomplete="one-time-code")
        )
    }
)
TOKEN_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TOKEN): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        )
    }
)


def link_schema(names: Mapping[str, str]) -> probatio.Schema:
    """Return the form that asks which of core's entries; of one there is no choice."""
    if len(names) < 2:
        return probatio.Schema({})
    options = [
        SelectOptionDict(value=entry_id, label=name) for entry_id, name in names.items()
    ]
    selector = SelectSelector(SelectSelectorConfig(options=options))
    return probatio.Schema({probatio.Required(CONF_LINKED_ENTRY): selector})


async def async_errors(
    asking: Coroutine[Any, Any, None], errors: Errors = ERRORS
) -> dict[str, str]:
    """Ask Ring; return the form's errors, none when all went well."""
    try:
        await asking
    except tuple(errors) as err:
        return {
            "base": next(key for kind, key in errors.items() if isinstance(err, kind))
        }
    except Exception:  # noqa: BLE001  a flow tells of every error and can go on
        LOGGER.exception("Unexpected exception")
        return {"base": "unknown"}
    return {}


async def async_sentence(hass: HomeAssistant, key: str) -> str:
    """Return a sentence that only some cases of a form show."""
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    return texts[f"component.{DOMAIN}.common.{key}"]


async def async_where(hass: HomeAssistant, sent: CodeRequired) -> str:
    """Return where the code went, as far as Ring tells."""
    method = sent.method
    if method != "totp" and not (sent.phone and method in PLACES):
        method = "unknown"
    sentence = await async_sentence(hass, f"code_sent_{method}")
    return sentence.format(phone=sent.phone)
