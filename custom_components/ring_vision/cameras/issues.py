"""Repair issues: cameras of which nothing comes until the owner does something."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..coordinator import RingVisionConfigEntry
from ..issues import async_set_issue
from .status import CameraStatus

MENDABLE: Final = frozenset(
    {
        CameraStatus.NO_PLAN,
        CameraStatus.END_TO_END_ENCRYPTED,
        CameraStatus.RECORDING_OFF,
    }
)


@callback
def async_follow_camera_issues(
    hass: HomeAssistant, entry: RingVisionConfigEntry
) -> None:
    """Raise an issue for each such camera, until it is mended or leaves."""
    data = entry.runtime_data
    raised: set[tuple[CameraStatus, str]] = set()

    @callback
    def follow() -> None:
        if data.account.trouble is not None:
            return
        found = {
            (status, camera.id): camera.name
            for camera in data.cameras.values()
            # Of a shared camera only its owner can mend anything.
            if (status := data.status_of(camera)) in MENDABLE and not camera.shared
        }
        drop(raised - found.keys())
        raised.update(found)
        for (status, camera_id), name in found.items():
            async_set_issue(
                hass,
                entry,
                status.value,
                active=True,
                placeholders={"camera": name},
                of=camera_id,
            )

    @callback
    def drop(ended: set[tuple[CameraStatus, str]]) -> None:
        for status, camera_id in ended:
            async_set_issue(hass, entry, status.value, active=False, of=camera_id)
        raised.difference_update(ended)

    entry.async_on_unload(data.account.async_add_listener(follow))
    entry.async_on_unload(data.library.async_add_listener(follow))
    entry.async_on_unload(lambda: drop(set(raised)))
    follow()
