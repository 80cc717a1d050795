"""Event entity: who or what was seen, once for each recording that was looked at."""

from datetime import datetime
from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .analyzer import Seen
from .coordinator import RingVisionConfigEntry
from .entity import CameraEntity, async_follow_cameras
from .library.models import Camera
from .sightings import SightingType, describe

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each camera."""
    async_follow_cameras(
        entry, async_add_entities, lambda camera: [SightingEvent(entry, camera)]
    )


class SightingEvent(CameraEntity, EventEntity):
    """Fires when a recording was looked at, never for one older than the last."""

    _attr_event_types = [kind.value for kind in SightingType]

    def __init__(self, entry: RingVisionConfigEntry, camera: Camera) -> None:
        """Begin with what the library knows: a restart repeats nothing."""
        super().__init__(entry, camera, "sighting")
        newest = self.state_of_camera.last_sighting
        self._newest: datetime | None = newest.start if newest else None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the analyzer."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.entry.runtime_data.analyzer.async_on_seen(self._async_seen)
        )

    @callback
    def _async_seen(self, seen: Seen) -> None:
        recording = seen.recording
        if recording.camera_id != self.camera_id:
            return
        # The first run looks at days of recordings, newest first: the entity's state
        # is the newest sighting, not the one that was looked at last.
        # The same recording, looked at again, is no news either.
        if self._newest is not None and recording.start <= self._newest:
            return
        self._newest = recording.start
        event = describe(seen)
        self._trigger_event(event.type, event.as_attributes())
        self.async_write_ha_state()
