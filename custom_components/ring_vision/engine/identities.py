"""Identities: the faces of a recording's tracks, collected, embedded and matched."""

from collections import defaultdict
from typing import Final

import numpy as np

from .boxes import Floats, area, as_array, inside, intersection
from .faces import FaceEmbedder, Look, best_quality
from .matching import identify
from .protocol import Box, Face, GoodFace, Identity, Reference, TrackFaces
from .tracker import TrackState
from .video import Frame, Pixels
from .yunet import FaceFinder, FoundFace

LONG_SIDE_PX: Final = 1920
"""A larger frame (4K) is halved: its faces are large enough."""
CROP_SIDES_PX: Final = (320,)
FRAME_SIDES_PX: Final = (320, 960)
"""The whole frame, where no detector says where people are: near faces and far."""
FRAME_MIN_SCORE: Final = 0.7
TALL: Final = 1.6
"""A person higher than so many widths stands: the head is in the upper half."""
KEPT_LOOKS: Final = 8
EMBEDDED_LOOKS: Final = 5
APART_S: Final = 0.4
"""Looks nearer in time show the same face again."""


class FaceCollector:
    """Finds faces frame by frame and keeps the best looks of each track."""

    def __init__(self, finder: FaceFinder, embedder: FaceEmbedder | None) -> None:
        """Begin with no face; without an embedder faces are found but not kept."""
        self._finder = finder
        self._embedder = embedder
        self._looks: dict[int, list[Look]] = defaultdict(list)
        self._searched_s: dict[int, float] = {}
        """When each track was last looked at for a face."""

    def in_frame(self, frame: Frame) -> list[tuple[FoundFace, Box]]:
        """Find faces in a whole frame; answers them with their boxes in fractions."""
        pixels, _ = _pixels(frame)
        height, width = pixels.shape[:2]
        faces = self._finder.find(
            pixels, long_sides=FRAME_SIDES_PX, min_score=FRAME_MIN_SCORE
        )
        return [(face, _fractions(face.box, width, height)) for face in faces]

    def in_people(self, frame: Frame, people: dict[int, Box]) -> dict[int, FoundFace]:
        """Find the face of each track (number -> box) in a frame."""
        due = {
            track: box
            for track, box in people.items()
            if frame.time_s - self._searched_s.get(track, -APART_S) >= APART_S - 1e-6
        }
        if not due:
            return {}
        pixels, _ = _pixels(frame)
        height, width = pixels.shape[:2]
        found: list[FoundFace] = []
        for track, box in due.items():
            self._searched_s[track] = frame.time_s
            found += self._in_crop(pixels, _head_area(box, width, height))
        return _assign(found, due, width, height)

    def keep(self, frame: Frame, faces: dict[int, FoundFace]) -> dict[int, float]:
        """Keep looks at the faces of tracks; answers their quality by track."""
        if self._embedder is None:
            return {track: face.score / 2 for track, face in faces.items()}
        pixels, scale = _pixels(frame)
        height, width = pixels.shape[:2]
        qualities = {}
        for track, face in faces.items():
            if not self._may_be_kept(track, face, scale):
                continue
            look = self._embedder.look(
                pixels, face, time_s=frame.time_s, size=(width, height), scale=scale
            )
            qualities[track] = look.quality
            self._looks[track] = _best_apart([*self._looks[track], look], KEPT_LOOKS)
        return qualities

    def _may_be_kept(self, track: int, face: FoundFace, scale: float) -> bool:
        """Tell whether a face may be better than the worst one that is kept."""
        kept = self._looks[track]
        if len(kept) < KEPT_LOOKS:
            return True
        most = best_quality(
            score=face.score,
            width_px=face.width * scale,
            frontality=face.frontality(),
        )
        return most > min(look.quality for look in kept)

    def embed(self, track: TrackState) -> list[Face]:
        """Embed the best looks of a track and of those that it absorbed."""
        if self._embedder is None:
            return []
        looks = [
            look for one in (track.number, *track.absorbed) for look in self._looks[one]
        ]
        faces = []
        for look in _best_apart(looks, EMBEDDED_LOOKS):
            face = Face(
                time_s=round(look.time_s, 3),
                box=look.box,
                score=round(look.score, 4),
                width_px=look.width_px,
                sharpness=round(look.sharpness, 1),
                embedding=self._embedder.embed(look),
                weight=round(look.quality, 4) if look.good else 0.0,
            )
            faces.append(face)
        return faces

    def _in_crop(
        self, pixels: Pixels, crop: tuple[int, int, int, int]
    ) -> list[FoundFace]:
        """Find faces in a part of the picture, in the whole picture's pixels."""
        left, top, right, bottom = crop
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        return [
            _moved(face, left, top)
            for face in self._finder.find(part, long_sides=CROP_SIDES_PX)
        ]


