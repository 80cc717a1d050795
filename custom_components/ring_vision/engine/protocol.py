"""What crosses the border between Home Assistant and the worker: plain frozen data.

Every message is one line of JSON. Only the standard library is imported here, so
that both sides can.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

ENGINE_VERSION = "2"
"""Raised whenever the same file would give another analysis."""

DEFAULT_DETECTOR = "yolo11n"

PRESETS = ("quick", "balanced", "thorough")
DEFAULT_PRESET = "balanced"

type Box = tuple[float, float, float, float]
"""x1 y1 x2 y2 in fractions of the frame (0..1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A face enrolled for a person."""

    person: str
    """Identity in the caller's own words: a row id, or a name on the command line."""
    embedding: tuple[float, ...]
    """128 numbers of `face_recognition`'s ResNet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyzeJob:
    """Look at one recording."""

    path: str
    gallery: tuple[Reference, ...] = ()
    rejections: tuple[Reference, ...] = ()
    """Faces that are not that person; no person: not a face at all."""
    recognize_faces: bool = True
    """False stores nothing biometric: no face is looked for or embedded."""
    snapshot_dir: str | None = None
    """Where the snapshots go; None makes none."""
    snapshot_prefix: str = ""
    """Start of the snapshots' file names: `<prefix>_<track>.jpg`."""
    models: tuple[str, ...] = ()
    """Folders with weights, first one first."""
    detector: str = DEFAULT_DETECTOR
    """File name stem of the detector's weights in those folders."""
    preset: str = DEFAULT_PRESET
    """How closely to look: quick, balanced or thorough."""
    threads: int = 0
    """For each of decoding and looking; 0: as many as a guest may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """One look at a face in a recording."""

    time_s: float
    box: Box
    score: float
    """The face detector's confidence, 0..1."""
    width_px: int
    sharpness: float
    embedding: tuple[float, ...]
    weight: float = 0.0
    """How much it says about who this is; 0 for one that is not good enough to tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One object followed through one recording."""

    track: int
    label: str
    confidence: float
    start_s: float
    end_s: float
    frames: int
    """How many looked-at frames support it."""
    box: Box
    """Where it was in the frame of its snapshot."""
    moving: bool
    person: str | None = None
    """`Reference.person` of whom the faces match, None for nobody known."""
    distance: float | None = None
    stranger: int | None = None
    """Number of the unknown person within this recording, 1-based; None when known
    or when no face was good enough to tell."""
    snapshot: str | None = None
    """File name in `AnalyzeJob.snapshot_dir`."""
    faces: tuple[Face, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """The result of one recording."""

    engine: str
    """Version, models and preset, such as `2 yolo11n+resnet balanced`."""
    duration_s: float
    width: int
    height: int
    """As shown, after rotation."""
    codec: str
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    frames_decoded: int
    frames_analyzed: int
    tracks: tuple[Track, ...]
    strangers: int
    """How many different unknown people."""
    missing: tuple[str, ...] = ()
    """Parts that could not run: `objects` (no weights), `faces` (likewise)."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: decode, detect, faces, snapshots."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build it from `to_json`'s dict after a trip through JSON."""
        tracks = tuple(
            Track(
                **{
                    **track,
                    "box": tuple(track["box"]),
                    "faces": tuple(
                        Face(
                            **{
                                **face,
                                "box": tuple(face["box"]),
                                "embedding": tuple(face["embedding"]),
                            }
                        )
                        for face in track["faces"]
                    ),
                }
            )
            for track in data["tracks"]
        )
        return cls(**{**data, "tracks": tracks, "missing": tuple(data["missing"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbedJob:
    """Find the one face in each picture and embed it, for enrolment."""

    paths: tuple[str, ...]
    models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddedImage:
    """What was found in one picture: a face, or the reason why not."""

    path: str
    face: Face | None
    error: str | None = None
    """An `ErrorCode`, None when `face` is there."""
    message: str | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build it from its dict after a trip through JSON."""
        face = data["face"]
        if face is not None:
            face = Face(
                **{
                    **face,
                    "box": tuple(face["box"]),
                    "embedding": tuple(face["embedding"]),
                }
            )
        return cls(**{**data, "face": face})


@dataclass(frozen=True, kw_only=True, slots=True)
class GoodFace:
    """A face that is good enough to tell."""

    embedding: tuple[float, ...]
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackFaces:
    """The good faces of one track."""

    track: int
    faces: tuple[GoodFace, ...]
    together: tuple[int, ...] = ()
    """Tracks that were in view at the same time: other people."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build it from its dict after a trip through JSON."""
        faces = tuple(
            GoodFace(embedding=tuple(face["embedding"]), weight=face["weight"])
            for face in data["faces"]
        )
        return cls(track=data["track"], faces=faces, together=tuple(data["together"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a track shows: a person, a stranger, or nobody can tell."""

    person: str | None = None
    """`Reference.person`."""
    distance: float | None = None
    stranger: int | None = None
    """Number of the unknown person within the recording, 1-based."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentifyJob:
    """Say again who the tracks of recordings show; no video is opened."""

    recordings: tuple[tuple[TrackFaces, ...], ...]
    gallery: tuple[Reference, ...]
    rejections: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What the engine can do on this machine with the weights that are there."""

    objects: bool
    faces: bool
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a part cannot run: `objects` or `faces` -> a developer's text."""
    engine: str = ENGINE_VERSION


def to_json(value: Any) -> dict[str, Any]:
    """Return a frozen message as a dict that JSON can carry."""
    return asdict(value)
