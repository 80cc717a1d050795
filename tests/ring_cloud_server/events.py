"""How a recording looks in Ring's two histories."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .state import CloudCamera, CloudRecording

CV_NULLS = [
    "person_detected",
    "detection_type",
    "detection_types",
    "security_alerts",
    "profiles",
    "full_description",
    "short_description",
    "similarity",
    "anomaly",
    "detection_details",
    "tags",
]
EVENT_NULLS = [
    "source_type",
    "origin",
    "origin_display_name",
    "error_message",
    "updated_at",
    "low_confidence",
    "user_specified_recording_disabled",
]
EVENT_FLAGS = [
    "is_favorite",
    "delete_in_progress",
    "is_watched",
    "is_active",
    "user_action_disabled",
]


def ding(camera: CloudCamera, recording: CloudRecording, ready: bool) -> dict[str, Any]:
    """Return a recording as clients_api shows it."""
    return {
        "id": recording.numeric_id,
        "created_at": f"{recording.start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "kind": recording.kind,
        "answered": False,
        "favorite": False,
        "events": [],
        "snapshot_url": "",
        "duration": recording.duration_s,
        "had_subscription": camera.plan,
        "is_e2ee": recording.e2ee or camera.e2ee,
        "recording": {"status": status(ready)},
        "cv_properties": cv(recording),
        "doorbot": device(camera),
    }


def event(
    camera: CloudCamera,
    recording: CloudRecording,
    ready: bool,
    media: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return a recording as evm shows it, with the media that a door has by now."""
    milliseconds = round(recording.duration_s * 1000)
    end = recording.start + timedelta(seconds=recording.duration_s)
    return {
        **dict.fromkeys(EVENT_NULLS),
        **dict.fromkeys(EVENT_FLAGS, False),
        "schema": "Event",
        "source_id": str(camera.id),
        "event_id": recording.key,
        "start_time": timestamp(recording.start),
        "end_time": timestamp(end),
        "event_type": recording.kind,
        "duration_ms": milliseconds,
        "session_duration": milliseconds,
        "state": "completed",
        "had_subscription": camera.plan,
        "recording_status": status(ready),
        "cv": cv(recording),
        "properties": {
            "is_alexa": False,
            "is_sidewalk": False,
            "is_autoreply": False,
            "stark_reviewed": False,
        },
        "visualizations": visualizations(camera, media),
        "device": device(camera),
        "riid": f"route-{camera.id}",
    }


def visualizations(
    camera: CloudCamera, media: list[dict[str, Any]]
) -> dict[str, dict[str, Any] | None]:
    """Return where the media is: in the cloud, or at home with Ring Edge."""
    return {
        "cloud_media_visualization": {
            "schema": "CloudMediaVisualization",
            "media": [] if camera.ring_edge else media,
        },
        "local_media_visualization": {
            "schema": "LocalMediaVisualization",
            "media": media if camera.ring_edge else [],
        },
        "radar_visualization": None,
        "map_visualization": None,
        "potential_gap_visualization": None,
    }


def device(camera: CloudCamera) -> dict[str, Any]:
    """Return the camera as both histories name it."""
    return {"id": camera.id, "description": camera.name, "type": camera.kind}


def status(ready: bool) -> str:
    """Return the recording's status in Ring's words."""
    return "ready" if ready else "processing"


def cv(recording: CloudRecording) -> dict[str, Any]:
    """Return Ring's hints, which are mostly null."""
    return dict.fromkeys(CV_NULLS) | {"stream_broken": False} | recording.cv


def timestamp(at: datetime) -> str:
    """Return a time as evm writes it: UTC, whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
