"""The sensor of what was given up, and why."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory

from .entity import RingVisionEntity
from .library.models import Recording
from .reasons import ReasonTexts, async_reason_texts, reason_text


class FailedRecordingsSensor(RingVisionEntity, SensorEntity):
    """How many recordings have no file or no analysis, the newest ones with the reason."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_state_class = SensorStateClass.MEASUREMENT
    _unrecorded_attributes = frozenset({"recordings"})
    _texts: ReasonTexts = {}

    @override
    async def async_added_to_hass(self) -> None:
        """Read the texts of the reasons."""
        self._texts = await async_reason_texts(self.hass)
        await super().async_added_to_hass()

    @property
    @override
    def native_value(self) -> int:
        """Return how many there are."""
        return self.coordinator.data.counts.failed

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the newest ones."""
        return {"recordings": [self._told(one) for one in self.coordinator.data.failed]}

    def _told(self, recording: Recording) -> dict[str, Any]:
        camera = self.entry.runtime_data.cameras.get(recording.camera_id)
        reason = recording.analysis_reason or recording.reason
        return {
            "recording_id": recording.id,
            "camera": camera.name if camera else None,
            "start": recording.start.isoformat(),
            "reason": reason_text(self._texts, reason),
        }
