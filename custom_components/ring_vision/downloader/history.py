"""Ring's history into the library's rows, page by page."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Concatenate, Final

from homeassistant.core import HomeAssistant
from sqlalchemy.engine import Connection

from ..library import walks
from ..library.models import NewRecording
from ..library.store import Library
from ..library.walks import Walk
from ..ring_cloud import HistoryPage, RingCloud

type Progress = Callable[[int, int | None, str | None], None]
"""How many are done, of how many, and what is being done."""

NEWS: Final = "news"
"""The walk that follows the account; others are named by who asked for them."""


class History:
    """What Ring says that the cameras recorded."""

    def __init__(self, hass: HomeAssistant, cloud: RingCloud, library: Library) -> None:
        """Read nothing before somebody asks."""
        self._hass = hass
        self._cloud = cloud
        self._library = library

    async def async_check(
        self, camera_ids: Sequence[str], since: datetime, progress: Progress | None
    ) -> list[str]:
        """Read what is new, then on down to `since` where no look has been yet.

        Returns the new ids. Whatever ends it, the next call goes on from there.
        """
        wanted = tuple(sorted(camera_ids))
        walk = await self._async_ask(walks.get_walk, NEWS)
        found: list[str] = []
        if walk is None or not walk.covers(wanted, since):
            walk = Walk(name=NEWS, camera_ids=wanted, floor=since)
        else:
            # A camera that is left out begins anew when it comes back.
            walk = replace(walk, camera_ids=wanted)
            walk = await self._async_news(walk, found, progress)
        if not walk.complete:
            await self._async_down(walk, None, found, progress)
        return found

    async def async_backfill(
        self,
        camera_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        progress: Progress | None,
        *,
        name: str,
        resume: bool,
    ) -> list[str]:
        """Read a span of time, newest first; return the new ids.

        With `resume` a walk of that name which was cut off goes on where it was.
        """
        if not camera_ids:
            return []
        wanted = tuple(sorted(camera_ids))
        walk = await self._async_ask(walks.get_walk, name) if resume else None
        if walk is None or not walk.covers(wanted, start):
            walk = Walk(name=name, camera_ids=wanted, floor=start)
        found: list[str] = []
        if not walk.complete:
            await self._async_down(walk, end, found, progress)
        await self._async_ask(walks.forget_walk, name)
        return found

    async def _async_news(
        self, walk: Walk, found: list[str], progress: Progress | None
    ) -> Walk:
        """Read down to what was known before; return the walk as it is then.

        Until that is reached the walk stands open behind the last page read, since
        nobody has ever seen what lies below it.
        """
        before, reached = walk.reached, walk.reached
        async for page in self._async_pages(walk.camera_ids, None, walk.floor):
            reached = reached if found else _newest(page, reached)
            there = replace(
                walk, cursor=page.next_key, complete=not page.next_key, reached=reached
            )
            added = await self._async_keep(page, None, there)
            found += added
            if progress:
                progress(len(found), None, None)
            # What a backfill brought into a gap is known too, but not what is below.
            old = before is None or all(one.start <= before for one in page.recordings)
            if page.recordings and not added and old:
                break
        walk = replace(walk, reached=reached)
        await self._async_ask(walks.keep_page, (), walk)
        return walk

    async def _async_down(
        self,
        walk: Walk,
        end: datetime | None,
        found: list[str],
        progress: Progress | None,
    ) -> None:
        """Read down to the floor of a walk from where it is."""
        async for page in self._async_pages(walk.camera_ids, walk.cursor, walk.floor):
            walk = replace(
                walk,
                cursor=page.next_key,
                reached=walk.reached or _newest(page, None),
            )
            found += await self._async_keep(page, end, walk)
            if progress:
                progress(len(found), None, None)
        await self._async_ask(
            walks.keep_page, (), replace(walk, cursor=None, complete=True)
        )

    async def _async_pages(
        self, camera_ids: Sequence[str], key: str | None, floor: datetime | None
    ) -> AsyncIterator[HistoryPage]:
        """Ask for page after page; the next one when the caller is done with the last."""
        seen: set[str | None] = set()
        while camera_ids and key not in seen:
            page = await self._cloud.async_history(camera_ids, key=key)
            yield page
            if page.next_key is None or _is_past(page, floor):
                return
            seen.add(key)
            key = page.next_key

    async def _async_keep(
        self, page: HistoryPage, end: datetime | None, walk: Walk
    ) -> list[str]:
        """Commit what of a page lies in the span; return the ids that are new."""
        wanted = [
            recording
            for recording in page.recordings
            if _is_wanted(recording, walk.floor, end)
        ]
        return await self._async_ask(walks.keep_page, wanted, walk)

    async def _async_ask[**P, T](
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self._hass.async_add_executor_job(
            partial(self._library.run, query, *args, **kwargs)
        )


def _is_wanted(
    recording: NewRecording, start: datetime | None, end: datetime | None
) -> bool:
    """Return whether a recording lies in a span of time."""
    return (start is None or recording.start >= start) and (
        end is None or recording.start < end
    )


def _newest(page: HistoryPage, otherwise: datetime | None) -> datetime | None:
    """Return when the newest recording of a page began."""
    return max((one.start for one in page.recordings), default=otherwise)


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
