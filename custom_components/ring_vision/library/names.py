"""What the name of a recording's file says of it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
import re
from typing import Final

from .files import MAX_NAME_LENGTH
from .models import NewRecording

_NAME: Final = re.compile(
    r"(?P<camera>\d+)/(?P<folder>\d{4}/\d{2})/"
    r"(?P<start>\d{8}T\d{6}Z)_(?P<kind>[A-Za-z0-9_-]+)_(?P<id>\d+)\.mp4",
    re.ASCII,
)


def files_below(root: Path, folders: Iterable[str], pattern: str) -> Iterator[str]:
    """Yield the files in the months of some cameras, relative to the folder of all."""
    for folder in folders:
        for path in (root / folder).glob(f"*/*/{pattern}"):
            yield path.relative_to(root).as_posix()


def parse_name(path: str) -> NewRecording | None:
    """Return what a file's name says; None when it is not one of ours, or hashed."""
    match = _NAME.fullmatch(path)
    if match is None or len(match["id"]) > MAX_NAME_LENGTH:
        return None
    try:
        start = datetime.strptime(match["start"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    if f"{start:%Y/%m}" != match["folder"]:
        return None
    return NewRecording(
        id=match["id"], camera_id=match["camera"], kind=match["kind"], start=start
    )
