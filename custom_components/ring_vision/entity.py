"""What all entities share: a device for each camera and one for the account."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, MANUFACTURER
from .coordinator import LibraryCoordinator, RingVisionConfigEntry
from .library.models import Camera
from .library_state import CameraState


def account_identifier(entry: RingVisionConfigEntry) -> tuple[str, str]:
    """Return the identifier of the account's service device."""
    return (DOMAIN, f"account_{entry.unique_id}")


@callback
def async_follow_cameras(
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    create: Callable[[Camera], Iterable[Entity]],
) -> None:
    """Add the entities of each camera, also of one that comes to the account later."""
    account = entry.runtime_data.account
    has_left = account.presence.has_left
    known: set[str] = set()

    @callback
    def add_new() -> None:
        # One that left has lost its entities; it gets new ones when it comes back.
        known.difference_update([each for each in known if has_left(each)])
        new = [camera for camera in account.data.values() if camera.id not in known]
        known.update(camera.id for camera in new)
        if new:
            async_add_entities(entity for camera in new for entity in create(camera))

    add_new()
    entry.async_on_unload(account.async_add_listener(add_new))


class RingVisionEntity(CoordinatorEntity[LibraryCoordinator]):
    """Something that the library knows: it stays available when Ring does not."""

    _attr_has_entity_name = True

    def __init__(self, entry: RingVisionConfigEntry, key: str) -> None:
        """Belong to the account's device."""
        super().__init__(entry.runtime_data.library)
        self.entry = entry
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.unique_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={account_identifier(entry)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER,
            model="Ring account",
            name=entry.title,
        )


class CameraEntity(RingVisionEntity):
    """Something that the library knows of one camera."""

    def __init__(self, entry: RingVisionConfigEntry, camera: Camera, key: str) -> None:
        """Belong to the camera's device."""
        super().__init__(entry, key)
        self.camera_id = camera.id
        self._attr_unique_id = f"{entry.unique_id}_{camera.id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, camera.id)},
            manufacturer=MANUFACTURER,
            model=camera.kind,
            name=camera.name,
            sw_version=camera.firmware,
            via_device_id=dr.async_get_device_id_by_identifier(
                self.coordinator.hass,
                account_identifier(entry),
                config_entry_id=entry.entry_id,
            ),
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the account too: a camera may leave it, and come back."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.entry.runtime_data.account.async_add_listener(
                self.async_write_ha_state
            )
        )

    @property
    def state_of_camera(self) -> CameraState:
        """Return what the library knows of the camera now."""
        return self.coordinator.data.of(self.camera_id)

    @property
    @override
    def available(self) -> bool:
        """Return whether the library can be read and the camera is in the account."""
        return super().available and self.camera_id in self.entry.runtime_data.cameras
