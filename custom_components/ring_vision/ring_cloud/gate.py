"""The gate that all calls of an account pass: spaced out, and closed when Ring says so."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import random
import time
from typing import Final

from .errors import BLOCKED_RETRY_AFTER_S, DEFAULT_RETRY_AFTER_S, Blocked, RateLimited
from .wire import Answer

SPACING_S: Final = 1.0
SHORTEST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 24 * 3600.0
JITTER: Final = 0.1
"""Up to so much longer, so that not everybody comes back at once; never earlier."""


class Gate:
    """Remembers until when Ring wants to be left alone."""

    def __init__(self, spacing_s: float = SPACING_S) -> None:
        self.spacing_s = spacing_s
        """Seconds from the end of one call to the start of the next."""
        self._opens_at = 0.0
        self._blocked = False
        self._next_call_at = 0.0

    def check(self) -> None:
        """Refuse at once while the gate is closed."""
        left = self._opens_at - time.monotonic()
        if left > 0:
            raise Blocked(left) if self._blocked else RateLimited(left)

    async def async_wait_turn(self) -> None:
        """Keep the distance to the call before."""
        left = self._next_call_at - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)

    def call_ended(self) -> None:
        """Count the distance from now on."""
        self._next_call_at = time.monotonic() + self.spacing_s

    def judge(self, answer: Answer) -> None:
        """Close the gate and refuse when an answer asks to be left alone."""
        if answer.status == 406:
            self._close(BLOCKED_RETRY_AFTER_S, blocked=True)
        elif answer.status in {429, 503}:
            self._close(retry_after(answer.headers), blocked=False)
        else:
            return
        self.check()

    def _close(self, seconds: float, *, blocked: bool) -> None:
        """Close for some seconds and a bit."""
        self._opens_at = time.monotonic() + seconds * (1 + random.uniform(0, JITTER))
        self._blocked = blocked


def retry_after(headers: Mapping[str, str]) -> float:
    """Return how many seconds Ring wants to be left alone: a number or an HTTP date."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        seconds = float(value)
    elif (until := _date(value)) is not None:
        # By Ring's own clock where it tells it; ours may be wrong.
        now = _date(headers.get("Date", "")) or datetime.now(UTC)
        seconds = (until - now).total_seconds()
    else:
        return DEFAULT_RETRY_AFTER_S
    return max(SHORTEST_WAIT_S, min(seconds, LONGEST_WAIT_S))


def _date(value: str) -> datetime | None:
    """Return an HTTP date, None for what is none."""
    try:
        at = parsedate_to_datetime(value)
    except ValueError, OverflowError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
