"""Sensors: what was seen last, and the library in numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .cameras.status import CameraStatus
from .coordinator import RingVisionConfigEntry, RingVisionData
from .entity import CameraEntity, RingVisionEntity, async_follow_cameras
from .failed_sensor import FailedRecordingsSensor
from .library.models import Camera, Sighting
from .library_state import CameraState, LibraryState
from .task_sensor import ActiveTasksSensor

PARALLEL_UPDATES = 0

type Value = StateType | datetime


@dataclass(frozen=True, kw_only=True)
class CameraSensorDescription(SensorEntityDescription):
    """A sensor of a camera: how its value is read from the camera's state."""

    value_fn: Callable[[CameraState], Value]
    attributes_fn: Callable[[CameraState], Mapping[str, Any]] = lambda _: {}
    last_reset_fn: Callable[[], datetime | None] = lambda: None


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """A sensor of the account: how its value is read from the library's state."""

    value_fn: Callable[[LibraryState], Value]


def _sighting_attributes(sighting: Sighting | None) -> Mapping[str, Any]:
    """Return what an automation wants to know of a sighting."""
    if sighting is None:
        return {}
    return {
        "recording_id": sighting.recording_id,
        "label": sighting.label,
        "person": sighting.person_name,
        "stranger": sighting.stranger is not None,
        "confidence": round(sighting.confidence, 3),
    }


def _when(sighting: Sighting | None) -> datetime | None:
    """Return when somebody or something came into view."""
    return sighting.start if sighting else None


def _who(sighting: Sighting | None) -> str | None:
    """Return a person's name, or that it was somebody unknown."""
    if sighting is None:
        return None
    return sighting.person_name or STRANGER


STRANGER = "stranger"

CAMERA_SENSORS: tuple[CameraSensorDescription, ...] = (
    CameraSensorDescription(
        key="last_sighting",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda state: _when(state.last_sighting),
        attributes_fn=lambda state: _sighting_attributes(state.last_sighting),
    ),
    CameraSensorDescription(
        key="last_person",
        value_fn=lambda state: _who(state.last_person),
        attributes_fn=lambda state: _sighting_attributes(state.last_person),
    ),
    CameraSensorDescription(
        key="sightings_today",
        # Not "increasing": a clean-up takes away from it.
        state_class=SensorStateClass.TOTAL,
        last_reset_fn=dt_util.start_of_local_day,
        value_fn=lambda state: state.sightings_today,
    ),
)

ACCOUNT_SENSORS: tuple[AccountSensorDescription, ...] = (
    AccountSensorDescription(
        key="recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda state: state.counts.kept,
    ),
    AccountSensorDescription(
        key="waiting_download",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.counts.waiting_download,
    ),
    AccountSensorDescription(
        key="waiting_analysis",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.counts.waiting_analysis,
    ),
    AccountSensorDescription(
        key="storage_used",
        device_class=SensorDeviceClass.DATA_SIZE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        suggested_display_precision=1,
        value_fn=lambda state: state.counts.size,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's sensors and those of each camera."""
    async_add_entities(
        AccountSensor(entry, description) for description in ACCOUNT_SENSORS
    )
    async_add_entities(
        [
            NextCheckSensor(entry, "next_check"),
            ActiveTasksSensor(entry, "active_tasks"),
            FailedRecordingsSensor(entry, "failed"),
        ]
    )
    async_follow_cameras(
        entry,
        async_add_entities,
        lambda camera: [
            *(CameraSensor(entry, camera, each) for each in CAMERA_SENSORS),
            CameraStatusSensor(entry, camera, "status"),
        ],
    )


class CameraSensor(CameraEntity, SensorEntity):
    """A sensor that reads the camera's state."""

    entity_description: CameraSensorDescription

    def __init__(
        self,
        entry: RingVisionConfigEntry,
        camera: Camera,
        description: CameraSensorDescription,
    ) -> None:
        """Read what the description says."""
        super().__init__(entry, camera, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self.entity_description.value_fn(self.state_of_camera)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when it last began to count anew."""
        return self.entity_description.last_reset_fn()

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the sighting behind the value."""
        return self.entity_description.attributes_fn(self.state_of_camera)


class CameraStatusSensor(CameraEntity, SensorEntity):
    """Whether all is fine with the camera, or why nothing comes of it."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_options = [status.value for status in CameraStatus]

    @property
    @override
    def native_value(self) -> str | None:
        """Return the status."""
        data = self.entry.runtime_data
        camera = data.cameras.get(self.camera_id)
        return data.status_of(camera).value if camera else None


class AccountSensor(RingVisionEntity, SensorEntity):
    """A sensor that reads the library's state."""

    entity_description: AccountSensorDescription

    def __init__(
        self, entry: RingVisionConfigEntry, description: AccountSensorDescription
    ) -> None:
        """Read what the description says."""
        super().__init__(entry, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self.entity_description.value_fn(self.coordinator.data)


class NextCheckSensor(RingVisionEntity, SensorEntity):
    """When Ring is asked again."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the coordinator that asks Ring."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._data.account.async_add_listener(self.async_write_ha_state)
        )

    @property
    def _data(self) -> RingVisionData:
        return self.entry.runtime_data

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time of the next poll."""
        return self._data.account.next_check
