"""Walking Ring's history page by page, newest first, by either of its two doors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import json
from typing import Any, Final
from urllib.parse import quote

from ring_doorbell.const import URL_DOORBELL_HISTORY

from ..const import LOGGER
from ..library.models import NewRecording
from .api import Asking
from .dings import Cursors, Ding, merge_dings, read_dings
from .errors import CannotConnect
from .history import parse_event
from .values import rows_of, text_of

EVM_HISTORY: Final = "/evm/v2/history/devices"
"""All cameras in one request, and the only door to 24/7 recordings."""
PAGE_SIZE: Final = 100
"""Ring gives no more, whatever is asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryPage:
    """One page of the history."""

    recordings: tuple[NewRecording, ...]
    """Newest first."""
    next_key: str | None
    """For the page after; None: this was the last one."""


class History:
    """Asks evm, and clients_api where evm's answer is of no use."""

    def __init__(self, api: Asking) -> None:
        self._api = api

    async def async_page(
        self, camera_ids: Sequence[str], key: str | None
    ) -> HistoryPage:
        """Return the page behind a key, the newest one without."""
        if not camera_ids:
            return HistoryPage(recordings=(), next_key=None)
        place = _read_key(key)
        below = place.get("below")
        if isinstance(below, dict):
            return await self._dings({c: below[c] for c in camera_ids if c in below})
        page = await self._events(camera_ids, text_of(place.get("evm")))
        if page is not None:
            return page
        # A walk that has begun goes on where evm left it: an id begins with its time.
        until = place.get("until")
        last = (until + 1) << 32 if isinstance(until, int) else None
        return await self._dings(dict.fromkeys(camera_ids, last))

    async def _events(
        self, camera_ids: Sequence[str], pagination_key: str | None
    ) -> HistoryPage | None:
        """Return a page of evm, None when the answer is of no use."""
        query = {"source_ids": ",".join(camera_ids), "limit": str(PAGE_SIZE)}
        if pagination_key:
            query["pagination_key"] = pagination_key
        answer = await self._api.async_get(EVM_HISTORY, query)
        body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
        if not isinstance(body.get("items"), list):
            LOGGER.debug("evm is of no use (%s), asking clients_api", answer.status)
            return None
        recordings = _newest_first(parse_event(row) for row in rows_of(body["items"]))
        # Ring wants its key back without the padding.
        after = (text_of(body.get("pagination_key")) or "").rstrip("=")
        if not body["items"] or after in {"", pagination_key}:
            return HistoryPage(recordings=recordings, next_key=None)
        place: dict[str, Any] = {"evm": after}
        if recordings:
            place["until"] = int(recordings[-1].start.timestamp())
        return HistoryPage(recordings=recordings, next_key=json.dumps(place))

    async def _dings(self, cursors: Cursors) -> HistoryPage:
        """Return a page of clients_api."""
        pages: dict[str, list[Ding]] = {}
        for camera_id, below in cursors.items():
            dings = await self._camera_dings(camera_id, below)
            if dings is not None:
                pages[camera_id] = dings
        if cursors and not pages:
            raise CannotConnect("neither history knows any of the cameras")
        recordings, after = merge_dings(pages, cursors)
        return HistoryPage(
            recordings=_newest_first(recordings),
            next_key=json.dumps({"below": after}) if after else None,
        )

    async def _camera_dings(
        self, camera_id: str, below: int | None
    ) -> list[Ding] | None:
        """Return a page of one camera; None when clients_api does not know it."""
        query = {"limit": str(PAGE_SIZE)}
        if below is not None:
            query["older_than"] = str(below)
        path = URL_DOORBELL_HISTORY.format(quote(camera_id, safe=""))
        answer = await self._api.async_get(path, query)
        if answer.status == 404:
            LOGGER.debug("clients_api does not know a camera; is it shared?")
            return None
        return read_dings(answer.as_list(), camera_id, below)


def _newest_first(found: Iterable[NewRecording | None]) -> tuple[NewRecording, ...]:
    """Return what was understood, in the order of a page."""
    understood = [recording for recording in found if recording]
    return tuple(sorted(understood, key=lambda each: each.start, reverse=True))


def _read_key(key: str | None) -> dict[str, Any]:
    """Return the place that a key names; nonsense means the newest page."""
    try:
        place = json.loads(key or "{}")
    except ValueError:
        return {}
    return place if isinstance(place, dict) else {}
