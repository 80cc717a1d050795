"""What Ring's answers mean, told apart by class: the caller decides what follows."""

from typing import Final

DEFAULT_RETRY_AFTER_S: Final = 120.0
"""Where Ring says 429 or 503 without saying for how long."""
BLOCKED_RETRY_AFTER_S: Final = 6 * 3600.0
"""A 406 is a block of this address or client; asking on makes it longer."""


class RingError(Exception):
    """Ring did not give what was asked for."""


class CannotConnect(RingError):  # noqa: N818
    """No network, a timeout, a 5xx or nonsense: another try may succeed."""


class RateLimited(RingError):  # noqa: N818
    """Ring wants nobody to ask before `retry_after` seconds have passed."""

    def __init__(self, retry_after: float = DEFAULT_RETRY_AFTER_S) -> None:
        super().__init__(f"Ring asks to wait {retry_after:.0f} s")
        self.retry_after = retry_after


class Blocked(RateLimited):
    """406: Ring refuses this address or client for hours."""

    def __init__(self, retry_after: float = BLOCKED_RETRY_AFTER_S) -> None:
        super().__init__(retry_after)


class SignInExpired(RingError):  # noqa: N818
    """The refresh token is no longer good: the owner has to sign in again."""


class SignInError(RingError):
    """A sign-in that did not succeed, for a reason that lies with the owner."""


class WrongPassword(SignInError):  # noqa: N818
    """E-mail or password is wrong."""


class CodeRequired(SignInError):  # noqa: N818
    """Ring sent a code (or an app shows one): sign in again with it."""

    def __init__(self, *, phone: str | None, method: str | None) -> None:
        super().__init__(f"a code is needed ({method})")
        self.phone = phone
        """Where it went, as Ring masks it: `+44xxxxxxxx89` or an e-mail address."""
        self.method = method
        """sms, email, totp, or a word that Ring invents later."""


class WrongCode(SignInError):  # noqa: N818
    """The code is wrong or too old."""


class TooManyCodes(SignInError):  # noqa: N818
    """Ring sends no more codes for a while."""


class BadToken(SignInError):  # noqa: N818
    """What was pasted is no refresh token."""


class PageChanged(SignInError):  # noqa: N818
    """A page of Ring's sign-in is not what it was."""


class MediaError(RingError):
    """There is no media of a recording to be had, now or ever."""


class NotReady(MediaError):  # noqa: N818
    """Ring has not (yet) made the media available: ask later."""


class MediaUnavailable(MediaError):  # noqa: N818
    """There never will be media for us; `reason` says why: no_plan, e2ee, ring_edge."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaDenied(MediaError):  # noqa: N818
    """Ring says that there is none for us: `no_plan` (402), `gone` (410).

    A status alone, without the event's own words, may be that of a passing fault.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
