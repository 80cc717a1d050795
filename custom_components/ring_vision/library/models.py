"""What the library keeps: the rows as frozen data, without SQL."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecordingState(StrEnum):
    """Where a recording's file is on its way from Ring."""

    SEEN = "seen"
    """Known from the history, waiting for its download."""
    NOT_READY = "not_ready"
    """Ring has no media for it yet; `next_try` says when to ask again."""
    DOWNLOADED = "downloaded"
    """A whole file lies in the media folder."""
    SKIPPED = "skipped"
    """There will never be media for us (`reason`: no_plan, e2ee, ...)."""
    FAILED = "failed"
    """Given up after the tries (`reason`)."""
    EXPIRED = "expired"
    """Ring no longer has it."""
    BINNED = "binned"
    """Deleted here, but its file waits in the bin: it can come back for some days."""
    DELETED = "deleted"
    """Deleted here; the row stays as a tombstone so that it never comes back."""

    @property
    def gone(self) -> bool:
        """Return whether it was deleted here: never fetched, shown or counted."""
        return self in {RecordingState.BINNED, RecordingState.DELETED}


class AnalysisState(StrEnum):
    """Where a recording is on its way through the engine."""

    NONE = "none"
    """No file yet."""
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """Quarantined; `analysis_reason` is an error code of the engine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A Ring device that records."""

    id: str
    """Ring's numeric id (doorbot id) as text."""
    name: str
    kind: str
    """Ring's model word, such as `lpd_v1`; unknown ones are cameras too."""
    family: str
    """The list that it came in: doorbots, authorized_doorbots, stickup_cams, v3."""
    location_id: str | None = None
    firmware: str | None = None
    time_zone: str | None = None
    shared: bool = False
    """Owned by somebody else who shares it with this account."""
    has_plan: bool = True
    """Ring says that recordings are kept (`features.show_recordings`); a hint."""
    connected: bool = True
    reason: str | None = None
    """Why nothing may come, as far as the device list tells: no_plan, e2ee,
    ring_edge, recording_off, offline; None when all is fine."""
    ttl_days: int | None = None
    """How long Ring keeps its recordings; only the device list tells, no row does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRecording:
    """A recording as Ring's history announces it."""

    id: str
    """Ring's event id: text, beyond 2**53."""
    camera_id: str
    kind: str
    """Why Ring recorded: ding, motion, on_demand..."""
    start: datetime
    """UTC."""
    duration_s: float | None = None
    skip_reason: str | None = None
    """Set when the history itself says that there is no media for us: e2ee, no_plan."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A recording as the library knows it."""

    id: str
    camera_id: str
    kind: str
    start: datetime
    """UTC."""
    duration_s: float | None
    state: RecordingState
    reason: str | None
    """Why it is not ready, failed or skipped: a code that translations name."""
    attempts: int
    next_try: datetime | None
    path: str | None
    """Relative to the recordings folder, with forward slashes."""
    size: int | None
    """Bytes."""
    analysis: AnalysisState
    analysis_reason: str | None
    analysis_attempts: int
    locked: bool = False
    """Its owner wants to keep it: no clean-up takes it."""
    binned: datetime | None = None
    """When it was moved to the bin (UTC)."""
    binned_why: str | None = None
    """Why: age, size, label, kind or asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFilter:
    """Which recordings a list shows."""

    camera_ids: tuple[str, ...] = ()
    """Empty means all."""
    start: datetime | None = None
    """From here on (UTC, inclusive)."""
    end: datetime | None = None
    """Up to here (UTC, exclusive)."""
    states: tuple[RecordingState, ...] = ()
    """Empty means all but those deleted or in the bin."""
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A person, animal or thing seen in one recording."""

    id: int
    recording_id: str
    camera_id: str
    label: str
    confidence: float
    start: datetime
    """When it came into view (UTC)."""
    end: datetime
    box: tuple[float, float, float, float]
    """x1 y1 x2 y2 in fractions of the frame, where the snapshot was taken."""
    moving: bool
    """False for what stands still all along: scenery, unless it is a person."""
    person_id: int | None
    person_name: str | None
    distance: float | None
    stranger: int | None
    """Number of the unknown person within its recording, 1-based."""
    snapshot: str | None
    """File name below the snapshots folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SightingFilter:
    """Which sightings a list shows."""

    camera_ids: tuple[str, ...] = ()
    recording_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    labels: tuple[str, ...] = ()
    person_id: int | None = None
    identified: bool = False
    """Only somebody with a name, or a stranger whose face was seen."""
    with_snapshot: bool = False
    scenery: bool = False
    """Also things that stand still all along; people are never scenery."""
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with a name."""

    id: int
    name: str
    created: datetime
    references: int = 0
    """How many faces are enrolled."""
    sightings: int = 0
    last_seen: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """The library in numbers."""

    kept: int = 0
    """Recordings whose file is here."""
    waiting_download: int = 0
    waiting_analysis: int = 0
    failed: int = 0
    size: int = 0
    """Bytes of all files kept."""
    oldest: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRow:
    """A task in the journal."""

    id: str
    kind: str
    state: str
    """queued, running, finished, failed, cancelled, interrupted or resumed."""
    current: int
    total: int | None
    message: str | None
    started: datetime
    finished: datetime | None
    error: str | None
    arguments: str | None = None
    """JSON with which the work can begin again after a restart."""
