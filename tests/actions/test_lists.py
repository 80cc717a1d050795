"""The actions that list what the library keeps."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.library import people
from tests.calls import act, refused
from tests.library import samples

FIRST, SECOND, THIRD = (
    samples.announced(number, camera_id=camera_id)
    for number, camera_id in ((1, "1001"), (2, "1002"), (3, "gone"))
)


@pytest.fixture
def library(account: MockConfigEntry) -> None:
    """Keep three recordings: a known person and a parked car, a cat, and nothing."""
    rows = account.runtime_data.archive.library
    samples.add_downloaded(rows, FIRST, SECOND)
    samples.add(rows, THIRD)
    anna = rows.run(people.add_person, "Anna")
    samples.sightings_of(
        rows,
        FIRST.id,
        samples.track(1, person=str(anna.id), distance=0.25, confidence=0.87654),
        samples.track(2, label="car", moving=False, start_s=0.0),
        seconds=4.5,
    )
    samples.sightings_of(rows, SECOND.id, samples.track(1, label="cat"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [FIRST, SECOND, THIRD]),
        ({"limit": 2}, [FIRST, SECOND]),
        ({"limit": 2, "offset": 2}, [THIRD]),
        ({"offset": 3}, []),
        ({"cameras": ["1002"]}, [SECOND]),
        ({"start": SECOND.start.isoformat()}, [FIRST, SECOND]),
        ({"end": SECOND.start.isoformat()}, [THIRD]),
        (
            {"start": SECOND.start.isoformat(), "end": FIRST.start.isoformat()},
            [SECOND],
        ),
    ],
)
async def test_recordings_are_listed_newest_first(
    hass: HomeAssistant, library: None, fields: dict[str, Any], expected: list[Any]
) -> None:
    found = (await act(hass, "list_recordings", **fields))["recordings"]
    assert [one["id"] for one in found] == [one.id for one in expected]


async def test_a_recording_tells_how_far_it_is(
    hass: HomeAssistant, library: None
) -> None:
    first, second, third = (await act(hass, "list_recordings"))["recordings"]
    assert first == {
        "id": FIRST.id,
        "camera_id": "1001",
        "camera": "Front Door",
        "kind": "motion",
        "start": FIRST.start.isoformat(),
        "duration_s": 21.5,
        "state": "downloaded",
        "reason": None,
        "reason_text": None,
        "size": 1000,
        "locked": False,
        "binned": None,
        "binned_why": None,
        "analysis": "done",
        "analysis_reason": None,
        "analysis_reason_text": None,
        "analysis_seconds": 4.5,
    }
    assert second["camera"] == "Garden"
    assert (third["camera"], third["state"], third["analysis_seconds"]) == (
        None,
        "seen",
        None,
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["person", "cat"]),
        ({"scenery": True}, ["person", "car", "cat"]),
        ({"scenery": True, "limit": 1, "offset": 1}, ["car"]),
        ({"recording": FIRST.id}, ["person"]),
        ({"recording": FIRST.id, "scenery": True}, ["person", "car"]),
        ({"recording": THIRD.id}, []),
        ({"labels": "cat"}, ["cat"]),
        ({"labels": ["cat", "car"], "scenery": True}, ["car", "cat"]),
        ({"labels": ["dog"]}, []),
        ({"person": "anna"}, ["person"]),
        ({"cameras": ["1002"]}, ["cat"]),
        ({"start": FIRST.start.isoformat()}, ["person"]),
        ({"end": FIRST.start.isoformat()}, ["cat"]),
    ],
)
async def test_sightings_are_listed_newest_first(
    hass: HomeAssistant, library: None, fields: dict[str, Any], expected: list[str]
) -> None:
    found = (await act(hass, "list_sightings", **fields))["sightings"]
    assert [one["label"] for one in found] == expected


async def test_a_sighting_tells_who_it_was(hass: HomeAssistant, library: None) -> None:
    (found,) = (await act(hass, "list_sightings", person=" ANNA "))["sightings"]
    assert found | {"id": 0, "start": "", "end": ""} == {
        "id": 0,
        "recording_id": FIRST.id,
        "camera_id": "1001",
        "camera": "Front Door",
        "label": "person",
        "confidence": 0.877,
        "start": "",
        "end": "",
        "box": [0.1, 0.2, 0.3, 0.4],
        "moving": True,
        "person": "Anna",
        "distance": 0.25,
        "stranger": None,
    }
    (anna,) = (await act(hass, "list_people"))["people"]
    assert (anna["name"], anna["references"], anna["sightings"]) == ("Anna", 0, 1)
    assert anna["last_seen"] == found["start"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"person": "Nobody"}, "unknown_person"),
        ({"person": ""}, "unknown_person"),
        ({"recording": "1234"}, "unknown_recording"),
        ({"recording": ""}, "unknown_recording"),
        ({"cameras": ["gone"]}, "unknown_camera"),
        (
            {"start": "2026-11-02 00:00:00", "end": "2026-11-01 00:00:00"},
            "end_before_start",
        ),
    ],
)
async def test_a_list_of_what_does_not_exist_is_refused(
    hass: HomeAssistant, account: MockConfigEntry, fields: dict[str, Any], key: str
) -> None:
    error = await refused(hass, "list_sightings", ServiceValidationError, **fields)
    assert error.translation_key == key
