"""The actions that delete, bring back, keep and forget."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy.engine import Connection

from custom_components.ring_vision.const import CONF_STORAGE, DOMAIN
from custom_components.ring_vision.library import journal, people
from custom_components.ring_vision.library.files import MARKER
from custom_components.ring_vision.library.models import RecordingState, TaskRow
from tests.calls import act, keep, refused, settle
from tests.library import samples
from tests.ring_cloud_server import CloudRecording
from tests.steps import check, count_faces, row

SIZE = 1000


@pytest.fixture
def kept(account: MockConfigEntry) -> list[str]:
    """Keep three recordings with a person in each, and one without a file."""
    ids = keep(
        account,
        *(samples.announced(number, camera_id="1001") for number in range(1, 4)),
        size=SIZE,
    )
    rows = account.runtime_data.archive.library
    for one in ids:
        samples.sightings_of(rows, one, samples.track(faces=(samples.face(),)))
    return [*ids, *samples.add(rows, samples.announced(9))]


async def ids_of(hass: HomeAssistant, **fields: Any) -> list[str]:
    """Return the ids of the recordings that are listed."""
    found = (await act(hass, "list_recordings", **fields))["recordings"]
    return [one["id"] for one in found]


async def seen(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the sightings that are listed."""
    found: list[dict[str, Any]] = (await act(hass, "list_sightings"))["sightings"]
    return found


def file_of(entry: MockConfigEntry, recording_id: str) -> Path:
    """Return where a recording's file lies."""
    path: Path = entry.runtime_data.archive.files.root / f"101/{recording_id}.mp4"
    return path


