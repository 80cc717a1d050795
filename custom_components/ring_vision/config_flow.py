"""Config flow: sign in by one of the doors, choose what to do, sign in again later."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_USERNAME
from homeassistant.core import callback

from .access import core_entries, forget_gate
from .const import CONF_HARDWARE_ID, DOMAIN
from .coordinator import RingVisionConfigEntry
from .flow.doors import OtherDoors
from .flow.forms import INVALID_AUTH, async_errors, async_sentence
from .flow.options import RingVisionOptionsFlow, choices, choices_schema
from .token_file import TokenFile


class RingVisionConfigFlow(OtherDoors, domain=DOMAIN):
    """Adds an account, or signs an account in again."""

    VERSION = 1

    def __init__(self) -> None:
        """Be about no entry yet."""
        super().__init__()
        self._entry: RingVisionConfigEntry | None = None
        self._chosen = False
        """Whether it was asked by whose sign-in."""
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
        """Offer core's sign-in where there is one, else ask for e-mail and password."""
        return await self._async_step_first(user_input)

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
        """Sign in to the same account, by the same door or another one."""
        if self._entry is None:
            self._begin_from(self._get_reconfigure_entry(), "reconfigure")
        return await self._async_step_first(user_input)

    async def async_step_choose(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask by whose sign-in."""
        self._chosen = True
        names = ", ".join(entry.title for entry in core_entries(self.hass))
        return self.async_show_menu(
            step_id="choose",
            menu_options=["link", self._first_step],
            description_placeholders={"account": names},
        )

    async def async_step_setup(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to do; the cameras are read again until Ring tells them."""
        if user_input is not None and self._cameras is not None:
            return self.async_create_entry(
                title=self._email, data=self._entry_data, options=choices(user_input)
            )
        errors = {}
        if self._cameras is None:
            errors = await async_errors(self._async_read_cameras())
        if errors == INVALID_AUTH:
            return self._show_sign_in(errors)
        return self.async_show_form(
            step_id="setup",
            data_schema=self.add_suggested_values_to_schema(
                choices_schema(self._cameras or {}), user_input
            ),
            description_placeholders={
                "note": await async_sentence(self.hass, "no_cameras")
                if self._cameras == {}
                else ""
            },
            errors=errors,
        )

    async def _async_step_first(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Begin with the choice of a sign-in, where there is any."""
        if user_input is None and not self._chosen and core_entries(self.hass):
            return await self.async_step_choose()
        return await self._async_step_sign_in(user_input)

    def _begin_from(self, entry: RingVisionConfigEntry, step: str) -> None:
        """Be the same device to Ring as the entry, where it is one."""
        self._first_step = step
        self._entry = entry
        self._email = entry.data.get(CONF_USERNAME, "")
        self._hardware_id = entry.data.get(CONF_HARDWARE_ID, self._hardware_id)

    async def _async_read_cameras(self) -> None:
        self._cameras = {
            camera.id: camera.name for camera in await self._cloud.async_cameras()
        }

    @override
    async def _async_signed_in(self) -> ConfigFlowResult:
        """Go on with the choices, or end with the new sign-in in the known entry."""
        # Another dialog for the account may have been left open half way.
        await self.async_set_unique_id(self._account.id, raise_on_progress=False)
        if self._entry is None:
            self._abort_if_unique_id_configured()
            return await self.async_step_setup()
        self._abort_if_unique_id_mismatch(reason="wrong_account")
        return await self._async_renew(self._entry)

    async def _async_renew(self, entry: RingVisionConfigEntry) -> ConfigFlowResult:
        """Give the entry its new sign-in; the file's token must not outlive it."""
        file = TokenFile(self.hass, entry.entry_id)
        if self._own is None:
            await file.async_remove()
        else:
            await file.async_save(self._own.token)
        forget_gate(self.hass, entry.entry_id)
        named_by_email = entry.title == entry.data.get(CONF_USERNAME)
        return self.async_update_reload_and_abort(
            entry,
            title=self._email if named_by_email else entry.title,
            data=self._entry_data,
        )
