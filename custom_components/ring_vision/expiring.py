"""A warning before Ring deletes recordings that are not here yet."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from sqlalchemy.engine import Connection

from .const import DOMAIN
from .coordinator import NO_LIMIT, RingVisionConfigEntry
from .issues import async_set_issue
from .library import recordings
from .library.errors import LibraryError
from .library.models import RecordingFilter, RecordingState

RECORDINGS_EXPIRING: Final = "recordings_expiring"
WARNING_TIME: Final = timedelta(days=3)
"""Before the end; half of the time where Ring keeps recordings for a few days only."""
LOOK_INTERVAL: Final = timedelta(hours=1)
"""Time passes also while Ring is away and nothing changes."""
MISSING: Final = (
    RecordingState.SEEN,
    RecordingState.NOT_READY,
    RecordingState.FAILED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiring:
    """Recordings that Ring soon deletes, and we lack."""

    count: int
    first: datetime
    """When the first of them goes (UTC)."""


def find_expiring(
    connection: Connection, kept: Mapping[str, timedelta], now: datetime
) -> Expiring | None:
    """Return what is about to be lost; `kept` is how long Ring keeps it, by camera."""
    ends: list[datetime] = []
    for camera_id, life in kept.items():
        wanted = RecordingFilter(
            camera_ids=(camera_id,),
            states=MISSING,
            start=now - life,
            end=now - life + min(WARNING_TIME, life / 2),
            limit=NO_LIMIT,
        )
        found = recordings.list_recordings(connection, wanted)
        ends += [recording.start + life for recording in found]
    return Expiring(count=len(ends), first=min(ends)) if ends else None


@callback
def async_follow_expiring(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Raise an issue while recordings are about to be lost."""
    data = entry.runtime_data
    one_look = asyncio.Lock()

    async def look() -> None:
        async with one_look:
            kept = {
                camera_id: timedelta(days=days)
                for camera_id in data.account.chosen
                if (days := data.cameras[camera_id].ttl_days)
            }
            try:
                found = await data.archive.ask(find_expiring, kept, dt_util.utcnow())
            except LibraryError:
                return  # it is being closed, or somebody else tells what is wrong
            tell(found)

    @callback
    def tell(found: Expiring | None) -> None:
        placeholders = {}
        if found:
            until = dt_util.as_local(found.first)
            placeholders = {
                "count": str(found.count),
                "until": f"{until:%Y-%m-%d %H:%M}",
            }
        async_set_issue(
            hass,
            entry,
            RECORDINGS_EXPIRING,
            active=found is not None,
            placeholders=placeholders,
        )

    @callback
    def look_soon(_: datetime | None = None) -> None:
        entry.async_create_background_task(hass, look(), f"{DOMAIN} expiring")

    entry.async_on_unload(data.library.async_add_listener(look_soon))
    entry.async_on_unload(data.account.async_add_listener(look_soon))
    entry.async_on_unload(async_track_time_interval(hass, look_soon, LOOK_INTERVAL))
    entry.async_on_unload(lambda: tell(None))
    look_soon()