def name_tracks(
    tracks: list[TrackState],
    faces: dict[int, list[Face]],
    gallery: tuple[Reference, ...],
    rejections: tuple[Reference, ...] = (),
) -> dict[int, Identity]:
    """Say who the tracks show, by those of their faces that are good enough."""
    times = {track.number: {look.time_s for look in track.looks} for track in tracks}
    people = [
        TrackFaces(
            track=track.number,
            faces=tuple(
                GoodFace(embedding=face.embedding, weight=face.weight)
                for face in faces.get(track.number, [])
                if face.weight
            ),
            together=tuple(
                other
                for other, seen in times.items()
                if other != track.number and len(seen & times[track.number]) > 1
            ),
        )
        for track in tracks
    ]
    return identify([one for one in people if one.faces], gallery, rejections)


def _pixels(frame: Frame) -> tuple[Pixels, float]:
    """Return the frame in full, or halved, and how much smaller that is."""
    scale = max(1.0, max(frame.width, frame.height) / LONG_SIDE_PX)
    size = round(frame.width / scale), round(frame.height / scale)
    return frame.rgb(*size), scale


def _head_area(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return where a person's head may be, in pixels, with some room around."""
    x1, y1, x2, y2 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    if y2 - y1 > TALL * (x2 - x1):
        y2 = y1 + 0.5 * (y2 - y1)
    room = 0.1 * (x2 - x1)
    return (
        max(0, int(x1 - room)),
        max(0, int(y1 - room)),
        min(width, int(x2 + room) + 1),
        min(height, int(y2 + room) + 1),
    )


def _assign(
    faces: list[FoundFace], people: dict[int, Box], width: int, height: int
) -> dict[int, FoundFace]:
    """Give each person the one face that lies best where their head should be."""
    pairs = []
    for index, face in enumerate(faces):
        box = _fractions(face.box, width, height)
        for track, person in people.items():
            if inside(box, person) >= 0.7:
                pairs.append((_off_head(box, person), index, track))
    assigned: dict[int, FoundFace] = {}
    used: list[FoundFace] = []
    for _, index, track in sorted(pairs):
        face = faces[index]
        # The same face may have been found in the crops of two people.
        fresh = all(_common(face, other) < 0.3 for other in used)
        if track not in assigned and fresh:
            assigned[track] = face
            used.append(face)
    return assigned


def _off_head(face: Box, person: Box) -> float:
    """Return how far a face is from a person's head, in widths of the person."""
    wide = max(1e-6, person[2] - person[0])
    across = abs((face[0] + face[2]) - (person[0] + person[2])) / 2 / wide
    down = max(0.0, face[1] - person[1]) / max(1e-6, person[3] - person[1])
    # A face that is large for its person is theirs, not one in the background.
    return across + down - (face[2] - face[0]) / wide


def _common(one: FoundFace, other: FoundFace) -> float:
    """Return the common share of two faces' boxes, of the smaller one."""
    first, second = as_array([one.box]), as_array([other.box])
    smaller = max(1e-9, min(float(area(first)[0]), float(area(second)[0])))
    return float(intersection(first, second)[0, 0]) / smaller


def _fractions(box: Box, width: int, height: int) -> Box:
    """Return a box of pixels in fractions, cut off at the borders."""
    x1, y1, x2, y2 = box
    return (
        max(0.0, x1 / width),
        max(0.0, y1 / height),
        min(1.0, x2 / width),
        min(1.0, y2 / height),
    )


def _moved(face: FoundFace, left: int, top: int) -> FoundFace:
    """Return a face of a crop where it is in the whole picture."""
    x1, y1, x2, y2 = face.box
    landmarks: Floats = face.landmarks + np.array([left, top], dtype=np.float32)
    return FoundFace(
        box=(x1 + left, y1 + top, x2 + left, y2 + top),
        score=face.score,
        landmarks=landmarks,
    )


def _best_apart(looks: list[Look], count: int) -> list[Look]:
    """Return the best looks of different moments, in the order of time."""
    chosen: list[Look] = []
    for look in sorted(looks, key=lambda one: -one.quality):
        if all(abs(look.time_s - other.time_s) >= APART_S for other in chosen):
            chosen.append(look)
    return sorted(chosen[:count], key=lambda one: one.time_s)
