"""The account's tokens: refreshed once for everybody, kept before they are used."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
import time
from typing import Any, Final

from ring_doorbell.const import OAuth
from yarl import URL

from .errors import CannotConnect, SignInExpired
from .gate import Gate
from .sign_in import refresh_error, sign_in_error
from .wire import Answer, Wire

EXPIRY_MARGIN_S: Final = 60.0
"""Refresh so long before the end: clocks differ, and requests take time."""
DEFAULT_LIFE_S: Final = 3600.0

type Token = dict[str, Any]
"""access_token, refresh_token, expires_at (Unix seconds), scope, token_type."""
type SaveToken = Callable[[Token], Awaitable[None]]


class Tokens:
    """Holds the current token; each refresh makes a new generation."""

    def __init__(
        self,
        wire: Wire,
        gate: Gate,
        url: URL,
        token: Token | None,
        save: SaveToken | None,
    ) -> None:
        self._wire = wire
        self._gate = gate
        self._url = url
        self._token = dict(token) if token else None
        self._save = save
        self._generation = 0
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def token(self) -> Token:
        """Return the current token."""
        if not self._token or not self._token.get("refresh_token"):
            raise SignInExpired("there is no token")
        return dict(self._token)

    async def async_sign_in(self, email: str, password: str, code: str | None) -> None:
        """Exchange the password, and the code if there is one, for a token."""
        form = {"grant_type": "password", "username": email, "password": password}
        headers = {"2fa-support": "true"}
        if code:
            headers["2fa-code"] = code
        async with self._lock:
            answer = await self._ask(form, headers)
            if error := sign_in_error(answer):
                raise error
            await self._accept(answer.as_dict())

    async def async_access(self) -> tuple[str, int]:
        """Return an access token that should be good, and its generation."""
        if self._is_old():
            await self.async_renew(self._generation)
        return str(self.token.get("access_token")), self._generation

    async def async_renew(self, generation: int) -> None:
        """Refresh, unless somebody did since this generation.

        The refresh goes on when the caller is cancelled: Ring has rotated the token
        by then, and the old one may be worth nothing.
        """
        await self._finish(self._renew(generation))

    async def async_change(self) -> None:
        """Refresh, whatever the access token looks like."""
        await self.async_renew(self._generation)

    def _is_old(self) -> bool:
        """Say whether the access token is about to expire, or is none."""
        token = self.token
        try:
            expires_at = float(token["expires_at"])
        except KeyError, TypeError, ValueError:
            return True
        return not token.get("access_token") or (
            time.time() >= expires_at - EXPIRY_MARGIN_S
        )

    async def _renew(self, generation: int) -> None:
        """Do the refresh, one at a time."""
        async with self._lock:
            if generation != self._generation:
                return
            self._gate.check()
            old = self.token
            answer = await self._ask_to_refresh(old["refresh_token"])
            self._gate.judge(answer)
            if error := refresh_error(answer):
                raise error
            await self._accept(
                {"refresh_token": old["refresh_token"]} | answer.as_dict()
            )

    async def _ask_to_refresh(self, refresh_token: str) -> Answer:
        """Ask once more at once when the answer is lost.

        Ring may have rotated the token, and takes the old one for a minute at most.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return await self._ask(form)
        except CannotConnect:
            return await self._ask(form)

    async def _ask(
        self, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask the token endpoint."""
        client = {"client_id": OAuth.CLIENT_ID, "scope": " ".join(OAuth.SCOPE)}
        return await self._wire.async_ask(
            "POST", self._url, form=client | dict(form), headers=headers
        )

    async def _accept(self, body: Mapping[str, Any]) -> None:
        """Keep a new token, then let it be used."""
        token = {
            "access_token": body["access_token"],
            "refresh_token": body.get("refresh_token"),
            "expires_at": time.time() + _life(body.get("expires_in")),
            "scope": body.get("scope"),
            "token_type": body.get("token_type"),
        }
        try:
            if self._save:
                await self._save(dict(token))
        finally:
            # Even if it could not be kept: the old one is no better.
            self._token = token
            self._generation += 1

    async def async_end(self) -> None:
        """Wait for a refresh that goes on without anybody who waits for it."""
        if self._running:
            await asyncio.wait(set(self._running))

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for work that goes on without the one who waits."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait([task])
        task.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let go of ended work; an error that nobody waits for is no news."""
        self._running.discard(task)
        if not task.cancelled():
            task.exception()


def _life(expires_in: object) -> float:
    """Return how many seconds a token lives."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return DEFAULT_LIFE_S
    try:
        return float(expires_in)
    except ValueError:
        return DEFAULT_LIFE_S
