"""The cameras' devices follow Ring's list: new names, and cameras that have left."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..coordinator import RingVisionConfigEntry
from ..library.models import Camera


@callback
def async_follow_camera_devices(
    hass: HomeAssistant, entry: RingVisionConfigEntry
) -> None:
    """Bring the devices up to date with each list of cameras that Ring gives."""
    account = entry.runtime_data.account

    @callback
    def follow() -> None:
        if not account.last_update_success:
            return
        registry = dr.async_get(hass)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            camera_id = _camera_id(device)
            if camera_id is None:
                continue
            if camera := account.data.get(camera_id):
                _async_update(registry, device, camera)
            elif account.presence.has_left(camera_id):
                # Its entities go with it; its recordings stay.
                registry.async_remove_device(device.id)

    entry.async_on_unload(account.async_add_listener(follow))


def _camera_id(device: dr.DeviceEntry) -> str | None:
    """Return whose device it is; the account's own is no camera's."""
    if device.entry_type is dr.DeviceEntryType.SERVICE:
        return None
    return next((each for domain, each in device.identifiers if domain == DOMAIN), None)


@callback
def _async_update(
    registry: dr.DeviceRegistry, device: dr.DeviceEntry, camera: Camera
) -> None:
    """Take over what Ring says now; a name that the owner gave here goes before."""
    if (device.name, device.sw_version) != (camera.name, camera.firmware):
        registry.async_update_device(
            device.id, name=camera.name, sw_version=camera.firmware
        )
