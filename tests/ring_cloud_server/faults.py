"""What can go wrong at Ring's, as single faults to switch on, and a catalogue of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from pathlib import Path
import re
from typing import Any

from .clips import clip


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with the requests it matches."""

    match: str
    """`METHOD /path-regex`, `*` for any method; the regex matches from the path's
    start and the path has no query. End it with `$` to leave out what lies below."""
    times: int = 1
    """How many requests it spoils; -1 means all."""
    after: int = 0
    """How many matching requests pass first."""
    status: int | None = None
    """Answered instead of asking further."""
    body: Any = None
    """str, bytes, or what JSON can say; `$hardware_id` becomes the asker's."""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    """Waited before anything else."""
    reset: bool = False
    """Drop the connection without an answer."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""
    stall_after: int | None = None
    """Fall silent after so many bytes of the body."""
    bps: int | None = None
    """Bytes a second."""
    truncate: int | None = None
    """Serve a shorter object that is consistent in itself."""
    content_range: str | None = None
    """The header of a 206, whatever is sent."""
    etag: str | None = None
    no_length: bool = False
    """Send no Content-Length."""
    json_set: dict[str, Any] = field(default_factory=dict)
    """Dotted path to value: changed in the JSON of the real answer."""
    file: Path | bytes | None = None
    """Served instead of the recording's own file."""
    name: str | None = None
    """Its name in the catalogue."""
    seen: int = 0
    """How many requests it matched so far."""

    def takes(self, method: str, path: str) -> bool:
        """Count a request that it matches; say whether this one is spoiled."""
        wanted, _, pattern = self.match.partition(" ")
        if wanted not in {"*", method} or re.match(pattern, path) is None:
            return False
        self.seen += 1
        turn = self.seen - self.after
        return turn > 0 and (self.times < 0 or turn <= self.times)

    @property
    def answers(self) -> bool:
        """Say whether it answers by itself."""
        return self.status is not None or self.body is not None

    @property
    def shapes(self) -> bool:
        """Say whether it spoils the body of the real answer."""
        marks = (self.cut_after, self.stall_after, self.bps, self.truncate)
        return self.no_length or any(mark is not None for mark in marks)


TOKEN = "POST /oauth/token"
API = "* /(clients_api|evm|device_info)/"
CLIENTS_API = "* /clients_api/(?!session)"
DEVICES = "GET /clients_api/ring_devices"
DOORBOT_HISTORY = r"GET /clients_api/doorbots/\d+/history"
EVM = "GET /evm/v2/history/devices"
MEDIA_DOORS = "GET /(clients_api/dings/[^/]+/share/play|evm/v2/history/events/)"
SHARE_PLAY = "GET /clients_api/dings/[^/]+/share/play"
VIDEO = "GET /video/"
NGINX_406 = (
    "<html>\r\n<head><title>406 Not Acceptable</title></head>\r\n<body>\r\n"
    "<center><h1>406 Not Acceptable</h1></center>\r\n<hr><center>openresty</center>"
    "\r\n</body>\r\n</html>\r\n"
)
UNAVAILABLE_HTML = (
    "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
)
MAINTENANCE_HTML = "<!DOCTYPE html><html><body>We'll be right back.</body></html>"
XML = {"Content-Type": "application/xml"}


def s3(code: str) -> str:
    """Return an error of the object store."""
    return f'<?xml version="1.0"?>\n<Error><Code>{code}</Code></Error>'


