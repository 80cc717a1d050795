"""Binary sensor: whether a recording of the camera is being looked at."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RingVisionConfigEntry
from .entity import CameraEntity, async_follow_cameras

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each camera."""
    async_follow_cameras(
        entry,
        async_add_entities,
        lambda camera: [AnalyzingSensor(entry, camera, "analyzing")],
    )


class AnalyzingSensor(CameraEntity, BinarySensorEntity):
    """On while the engine looks at a recording of the camera."""

    _attr_device_class = BinarySensorDeviceClass.RUNNING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the analyzer."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.entry.runtime_data.analyzer.async_on_change(self.async_write_ha_state)
        )

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the recording under way is this camera's."""
        current = self.entry.runtime_data.analyzer.current
        return current is not None and current.camera_id == self.camera_id
