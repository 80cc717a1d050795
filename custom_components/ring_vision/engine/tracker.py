"""The tracker: detections of one frame after the other become tracks."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from .boxes import as_array, grow, iou, pair_iou
from .detector import Detection
from .labels import LIVING, alike, group_of
from .presets import PRESETS
from .protocol import Box

START_SCORE: Final = 0.3
"""Weaker detections only go on with a track that is there."""
NEAR_IOU: Final = 0.25
FAR_GROWTH: Final = 0.4
"""Share of its sides by which a box is grown to find what moved fast."""
FAR_IOU: Final = 0.12
SURE_SCORE: Final = 0.6
"""One look is enough for a label as sure as this: in the clips that were labelled by
eye, whatever was seen once with so much was there."""
SUPPORT_LOOKS: Final = 2
SUPPORT_SCORE: Final = 0.4
"""Small and far people score no more than this, in one look after the other."""
WEAK_LOOKS: Final = 6
"""So many weak looks are as good as two strong ones."""
WEAK_SCORE: Final = 0.3
STEADY_LOOKS: Final = 3
STEADY_IOU: Final = 0.6
"""Slow for its size: two looks one after the other overlap so much."""
STILL_IOU: Final = 0.6
"""What overlaps its own usual place so much all along stands still."""
PATIENCE_S: Final = 5.0
EDGE_S: Final = 1.5
"""Seen within this of the recording's start and end: it was there all along."""
STIRRED_SHARE: Final = 0.02
"""Share of a box's cells that changed, when what lives in it moves."""
REPLACED_SHARE: Final = 0.3
"""When a thing came or went: measured 0.7 for a car that drives by and is seen once, 0.1
for one that stands there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One detection of a track."""

    time_s: float
    detection: Detection


