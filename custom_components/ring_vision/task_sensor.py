"""Sensor: what long work is under way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from .entity import RingVisionEntity

UPDATE_INTERVAL_S: Final = 1.0
"""Several tasks that move on together are one change."""


class ActiveTasksSensor(RingVisionEntity, SensorEntity):
    """How many tasks are under way, and how far each of them is."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_state_class = SensorStateClass.MEASUREMENT
    _unrecorded_attributes = frozenset({"tasks"})
    _pause: CALLBACK_TYPE | None = None
    _changed = False
    """Something moved on since the last write."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the tasks."""
        await super().async_added_to_hass()
        tasks = self.entry.runtime_data.tasks
        self.async_on_remove(tasks.async_add_listener(self._handle_coordinator_update))

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Forget the next write."""
        if self._pause:
            self._pause()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write now, or when the pause after the last write is over."""
        self._changed = True
        if self._pause is None:
            self._async_write()

    @callback
    def _async_write(self, _: datetime | None = None) -> None:
        """Write what has changed, and pause."""
        self._pause = None
        if not self._changed:
            return
        self._changed = False
        self.async_write_ha_state()
        self._pause = async_call_later(self.hass, UPDATE_INTERVAL_S, self._async_write)

    @property
    @override
    def native_value(self) -> int:
        """Return how many tasks have yet to end."""
        return len(self.entry.runtime_data.tasks.active)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return how far each of them is."""
        return {
            "tasks": [
                {
                    "kind": task.kind.value,
                    "current": task.current,
                    "total": task.total,
                    "message": task.message,
                    "seconds_left": task.seconds_left,
                }
                for task in self.entry.runtime_data.tasks.active
            ]
        }
