"""The older history, clients_api: a list a camera, merged into pages of all cameras."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from ..const import LOGGER
from ..library.models import NewRecording
from .history import parse_ding
from .values import id_of, rows_of

type Cursors = Mapping[str, int | None]
"""By camera: only recordings with an id below; None from the newest on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ding:
    """A row of a camera's list."""

    id: int
    recording: NewRecording | None
    """None for a row that cannot be understood; paging goes on below it."""


def read_dings(body: list[Any], camera_id: str, below: int | None) -> list[Ding]:
    """Return a camera's rows, newest first; none that was there before.

    Ring's list does not advance for every camera: a page that repeats itself has to
    end the walk.
    """
    dings = []
    for row in rows_of(body):
        number = id_of(row.get("id")) or ""
        if not (number.isascii() and number.isdecimal()):
            LOGGER.debug("Skipping a row of Ring's history without an id")
        elif below is None or int(number) < below:
            dings.append(Ding(id=int(number), recording=parse_ding(row, camera_id)))
    return sorted(dings, key=lambda ding: ding.id, reverse=True)


def merge_dings(
    pages: Mapping[str, list[Ding]], cursors: Cursors
) -> tuple[list[NewRecording], dict[str, int | None]]:
    """Return what may be shown of the cameras' pages, and where each goes on.

    The page of a camera that records little reaches far back. What is older than the
    end of another camera's page waits, or the pages would not be newest first.
    """
    ends = [end for dings in pages.values() if (end := _end(dings)) is not None]
    oldest = max(ends, default=None)
    shown: list[NewRecording] = []
    after: dict[str, int | None] = {}
    for camera_id, dings in pages.items():
        turn = list(takewhile(lambda ding: _is_due(ding, oldest), dings))
        shown.extend(ding.recording for ding in turn if ding.recording)
        if dings:
            after[camera_id] = turn[-1].id if turn else cursors[camera_id]
    return shown, after


def _end(dings: list[Ding]) -> datetime | None:
    """Return how far back a page reaches."""
    starts = [ding.recording.start for ding in dings if ding.recording]
    return min(starts, default=None)


def _is_due(ding: Ding, oldest: datetime | None) -> bool:
    """Say whether no page of another camera may still hold something newer."""
    return not ding.recording or oldest is None or ding.recording.start >= oldest