@dataclass(kw_only=True, slots=True, eq=False)
class TrackState:
    """One object so far."""

    number: int
    scene: int = 0
    looks: list[Look] = field(default_factory=list)
    absorbed: list[int] = field(default_factory=list)
    """Numbers of later tracks that turned out to be the same object."""
    stirred: float = 0.0
    """Largest share of its box that changed between two looks."""
    _votes: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def label(self) -> str:
        """Return the label for which most of the looks speak."""
        return max(self._votes, key=lambda label: self._votes[label])

    @property
    def box(self) -> Box:
        """Return where it was last."""
        return self.looks[-1].detection.box

    @property
    def start_s(self) -> float:
        """Return when it was first seen."""
        return self.looks[0].time_s

    @property
    def end_s(self) -> float:
        """Return when it was last seen."""
        return self.looks[-1].time_s

    @property
    def confidence(self) -> float:
        """Return how sure the label is: the middle of its better half of looks."""
        scores = sorted(self._own_scores(), reverse=True)
        return median(scores[: -(-len(scores) // 2)])

    def add(self, time_s: float, detection: Detection) -> None:
        """Go on with a detection."""
        self.looks.append(Look(time_s=time_s, detection=detection))
        # Squared: one sure look outweighs a few doubtful ones.
        self._votes[detection.label] += detection.score**2

    def absorb(self, later: TrackState) -> None:
        """Go on with another track that turned out to be the same object."""
        for look in later.looks:
            self.add(look.time_s, look.detection)
        self.absorbed += [later.number, *later.absorbed]
        self.stirred = max(self.stirred, later.stirred)

    def predict(self, time_s: float) -> Box:
        """Return where it would be if it went on as it did between its last looks."""
        if len(self.looks) < 2:
            return self.box
        before, last = self.looks[-2], self.looks[-1]
        passed = last.time_s - before.time_s
        ahead = min((time_s - last.time_s) / passed, 2.0) if passed > 0 else 0.0
        (a1, b1, a2, b2), (x1, y1, x2, y2) = before.detection.box, last.detection.box
        across = ahead * ((x1 + x2) - (a1 + a2)) / 2
        down = ahead * ((y1 + y2) - (b1 + b2)) / 2
        return (x1 + across, y1 + down, x2 + across, y2 + down)

    def is_steady(self) -> bool:
        """Tell whether it is sure to be found again after twice the time."""
        if len(self.looks) < STEADY_LOOKS:
            return False
        before, last = self.looks[-2].detection.box, self.looks[-1].detection.box
        return pair_iou(before, last) >= STEADY_IOU

    def is_supported(self) -> bool:
        """Tell whether it counts: several looks, or one very sure one.

        A car that is half a truck, a cat that is half a dog: it is there all the same,
        and the label is what most looks speak for.
        """
        label = self.label
        scores = [
            look.detection.score
            for look in self.looks
            if alike(look.detection.label, label)
        ]
        return (
            max(scores) >= SURE_SCORE
            or sum(score >= SUPPORT_SCORE for score in scores) >= SUPPORT_LOOKS
            or sum(score >= WEAK_SCORE for score in scores) >= WEAK_LOOKS
        )

    def is_moving(self, duration_s: float) -> bool:
        """Tell whether it moved, or came or went."""
        boxes = [look.detection.box for look in self.looks]
        usual = as_array(
            [(*(median(box[side] for box in boxes) for side in range(4)),)]  # type: ignore[list-item]
        )
        overlaps = iou(as_array(boxes), usual)[:, 0]
        # One bad box is the detector's fault: two must lie elsewhere.
        elsewhere = int((overlaps < STILL_IOU).sum())
        if elsewhere >= min(2, len(boxes) - 1) > 0:
            return True
        came_or_went = self.start_s > EDGE_S or self.end_s < duration_s - EDGE_S
        if group_of(self.label) in LIVING:
            return came_or_went or self.stirred >= STIRRED_SHARE
        return came_or_went and self.stirred >= REPLACED_SHARE

    def _own_scores(self) -> list[float]:
        """Return the scores of the looks that agree with the label."""
        label = self.label
        return [
            look.detection.score for look in self.looks if look.detection.label == label
        ]


class Tracker:
    """Follows everything in one recording."""

    def __init__(self, gap_s: float = PRESETS["balanced"].track_gap_s) -> None:
        """Begin with nothing in view; a track survives not being seen for `gap_s`."""
        self._gap_s = gap_s
        self._live: list[TrackState] = []
        self._ended: list[TrackState] = []
        self._scene = 0

    def update(
        self, time_s: float, detections: list[Detection]
    ) -> list[tuple[TrackState, Detection]]:
        """Take the detections of the next frame; answers which track each goes to."""
        self._end_lost(time_s)
        matched: dict[int, TrackState] = {}
        free = list(self._live)
        for far in (False, True):
            self._match(time_s, detections, matched, free, far=far)
        for index, detection in enumerate(detections):
            if index not in matched and detection.score >= START_SCORE:
                number = len(self._live) + len(self._ended) + 1
                track = TrackState(number=number, scene=self._scene)
                self._live.append(track)
                matched[index] = track
        for index, track in matched.items():
            track.add(time_s, detections[index])
        return [(track, detections[index]) for index, track in matched.items()]

    def cut(self) -> None:
        """Forget what is in view: the next frame shows another scene."""
        self._ended += self._live
        self._live = []
        self._scene += 1

    def finish(self) -> list[TrackState]:
        """Return the tracks that count, oldest first."""
        self.cut()
        tracks = _joined([track for track in self._ended if track.looks])
        return [track for track in tracks if track.is_supported()]

    def _end_lost(self, time_s: float) -> None:
        """Let go of what was not seen for too long."""
        lost = [one for one in self._live if time_s - one.end_s > self._gap_s]
        self._live = [one for one in self._live if one not in lost]
        self._ended += lost

    def _match(
        self,
        time_s: float,
        detections: list[Detection],
        matched: dict[int, TrackState],
        free: list[TrackState],
        *,
        far: bool,
    ) -> None:
        """Give detections to tracks, best overlap first; `far` looks further around."""
        open_ones = [index for index in range(len(detections)) if index not in matched]
        if not open_ones or not free:
            return
        growth = FAR_GROWTH if far else 0.0
        seen = as_array([grow(detections[index].box, growth) for index in open_ones])
        last = as_array([grow(track.box, growth) for track in free])
        ahead = as_array([grow(track.predict(time_s), growth) for track in free])
        overlaps = [
            (max(float(near), float(soon)), index, track)
            for track, by_last, by_ahead in zip(
                free, iou(last, seen), iou(ahead, seen), strict=True
            )
            for index, near, soon in zip(open_ones, by_last, by_ahead, strict=True)
            if alike(track.label, detections[index].label)
        ]
        overlaps.sort(key=lambda one: -one[0])
        for overlap, index, track in overlaps:
            enough = overlap >= (FAR_IOU if far else NEAR_IOU)
            if enough and index not in matched and track in free:
                matched[index] = track
                free.remove(track)


def _joined(tracks: list[TrackState]) -> list[TrackState]:
    """Join what stands where the same thing stood before: it was only overlooked.

    People and animals move: after some seconds in the same place, or in another scene,
    it may be another.
    """
    joined: list[TrackState] = []
    for track in sorted(tracks, key=lambda one: one.start_s):
        lives = group_of(track.label) in LIVING
        patience_s = PATIENCE_S if lives else float("inf")
        before = next(
            (
                one
                for one in joined
                if 0 < track.start_s - one.end_s <= patience_s
                and not (lives and one.scene != track.scene)
                and alike(one.label, track.label)
                and pair_iou(one.box, track.looks[0].detection.box) >= STILL_IOU
            ),
            None,
        )
        if before is None:
            joined.append(track)
        else:
            before.absorb(track)
    return joined
