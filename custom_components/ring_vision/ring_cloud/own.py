"""An account with a sign-in of our own."""

from typing import override

import aiohttp
from ring_doorbell.const import API_URI, OAuth
from yarl import URL

from .api import Api
from .cloud import Account, RingCloud, new_gate, other_endpoint, read_account
from .gate import Gate
from .tokens import SaveToken, Token, Tokens
from .wire import Wire


class OwnRingCloud(RingCloud):
    """One account, signed in as a device of its own."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        hardware_id: str,
        token: Token | None = None,
        save_token: SaveToken | None = None,
        gate: Gate | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Use Ring itself, or the one endpoint that stands for all its hosts."""
        other = other_endpoint(endpoint)
        gate = gate or new_gate(other)
        wire = Wire(session, hardware_id)
        token_url = other / "oauth/token" if other else URL(OAuth.ENDPOINT)
        self._tokens = Tokens(wire, gate, token_url, token, save_token)
        self._own_api = Api(wire, gate, self._tokens, other or URL(API_URI))
        super().__init__(self._own_api, gate, other)

    @property
    def token(self) -> Token:
        """Return the current token; SignInExpired when there is none."""
        return self._tokens.token

    async def async_sign_in(
        self, email: str, password: str, code: str | None = None
    ) -> None:
        """Sign in; a SignInError says what the owner has to do."""
        await self._tokens.async_sign_in(
            email.strip(), password, code.strip() if code else None
        )

    async def async_take_over(self) -> None:
        """Change the refresh token for one that nobody else has."""
        await self._tokens.async_change()

    @override
    async def async_close(self) -> None:
        """Wait for a token that is on its way: the next client begins with it."""
        await self._tokens.async_end()

    @override
    async def async_account(self) -> Account:
        """Register as a client of the account; return whose it is."""
        answer = await self._own_api.async_register()
        account = read_account(answer.as_dict())
        if account is None:
            raise answer.unusable()
        return account
