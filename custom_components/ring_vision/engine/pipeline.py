"""The pipeline: a recording goes in, what was seen comes out."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .ahead import Ahead
from .closer import CloserLooks
from .detector import Detection
from .identities import FaceCollector, name_tracks
from .labels import PERSON
from .memory import peak_rss_mb, reset_peak
from .models import Models
from .presets import Preset, preset_of
from .protocol import Analysis, AnalyzeJob, Box, Face, Identity, Track
from .sampling import Sampler
from .snapshots import Snapshots
from .tracker import Tracker, TrackState
from .video import Frame, Video, open_video
from .yunet import FoundFace

MIN_PERSON_HEIGHT: Final = 0.08
"""Of the frame: the face of a smaller person is too small to be known."""

FRAMES_AHEAD: Final = 4
"""Decoded frames that wait: 3 MB each at 1080p."""

type Candidate = tuple[Frame, NDArray[np.float32]]
"""A frame that may be worth a look, and its luma."""
type Report = Callable[[float], None]
"""Gets the share done (0..1), and raises to stop."""


class _Stages(defaultdict[str, float]):
    """Seconds by stage."""

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self[stage] += time.perf_counter() - begun


@dataclass(kw_only=True, slots=True)
class _Run:
    """The work on one recording."""

    job: AnalyzeJob
    models: Models
    preset: Preset
    snapshots: Snapshots
    tracker: Tracker
    sampler: Sampler
    closer: CloserLooks
    collector: FaceCollector | None = None
    stages: _Stages = field(default_factory=lambda: _Stages(float))
    analyzed: int = 0

    def watch(self, video: Video, report: Report) -> None:
        """Look at what is worth it, while what comes next is decoded."""
        skipped: Candidate | None = None
        with Ahead(self._candidates(video), FRAMES_AHEAD) as candidates:
            for one in candidates:
                frame, luma = one
                self.closer.remember(luma)
                wanted = self.sampler.wants(frame.time_s, luma)
                if wanted:
                    self._look(frame, luma)
                else:
                    self.sampler.passed(luma)
                skipped = None if wanted else one
                expected = max(video.expected_s, video.end_s)
                report(min(0.95, frame.time_s / expected) if expected else 0.0)
        # The last moment may be the one in which somebody came.
        if skipped is not None:
            self._look(*skipped)

    def _candidates(self, video: Video) -> Iterator[Candidate]:
        """Decode all, and yield the frames that come into question; in its own thread."""
        last_s: float | None = None
        skipped: Frame | None = None
        frames = video.frames()
        while True:
            with self.stages.measure("decode"):
                frame = next(frames, None)
                if frame is None:
                    break
                gap_s = self.preset.moving_gap_s - 1e-6
                skipped = frame
                if last_s is not None and frame.time_s - last_s < gap_s:
                    continue
                last_s, skipped = frame.time_s, None
                luma = frame.luma()
            yield frame, luma
        if skipped is not None:
            yield skipped, skipped.luma()

    def _look(self, frame: Frame, luma: NDArray[np.float32]) -> None:
        """Find objects and faces in a frame and follow them."""
        self.analyzed += 1
        changed = self.sampler.looked(frame.time_s, luma)
        if self.sampler.cut:
            self.tracker.cut()
        if self.models.detector is not None:
            seen, faces = self._by_objects(frame, luma)
        else:
            seen, faces = self._by_faces(frame)
        self.sampler.busy = any(one.label == PERSON for _, one in seen)
        followed = all(track.is_steady() for track, _ in seen)
        self.sampler.steady = bool(seen) and followed and not self.closer.unknown
        qualities: dict[int, float] = {}
        if faces and self.collector is not None:
            with self.stages.measure("faces"):
                qualities = self.collector.keep(frame, faces)
        with self.stages.measure("snapshots"):
            for track, one in seen:
                track.stirred = max(track.stirred, _stirred(changed, one.box, frame))
                self.snapshots.offer(
                    track.number,
                    frame,
                    one.box,
                    score=one.score,
                    face=qualities.get(track.number, 0.0),
                )

    def _by_objects(
        self, frame: Frame, luma: NDArray[np.float32]
    ) -> tuple[list[tuple[TrackState, Detection]], dict[int, FoundFace]]:
        """Find objects, and faces inside the people."""
        detector = self.models.detector
        assert detector is not None
        with self.stages.measure("detect"):
            detections = detector.detect(frame, self.preset.long_side_px)
            detections = self.closer.add(frame, luma, detections, detector)
            seen = self.tracker.update(frame.time_s, detections)
        people = {
            track.number: one.box
            for track, one in seen
            if one.label == PERSON and one.box[3] - one.box[1] >= MIN_PERSON_HEIGHT
        }
        if not people or self.collector is None:
            return seen, {}
        with self.stages.measure("faces"):
            return seen, self.collector.in_people(frame, people)

    def _by_faces(
        self, frame: Frame
    ) -> tuple[list[tuple[TrackState, Detection]], dict[int, FoundFace]]:
        """Find faces in the whole frame: each stands for a person."""
        if self.collector is None:
            return [], {}
        with self.stages.measure("faces"):
            found = self.collector.in_frame(frame)
        pairs = [
            (face, Detection(label=PERSON, score=face.score, box=box))
            for face, box in found
        ]
        by_detection = {id(detection): face for face, detection in pairs}
        seen = self.tracker.update(frame.time_s, [one for _, one in pairs])
        return seen, {
            track.number: by_detection[id(detection)] for track, detection in seen
        }

    def finish(self, video: Video, report: Report) -> tuple[list[Track], int]:
        """Embed, name and picture the tracks; answers them and how many strangers."""
        states = self.tracker.finish()
        faces: dict[int, list[Face]] = {}
        with self.stages.measure("faces"):
            for state in states:
                if self.collector is not None and state.label == PERSON:
                    report(0.96)
                    faces[state.number] = self.collector.embed(state)
            identities = name_tracks(
                states, faces, self.job.gallery, self.job.rejections
            )
        tracks = []
        for number, state in enumerate(states, 1):
            report(0.98)
            for absorbed in state.absorbed:
                self.snapshots.absorb(state.number, absorbed)
            identity = identities.get(state.number, Identity())
            seen_faces = tuple(faces.get(state.number, []))
            tracks.append(self._track(number, state, identity, seen_faces, video))
        strangers = {track.stranger for track in tracks} - {None}
        return tracks, len(strangers)

    def _track(
        self,
        number: int,
        state: TrackState,
        identity: Identity,
        faces: tuple[Face, ...],
        video: Video,
    ) -> Track:
        """Return a track as the caller gets it, its snapshot written."""
        snapshot = None
        if self.job.snapshot_dir is not None:
            snapshot = f"{self.job.snapshot_prefix}_{number}.jpg"
            with self.stages.measure("snapshots"):
                self.snapshots.write(
                    state.number, state.label, Path(self.job.snapshot_dir), snapshot
                )
        distance = identity.distance
        return Track(
            track=number,
            label=state.label,
            confidence=round(state.confidence, 4),
            start_s=round(state.start_s, 3),
            end_s=round(state.end_s, 3),
            frames=len(state.looks),
            box=_rounded(self.snapshots.box(state.number)),
            moving=state.is_moving(video.end_s),
            person=identity.person,
            distance=None if distance is None else round(distance, 4),
            stranger=identity.stranger,
            snapshot=snapshot,
            faces=faces,
        )


def analyze(
    job: AnalyzeJob, models: Models, report: Report = lambda fraction: None
) -> Analysis:
    """Look at one recording."""
    reset_peak()
    begun, cpu_begun = time.perf_counter(), time.process_time()
    preset = preset_of(job.preset)
    run = _Run(
        job=job,
        models=models,
        preset=preset,
        snapshots=Snapshots(wanted=job.snapshot_dir is not None),
        tracker=Tracker(preset.track_gap_s),
        sampler=Sampler(preset),
        closer=CloserLooks(per_second=preset.closer_looks_per_s),
    )
    with open_video(
        job.path, threads=models.threads, key_frames=preset.key_frames
    ) as video:
        with run.stages.measure("load"):
            missing = _load(run)
        run.watch(video, report)
    tracks, strangers = run.finish(video, report)
    return Analysis(
        engine=f"{models.version()} {job.preset}",
        duration_s=round(video.end_s, 3),
        width=video.width,
        height=video.height,
        codec=video.codec,
        seconds=round(time.perf_counter() - begun, 3),
        cpu_seconds=round(time.process_time() - cpu_begun, 3),
        peak_rss_mb=peak_rss_mb(),
        frames_decoded=video.frames_decoded,
        frames_analyzed=run.analyzed,
        tracks=tuple(tracks),
        strangers=strangers,
        missing=missing,
        stages={stage: round(seconds, 3) for stage, seconds in run.stages.items()},
    )


def _load(run: _Run) -> tuple[str, ...]:
    """Load what the job needs; answers which parts are missing."""
    missing = [] if run.models.load_detector() else ["objects"]
    if run.job.recognize_faces:
        embedder = run.models.load_embedder()
        if embedder is None:
            missing.append("faces")
        run.collector = FaceCollector(run.models.load_finder(), embedder)
    return tuple(missing)


def _stirred(changed: NDArray[np.bool_] | None, box: Box, frame: Frame) -> float:
    """Return the share of a box's cells that changed since the look before."""
    if changed is None or frame.turns:
        # The thumbnail of a turned frame lies on its side: displacement must tell.
        return 0.0
    rows, columns = changed.shape
    x1, y1, x2, y2 = box
    cells = changed[
        int(y1 * rows) : int(y2 * rows) + 1, int(x1 * columns) : int(x2 * columns) + 1
    ]
    return float(cells.mean()) if cells.size else 0.0


def _rounded(box: Box) -> Box:
    """Return a box without digits that mean nothing."""
    x1, y1, x2, y2 = (round(side, 4) for side in box)
    return (x1, y1, x2, y2)
