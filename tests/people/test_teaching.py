"""Teaching: corrections change the past and what comes, and can be taken back."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.ring_vision.const import EVENT_CORRECTED
from tests.calls import act, refused, settle
from tests.library.samples import count_rows as count
from tests.ring_cloud_server import CloudRecording

LAST_PERSON = "sensor.front_door_last_person"


async def seen(hass: HomeAssistant) -> dict[str, Any]:
    """Return the one sighting, once everything is shown."""
    await settle(hass)
    (one,) = (await act(hass, "list_sightings"))["sightings"]
    return one


async def correct(
    hass: HomeAssistant, correction: str, **fields: Any
) -> dict[str, Any]:
    """Correct the one sighting."""
    sighting = (await seen(hass))["id"]
    return await act(
        hass, "correct_sighting", sighting=sighting, correction=correction, **fields
    )


def last_person(hass: HomeAssistant) -> str:
    """Return who was last at the door, as the sensor says it."""
    state = hass.states.get(LAST_PERSON)
    assert state is not None
    return state.state


async def test_a_stranger_who_is_named_has_the_name_in_the_past_and_in_sensors(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    told = async_capture_events(hass, EVENT_CORRECTED)
    assert (await seen(hass))["stranger"] == 1
    answer = await correct(hass, "this_is", name="Anna")
    now = await seen(hass)
    assert (now["person"], now["stranger"]) == ("Anna", None)
    assert answer["changed"] == [now["id"]]
    assert last_person(hass) == "Anna"
    assert [event.data for event in told] == [{"entry_id": account.entry_id, **answer}]


async def test_undo_brings_back_what_was(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    before = await seen(hass)
    made = await correct(hass, "this_is", name="Anna")
    answer = await act(hass, "undo")
    assert (answer["correction_id"], answer["undone"]) == (made["correction_id"], True)
    assert await seen(hass) == before
    assert last_person(hass) == "stranger"
    assert (await act(hass, "list_people"))["people"] == []
    error = await refused(hass, "undo", ServiceValidationError)
    assert error.translation_key == "nothing_to_undo"


async def test_not_this_person_holds_also_when_it_is_looked_at_again(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    """The pictures that Anna was enrolled with stay hers."""
    await correct(hass, "this_is", name="Anna")
    await correct(hass, "not_this_person")
    assert (await seen(hass))["person"] is None
    await act(hass, "analyze", recordings=[one_recording.key], wait=True)
    assert (await seen(hass))["person"] is None
    (anna,) = (await act(hass, "list_people"))["people"]
    assert anna["references"] > 0
    await act(hass, "undo")
    assert (await seen(hass))["person"] == "Anna"


async def test_somebody_else_may_be_named_instead(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await correct(hass, "this_is", name="Anna")
    await correct(hass, "this_is", name="Ben")
    assert (await seen(hass))["person"] == "Ben"
    await act(hass, "analyze", recordings=[one_recording.key], wait=True)
    assert (await seen(hass))["person"] == "Ben"


async def test_what_is_no_face_is_nobody_not_even_a_stranger(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await correct(hass, "not_a_face")
    now = await seen(hass)
    assert (now["person"], now["stranger"]) == (None, None)
    await act(hass, "undo")
    assert (await seen(hass))["stranger"] == 1


async def test_an_older_correction_can_be_taken_back_too(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    first = await correct(hass, "this_is", name="Anna")
    await correct(hass, "this_is", name="Anna")
    await act(hass, "undo", correction_id=first["correction_id"])
    assert (await seen(hass))["person"] is None


async def test_nothing_is_left_of_somebody_who_is_forgotten(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await correct(hass, "this_is", name="Anna")
    await correct(hass, "not_this_person")
    await act(hass, "forget_person", person="Anna")
    library = account.runtime_data.archive.library
    assert [count(library, table) for table in ("rejections", "corrections")] == [0, 0]
    assert (await act(hass, "forget_person", person="Anna"))["forgotten"] == 0


async def test_a_new_name_is_shown_everywhere(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await correct(hass, "this_is", name="Ana")
    answer = await act(hass, "rename_person", person="ana", new_name="Anna Smith")
    assert answer["name"] == "Anna Smith"
    assert (await seen(hass))["person"] == "Anna Smith"
    assert last_person(hass) == "Anna Smith"


@pytest.mark.parametrize(
    ("action", "fields", "key"),
    [
        (
            "correct_sighting",
            {"sighting": 99, "correction": "not_a_face"},
            "unknown_sighting",
        ),
        ("correct_sighting", {"sighting": 1, "correction": "this_is"}, "bad_name"),
        (
            "correct_sighting",
            {"sighting": 1, "correction": "this_is", "name": "stranger"},
            "bad_name",
        ),
        (
            "correct_sighting",
            {"sighting": 1, "correction": "not_this_person"},
            "sighting_without_name",
        ),
        ("undo", {}, "nothing_to_undo"),
        ("undo", {"correction_id": 7}, "nothing_to_undo"),
        ("rename_person", {"person": "Zoe", "new_name": "Ben"}, "unknown_person"),
        ("rename_person", {"person": "Zoe", "new_name": "."}, "bad_name"),
    ],
)
async def test_what_cannot_be_corrected_is_told(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    action: str,
    fields: dict[str, Any],
    key: str,
) -> None:
    await seen(hass)
    error = await refused(hass, action, ServiceValidationError, **fields)
    assert error.translation_key == key


async def test_two_people_cannot_have_one_name(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await correct(hass, "this_is", name="Anna")
    await correct(hass, "this_is", name="Ben")
    error = await refused(
        hass, "rename_person", ServiceValidationError, person="Ben", new_name="ANNA"
    )
    assert error.translation_key == "name_taken"
