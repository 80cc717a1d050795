"""Somebody rang, says Home Assistant's own Ring integration: look for it soon."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    TrackStates,
    async_call_later,
    async_track_state_change_filtered,
)
from homeassistant.util import dt as dt_util
from sqlalchemy.engine import Connection

from .access import CORE_DOMAIN
from .const import DOMAIN
from .coordinator import RingVisionConfigEntry
from .library import recordings
from .library.errors import LibraryError
from .library.models import RecordingFilter, RecordingState

FIRST_WAIT_S: Final = 45
"""Ring shows a recording about half a minute after the event."""
WAITS_S: Final = (15, 30, 60)
"""Between the looks that follow; the last one repeats."""
PATIENCE: Final = timedelta(minutes=10)
"""Then the usual poll has to do."""
SLACK: Final = timedelta(seconds=30)
"""A recording begins before its event gets here."""
KINDS: Final = ("motion", "ding")


class RingEvents:
    """One schedule for all of an account: which events lack their recordings."""

    def __init__(self, hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
        """Wait for nothing."""
        self._hass = hass
        self._entry = entry
        self._awaited: dict[str, datetime] = {}
        """Camera id to its newest event without a recording."""
        self._looks = 0
        self._planned: CALLBACK_TYPE | None = None
        self._looking = False

    @callback
    def async_follow(self) -> None:
        """Follow all event entities, also those that come later."""
        events = TrackStates(all_states=False, entities=set(), domains={EVENT_DOMAIN})
        tracker = async_track_state_change_filtered(
            self._hass, events, self._async_changed
        )
        self._entry.async_on_unload(tracker.async_remove)
        self._entry.async_on_unload(self._async_stop)

    @callback
    def _async_changed(self, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new is None or (old is not None and old.state == new.state):
            return
        camera_id = self._camera_of(new.entity_id)
        at = dt_util.parse_datetime(new.state)
        if camera_id is None or at is None or at.tzinfo is None:
            return
        # A state that comes back after a restart tells of an old event.
        if dt_util.utcnow() - at >= PATIENCE:
            return
        self._awaited[camera_id] = at
        if self._planned is None and not self._looking:
            self._looks = 0
            self._async_plan(FIRST_WAIT_S)

    def _camera_of(self, entity_id: str) -> str | None:
        """Return the camera whose doorbell or motion entity it is, if it is one."""
        entity = er.async_get(self._hass).async_get(entity_id)
        if entity is None or entity.platform != CORE_DOMAIN:
            return None
        camera_id, _, kind = entity.unique_id.rpartition("-")
        chosen = self._entry.runtime_data.account.chosen
        return camera_id if kind in KINDS and camera_id in chosen else None

    @callback
    def _async_plan(self, seconds: float) -> None:
        self._planned = async_call_later(self._hass, seconds, self._async_due)

    @callback
    def _async_due(self, _: datetime) -> None:
        self._planned = None
        if self._entry.state is ConfigEntryState.LOADED:
            self._entry.async_create_background_task(
                self._hass, self._async_look(), f"{DOMAIN} look for an event"
            )

    async def _async_look(self) -> None:
        """Ask Ring, and plan the next look while a recording is still lacking."""
        self._looking = True
        try:
            if await self._async_lacking():
                await self._async_check()
            lacking = await self._async_lacking()
        finally:
            self._looking = False
        if lacking:
            wait = WAITS_S[min(self._looks, len(WAITS_S) - 1)]
            self._looks += 1
            self._async_plan(wait)

    async def _async_check(self) -> None:
        """Have the history read; what went wrong may be over at the next look."""
        account = self._entry.runtime_data.account
        try:
            await account.async_start_check().wait()
        except HomeAssistantError as err:
            if err.translation_key == "sign_in_expired":
                self._awaited.clear()

    async def _async_lacking(self) -> bool:
        """Forget the events that are over, and say whether any are left."""
        now = dt_util.utcnow()
        asked = dict(self._awaited)
        try:
            here = await self._entry.runtime_data.archive.ask(_recorded, asked)
        except LibraryError:
            here = set()
        for camera_id, at in asked.items():
            over = camera_id in here or now - at >= PATIENCE
            if over and self._awaited.get(camera_id) == at:
                del self._awaited[camera_id]
        return bool(self._awaited)

    @callback
    def _async_stop(self) -> None:
        if self._planned:
            self._planned()
            self._planned = None


def _recorded(connection: Connection, awaited: Mapping[str, datetime]) -> set[str]:
    """Return the cameras whose recording of an event the library knows."""
    return {
        camera_id
        for camera_id, at in awaited.items()
        if recordings.list_recordings(
            connection,
            RecordingFilter(
                camera_ids=(camera_id,),
                states=tuple(RecordingState),
                start=at - SLACK,
                limit=1,
            ),
        )
    }