async def test_what_was_deleted_can_be_restored(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    sensor = er.async_get(hass).async_get_entity_id(
        "sensor", DOMAIN, f"{account.unique_id}_recordings"
    )
    before = await seen(hass)
    done = await act(hass, "delete", recordings=kept[:2])
    assert sorted(done["deleted"]) == sorted(kept[:2])
    assert (done["failed"], done["freed_bytes"]) == ({}, 0)
    until = dt_util.parse_datetime(done["binned_until"], raise_on_error=True)
    assert timedelta(days=6, hours=23) < until - dt_util.utcnow() < timedelta(days=7)
    await settle(hass)
    assert hass.states.get(sensor).state == "1"
    assert await ids_of(hass) == kept[2:]
    assert await seen(hass) == before[2:]
    assert not file_of(account, kept[0]).exists()
    told = (await act(hass, "list_recordings", binned=True))["recordings"]
    assert {(one["id"], one["binned_why"]) for one in told} == {
        (one, "asked") for one in kept[:2]
    }
    restored = await act(hass, "restore", recordings=kept[:2])
    assert sorted(restored["restored"]) == sorted(kept[:2])
    await settle(hass)
    assert hass.states.get(sensor).state == "3"
    assert await ids_of(hass) == kept
    assert await seen(hass) == before
    assert file_of(account, kept[0]).is_file()


async def test_what_was_deleted_for_good_is_gone(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    await act(hass, "delete", recordings=kept[0])
    done = await act(hass, "delete", recordings=kept[:2], permanently=True)
    assert sorted(done["deleted"]) == sorted(kept[:2])
    assert (done["freed_bytes"], done["binned_until"]) == (2 * SIZE, None)
    assert await ids_of(hass, binned=True) == []
    assert len(await seen(hass)) == 1
    assert (await row(account, kept[0])).state is RecordingState.DELETED
    assert await count_faces(account) == 1


async def test_without_a_bin_deleted_means_deleted(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    options = {**account.options, CONF_STORAGE: {"bin_days": 0}}
    hass.config_entries.async_update_entry(account, options=options)
    assert await hass.config_entries.async_reload(account.entry_id)
    done = await act(hass, "delete", recordings=kept[0])
    assert (done["deleted"], done["binned_until"]) == ([kept[0]], None)
    assert (await row(account, kept[0])).state is RecordingState.DELETED


async def test_what_is_in_the_bin_is_never_fetched_again(
    hass: HomeAssistant, account: MockConfigEntry, one_recording: CloudRecording
) -> None:
    await check(hass, account)
    recording_id = one_recording.key
    assert await ids_of(hass) == [recording_id]
    await act(hass, "delete", recordings=recording_id)
    await check(hass, account)
    response = await act(hass, "download", hours=24, skip_existing=False, wait=True)
    assert response["downloaded"] == []
    assert (await row(account, recording_id)).state is RecordingState.BINNED
    await act(hass, "restore", recordings=recording_id)
    assert await ids_of(hass) == [recording_id]


async def test_a_locked_recording_is_not_deleted(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    done = await act(hass, "lock", recordings=kept[:2])
    assert done == {"locked": True, "changed": kept[:2]}
    done = await act(hass, "lock", recordings=kept[:1])
    assert done == {"locked": True, "changed": []}
    (first, *_) = (await act(hass, "list_recordings"))["recordings"]
    assert first["locked"] is True
    error = await refused(
        hass, "delete", ServiceValidationError, recordings=[kept[2], kept[0]]
    )
    assert error.translation_key == "recording_locked"
    assert (await act(hass, "purge", keep_days=0))["deleted"] == [kept[2]]
    await act(hass, "lock", recordings=kept[0], locked=False)
    assert (await act(hass, "delete", recordings=kept[0]))["deleted"] == [kept[0]]


@pytest.mark.parametrize(
    ("action", "place", "key"),
    [
        ("delete", None, "unknown_recording"),
        ("restore", None, "unknown_recording"),
        ("lock", None, "unknown_recording"),
        ("delete", 3, "recording_without_file"),
        ("restore", 3, "recording_not_in_bin"),
        ("restore", 0, "recording_not_in_bin"),
        ("restore", 2, "recording_not_in_bin"),
        ("lock", 1, "recording_deleted"),
        ("lock", 2, "recording_deleted"),
        ("delete", 2, "recording_without_file"),
    ],
)
async def test_an_action_on_the_wrong_recording_does_nothing_at_all(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    action: str,
    place: int | None,
    key: str,
) -> None:
    await act(hass, "delete", recordings=kept[1])
    await act(hass, "delete", recordings=kept[2], permanently=True)
    named = "7300" if place is None else kept[place]
    good = {"delete": kept[0], "restore": kept[1], "lock": kept[0]}[action]
    error = await refused(
        hass, action, ServiceValidationError, recordings=[good, named]
    )
    assert error.translation_key == key
    assert error.translation_placeholders == {"recording": named}
    assert await ids_of(hass) == [kept[0], kept[3]]
    assert await ids_of(hass, binned=True) == [kept[1]]
    assert not (await row(account, kept[0])).locked


@pytest.mark.parametrize("action", ["delete", "restore"])
async def test_nothing_moves_while_the_folder_is_away(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str], action: str
) -> None:
    await act(hass, "delete", recordings=kept[1])
    (account.runtime_data.archive.files.root / MARKER).unlink()
    named = {"delete": kept[0], "restore": kept[1]}[action]
    error = await refused(hass, action, HomeAssistantError, recordings=named)
    assert error.translation_key == "purge_refused"
    assert (await row(account, kept[0])).state is RecordingState.DOWNLOADED
    assert (await row(account, kept[1])).state is RecordingState.BINNED


async def test_a_person_is_forgotten_once(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    archive = account.runtime_data.archive

    def enroll(connection: Connection) -> int:
        anna = people.add_person(connection, "Anna")
        people.add_reference(connection, anna.id, samples.embedding(), "a.jpg")
        task = account.runtime_data.tasks.tasks[0].as_row()
        journal.save_task(connection, enrolment(task))
        return anna.id

    anna = archive.library.run(enroll)
    samples.sightings_of(
        archive.library,
        kept[0],
        samples.track(person=str(anna), faces=(samples.face(), samples.face())),
    )
    done = await act(hass, "forget_person", person=" anna")
    assert done == {
        "name": "anna",
        "forgotten": 1,
        "references": 1,
        "faces": 2,
        "sightings": 1,
    }
    assert (await act(hass, "list_people"))["people"] == []
    assert {one["person"] for one in await seen(hass)} == {None}
    assert len(await seen(hass)) == 3
    tasks = await archive.ask(journal.list_tasks, 100)
    assert [task for task in tasks if task.kind == "enroll"] == []
    done = await act(hass, "forget_person", person="Anna")
    assert {done[key] for key in ("forgotten", "references", "faces", "sightings")} == {
        0
    }


@pytest.mark.parametrize("person", ["", "  ", "...", "x" * 101, "stranger"])
async def test_nobody_can_be_forgotten_who_has_no_name(
    hass: HomeAssistant, account: MockConfigEntry, person: str
) -> None:
    error = await refused(hass, "forget_person", ServiceValidationError, person=person)
    assert error.translation_key == "bad_name"


def enrolment(task: TaskRow) -> TaskRow:
    """Return a task as one that enrolled Anna."""
    return replace(task, id="enrolment", kind="enroll", message="Anna")
