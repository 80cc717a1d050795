"""Refresh tokens that other tools made, as their owners paste them."""

import base64
from dataclasses import dataclass
import json
import re
from typing import Any, Final

from .errors import BadToken
from .values import text_of

TOKEN: Final = re.compile(r"[\w.~+/=-]{16,8192}", re.ASCII)
HARDWARE_ID: Final = re.compile(r"[\w.:-]{4,128}", re.ASCII)
"""It becomes a header, so it must be a word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pasted:
    """What was pasted, understood."""

    refresh_token: str
    hardware_id: str | None
    """The device that the token was made for, where the tool tells it."""


def read_pasted(text: str) -> Pasted:
    """Return the token: plain, or in base64 JSON as `rt`, with `hid` beside it."""
    text = "".join(text.split()).strip("\"',")
    wrapped = _unwrap(text)
    token = text if wrapped is None else text_of(wrapped.get("rt"))
    hardware_id = None if wrapped is None else wrapped.get("hid")
    if token is None or not TOKEN.fullmatch(token):
        raise BadToken
    if hardware_id is not None and not HARDWARE_ID.fullmatch(str(hardware_id)):
        raise BadToken
    return Pasted(
        refresh_token=token,
        hardware_id=None if hardware_id is None else str(hardware_id),
    )


def _unwrap(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is in base64, None for any other text."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        content = json.loads(decoded)
    except ValueError, RecursionError:
        return None
    return content if isinstance(content, dict) else None
