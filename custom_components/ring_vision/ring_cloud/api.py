"""Calls to Ring's API: one at a time, signed in, with a session."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from ring_doorbell.const import API_VERSION, NEW_SESSION_ENDPOINT
from yarl import URL

from ..const import LOGGER
from .gate import Gate
from .tokens import Tokens
from .wire import Answer, Wire

DEVICE_MODEL: Final = "Ring Vision (Home Assistant)"
"""How Ring's app names this client among the authorized devices."""


class Asking(Protocol):
    """Asks Ring for something, by whichever sign-in."""

    async def async_get(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for something; `path` is encoded already."""


class Api:
    """The account's way to the API. Any answer that is not everybody's is returned."""

    def __init__(self, wire: Wire, gate: Gate, tokens: Tokens, base: URL) -> None:
        self._wire = wire
        self._gate = gate
        self._tokens = tokens
        self._base = base
        self._one_call = asyncio.Lock()
        self._registered = False

    async def async_get(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for something; `path` is encoded already."""
        self._gate.check()
        async with self._one_call:
            if not self._registered:
                await self._register()
            answer = await self._signed_in("GET", path, query=query)
            if not self._is_forgotten(answer):
                return answer
            LOGGER.debug("Ring forgot the session")
            await self._register()
            answer = await self._signed_in("GET", path, query=query)
            if self._is_forgotten(answer):
                raise answer.unusable()
            return answer

    async def async_register(self) -> Answer:
        """Register the hardware id as a client of the account."""
        self._gate.check()
        async with self._one_call:
            return await self._register()

    async def _register(self) -> Answer:
        """Open a session; what is asked next tells whether it counts."""
        device = {
            "hardware_id": self._wire.hardware_id,
            "metadata": {"api_version": API_VERSION, "device_model": DEVICE_MODEL},
            "os": "android",
        }
        answer = await self._signed_in(
            "POST", NEW_SESSION_ENDPOINT, json_body={"device": device}
        )
        self._registered = True
        return answer

    async def _signed_in(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json_body: Any = None,
    ) -> Answer:
        """Ask with a good token; a 401 is worth one refresh and one more try."""
        # Encoded by us: yarl would leave the commas of source_ids as they are.
        url = URL(
            f"{self._base}{path}{f'?{urlencode(query)}' if query else ''}",
            encoded=True,
        )
        access, generation = await self._tokens.async_access()
        answer = await self._send(method, url, access, json_body)
        if answer.status != 401:
            return answer
        await self._tokens.async_renew(generation)
        access, _ = await self._tokens.async_access()
        answer = await self._send(method, url, access, json_body)
        if answer.status == 401:
            # A fresh token that is refused is no reason to sign in again.
            raise answer.unusable()
        return answer

    async def _send(self, method: str, url: URL, access: str, json_body: Any) -> Answer:
        """Send one request in its turn, and heed what the answer asks for."""
        self._gate.check()
        await self._gate.async_wait_turn()
        try:
            answer = await self._wire.async_ask(
                method,
                url,
                headers={"Authorization": f"Bearer {access}"},
                json_body=json_body,
            )
        finally:
            self._gate.call_ended()
        self._gate.judge(answer)
        return answer

    def _is_forgotten(self, answer: Answer) -> bool:
        """Say whether Ring no longer knows our session; its wording may change."""
        if answer.status != 404:
            return False
        words = answer.message
        return self._wire.hardware_id.lower() in words or (
            "session" in words and "not found" in words
        )
