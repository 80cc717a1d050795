"""Matching: whose faces a track shows, by agreement and never by one near miss."""

from collections import defaultdict
from dataclasses import replace
from typing import Final

import numpy as np

from .boxes import Floats
from .protocol import GoodFace, Identity, Reference, TrackFaces

MAX_DISTANCE: Final = 0.55
NOBODY_DISTANCE: Final = 0.6
"""So far from everybody known is a stranger; between the two nobody can tell: small
faces of known people were measured at 0.57."""
MIN_MARGIN: Final = 0.05
"""So much nearer than the next person; nearer to two is nobody."""
REJECTED_DISTANCE: Final = 0.35
"""As near as looks at one face from one recording are to each other."""
STRANGER_DISTANCE: Final = 0.55
"""Two unknown faces nearer than this are one person."""
AGREEMENT: Final = 2 / 3
"""Share of the named faces' weight that one person must have."""
MIN_SHARE: Final = 0.4
"""Share of all good faces' weight that must be named at all."""


def identify(
    tracks: list[TrackFaces],
    gallery: tuple[Reference, ...],
    rejections: tuple[Reference, ...] = (),
) -> dict[int, Identity]:
    """Name the tracks that show known people, and number the others.

    A face like one that was said not to be Anna is nearer to nobody of that name; one
    like something that is no face (a rejection of nobody) counts for nobody.
    """
    gallery = (*gallery, *_middles(gallery))
    nobody = tuple(one for one in rejections if not one.person)
    tracks = [_without(one, nobody) for one in tracks] if nobody else tracks
    named: dict[int, Identity] = {}
    wishes = [
        (*wish, one)
        for one in tracks
        if (wish := _vote(one.faces, gallery, rejections)) is not None
    ]
    # Nearest first: of two people in view at once, one alone can be Anna.
    for distance, person, one in sorted(wishes, key=lambda wish: wish[0]):
        taken = {named[other].person for other in one.together if other in named}
        if person not in taken:
            named[one.track] = Identity(person=person, distance=distance)
    unknown = [
        one
        for one in tracks
        if one.track not in named
        and one.faces
        and _is_nobody(one.faces, gallery, rejections)
    ]
    return named | {
        track: Identity(stranger=number) for track, number in _group(unknown).items()
    }


def _middles(gallery: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """Return the middle of the faces of each person who has several.

    A face from a new side is nearer to it than to any of them.
    """
    faces: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for one in gallery:
        if np.isfinite(one.embedding).all():
            faces[one.person].append(one.embedding)
    return tuple(
        Reference(
            person=person,
            embedding=tuple(np.mean(np.array(embeddings), axis=0).tolist()),
        )
        for person, embeddings in faces.items()
        if len(embeddings) > 1
    )


def nearest(
    embedding: tuple[float, ...], gallery: tuple[Reference, ...]
) -> list[tuple[float, str]]:
    """Return every person with the distance of their nearest face, nearest first."""
    if not gallery:
        return []
    references = np.array([one.embedding for one in gallery], dtype=np.float32)
    distances = np.linalg.norm(
        references - np.array(embedding, dtype=np.float32), axis=1
    )
    best: dict[str, float] = defaultdict(lambda: float("inf"))
    for reference, distance in zip(gallery, distances, strict=True):
        # A broken reference (NaN) is nobody's nearest.
        if np.isfinite(distance):
            best[reference.person] = min(best[reference.person], float(distance))
    return sorted((distance, person) for person, distance in best.items())


def _without(one: TrackFaces, nobody: tuple[Reference, ...]) -> TrackFaces:
    """Return a track without what is no face."""
    faces = tuple(
        face
        for face in one.faces
        if nearest(face.embedding, nobody)[0][0] > REJECTED_DISTANCE
    )
    return replace(one, faces=faces)


def _ranking(
    embedding: tuple[float, ...],
    gallery: tuple[Reference, ...],
    rejections: tuple[Reference, ...],
) -> list[tuple[float, str]]:
    """Return who may be shown with their distances, nearest first.

    A face that is like one that was rejected is still hers when it is more like hers.
    """
    ranking = nearest(embedding, gallery)
    rejected = {person: distance for distance, person in nearest(embedding, rejections)}
    return [
        (distance, person)
        for distance, person in ranking
        if (near := rejected.get(person)) is None
        or near > min(distance, REJECTED_DISTANCE)
    ]


def _vote(
    faces: tuple[GoodFace, ...],
    gallery: tuple[Reference, ...],
    rejections: tuple[Reference, ...],
) -> tuple[float, str] | None:
    """Return distance and person on whom the faces agree."""
    weights: dict[str, float] = defaultdict(float)
    distances: dict[str, list[float]] = defaultdict(list)
    for face in faces:
        ranking = _ranking(face.embedding, gallery, rejections)
        if ranking and _is_clear(ranking):
            distance, person = ranking[0]
            weights[person] += face.weight
            distances[person].append(distance)
    total = sum(weights.values())
    if not total or total < MIN_SHARE * sum(face.weight for face in faces):
        return None
    person = max(weights, key=lambda one: weights[one])
    if weights[person] < AGREEMENT * total:
        return None
    return min(distances[person]), person


def _is_clear(ranking: list[tuple[float, str]]) -> bool:
    """Tell whether the nearest person is near, and nearer than the next."""
    distance = ranking[0][0]
    if distance > MAX_DISTANCE:
        return False
    return len(ranking) < 2 or ranking[1][0] - distance >= MIN_MARGIN


def _is_nobody(
    faces: tuple[GoodFace, ...],
    gallery: tuple[Reference, ...],
    rejections: tuple[Reference, ...],
) -> bool:
    """Tell whether most of the faces are far from every person known."""
    far = sum(
        face.weight
        for face in faces
        if not (ranking := _ranking(face.embedding, gallery, rejections))
        or ranking[0][0] > NOBODY_DISTANCE
    )
    return far > sum(face.weight for face in faces) / 2


def _group(tracks: list[TrackFaces]) -> dict[int, int]:
    """Return a number from 1 on for each unknown person's tracks."""
    groups: list[list[TrackFaces]] = []
    for one in tracks:
        for group in groups:
            apart = not any(other.track in one.together for other in group)
            if apart and min(_apart(one, other) for other in group) < STRANGER_DISTANCE:
                group.append(one)
                break
        else:
            groups.append([one])
    return {
        one.track: number for number, group in enumerate(groups, 1) for one in group
    }


def _apart(one: TrackFaces, other: TrackFaces) -> float:
    """Return the middle distance between the faces of two tracks."""
    pairs = _matrix(one)[:, None] - _matrix(other)[None, :]
    return float(np.median(np.linalg.norm(pairs, axis=2)))


def _matrix(one: TrackFaces) -> Floats:
    """Return a track's embeddings (n, 128)."""
    return np.array([face.embedding for face in one.faces], dtype=np.float32)
