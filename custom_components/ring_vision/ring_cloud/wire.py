"""One exchange with Ring over HTTP: what was answered, or that nothing was."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any, Final

import aiohttp
from ring_doorbell.const import USER_AGENT
from yarl import URL

from ..const import LOGGER
from .errors import CannotConnect

TIMEOUT_S: Final = 20.0
"""For a whole exchange. Not less: a refresh whose answer nobody waits for may cost
the refresh token."""
LONGEST_TEXT: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What Ring answered: any status, JSON or not."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: Any
    """What the JSON says; None for `null`, for nothing, and for what is no JSON."""
    is_json: bool
    text: str
    """The start of the raw body. Never log it: it may hold tokens."""

    @property
    def ok(self) -> bool:
        """Say whether Ring did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """Return Ring's words for what is wrong, in lower case."""
        if not isinstance(self.body, dict):
            return self.text.lower()
        words = (self.body.get(name) for name in ("error", "error_description"))
        return " ".join(str(word) for word in words if word).lower()

    def unusable(self) -> CannotConnect:
        """Return the error of an answer that is not what it should be."""
        return CannotConnect(f"{self.method} {self.path}: unusable {self.status}")

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of a good answer."""
        if not self.ok or not isinstance(self.body, dict):
            raise self.unusable()
        return self.body

    def as_list(self) -> list[Any]:
        """Return the JSON list of a good answer."""
        if not self.ok or not isinstance(self.body, list):
            raise self.unusable()
        return self.body


class Wire:
    """Sends requests as one device of the account."""

    timeout_s = TIMEOUT_S

    def __init__(self, session: aiohttp.ClientSession, hardware_id: str) -> None:
        self._session = session
        self.hardware_id = hardware_id

    async def async_ask(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        longest_text: int = LONGEST_TEXT,
    ) -> Answer:
        """Ask once; no answer at all is CannotConnect."""
        try:
            # A redirect would carry the hardware id to somebody else.
            async with self._session.request(
                method,
                url,
                headers={
                    "User-Agent": USER_AGENT,
                    "hardware_id": self.hardware_id,
                    **(headers or {}),
                },
                json=json_body,
                data=form,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
            ) as response:
                raw = await response.read()
        except (OSError, aiohttp.ClientError) as err:
            LOGGER.debug("%s %s: %s", method, url.path, type(err).__name__)
            raise CannotConnect(f"{method} {url.path}: {type(err).__name__}") from err
        LOGGER.debug("%s %s: %s", method, url.path, response.status)
        body, is_json = parse(raw)
        return Answer(
            method=method,
            path=url.path,
            status=response.status,
            headers=response.headers,
            body=body,
            is_json=is_json,
            text=raw[:longest_text].decode(errors="replace"),
        )


def parse(raw: bytes) -> tuple[Any, bool]:
    """Return what a body says, and whether it is JSON; an empty one says nothing."""
    if not raw.strip():
        return None, True
    try:
        return json.loads(raw), True
    except ValueError, RecursionError:
        return None, False
