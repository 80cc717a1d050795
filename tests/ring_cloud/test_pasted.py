"""Tests of refresh tokens that other tools made."""

import base64
import json

import pytest

from custom_components.ring_vision.ring_cloud.errors import BadToken
from custom_components.ring_vision.ring_cloud.pasted import Pasted, read_pasted

PLAIN = "eyJhbGciOiJIUzUxMiJ9.eyJyZWZyZXNoX2NpZCI6InJpbmcifQ.c2lnbmF0dXJl-_x"
DEVICE = "ed1a2b3c-0000-4000-8000-00000000abcd"


def wrap(content: object) -> str:
    """Return something as base64 JSON."""
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (PLAIN, None),
        (f"  {PLAIN[:20]}\n{PLAIN[20:]}  ", None),
        (f'"{PLAIN}",', None),
        (wrap({"rt": PLAIN, "hid": DEVICE}), DEVICE),
        (wrap({"rt": PLAIN, "hid": DEVICE}).rstrip("="), DEVICE),
        (wrap({"rt": PLAIN, "pnc": {"gcm": 1}}), None),
        (wrap({"rt": PLAIN, "hid": None}), None),
        (
            base64.urlsafe_b64encode(
                json.dumps({"rt": PLAIN, "hid": DEVICE, "x": "~~~???"}).encode()
            ).decode(),
            DEVICE,
        ),
    ],
)
def test_a_token_is_understood(text: str, device: str | None) -> None:
    """Plain or wrapped, and however it was copied."""
    assert read_pasted(text) == Pasted(refresh_token=PLAIN, hardware_id=device)


@pytest.mark.parametrize(
    "content", [12345678901234567890, [1, 2, 3, 4, 5, 6], "a text that is long enough"]
)
def test_a_plain_token_may_look_like_base64(content: object) -> None:
    """Only an object wraps a token."""
    assert read_pasted(wrap(content)).refresh_token == wrap(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "short",
        "x" * 8193,
        "ümlaut-ümlaut-ümlaut-ümlaut",
        "npx -p ring-client-api ring-auth-cli; echo",
        wrap({}),
        wrap({"hid": DEVICE}),
        wrap({"rt": None, "hid": DEVICE}),
        wrap({"rt": ["x"], "hid": DEVICE}),
        wrap({"rt": "short", "hid": DEVICE}),
        wrap({"rt": PLAIN, "hid": ""}),
        wrap({"rt": PLAIN, "hid": "two\r\nlines: x"}),
        wrap({"rt": PLAIN, "hid": "x" * 200}),
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    """Nothing of it is sent anywhere."""
    with pytest.raises(BadToken):
        read_pasted(text)
