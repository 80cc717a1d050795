"""The other doors to an account: core's sign-in, a pasted token, the app's own pages."""

from collections.abc import Coroutine
from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_TOKEN
from homeassistant.core import callback

from ..access import core_entries, linked_cloud, page_session
from ..const import CONF_LINKED_ENTRY
from ..ring_cloud import Token
from ..ring_cloud.app_pages import AppPages
from ..ring_cloud.errors import CodeRequired
from ..ring_cloud.pasted import read_pasted
from .forms import (
    INVALID_AUTH,
    LINK_ERRORS,
    PAGE_CHANGED,
    PASTE_ERRORS,
    TOKEN_SCHEMA,
    async_errors,
    async_where,
    link_schema,
)
from .sign_in import SignInSteps


class OtherDoors(SignInSteps):
    """Leads to an account that can be read, whichever door is open."""

    def __init__(self) -> None:
        """Stand before closed doors."""
        super().__init__()
        self._pasted = ""
        self._pages: AppPages | None = None

    async def async_step_link(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Use the sign-in of core's `ring`; where there are several, ask which."""
        names = {entry.entry_id: entry.title for entry in core_entries(self.hass)}
        errors = {}
        if len(names) <= 1 or user_input is not None:
            chosen = (user_input or {}).get(CONF_LINKED_ENTRY) or next(iter(names), "")
            errors = await async_errors(
                self._async_link(chosen, names.get(chosen, "")), LINK_ERRORS
            )
            if not errors:
                return await self._async_signed_in()
        return self.async_show_form(
            step_id="link", data_schema=link_schema(names), errors=errors
        )

    async def _async_link(self, entry_id: str, name: str) -> None:
        """Learn whose account core's is; nobody is asked for that."""
        self._forget()
        self._cloud = linked_cloud(self.hass, entry_id)
        self._account = await self._cloud.async_account()
        self._linked = entry_id
        self._email = self._account.email or name

    @override
    async def async_step_doors(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say why there are other ways, and offer them."""
        back = "code" if self._where else self._first_step
        link = ["link"] if core_entries(self.hass) else []
        return self.async_show_menu(
            step_id="doors",
            menu_options=[back, *link, "paste_token", "app_pages"],
        )

    async def async_step_paste_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a refresh token that another tool made."""
        errors = {}
        if user_input is not None:
            asking = self._async_paste(user_input[CONF_TOKEN])
            errors = await async_errors(asking, PASTE_ERRORS)
            if not errors:
                return await self._async_signed_in()
        return self.async_show_form(
            step_id="paste_token", data_schema=TOKEN_SCHEMA, errors=errors
        )

    async def _async_paste(self, text: str) -> None:
        """Change the token for one of ours at once; a token has one owner."""
        pasted = read_pasted(text)
        if self._own is None or pasted.refresh_token != self._pasted:
            self._forget()
            await self._async_take_over(
                {"refresh_token": pasted.refresh_token},
                pasted.hardware_id or self._hardware_id,
            )
            self._pasted = pasted.refresh_token
        self._account = await self._cloud.async_account()
        self._email = self._account.email or self._email or self._account.id

    async def async_step_app_pages(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for e-mail and password, to enter them as Ring's app does."""
        if user_input is None:
            return self._show_sign_in({}, "app_pages")
        if errors := self._take_email(user_input):
            return self._show_sign_in(errors, "app_pages")
        self._forget()
        self._pages = AppPages(page_session(self.hass), self._hardware_id)
        return await self._async_pages(
            self._pages.async_begin(self._email, user_input[CONF_PASSWORD])
        )

    async def async_step_app_code(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the code that Ring sent to whom the pages know."""
        if user_input is None or self._pages is None:
            return self._show_code("app_code", {})
        code = "".join(user_input[CONF_CODE].split())
        if not code:
            return self._show_code("app_code", {CONF_CODE: "code_missing"})
        return await self._async_pages(self._pages.async_go_on(code), code)

    async def _async_pages(
        self, asking: Coroutine[Any, Any, Token], code: str | None = None
    ) -> ConfigFlowResult:
        """Go on to the next form, or show the one again that Ring objects to."""
        errors = await async_errors(self._async_identify_by_pages(asking))
        if not errors:
            return await self._async_signed_in()
        if not self._where or errors in (INVALID_AUTH, PAGE_CHANGED):
            return self._show_sign_in(errors, "app_pages")
        return self._show_code("app_code", errors if code else {})

    async def _async_identify_by_pages(
        self, asking: Coroutine[Any, Any, Token]
    ) -> None:
        """Fetch the token and learn whose account it is."""
        try:
            token = await asking
        except CodeRequired as err:
            self._where = await async_where(self.hass, err)
            raise
        if self._own is None:
            # Ring's API may refuse what the pages hand out, until it is refreshed.
            await self._async_take_over(token, self._hardware_id)
        self._account = await self._cloud.async_account()

    async def _async_take_over(self, token: Token, hardware_id: str) -> None:
        """Make a token that came from elsewhere our own."""
        cloud = self._new_cloud(hardware_id, token)
        await cloud.async_take_over()
        self._cloud = self._own = cloud
        self._hardware_id = hardware_id

    @override
    def _forget(self) -> None:
        super()._forget()
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    @callback
    @override
    def async_remove(self) -> None:
        """Leave no session of Ring's pages behind."""
        self._forget()
