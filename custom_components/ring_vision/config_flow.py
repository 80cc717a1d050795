"""Config flow: sign in with a code, choose what to do, sign in again later."""

from collections.abc import Coroutine, Mapping
from typing import Any, Final, override
from uuid import uuid4

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.translation import async_get_translations
import probatio

from .const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    CONF_HARDWARE_ID,
    CONF_RECOGNIZE_FACES,
    DEFAULT_BACKFILL_DAYS,
    DOMAIN,
    LOGGER,
    MAX_BACKFILL_DAYS,
)
from .coordinator import RingVisionConfigEntry
from .ring_cloud import RingCloud
from .ring_cloud.errors import (
    Blocked,
    CannotConnect,
    CodeRequired,
    RateLimited,
    SignInExpired,
    TooManyCodes,
    WrongCode,
    WrongPassword,
)

ERRORS: Final[dict[type[Exception], str]] = {
    WrongPassword: "invalid_auth",
    SignInExpired: "invalid_auth",
    WrongCode: "wrong_code",
    CodeRequired: "wrong_code",
    TooManyCodes: "too_many_codes",
    Blocked: "blocked",
    RateLimited: "rate_limited",
    CannotConnect: "cannot_connect",
}
"""What the form says; a subclass stands before its base."""
INVALID_AUTH: Final = {"base": "invalid_auth"}
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


def _choices_schema(cameras: Mapping[str, str]) -> probatio.Schema:
    """Return the form of the options; `cameras` are names by id."""
    fields: dict[probatio.Marker, Any] = {
        probatio.Required(
            CONF_BACKFILL_DAYS, default=DEFAULT_BACKFILL_DAYS
        ): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=MAX_BACKFILL_DAYS,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement="days",
                translation_key=CONF_BACKFILL_DAYS,
            )
        )
    }
    if cameras:
        fields[probatio.Optional(CONF_CAMERAS, default=list)] = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=camera_id, label=name)
                    for camera_id, name in cameras.items()
                ],
                multiple=True,
            )
        )
    fields[probatio.Required(CONF_RECOGNIZE_FACES, default=False)] = BooleanSelector()
    return probatio.Schema(fields)


