"""Saying again who the kept faces show, once somebody gets a name."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.ring_vision.const import EVENT_SIGHTING
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.tasks import TaskKind, TaskState
from tests.calls import act, settle
from tests.pictures import face_picture
from tests.ring_cloud_server import CloudRecording


async def enroll(hass: HomeAssistant, name: str) -> None:
    """Enrol the person of the recording, and wait until the past is read again."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir(parents=True, exist_ok=True)
    picture = face_picture(folder / "anna.jpg")
    await act(
        hass,
        "enroll_person",
        name=name,
        images=[f"media-source://media_source/local/{picture.name}"],
    )
    await settle(hass)


async def test_a_name_given_later_reaches_the_past(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    await settle(hass)
    assert hass.states.get("sensor.front_door_last_person").state == "stranger"
    told_again = async_capture_events(hass, EVENT_SIGHTING)
    await enroll(hass, "Anna")
    assert hass.states.get("sensor.front_door_last_person").state == "Anna"
    found = await act(hass, "list_sightings", person="Anna")
    assert [one["recording_id"] for one in found["sightings"]] == [one_recording.key]
    assert found["sightings"][0]["stranger"] is None
    assert found["sightings"][0]["distance"] < 0.55
    assert told_again == []


async def test_who_is_somebody_else_stays_a_stranger(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.ring_vision.engine.protocol.Reference.__init__",
        _far_reference,
    )
    await enroll(hass, "Anna")
    assert hass.states.get("sensor.front_door_last_person").state == "stranger"


def _far_reference(self: object, *, person: str, embedding: tuple[float, ...]) -> None:
    """Be a reference of somebody who looks otherwise."""
    object.__setattr__(self, "person", person)
    object.__setattr__(self, "embedding", tuple(-number for number in embedding))


async def test_an_engine_that_fails_is_told_and_changes_nothing(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EngineError(ErrorCode.CRASHED)

    monkeypatch.setattr(EngineClient, "identify", fail)
    await enroll(hass, "Anna")
    assert hass.states.get("sensor.front_door_last_person").state == "stranger"
    [task] = [
        task
        for task in account.runtime_data.tasks.tasks
        if task.kind is TaskKind.REIDENTIFY
    ]
    assert task.state is TaskState.FAILED
