"""Recordings out of Ring's two histories."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..const import LOGGER
from ..library.models import NewRecording
from .values import dict_of, id_of, rows_of, seconds_of, text_of, time_in_id, time_of


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMedia:
    """What an evm event says of its media."""

    url: str | None
    """Signed, good for minutes. Never log or store it."""
    skip_reason: str | None
    """Why there never will be any for us: e2ee, ring_edge, no_plan."""


def parse_event(row: dict[str, Any]) -> NewRecording | None:
    """Return a recording of evm, None when the row cannot be understood."""
    device = dict_of(row, "device")
    start = time_of(row.get("start_time"))
    return _recording(
        recording_id=id_of(row.get("event_id")),
        camera_id=id_of(device.get("id")) or id_of(row.get("source_id")),
        kind=text_of(row.get("event_type")),
        start=start,
        duration_s=_event_duration(row, start),
        skip_reason=find_media(row).skip_reason,
    )


def parse_ding(row: dict[str, Any], camera_id: str) -> NewRecording | None:
    """Return a recording of clients_api, None when the row cannot be understood."""
    skip_reason = "no_plan" if row.get("had_subscription") is False else None
    return _recording(
        recording_id=id_of(row.get("id")),
        camera_id=camera_id,
        kind=text_of(row.get("kind")),
        start=time_of(row.get("created_at")),
        duration_s=seconds_of(row.get("duration")),
        skip_reason="e2ee" if row.get("is_e2ee") is True else skip_reason,
    )


def find_media(event: dict[str, Any]) -> EventMedia:
    """Return the media of an evm event.

    `ready` without media may be not ready all the same; only without a plan at the
    time is it sure that nothing comes.
    """
    cloud = _videos(event, "cloud_media_visualization")
    local = _videos(event, "local_media_visualization")
    url = next((url for row in cloud if (url := text_of(row.get("url")))), None)
    if any(row.get("is_e2ee") is True for row in (event, *cloud, *local)):
        return EventMedia(url=None, skip_reason="e2ee")
    if local and not cloud:
        return EventMedia(url=None, skip_reason="ring_edge")
    if event.get("had_subscription") is False and not cloud:
        return EventMedia(url=None, skip_reason="no_plan")
    return EventMedia(url=url, skip_reason=None)


def _videos(event: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the videos among an event's media; a thumbnail is none."""
    media = rows_of(dict_of(event, "visualizations", where).get("media"))
    return [row for row in media if row.get("file_type") == "VIDEO"]


def _event_duration(row: dict[str, Any], start: datetime | None) -> float | None:
    """Return how long an event took, from its length or from its end."""
    milliseconds = seconds_of(row.get("duration_ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    end = time_of(row.get("end_time"))
    return seconds_of((end - start).total_seconds()) if start and end else None


def _recording(
    *,
    recording_id: str | None,
    camera_id: str | None,
    kind: str | None,
    start: datetime | None,
    duration_s: float | None,
    skip_reason: str | None,
) -> NewRecording | None:
    """Return a recording when all is there that makes one."""
    if recording_id is not None and start is None:
        # A date must never become "now": the id knows it too.
        start = time_in_id(recording_id)
    if recording_id is None or camera_id is None or kind is None or start is None:
        LOGGER.debug("Skipping a row of Ring's history: id %s", recording_id)
        return None
    return NewRecording(
        id=recording_id,
        camera_id=camera_id,
        kind=kind,
        start=start,
        duration_s=duration_s,
        skip_reason=skip_reason,
    )
