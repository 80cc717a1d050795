"""Ring's history into the library's rows, page by page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from homeassistant.core import HomeAssistant

from ..library import recordings
from ..library.store import Library
from ..ring_cloud import HistoryPage, RingCloud

type Progress = Callable[[int, int | None, str | None], None]
"""How many are done, of how many, and what is being done."""


class History:
    """What Ring says that the cameras recorded."""

    def __init__(self, hass: HomeAssistant, cloud: RingCloud, library: Library) -> None:
        """Read nothing before somebody asks."""
        self._hass = hass
        self._cloud = cloud
        self._library = library
        self._gap = False
        """A walk broke off after its first new rows: older ones may still be unknown."""

    async def async_check(
        self, camera_ids: Sequence[str], since: datetime, progress: Progress | None
    ) -> list[str]:
        """Read down to a page that is all known; return the new ids."""
        found = await self._async_walk(
            camera_ids, since, None, progress, until_known=not self._gap
        )
        self._gap = False
        return found

    async def async_backfill(
        self,
        camera_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        progress: Progress | None,
    ) -> list[str]:
        """Read a span of time, newest first; return the new ids."""
        return await self._async_walk(
            camera_ids, start, end, progress, until_known=False
        )

    async def _async_walk(
        self,
        camera_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        progress: Progress | None,
        *,
        until_known: bool,
    ) -> list[str]:
        """Turn pages into rows; the next one is asked for when those are committed."""
        found: list[str] = []
        key: str | None = None
        seen: set[str | None] = set()
        try:
            while camera_ids and key not in seen:
                page = await self._cloud.async_history(camera_ids, key=key)
                added = await self._async_add(page, start, end)
                found += added
                if progress:
                    progress(len(found), None, None)
                known = until_known and page.recordings and not added
                if known or page.next_key is None or _is_past(page, start):
                    break
                seen.add(key)
                key = page.next_key
        except BaseException:
            self._gap = self._gap or bool(found)
            raise
        return found

    async def _async_add(
        self, page: HistoryPage, start: datetime | None, end: datetime | None
    ) -> list[str]:
        """Commit what of a page lies in a span of time; return the ids that are new."""
        wanted = [
            recording
            for recording in page.recordings
            if (start is None or recording.start >= start)
            and (end is None or recording.start < end)
        ]
        return await self._hass.async_add_executor_job(
            partial(self._library.run, recordings.add_recordings, wanted)
        )


def _is_past(page: HistoryPage, start: datetime | None) -> bool:
    """Return whether a page lies all before a time.

    One camera's rows may reach further back than another's in the same page, so
    a single old one says nothing.
    """
    return (
        start is not None
        and bool(page.recordings)
        and all(recording.start < start for recording in page.recordings)
    )
