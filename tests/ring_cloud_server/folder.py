"""An account from a folder: recordings.json and, where there is one, cameras.json."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from .state import CloudCamera, CloudRecording, default_cameras


def load_cameras(folder: Path) -> list[CloudCamera]:
    """Read the cameras, or return the three default ones."""
    path = folder / "cameras.json"
    if not path.exists():
        return default_cameras()
    return [CloudCamera(**item) for item in json.loads(path.read_text())]


def load_recordings(folder: Path) -> list[CloudRecording]:
    """Read the recordings; their files are named relative to the folder."""
    items = json.loads((folder / "recordings.json").read_text())
    now = datetime.now(UTC).replace(microsecond=0)
    return [parse_recording(folder, item, now) for item in items]


def parse_recording(
    folder: Path, item: dict[str, Any], now: datetime
) -> CloudRecording:
    """Return one recording; `age_s` before now, or from `start` (ISO 8601)."""
    item = dict(item)
    age_s = item.pop("age_s", 0)
    start = item.pop("start", None)
    file = item.pop("file", None)
    return CloudRecording(
        start=datetime.fromisoformat(start)
        if start
        else now - timedelta(seconds=age_s),
        file=folder / file if file else None,
        **item,
    )