CATALOGUE: dict[str, dict[str, Any]] = {
    # At sign-in and refresh.
    "login_406": {"match": TOKEN, "status": 406, "body": "406 Not Acceptable"},
    "login_406_html": {"match": TOKEN, "status": 406, "body": NGINX_406},
    "login_429_empty": {"match": TOKEN, "status": 429, "body": {}},
    "login_429_codes": {
        "match": TOKEN,
        "status": 429,
        "body": {
            "error": "error requesting 2fa service to send code",
            "error_description": "too many requests from dependency service",
        },
    },
    "login_500": {"match": TOKEN, "status": 500, "body": {"error": "server_error"}},
    "login_502": {"match": TOKEN, "status": 502, "body": []},
    "login_503": {"match": TOKEN, "status": 503, "body": UNAVAILABLE_HTML},
    "login_504": {"match": TOKEN, "status": 504, "body": ""},
    "login_reset": {"match": TOKEN, "times": 2, "reset": True},
    "login_slow": {"match": TOKEN, "delay_s": 15.0},
    "invalid_grant": {
        "match": TOKEN,
        "status": 401,
        "body": {
            "error": "invalid_grant",
            "error_description": "token is invalid or does not exists",
        },
    },
    "access_denied": {
        "match": TOKEN,
        "status": 401,
        "body": {
            "error": "access_denied",
            "error_description": "invalid user credentials",
        },
    },
    "login_html": {"match": TOKEN, "status": 200, "body": MAINTENANCE_HTML},
    "login_other_scope": {"match": TOKEN, "json_set": {"scope": "client extra"}},
    # Anywhere in the API.
    "not_acceptable": {"match": API, "status": 406, "body": "406 Not Acceptable"},
    "not_acceptable_html": {"match": API, "status": 406, "body": NGINX_406},
    "too_many_requests": {
        "match": API,
        "status": 429,
        "body": {"error": "Too Many Requests"},
        "headers": {"Retry-After": "60"},
    },
    "too_many_requests_bare": {"match": API, "status": 429, "body": {}},
    "server_error": {"match": API, "status": 500, "body": {"error": "server_error"}},
    "bad_gateway": {"match": API, "status": 502, "body": []},
    "unavailable": {"match": API, "status": 503, "body": UNAVAILABLE_HTML},
    "gateway_timeout": {"match": API, "status": 504, "body": ""},
    "unauthorized": {
        "match": API,
        "status": 401,
        "body": {"error": "Unauthorized", "status_code": 401},
    },
    "session_not_found": {
        "match": CLIENTS_API,
        "status": 404,
        "body": {"error": "Session with hardware_id $hardware_id not found"},
    },
    "maintenance": {"match": API, "status": 200, "body": MAINTENANCE_HTML},
    "api_reset": {"match": API, "times": 2, "reset": True},
    "api_slow": {"match": API, "delay_s": 15.0},
    "api_cut": {"match": API, "cut_after": 10},
    # Bodies that are not what they should be.
    "null_family": {"match": DEVICES, "json_set": {"doorbots": None}},
    "dict_family": {"match": DEVICES, "json_set": {"stickup_cams": {}}},
    "history_is_a_dict": {"match": DOORBOT_HISTORY, "status": 200, "body": {}},
    "history_bad_date": {
        "match": DOORBOT_HISTORY,
        "json_set": {"0.created_at": "yesterday"},
    },
    "evm_null_items": {"match": EVM, "json_set": {"items": None}},
    "evm_is_a_list": {"match": EVM, "status": 200, "body": []},
    "evm_bad_date": {"match": EVM, "json_set": {"items.0.start_time": "yesterday"}},
    "evm_null_visualizations": {
        "match": EVM,
        "json_set": {"items.0.visualizations": None},
    },
    "evm_not_found": {"match": EVM, "status": 404, "body": {"error": "Not Found"}},
    # At the doors to a media URL.
    "asset_updating": {"match": MEDIA_DOORS, "status": 404, "body": {"errors": [7062]}},
    "asset_offline": {"match": MEDIA_DOORS, "status": 404, "body": {"errors": [7019]}},
    "media_url_unauthorized": {
        "match": MEDIA_DOORS,
        "status": 401,
        "body": {"error": "Unauthorized", "status_code": 401},
    },
    "share_play_null": {"match": SHARE_PLAY, "status": 200, "body": "null"},
    "share_play_empty": {"match": SHARE_PLAY, "status": 200, "body": {}},
    "payment_required": {"match": MEDIA_DOORS, "status": 402, "body": {}},
    "gone": {"match": MEDIA_DOORS, "status": 410, "body": {}},
    # At the object store.
    "s3_no_such_key": {
        "match": VIDEO,
        "status": 404,
        "body": s3("NoSuchKey"),
        "headers": XML,
    },
    "s3_access_denied": {
        "match": VIDEO,
        "status": 403,
        "body": s3("AccessDenied"),
        "headers": XML,
    },
    "s3_slow_down": {
        "match": VIDEO,
        "status": 503,
        "body": s3("SlowDown"),
        "headers": XML,
    },
    "media_slow": {"match": VIDEO, "bps": 200_000},
    "media_stalled": {"match": VIDEO, "stall_after": 20_000},
    "media_reset": {"match": VIDEO, "times": 2, "reset": True},
    "media_cut": {"match": VIDEO, "cut_after": 20_000},
    "media_truncated": {"match": VIDEO, "truncate": 20_000},
    "media_html": {"match": VIDEO, "status": 200, "body": MAINTENANCE_HTML},
    "media_wrong_range": {"match": VIDEO, "content_range": "bytes 0-99/100"},
    "media_new_etag": {"match": VIDEO, "etag": '"changed"'},
    "media_no_length": {"match": VIDEO, "no_length": True},
    "media_zero_bytes": {"match": VIDEO, "file": b""},
}
"""Every fault that needs nothing but words."""


