"""Learning people's faces, and knowing them from then on."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.ring_vision.const import DOMAIN, EVENT_SIGHTING
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.library.people import gallery
from custom_components.ring_vision.people.gallery import MAX_NAME_LENGTH, clean_name
from custom_components.ring_vision.tasks import TaskState
from tests.calls import act, refused, settle
from tests.pictures import CAT, TWO_MEN, face_picture, picture
from tests.ring_cloud_server import CloudRecording


@pytest.fixture
def pictures(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder of pictures that Home Assistant may read."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    face_picture(folder / "anna.jpg")
    picture(*CAT).copy(folder / "cat.png")
    picture(*TWO_MEN).copy(folder / "two.jpg")
    Image.open(folder / "anna.jpg").resize((60, 70)).save(folder / "small.jpg")
    (folder / "broken.jpg").write_bytes((folder / "anna.jpg").read_bytes()[:900])
    (folder / "page.jpg").write_bytes(b"<!DOCTYPE html><html></html>")
    (folder / "empty.jpg").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Anna", "Anna"),
        ("  Anna \t\n Maria ", "Anna Maria"),
        ("Anna/Ben", "Anna/Ben"),
        ("../Anna", "../Anna"),
        ("Anna 🌸", "Anna 🌸"),
        ("Zoë", "Zoë"),
        ("李小龍", "李小龍"),
        ("007", "007"),
        ("An\0na\u202e", "An na"),
        ("a" * MAX_NAME_LENGTH, "a" * MAX_NAME_LENGTH),
    ],
)
def test_a_name_loses_what_no_name_has(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  \t\n",
        "/",
        "..",
        "🌸",
        "\0\u202e",
        "\ud800",
        "a" * (MAX_NAME_LENGTH + 1),
        "Stranger",
        "unknown",
        "UNAVAILABLE",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        clean_name(name)
    assert (raised.value.translation_domain, raised.value.translation_key) == (
        DOMAIN,
        "bad_name",
    )


async def test_each_picture_is_learned_or_refused_with_its_reason(
    hass: HomeAssistant, account: MockConfigEntry, pictures: Path
) -> None:
    reasons = {
        "cat.png": "no_face",
        "two.jpg": "several_faces",
        "broken.jpg": "not_media",
        "page.jpg": "not_media",
        "empty.jpg": "file_empty",
        "small.jpg": "face_too_small",
    }
    anna = str(pictures / "anna.jpg")
    response = await act(
        hass,
        "enroll_person",
        name=" Anna ",
        images=[anna, anna, *(str(pictures / name) for name in reasons)],
    )
    task = account.runtime_data.tasks.get(response["task_id"])
    assert (task.state, task.current, task.total) == (TaskState.FINISHED, 7, 7)
    assert (response["name"], response["enrolled"]) == ("Anna", [anna])
    assert response["rejected"] == {
        str(pictures / name): reason for name, reason in reasons.items()
    }
    (person,) = (await act(hass, "list_people"))["people"]
    assert person == {
        "id": response["person_id"],
        "name": "Anna",
        "references": 1,
        "sightings": 0,
        "last_seen": None,
    }
    # The same name, written in another way, is the same person; the same picture
    # teaches nothing new.
    await act(hass, "enroll_person", name="ANNA", images=anna)
    (person,) = (await act(hass, "list_people"))["people"]
    assert (person["name"], person["references"]) == ("Anna", 1)


async def test_nobody_begins_without_a_good_picture(
    hass: HomeAssistant, account: MockConfigEntry, pictures: Path
) -> None:
    """And the owner is told why, picture by picture."""
    images = [str(pictures / name) for name in ("cat.png", "two.jpg")]
    error = await refused(
        hass, "enroll_person", HomeAssistantError, name="Anna", images=images
    )
    assert error.translation_key == "nobody_enrolled"
    assert error.translation_placeholders == {
        "reasons": "cat.png: No face was found; two.jpg: More than one face was found"
    }
    assert await act(hass, "list_people") == {"people": []}


async def test_who_is_enrolled_is_known_from_then_on(
    hass: HomeAssistant,
    account: MockConfigEntry,
    one_recording: CloudRecording,
    pictures: Path,
) -> None:
    image = str(pictures / "anna.jpg")
    await act(hass, "enroll_person", name="Anna", images=[image])
    heard = async_capture_events(hass, EVENT_SIGHTING)
    account.runtime_data.account.async_start_check()
    await settle(hass)
    assert [
        (event.data["type"], event.data["people"], event.data["strangers"])
        for event in heard
    ] == [("known_person", ["Anna"], 0)]
    await act(hass, "analyze", recordings=[one_recording.key], wait=True)
    await settle(hass)
    assert len(heard) == 1
    assert hass.states.get("sensor.front_door_last_person").state == "Anna"
    (seen,) = (await act(hass, "list_sightings", person="Anna"))["sightings"]
    assert (seen["recording_id"], seen["stranger"]) == (one_recording.key, None)
    assert 0 <= seen["distance"] < 0.6
    (person,) = (await act(hass, "list_people"))["people"]
    assert (person["sightings"], person["last_seen"]) == (1, seen["start"])
    analysis = await act(hass, "analyze_file", media=image)
    assert [one["person"] for one in analysis["sightings"]] == ["Anna"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"name": "..", "images": ["{pictures}/anna.jpg"]}, "bad_name"),
        ({"name": "", "images": ["{pictures}/anna.jpg"]}, "bad_name"),
        ({"name": "Anna", "images": ["{pictures}/nobody.jpg"]}, "media_not_found"),
        (
            {"name": "Anna", "images": ["{pictures}/anna.jpg", "/etc/passwd"]},
            "path_not_allowed",
        ),
    ],
)
async def test_a_senseless_enrolment_is_refused(
    hass: HomeAssistant,
    account: MockConfigEntry,
    pictures: Path,
    fields: dict[str, Any],
    key: str,
) -> None:
    images = [name.replace("{pictures}", str(pictures)) for name in fields["images"]]
    error = await refused(
        hass,
        "enroll_person",
        ServiceValidationError,
        name=fields["name"],
        images=images,
    )
    assert error.translation_key == key
    assert await act(hass, "list_people") == {"people": []}


async def test_a_machine_that_cannot_know_faces_says_so(
    hass: HomeAssistant,
    account: MockConfigEntry,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def embed(*args: object, **kwargs: object) -> None:
        raise EngineError(ErrorCode.NO_FACE_ENGINE)

    # A machine without the weights is not at hand.
    monkeypatch.setattr(EngineClient, "embed", embed)
    error = await refused(
        hass,
        "enroll_person",
        HomeAssistantError,
        name="Anna",
        images=[str(pictures / "anna.jpg")],
    )
    assert (error.translation_key, error.translation_placeholders) == (
        "engine_failed",
        {"reason": "no_face_engine"},
    )
    assert await act(hass, "list_people") == {"people": []}


async def test_a_cancelled_enrolment_keeps_what_it_learned_and_goes_no_further(
    hass: HomeAssistant, account: MockConfigEntry, pictures: Path
) -> None:
    data = account.runtime_data
    task = data.people.async_enroll("Anna", [pictures / "anna.jpg"] * 40)
    async with asyncio.timeout(30):
        while task.current == 0:
            await asyncio.sleep(0.02)
        assert await data.tasks.async_cancel(task.id)
    assert task.state is TaskState.CANCELLED
    learned = await data.archive.ask(gallery)
    assert 0 < len(learned) < 40
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await data.archive.ask(gallery) == learned


@pytest.mark.parametrize("name", ["Anna 👩‍👧", "علی‌رضا", "Anna/Ben"])
def test_a_name_keeps_what_joins_its_letters(name: str) -> None:
    assert clean_name(name) == name


async def test_one_face_gets_one_name(
    hass: HomeAssistant, account: MockConfigEntry, pictures: Path
) -> None:
    """Two names for one face would make both of them unknown."""
    anna = str(pictures / "anna.jpg")
    await act(hass, "enroll_person", name="Anna", images=[anna])
    error = await refused(
        hass, "enroll_person", HomeAssistantError, name="Anni", images=[anna]
    )
    assert error.translation_placeholders == {
        "reasons": "anna.jpg: The face is enrolled for somebody else"
    }
    people = (await act(hass, "list_people"))["people"]
    assert [(one["name"], one["references"]) for one in people] == [("Anna", 1)]
