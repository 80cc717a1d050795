"""The steps of a sign-in with e-mail, password and code."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import CONF_HARDWARE_ID, CONF_LINKED_ENTRY
from ..ring_cloud import Account, OwnRingCloud, RingCloud, Token
from ..ring_cloud.errors import CodeRequired
from .forms import (
    BLOCKED,
    CODE_SCHEMA,
    INVALID_AUTH,
    PASSWORD_SCHEMA,
    SIGN_IN_SCHEMA,
    async_errors,
    async_where,
)


class SignInSteps(ConfigFlow):
    """Leads to an account that can be read, by whichever door is open."""

    _password: str
    _cloud: RingCloud
    _account: Account

    def __init__(self) -> None:
        """Be a new device to Ring, unless the flow is about an entry."""
        self._first_step = "user"
        self._hardware_id = str(uuid4())
        self._email = ""
        self._own: OwnRingCloud | None = None
        """The sign-in of our own, once there is one."""
        self._linked: str | None = None
        """Core's entry, when its sign-in is used."""
        self._where = ""
        """Where the code went, once Ring sent one."""

    @abstractmethod
    async def _async_signed_in(self) -> ConfigFlowResult:
        """Go on once it is known whose account it is."""

    @abstractmethod
    async def async_step_doors(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer other ways to somebody whom Ring refuses here."""

    @property
    def _entry_data(self) -> dict[str, Any]:
        """Return what an entry keeps; the password is forgotten."""
        if self._own is None:
            return {CONF_LINKED_ENTRY: self._linked}
        return {
            CONF_USERNAME: self._email,
            CONF_TOKEN: self._own.token,
            CONF_HARDWARE_ID: self._hardware_id,
        }

    async def _async_step_sign_in(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Begin a sign-in with what was entered."""
        if user_input is None:
            return self._show_sign_in({})
        if errors := self._take_email(user_input):
            return self._show_sign_in(errors)
        self._password = user_input[CONF_PASSWORD]
        self._forget()
        return await self._async_sign_in()

    async def async_step_code(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the code that Ring sent."""
        if user_input is None:
            return self._show_code("code", {})
        code = "".join(user_input[CONF_CODE].split())
        if not code:
            return self._show_code("code", {CONF_CODE: "code_missing"})
        return await self._async_sign_in(code)

    async def _async_sign_in(self, code: str | None = None) -> ConfigFlowResult:
        """Go on to the next form, or show the one again that Ring objects to."""
        errors = await async_errors(self._async_identify(code))
        if not errors:
            return await self._async_signed_in()
        if errors == BLOCKED and self._own is None:
            return await self.async_step_doors()
        if not self._where or errors == INVALID_AUTH:
            return self._show_sign_in(errors)
        return self._show_code("code", errors if code else {})

    async def _async_identify(self, code: str | None) -> None:
        """Sign in and learn whose account it is.

        A code is good for one sign-in only: when the question after it fails, the
        next try does not sign in anew.
        """
        if self._own is None:
            cloud = self._new_cloud(self._hardware_id)
            try:
                await cloud.async_sign_in(self._email, self._password, code)
            except CodeRequired as err:
                self._where = await async_where(self.hass, err)
                raise
            self._cloud = self._own = cloud
        self._account = await self._cloud.async_account()

    def _new_cloud(self, hardware_id: str, token: Token | None = None) -> OwnRingCloud:
        """Return a client that is a device of its own."""
        return OwnRingCloud(
            async_get_clientsession(self.hass), hardware_id=hardware_id, token=token
        )

    def _take_email(self, user_input: Mapping[str, Any]) -> dict[str, str]:
        """Keep the e-mail that was entered; return the form's errors."""
        self._email = user_input.get(CONF_USERNAME, self._email).strip()
        return {} if self._email else {CONF_USERNAME: "email_missing"}

    def _forget(self) -> None:
        """Begin anew: what another door led to no longer counts."""
        self._own = None
        self._linked = None
        self._where = ""

    def _show_sign_in(
        self, errors: dict[str, str], step_id: str | None = None
    ) -> ConfigFlowResult:
        """Show a form of e-mail and password, the flow's first one by default."""
        step_id = step_id or self._first_step
        schema = SIGN_IN_SCHEMA
        if self._first_step == "reauth_confirm" and self._email:
            schema = PASSWORD_SCHEMA
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_USERNAME: self._email}
            ),
            description_placeholders={CONF_USERNAME: self._email},
            errors=errors,
        )

    def _show_code(self, step_id: str, errors: dict[str, str]) -> ConfigFlowResult:
        """Show a form of the code, which says where the code went."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=CODE_SCHEMA,
            description_placeholders={"where": self._where},
            errors=errors,
        )
