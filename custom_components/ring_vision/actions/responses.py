"""What actions answer: the library's data as JSON."""

from collections.abc import Mapping
from typing import Any

from ..engine.protocol import Analysis, Track
from ..library.models import Camera, Person, Recording, Sighting
from ..reasons import ReasonTexts, reason_text
from ..tasks import Task


def analysis_response(analysis: Analysis, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what a file showed; `names` are the persons' by their ids."""
    return {
        "duration_s": analysis.duration_s,
        "width": analysis.width,
        "height": analysis.height,
        "seconds": analysis.seconds,
        "strangers": analysis.strangers,
        "missing": list(analysis.missing),
        "engine": analysis.engine,
        "sightings": [_track_response(track, names) for track in analysis.tracks],
    }


def _track_response(track: Track, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "label": track.label,
        "confidence": round(track.confidence, 3),
        "start_s": track.start_s,
        "end_s": track.end_s,
        "person": names.get(track.person) if track.person else None,
        "distance": track.distance,
        "stranger": track.stranger,
        "box": list(track.box),
        "moving": track.moving,
    }


def person_response(person: Person) -> dict[str, Any]:
    """Return somebody with a name."""
    return {
        "id": person.id,
        "name": person.name,
        "references": person.references,
        "sightings": person.sightings,
        "last_seen": person.last_seen and person.last_seen.isoformat(),
    }


def task_response(task: Task) -> dict[str, Any]:
    """Return a task as it stands."""
    return {
        "id": task.id,
        "kind": task.kind.value,
        "state": task.state.value,
        "current": task.current,
        "total": task.total,
        "message": task.message,
        "started": task.started.isoformat(),
        "finished": task.finished and task.finished.isoformat(),
        "seconds_left": task.seconds_left,
        "error": task.error,
    }


def recording_response(
    recording: Recording,
    cameras: Mapping[str, Camera],
    seconds: float | None,
    texts: ReasonTexts,
) -> dict[str, Any]:
    """Return a recording; `seconds` is how long the engine looked at it."""
    return {
        "id": recording.id,
        "camera_id": recording.camera_id,
        "camera": _camera_name(recording.camera_id, cameras),
        "kind": recording.kind,
        "start": recording.start.isoformat(),
        "duration_s": recording.duration_s,
        "state": recording.state.value,
        "reason": recording.reason,
        "reason_text": reason_text(texts, recording.reason),
        "size": recording.size,
        "locked": recording.locked,
        "binned": recording.binned and recording.binned.isoformat(),
        "binned_why": recording.binned_why,
        "analysis": recording.analysis.value,
        "analysis_reason": recording.analysis_reason,
        "analysis_reason_text": reason_text(texts, recording.analysis_reason),
        "analysis_seconds": seconds,
    }


def sighting_response(
    sighting: Sighting, cameras: Mapping[str, Camera]
) -> dict[str, Any]:
    """Return a sighting."""
    return {
        "id": sighting.id,
        "recording_id": sighting.recording_id,
        "camera_id": sighting.camera_id,
        "camera": _camera_name(sighting.camera_id, cameras),
        "label": sighting.label,
        "confidence": round(sighting.confidence, 3),
        "start": sighting.start.isoformat(),
        "end": sighting.end.isoformat(),
        "box": list(sighting.box),
        "moving": sighting.moving,
        "person": sighting.person_name,
        "distance": sighting.distance,
        "stranger": sighting.stranger,
    }


def _camera_name(camera_id: str, cameras: Mapping[str, Camera]) -> str | None:
    """Return the camera's name, None once it left the account."""
    camera = cameras.get(camera_id)
    return camera.name if camera else None
