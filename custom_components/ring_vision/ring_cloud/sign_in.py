"""What the token endpoint's answers mean."""

from typing import Any, Final

from .errors import (
    Blocked,
    CannotConnect,
    CodeRequired,
    PageChanged,
    RateLimited,
    RingError,
    SignInExpired,
    TooManyCodes,
    WrongCode,
    WrongPassword,
)
from .gate import retry_after
from .wire import Answer

REFUSALS: Final = ("invalid_grant", "access_denied")
WRONG_CODE: Final = "verification code"


def sign_in_error(answer: Answer) -> RingError | None:
    """Return why a sign-in did not succeed, None when it did."""
    match answer.status:
        case 406:
            return Blocked()
        case 412:
            return _code_required(answer)
        case 429:
            return _too_many(answer)
        case 400 | 401 if WRONG_CODE in answer.message:
            return WrongCode()
        case 401:
            return WrongPassword()
        case 400 if _refuses(answer):
            return WrongPassword()
        case _:
            return _unusable(answer, "access_token", "refresh_token")


def page_error(answer: Answer) -> RingError | None:
    """Return why Ring shows no page of the app's sign-in, None when it does."""
    match answer.status:
        case 406:
            return Blocked()
        case 429:
            return _too_many(answer)
        case status if status >= 500:
            return answer.unusable()
        case status if status >= 400:
            return PageChanged()
        case _:
            return None


def form_error(answer: Answer) -> RingError | None:
    """Return why a form of such a page did not let in, None when it did."""
    match answer.status:
        case 400 | 401 if WRONG_CODE in answer.message:
            return WrongCode()
        case 401:
            return WrongPassword()
        case status if status == 412 or _asks_for_code(answer):
            return _code_required(answer)
        case _:
            return page_error(answer)


def exchange_error(answer: Answer) -> RingError | None:
    """Return why a code of the pages was not exchanged for tokens, None when it was."""
    if error := page_error(answer):
        return error
    return PageChanged() if _unusable(answer, "access_token", "refresh_token") else None


def refresh_error(answer: Answer) -> RingError | None:
    """Return why a refresh did not succeed, None when it did.

    Only a refusal of the token itself ends a sign-in; anything else may be Ring's
    own trouble. 406, 429 and 503 are the gate's.
    """
    if answer.status == 401 or (answer.status in {400, 403} and _refuses(answer)):
        return SignInExpired("Ring no longer accepts the refresh token")
    return _unusable(answer, "access_token")


def _refuses(answer: Answer) -> bool:
    """Say whether the endpoint itself refuses what it was given."""
    return isinstance(answer.body, dict) and answer.body.get("error") in REFUSALS


def _asks_for_code(answer: Answer) -> bool:
    """Say whether a page that takes the password wants a code too."""
    body = answer.body if isinstance(answer.body, dict) else {}
    return answer.ok and "tsv_state" in body and "redirect_url" not in body


def _code_required(answer: Answer) -> CodeRequired:
    """Return where the code went, as far as Ring tells."""
    body = answer.body if isinstance(answer.body, dict) else {}
    return CodeRequired(phone=_text(body, "phone"), method=_text(body, "tsv_state"))


def _text(body: dict[str, Any], name: str) -> str | None:
    """Return a text of the body, None when there is none."""
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _too_many(answer: Answer) -> RingError:
    """Tell too many codes from too many requests."""
    if "2fa" in answer.message or "code" in answer.message:
        return TooManyCodes()
    return RateLimited(retry_after(answer.headers))


def _unusable(answer: Answer, *wanted: str) -> CannotConnect | None:
    """Return the error of an answer that lacks one of the wanted tokens."""
    body = answer.body
    if answer.ok and isinstance(body, dict) and all(_text(body, w) for w in wanted):
        return None
    return answer.unusable()
