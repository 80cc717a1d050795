"""What one recording showed, in the words of events and automations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util
import pytest

from custom_components.ring_vision.analyzer import Seen
from custom_components.ring_vision.library.models import (
    AnalysisState,
    Recording,
    RecordingState,
    Sighting,
)
from custom_components.ring_vision.sightings import SightingType, describe

START = datetime(2027, 3, 4, 20, tzinfo=UTC)


def seen(*sightings: dict[str, Any]) -> Seen:
    """Return a recording that showed these; what is not said is a walking nobody."""
    whatever: dict[str, Any] = {
        "recording_id": "7",
        "camera_id": "1001",
        "label": "person",
        "confidence": 0.5,
        "start": START,
        "end": START,
        "box": (0.0, 0.0, 1.0, 1.0),
        "moving": True,
        "person_id": None,
        "person_name": None,
        "distance": None,
        "stranger": None,
        "snapshot": None,
    }
    recording = Recording(
        id="7",
        camera_id="1001",
        kind="ding",
        start=START,
        duration_s=8.0,
        state=RecordingState.DOWNLOADED,
        reason=None,
        attempts=0,
        next_try=None,
        path="7.mp4",
        size=1,
        analysis=AnalysisState.DONE,
        analysis_reason=None,
        analysis_attempts=0,
    )
    return Seen(
        recording=recording,
        sightings=tuple(
            Sighting(id=number, **whatever | changes)
            for number, changes in enumerate(sightings, 1)
        ),
    )


ANNA = {"person_id": 1, "person_name": "Anna", "distance": 0.3}
STRANGER = {"stranger": 1}
SOMEBODY: dict[str, Any] = {}
DOG = {"label": "dog"}
CAR = {"label": "car"}
PARKED_CAR = {"label": "car", "moving": False}
SUITCASE = {"label": "suitcase"}


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ([], SightingType.NOTHING),
        ([PARKED_CAR], SightingType.NOTHING),
        ([SUITCASE], SightingType.OBJECT),
        ([SUITCASE, CAR], SightingType.VEHICLE),
        ([CAR, DOG], SightingType.ANIMAL),
        ([DOG, SOMEBODY], SightingType.PERSON),
        ([{"moving": False}], SightingType.PERSON),
        ([SOMEBODY, STRANGER], SightingType.STRANGER),
        ([STRANGER, ANNA, DOG], SightingType.KNOWN_PERSON),
    ],
)
def test_the_most_telling_sighting_gives_the_type(
    shown: list[dict[str, Any]], kind: SightingType
) -> None:
    assert describe(seen(*shown)).type is kind


def test_everybody_and_everything_is_told_once() -> None:
    event = describe(
        seen(ANNA, ANNA, STRANGER, STRANGER, {"stranger": 2}, DOG, PARKED_CAR)
    )
    assert event.people == ("Anna",)
    assert event.strangers == 2
    assert event.labels == ("person", "dog")
    assert event.sighting_ids == (1, 2, 3, 4, 5, 6)


def test_the_confidence_is_that_of_the_most_certain_sighting() -> None:
    event = describe(
        seen({"confidence": 0.51239}, DOG, PARKED_CAR | {"confidence": 0.99})
    )
    assert event.confidence == 0.512


def test_an_event_carries_what_automations_ask_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dt_util, "utcnow", lambda: START + timedelta(seconds=90.4))
    assert describe(seen(ANNA)).as_attributes() == {
        "recording_id": "7",
        "kind": "ding",
        "start": "2027-03-04T20:00:00+00:00",
        "age_seconds": 90,
        "people": ["Anna"],
        "strangers": 0,
        "labels": ["person"],
        "confidence": 0.5,
        "sighting_ids": [1],
    }


def test_nothing_seen_is_told_with_empty_hands() -> None:
    event = describe(seen())
    assert (event.people, event.labels, event.confidence) == ((), (), None)
