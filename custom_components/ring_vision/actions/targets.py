"""What the fields of actions name: cameras by device, pictures by path or media id."""

from collections.abc import Sequence
from pathlib import Path

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..coordinator import RingVisionData


@callback
def async_camera_ids(
    hass: HomeAssistant, device_ids: Sequence[str] | None, data: RingVisionData
) -> tuple[str, ...]:
    """Return the camera ids of devices; a camera's own id is taken as well."""
    registry = dr.async_get(hass)
    found = []
    for device_id in device_ids or ():
        device = registry.async_get(device_id)
        # Other integrations' identifiers may look like ours, or have three parts.
        ids = [
            identifier[1]
            for identifier in (device.identifiers if device else ())
            if identifier[0] == DOMAIN
        ]
        camera_id = next(
            (one for one in (*ids, device_id) if one in data.cameras), None
        )
        if camera_id is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="unknown_camera",
                translation_placeholders={"camera": device_id},
            )
        found.append(camera_id)
    return tuple(found)


async def async_local_path(hass: HomeAssistant, media: str) -> Path:
    """Return the file that a path or a media id names, if Home Assistant may read it."""
    if media_source.is_media_source_id(media):
        try:
            resolved = await media_source.async_resolve_media(hass, media, None)
        except media_source.Unresolvable as err:
            raise _not_a_file("media_not_found", media) from err
        if resolved.path is None:
            raise _not_a_file("media_not_local", media)
        path = Path(resolved.path)
    else:
        path = Path(media)
        if not await hass.async_add_executor_job(hass.config.is_allowed_path, media):
            raise _not_a_file("path_not_allowed", media)
    if not await hass.async_add_executor_job(path.is_file):
        raise _not_a_file("media_not_found", media)
    return path


def _not_a_file(key: str, media: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"media": media},
    )
