"""Image: the newest snapshot of each camera."""

from datetime import datetime
from typing import override

from homeassistant.components.image import ImageEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RingVisionConfigEntry
from .entity import CameraEntity, async_follow_cameras
from .library.models import Camera

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each camera."""
    async_follow_cameras(
        entry, async_add_entities, lambda camera: [LastSnapshot(hass, entry, camera)]
    )


class LastSnapshot(CameraEntity, ImageEntity):
    """The best picture of what was seen last, with its box."""

    _attr_content_type = "image/jpeg"

    def __init__(
        self, hass: HomeAssistant, entry: RingVisionConfigEntry, camera: Camera
    ) -> None:
        """Begin with the newest one that the library has."""
        CameraEntity.__init__(self, entry, camera, "last_snapshot")
        ImageEntity.__init__(self, hass)
        self._attr_image_last_updated = self._time

    @property
    def _time(self) -> datetime | None:
        newest = self.state_of_camera.last_snapshot
        return newest.start if newest else None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show another picture when a newer one came."""
        if self._attr_image_last_updated != self._time:
            self._attr_image_last_updated = self._time
            # The browser's copy must go: a new token makes a new address.
            self._cached_image = None
            self.async_update_token()
        super()._handle_coordinator_update()

    @override
    async def async_image(self) -> bytes | None:
        """Return the JPEG, read in the executor."""
        newest = self.state_of_camera.last_snapshot
        if newest is None or newest.snapshot is None:
            return None
        path = self.entry.runtime_data.archive.snapshots / newest.snapshot
        try:
            return await self.hass.async_add_executor_job(path.read_bytes)
        except FileNotFoundError:
            return None
