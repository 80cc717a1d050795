"""Cameras out of Ring's device lists."""

from collections.abc import Sequence
import re
from typing import Any, Final

from ..library.models import Camera
from .values import dict_of, id_of, rows_of, seconds_of, text_of

FAMILIES: Final = ("doorbots", "authorized_doorbots", "stickup_cams")
"""Whatever is in these records, also kinds that nobody has heard of."""
SHARED_FAMILY: Final = "authorized_doorbots"
V3_FAMILY: Final = "v3"
NO_CAMERA: Final = re.compile(
    "chime|base_station|beams|bridge|sensor|alarm|lock|hub|intercom_handset_audio"
)

MAX_TTL_DAYS: Final = 3650
"""Ring keeps 180 days at most; what is far beyond is no number of days."""


def parse_cameras(
    devices: dict[str, Any], v3: Sequence[dict[str, Any]]
) -> list[Camera]:
    """Return the cameras of both lists; v3 knows more, and shared users' cameras."""
    by_id = {id_of(row.get("id")): row for row in v3}
    cameras: dict[str, Camera] = {}
    for family in FAMILIES:
        for row in rows_of(devices.get(family)):
            more = by_id.get(id_of(row.get("id")), {})
            known = {name: value for name, value in more.items() if value is not None}
            _add(cameras, row | known, family)
    for row in v3:
        if not NO_CAMERA.search(text_of(row.get("kind")) or ""):
            _add(cameras, row, V3_FAMILY)
    return list(cameras.values())


def _add(cameras: dict[str, Camera], row: dict[str, Any], family: str) -> None:
    """Add a camera, unless it has no id or is there already."""
    camera_id = id_of(row.get("id"))
    if camera_id is not None and camera_id not in cameras:
        cameras[camera_id] = parse_camera(camera_id, row, family)


def parse_camera(camera_id: str, row: dict[str, Any], family: str) -> Camera:
    """Return one camera of a device list."""
    health = dict_of(row, "health")
    return Camera(
        id=camera_id,
        name=text_of(row.get("description")) or f"Camera {camera_id}",
        kind=text_of(row.get("kind")) or "unknown",
        family=family,
        location_id=text_of(row.get("location_id")),
        firmware=text_of(health.get("firmware_version"))
        or text_of(row.get("firmware_version")),
        time_zone=text_of(row.get("time_zone")),
        shared=_is_shared(row, family),
        has_plan=_has_plan(row),
        connected=_is_connected(row),
        reason=_reason(row),
        ttl_days=_ttl_days(row),
    )


def _is_shared(row: dict[str, Any], family: str) -> bool:
    """Say whether somebody else owns it."""
    return (
        family == SHARED_FAMILY
        or row.get("owned") is False
        or row.get("operation_set") == "shared"
    )


def _has_plan(row: dict[str, Any]) -> bool:
    """Say whether Ring keeps what it records; unless told otherwise, it does."""
    return dict_of(row, "features").get("show_recordings") is not False


def _is_connected(row: dict[str, Any]) -> bool:
    """Say whether it is online, by its health or else by the alert."""
    connected = dict_of(row, "health").get("connected")
    if isinstance(connected, bool):
        return connected
    return dict_of(row, "alerts").get("connection") != "offline"


def _ttl_days(row: dict[str, Any]) -> int | None:
    """Return how many days Ring keeps its recordings, as the owner set it."""
    settings = dict_of(row, "settings")
    for name in ("user_specified_recording_ttl", "recording_ttl"):
        days = seconds_of(settings.get(name))
        if days is not None and 1 <= days <= MAX_TTL_DAYS:
            return int(days)
    return None


def _reason(row: dict[str, Any]) -> str | None:
    """Return why nothing may come of it; the first that holds outlasts the others."""
    sheila = dict_of(row, "settings", "sheila_settings")
    recording = dict_of(row, "features", "video_recording")
    if not _has_plan(row):
        return "no_plan"
    if dict_of(row, "encryption_group").get("id"):
        return "e2ee"
    if sheila.get("local_storage_enabled") is True:
        return "ring_edge"
    if recording.get("recording_enabled") is False:
        return "recording_off"
    return None if _is_connected(row) else "offline"
