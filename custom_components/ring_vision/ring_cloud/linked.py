"""An account through the sign-in of Home Assistant's own Ring integration."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, override

import aiohttp
from ring_doorbell import Ring
from ring_doorbell.const import API_URI
from yarl import URL

from ..const import LOGGER
from .cloud import Account, RingCloud, new_gate, other_endpoint, read_account
from .errors import CannotConnect
from .gate import Gate
from .wire import Answer, parse

type FindRing = Callable[[], object]
"""Returns the other integration's client; anything else than a Ring is none."""

GET: Final = "GET"


class LinkedApi:
    """Asks through a client that somebody else signs in, refreshes and replaces.

    A sign-in that ended is not ours to renew: whatever fails may work later.
    """

    def __init__(self, find: FindRing, gate: Gate, base: str) -> None:
        self._find = find
        self._gate = gate
        self._base = base
        self._one_call = asyncio.Lock()

    @property
    def ring(self) -> Ring:
        """Return the client as it is now; after a reload it is another one."""
        ring = self._find()
        # Without a session the client would open one, which is its owner's affair.
        if not isinstance(ring, Ring) or _session(ring) is None:
            raise CannotConnect("Home Assistant's Ring integration is not running")
        return ring

    async def async_get(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for something; `path` is encoded already."""
        self._gate.check()
        async with self._one_call:
            answer = await self._send(path, query)
            if answer.status == 401:
                # The client has refreshed its token, and gave up all the same.
                answer = await self._send(path, query)
            if answer.status == 401:
                raise answer.unusable()
            return answer

    async def _send(self, path: str, query: Mapping[str, str] | None) -> Answer:
        """Send one request in its turn, and heed what the answer asks for."""
        self._gate.check()
        ring = self.ring
        await self._gate.async_wait_turn()
        try:
            answer = await self._ask(ring, path, query)
        finally:
            self._gate.call_ended()
        LOGGER.debug("%s %s: %s", GET, path, answer.status)
        self._gate.judge(answer)
        return answer

    async def _ask(
        self, ring: Ring, path: str, query: Mapping[str, str] | None
    ) -> Answer:
        """Ask once; the client tells a refusal by an error."""
        try:
            response = await ring.async_query(
                path, extra_params=dict(query or {}), base_uri=self._base
            )
        except Exception as err:
            # Not all of them are the library's own: its parser trips over answers.
            cause = err.__cause__
            if isinstance(cause, aiohttp.ClientResponseError):
                return _answer(path, cause.status, cause.headers or {}, b"")
            LOGGER.debug("%s %s: %s", GET, path, type(err).__name__)
            raise CannotConnect(f"{GET} {path}: {type(err).__name__}") from err
        return _answer(path, response.status_code, {}, response.content)


def _session(ring: Ring) -> Any:
    """Return what Ring said at the client's registration; None before that."""
    return ring.session


def _answer(path: str, status: int, headers: Mapping[str, str], raw: bytes) -> Answer:
    """Return an answer; of a refusal, the client keeps no more than the headers."""
    body, is_json = parse(raw)
    return Answer(
        method=GET,
        path=path,
        status=status,
        headers=headers,
        body=body,
        is_json=is_json,
        text="",
    )


class LinkedRingCloud(RingCloud):
    """One account, read through a client that is signed in already."""

    def __init__(
        self, find: FindRing, *, gate: Gate | None = None, endpoint: str | None = None
    ) -> None:
        """Use Ring itself, or the one endpoint that stands for all its hosts."""
        other = other_endpoint(endpoint)
        gate = gate or new_gate(other)
        base = str(other or URL(API_URI)).rstrip("/")
        self._linked_api = LinkedApi(find, gate, base)
        super().__init__(self._linked_api, gate, other)

    @override
    async def async_close(self) -> None:
        """Do nothing: core's client goes on without us."""

    @override
    async def async_account(self) -> Account:
        """Return whose it is, as the client's session says; nobody is asked."""
        account = read_account(_session(self._linked_api.ring))
        if account is None:
            raise CannotConnect("the session does not say whose it is")
        return account
