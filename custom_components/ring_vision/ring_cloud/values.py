"""Reading JSON that may hold anything: a wrong type is an absent value."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

EARLIEST: Final = datetime(2012, 1, 1, tzinfo=UTC)
"""There was no Ring before, so a time before is none."""


def dict_of(value: Any, *names: str) -> dict[str, Any]:
    """Return the object that lies some names deep, an empty one when it does not."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def rows_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list, none when it is no list."""
    if not isinstance(value, list):
        return []
    return [row for row in value if isinstance(row, dict)]


def text_of(value: Any) -> str | None:
    """Return a text that says something."""
    return value if isinstance(value, str) and value else None


def id_of(value: Any) -> str | None:
    """Return an id as text; ids are beyond what a JSON number holds exactly."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_of(value)


def seconds_of(value: Any) -> float | None:
    """Return a length of time that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value > 0 else None


def time_of(value: Any) -> datetime | None:
    """Return a time in UTC, as ISO 8601 says it; what has no zone is UTC at Ring."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except ValueError, OverflowError:
        return None
    return at if at >= EARLIEST else None


def time_in_id(recording_id: str) -> datetime | None:
    """Return the time in a classic id, `(unix_seconds << 32) | camera_id`."""
    if not (recording_id.isascii() and recording_id.isdecimal()):
        return None
    try:
        at = datetime.fromtimestamp(int(recording_id) >> 32, UTC)
    except ValueError, OverflowError, OSError:
        return None
    return at if EARLIEST <= at <= datetime.now(UTC) + timedelta(days=1) else None