def catalogued(name: str, **changes: Any) -> Fault:
    """Return a fault of the catalogue, with some of its fields changed."""
    made = {"name": name} | CATALOGUE[name] | changes
    return Fault(**made)


def retry_after_date(**changes: Any) -> Fault:
    """Return 429 whose Retry-After is a date, a minute ahead."""
    at = datetime.now(UTC) + timedelta(seconds=60)
    headers = {"Retry-After": format_datetime(at, usegmt=True)}
    fault = catalogued("too_many_requests", **{"headers": headers} | changes)
    fault.name = "too_many_requests_date"
    return fault


def other_clip(name: str, codec: str, moov: str, **changes: Any) -> Fault:
    """Return a fault that serves a real clip of another make."""
    made: dict[str, Any] = {"match": VIDEO, "name": name, "file": clip(codec, moov)}
    return Fault(**made | changes)


def _constructor(name: str) -> Callable[..., Fault]:
    """Return the constructor of a catalogued fault."""
    return lambda **changes: catalogued(name, **changes)


FAULTS: dict[str, Callable[..., Fault]] = {
    **{name: _constructor(name) for name in CATALOGUE},
    "too_many_requests_date": retry_after_date,
    "media_hevc": lambda **changes: other_clip(
        "media_hevc", "libx265", "end", **changes
    ),
    "media_moov_at_end": lambda **changes: other_clip(
        "media_moov_at_end", "libx264", "end", **changes
    ),
    "media_moov_first": lambda **changes: other_clip(
        "media_moov_first", "libx264", "first", **changes
    ),
}
"""Name to constructor; each takes `Fault` fields as keywords, such as `times=-1`."""


def load_faults(path: Path) -> list[Fault]:
    """Read a JSON list of names, of `{"name": ..., changes}` or of whole faults."""
    return [parse_fault(item) for item in json.loads(path.read_text())]


def parse_fault(item: str | dict[str, Any]) -> Fault:
    """Return the fault that an item of the list means."""
    if isinstance(item, str):
        return FAULTS[item]()
    unknown = item.keys() - {each.name for each in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    item = dict(item)
    if item.get("file"):
        item["file"] = Path(item["file"])
    name = item.pop("name", None)
    return FAULTS[name](**item) if name in FAULTS else Fault(**item)
