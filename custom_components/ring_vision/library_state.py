"""The library as it stands, for the account and for each camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from .library import recordings, sightings
from .library.models import (
    Counts,
    Recording,
    RecordingFilter,
    RecordingState,
    Sighting,
    SightingFilter,
)

MAX_FAILED: Final = 5
"""An attribute is no place for a long list."""
MAX_NOT_READY: Final = 1000
"""More rows would tell no more than which cameras wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraState:
    """What the library knows of one camera now."""

    last_sighting: Sighting | None = None
    last_person: Sighting | None = None
    """The newest sighting of somebody with a name, or of a stranger."""
    sightings_today: int = 0
    last_snapshot: Sighting | None = None
    """The newest sighting with a picture."""
    newest: Recording | None = None
    """What the camera recorded last, whatever became of it."""
    waiting: bool = False
    """Ring has recordings of it that are not ready yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryState:
    """The library in numbers, for the account and for each camera."""

    counts: Counts = field(default_factory=Counts)
    cameras: Mapping[str, CameraState] = field(default_factory=dict)
    failed: tuple[Recording, ...] = ()
    """The newest recordings that were given up."""

    def of(self, camera_id: str) -> CameraState:
        """Return a camera's state, an empty one for a camera without recordings."""
        return self.cameras.get(camera_id, CameraState())


def read_state(connection: Connection, today: datetime) -> LibraryState:
    """Return the state of everything, from one transaction."""
    seen_today = sightings.sightings_since(connection, today)
    waiting = _cameras_that_wait(connection)

    def newest(wanted: SightingFilter) -> Sighting | None:
        return next(iter(sightings.list_sightings(connection, wanted)), None)

    cameras = {}
    for camera in recordings.list_cameras(connection):
        mine = SightingFilter(camera_ids=(camera.id,), limit=1)
        cameras[camera.id] = CameraState(
            last_sighting=newest(mine),
            last_person=newest(replace(mine, identified=True)),
            last_snapshot=newest(replace(mine, with_snapshot=True)),
            sightings_today=seen_today.get(camera.id, 0),
            newest=_newest_recording(connection, camera.id),
            waiting=camera.id in waiting,
        )
    return LibraryState(
        counts=recordings.count(connection),
        cameras=cameras,
        failed=tuple(recordings.list_failed(connection, MAX_FAILED)),
    )


def _newest_recording(connection: Connection, camera_id: str) -> Recording | None:
    """Return a camera's newest recording, a tombstone too: it did record."""
    wanted = RecordingFilter(
        camera_ids=(camera_id,), states=tuple(RecordingState), limit=1
    )
    return next(iter(recordings.list_recordings(connection, wanted)), None)


def _cameras_that_wait(connection: Connection) -> set[str]:
    """Return the ids of the cameras with recordings that are not ready yet."""
    wanted = RecordingFilter(states=(RecordingState.NOT_READY,), limit=MAX_NOT_READY)
    found = recordings.list_recordings(connection, wanted)
    return {recording.camera_id for recording in found}
