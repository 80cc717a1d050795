"""The account at Ring: sign in, cameras, history pages, media URLs."""

from collections.abc import Sequence
from dataclasses import dataclass
import os
from typing import Any, Final

import aiohttp
from ring_doorbell.const import API_URI, DEVICES_ENDPOINT, OAuth
from yarl import URL

from ..const import ENV_ENDPOINT, LOGGER
from ..library.models import Camera, Recording
from .api import Api
from .cameras import parse_cameras
from .errors import CannotConnect, RateLimited
from .gate import SPACING_S, Gate
from .media import MediaDoors
from .pages import History, HistoryPage
from .tokens import SaveToken, Token, Tokens
from .values import dict_of, id_of, rows_of, text_of
from .wire import Wire

V3_DEVICES: Final = "/device_info/v3/devices"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Whose account it is."""

    id: str
    """Ring's number of the user, as text."""
    email: str


class RingCloud:
    """One account, signed in as one device. Reads only.

    Everything raises CannotConnect, RateLimited, Blocked or SignInExpired.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        hardware_id: str,
        token: Token | None = None,
        save_token: SaveToken | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Use Ring itself, or the one endpoint that stands for all its hosts."""
        endpoint = endpoint or os.environ.get(ENV_ENDPOINT)
        other = URL(endpoint).origin() if endpoint else None
        alone = other is not None and other.host in LOOPBACK
        wire = Wire(session, hardware_id)
        gate = Gate(0.0 if alone else SPACING_S)
        token_url = other / "oauth/token" if other else URL(OAuth.ENDPOINT)
        self._tokens = Tokens(wire, gate, token_url, token, save_token)
        self._api = Api(wire, gate, self._tokens, other or URL(API_URI))
        self._history = History(self._api)
        self._media = MediaDoors(self._api, other)
        self._v3: list[dict[str, Any]] = []

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

    async def async_account(self) -> Account:
        """Register as a client of the account; return whose it is."""
        answer = await self._api.async_register()
        profile = dict_of(answer.as_dict(), "profile")
        account_id = id_of(profile.get("id"))
        if account_id is None:
            raise answer.unusable()
        return Account(id=account_id, email=text_of(profile.get("email")) or "")

    async def async_cameras(self) -> list[Camera]:
        """Return the cameras, those that others share included."""
        devices = (await self._api.async_get(DEVICES_ENDPOINT)).as_dict()
        try:
            self._v3 = await self._v3_devices()
        except CannotConnect, RateLimited:
            # Better as they were than gone: entities would lose their cameras.
            LOGGER.debug("Keeping what %s said before", V3_DEVICES)
        return parse_cameras(devices, self._v3)

    async def _v3_devices(self) -> list[dict[str, Any]]:
        """Return the newer list, the only one that shared users' cameras are in."""
        answer = await self._api.async_get(V3_DEVICES)
        devices = answer.as_dict().get("devices")
        if not isinstance(devices, list):
            raise answer.unusable()
        return rows_of(devices)

    async def async_history(
        self, camera_ids: Sequence[str], *, key: str | None = None
    ) -> HistoryPage:
        """Return a page of what the cameras recorded; `key` is the page before's."""
        return await self._history.async_page(camera_ids, key)

    async def async_media_url(self, recording: Recording) -> URL:
        """Return a fresh URL of its file; a MediaError says why there is none."""
        return await self._media.async_url(recording.id)
