"""What one recording showed, in the words of events and automations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.util import dt as dt_util

from .analyzer import Seen
from .engine.labels import PERSON, Group, group_of
from .library.models import Sighting


class SightingType(StrEnum):
    """The most telling thing of a recording, in this order."""

    KNOWN_PERSON = "known_person"
    STRANGER = "stranger"
    PERSON = "person"
    """Somebody whose face was not seen well enough."""
    ANIMAL = "animal"
    VEHICLE = "vehicle"
    OBJECT = "object"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class SightingEvent:
    """Who and what was seen in one recording."""

    type: SightingType
    recording_id: str
    camera_id: str
    kind: str
    start: datetime
    people: tuple[str, ...]
    strangers: int
    labels: tuple[str, ...]
    confidence: float | None
    """Of the most certain sighting."""
    sighting_ids: tuple[int, ...]

    def as_attributes(self) -> dict[str, Any]:
        """Return it as an event carries it."""
        return {
            "recording_id": self.recording_id,
            "kind": self.kind,
            "start": self.start.isoformat(),
            "age_seconds": round((dt_util.utcnow() - self.start).total_seconds()),
            "people": list(self.people),
            "strangers": self.strangers,
            "labels": list(self.labels),
            "confidence": self.confidence,
            "sighting_ids": list(self.sighting_ids),
        }


def describe(seen: Seen) -> SightingEvent:
    """Sum a recording up; what stands still all along is scenery and not told."""
    told = [sighting for sighting in seen.sightings if is_told(sighting)]
    confidences = [sighting.confidence for sighting in told]
    return SightingEvent(
        type=max(map(_type, told), key=_weight, default=SightingType.NOTHING),
        recording_id=seen.recording.id,
        camera_id=seen.recording.camera_id,
        kind=seen.recording.kind,
        start=seen.recording.start,
        people=tuple(
            dict.fromkeys(
                sighting.person_name for sighting in told if sighting.person_name
            )
        ),
        strangers=len({sighting.stranger for sighting in told} - {None}),
        labels=tuple(dict.fromkeys(sighting.label for sighting in told)),
        confidence=round(max(confidences), 3) if confidences else None,
        sighting_ids=tuple(sighting.id for sighting in told),
    )


def is_told(sighting: Sighting) -> bool:
    """Return whether a sighting is news: people always, other things when they move."""
    return sighting.moving or sighting.label == PERSON


def _type(sighting: Sighting) -> SightingType:
    if sighting.person_name:
        return SightingType.KNOWN_PERSON
    if sighting.stranger is not None:
        return SightingType.STRANGER
    return _TYPES[group_of(sighting.label)]


_TYPES = {
    Group.PEOPLE: SightingType.PERSON,
    Group.ANIMALS: SightingType.ANIMAL,
    Group.VEHICLES: SightingType.VEHICLE,
    Group.THINGS: SightingType.OBJECT,
}


def _weight(kind: SightingType) -> int:
    return -list(SightingType).index(kind)
