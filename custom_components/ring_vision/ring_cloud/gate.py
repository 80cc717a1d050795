"""The gate that all calls of an account pass: spaced out, and closed when Ring says so."""

import asyncio
from collections.abc import Callable, Mapping
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
        self._listeners: list[Callable[[], None]] = []

    @property
    def blocked(self) -> bool:
        """Say whether Ring refused this network, and has not taken a call since."""
        return self._blocked

    @property
    def seconds_left(self) -> float:
        """Return for how long nobody may ask; 0 when the gate is open."""
        return max(0.0, self._opens_at - time.monotonic())

    def block(self, seconds: float) -> None:
        """Take up a block that an earlier run was told of."""
        self._opens_at = time.monotonic() + min(seconds, LONGEST_WAIT_S)
        self._set_blocked(blocked=True)

    def on_blocked(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Tell a listener when `blocked` changes or begins anew; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def check(self) -> None:
        """Refuse at once while the gate is closed."""
        if (left := self.seconds_left) > 0:
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
        closing = answer.status in {406, 429, 503}
        if answer.status == 406:
            self._close(BLOCKED_RETRY_AFTER_S)
        elif closing:
            self._close(retry_after(answer.headers))
        self._set_blocked(blocked=answer.status == 406)
        if closing:
            self.check()

    def _close(self, seconds: float) -> None:
        """Close for some seconds and a bit."""
        self._opens_at = time.monotonic() + seconds * (1 + random.uniform(0, JITTER))

    def _set_blocked(self, *, blocked: bool) -> None:
        """Keep it, and tell when it changed or begins anew."""
        changed, self._blocked = blocked != self._blocked, blocked
        if changed or blocked:
            for listener in tuple(self._listeners):
                listener()


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