def _choices(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a form asks for."""
    return {
        CONF_BACKFILL_DAYS: int(user_input[CONF_BACKFILL_DAYS]),
        CONF_CAMERAS: user_input.get(CONF_CAMERAS, []),
        CONF_RECOGNIZE_FACES: user_input[CONF_RECOGNIZE_FACES],
    }


async def _async_errors(asking: Coroutine[Any, Any, None]) -> dict[str, str]:
    """Ask Ring; return the form's errors, none when all went well."""
    try:
        await asking
    except tuple(ERRORS) as err:
        return {
            "base": next(key for kind, key in ERRORS.items() if isinstance(err, kind))
        }
    except Exception:  # noqa: BLE001  a flow tells of every error and can go on
        LOGGER.exception("Unexpected exception")
        return {"base": "unknown"}
    return {}


async def _async_sentence(hass: HomeAssistant, key: str) -> str:
    """Return a sentence that only some cases of a form show."""
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    return texts[f"component.{DOMAIN}.common.{key}"]


async def _async_where(hass: HomeAssistant, sent: CodeRequired) -> str:
    """Return where the code went, as far as Ring tells."""
    method = sent.method
    if method != "totp" and not (sent.phone and method in PLACES):
        method = "unknown"
    sentence = await _async_sentence(hass, f"code_sent_{method}")
    return sentence.format(phone=sent.phone)


class RingVisionConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds an account, or signs an account in again."""

    VERSION = 1

    _password: str
    _cloud: RingCloud
    _account_id: str

    def __init__(self) -> None:
        """Be a new device to Ring, unless the flow is about an entry."""
        self._entry: RingVisionConfigEntry | None = None
        self._first_step = "user"
        self._hardware_id = str(uuid4())
        self._email = ""
        self._signed_in = False
        self._where = ""
        """Where the code went, once Ring sent one."""
        self._cameras: dict[str, str] | None = None
        """Names by id, once they are known."""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: RingVisionConfigEntry,
    ) -> RingVisionOptionsFlow:
        """Return the dialog of the options."""
        return RingVisionOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for e-mail and password."""
        return await self._async_step_sign_in(user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Sign in again, because Ring no longer takes the token."""
        self._begin_from(self._get_reauth_entry(), "reauth_confirm")
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the password of the known e-mail."""
        return await self._async_step_sign_in(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for e-mail and password of the same account."""
        if self._entry is None:
            self._begin_from(self._get_reconfigure_entry(), "reconfigure")
        return await self._async_step_sign_in(user_input)

    async def async_step_code(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the code that Ring sent."""
        if user_input is None:
            return self._show_code({})
        code = "".join(user_input[CONF_CODE].split())
        if not code:
            return self._show_code({CONF_CODE: "code_missing"})
        return await self._async_sign_in(code)

    async def async_step_setup(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to do; the cameras are read again until Ring tells them."""
        if user_input is not None and self._cameras is not None:
            return self._create_entry(user_input)
        errors = {}
        if self._cameras is None:
            errors = await _async_errors(self._async_read_cameras())
        if errors == INVALID_AUTH:
            return self._show_sign_in(errors)
        return self.async_show_form(
            step_id="setup",
            data_schema=self.add_suggested_values_to_schema(
                _choices_schema(self._cameras or {}), user_input
            ),
            description_placeholders={
                "note": await _async_sentence(self.hass, "no_cameras")
                if self._cameras == {}
                else ""
            },
            errors=errors,
        )

    def _begin_from(self, entry: RingVisionConfigEntry, step: str) -> None:
        """Be the same device to Ring as the entry."""
        self._first_step = step
        self._entry = entry
        self._email = entry.data[CONF_USERNAME]
        self._hardware_id = entry.data[CONF_HARDWARE_ID]

    async def _async_step_sign_in(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Begin a sign-in with what was entered."""
        if user_input is None:
            return self._show_sign_in({})
        self._email = user_input.get(CONF_USERNAME, self._email).strip()
        if not self._email:
            return self._show_sign_in({CONF_USERNAME: "email_missing"})
        self._password = user_input[CONF_PASSWORD]
        self._cloud = RingCloud(
            async_get_clientsession(self.hass), hardware_id=self._hardware_id
        )
        self._signed_in = False
        self._where = ""
        return await self._async_sign_in()

    async def _async_sign_in(self, code: str | None = None) -> ConfigFlowResult:
        """Go on to the next form, or show the one again that Ring objects to."""
        errors = await _async_errors(self._async_identify(code))
        if not errors:
            return await self._async_signed_in()
        if not self._where or errors == INVALID_AUTH:
            return self._show_sign_in(errors)
        return self._show_code(errors if code else {})

    async def _async_identify(self, code: str | None) -> None:
        """Sign in and learn whose account it is.

        A code is good for one sign-in only: when the question after it fails, the
        next try does not sign in anew.
        """
        try:
            if not self._signed_in:
                await self._cloud.async_sign_in(self._email, self._password, code)
                self._signed_in = True
        except CodeRequired as err:
            self._where = await _async_where(self.hass, err)
            raise
        self._account_id = (await self._cloud.async_account()).id

    async def _async_read_cameras(self) -> None:
        self._cameras = {
            camera.id: camera.name for camera in await self._cloud.async_cameras()
        }

    def _show_sign_in(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Show the form with which the flow began."""
        schema = SIGN_IN_SCHEMA
        if self._first_step == "reauth_confirm":
            schema = PASSWORD_SCHEMA
        return self.async_show_form(
            step_id=self._first_step,
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_USERNAME: self._email}
            ),
            description_placeholders={CONF_USERNAME: self._email},
            errors=errors,
        )

    def _show_code(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Show the form of the code, which says where the code went."""
        return self.async_show_form(
            step_id="code",
            data_schema=CODE_SCHEMA,
            description_placeholders={"where": self._where},
            errors=errors,
        )

    async def _async_signed_in(self) -> ConfigFlowResult:
        """Go on with the choices, or end with the new token in the known entry."""
        # Another dialog for the account may have been left open half way.
        await self.async_set_unique_id(self._account_id, raise_on_progress=False)
        if self._entry is None:
            self._abort_if_unique_id_configured()
            return await self.async_step_setup()
        self._abort_if_unique_id_mismatch(reason="wrong_account")
        named_by_email = self._entry.title == self._entry.data[CONF_USERNAME]
        return self.async_update_reload_and_abort(
            self._entry,
            title=self._email if named_by_email else self._entry.title,
            data_updates={
                CONF_USERNAME: self._email,
                CONF_TOKEN: self._cloud.token,
            },
        )

    def _create_entry(self, user_input: Mapping[str, Any]) -> ConfigFlowResult:
        """Add the account; the password is forgotten."""
        return self.async_create_entry(
            title=self._email,
            data={
                CONF_USERNAME: self._email,
                CONF_TOKEN: self._cloud.token,
                CONF_HARDWARE_ID: self._hardware_id,
            },
            options=_choices(user_input),
        )


class RingVisionOptionsFlow(OptionsFlowWithReload):
    """Changes the choices; a change sets the account up anew."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the choices as they are, and keep them as they become."""
        if user_input is not None:
            return self.async_create_entry(data=_choices(user_input))
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _choices_schema(self._camera_names()), self.config_entry.options
            ),
        )

    def _camera_names(self) -> dict[str, str]:
        """Return names by id: the account's cameras, and chosen ones that are gone."""
        entry: RingVisionConfigEntry = self.config_entry
        names: dict[str, str] = {}
        if entry.state is ConfigEntryState.LOADED:
            names = {
                camera.id: camera.name for camera in entry.runtime_data.cameras.values()
            }
        registry = dr.async_get(self.hass)
        for camera_id in entry.options.get(CONF_CAMERAS, []):
            device = registry.async_get_device_by_identifier(
                (DOMAIN, camera_id), entry.entry_id
            )
            name = (device and (device.name_by_user or device.name)) or camera_id
            names.setdefault(camera_id, name)
        return names
