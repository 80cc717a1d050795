"""The action that writes recordings to elsewhere."""

import asyncio
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.library import people
from custom_components.ring_vision.library.export import (
    ExportFilter,
    ExportFormat,
    Writer,
)
from custom_components.ring_vision.library.files import MARKER
from custom_components.ring_vision.tasks import TaskKind, TaskState
from tests.calls import act, keep, refused
from tests.library import samples
from tests.steps import settle, tasks_of

SIZE = 1000


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may write to."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    hass.config.allowlist_external_dirs = {str(allowed)}
    return allowed


@pytest.fixture
def kept(account: MockConfigEntry) -> list[str]:
    """Keep two recordings: Anna at the front door, a cat in the garden."""
    ids = keep(
        account,
        samples.announced(1, camera_id="1001"),
        samples.announced(2, camera_id="1002"),
        size=SIZE,
    )
    rows = account.runtime_data.archive.library
    anna = rows.run(people.add_person, "Anna")
    rows.run(people.add_reference, anna.id, samples.embedding(), "/media/a.jpg")
    samples.sightings_of(rows, ids[0], samples.track(person=str(anna.id)))
    samples.sightings_of(rows, ids[1], samples.track(label="cat"))
    return ids


def table_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the recordings of an export in JSON."""
    path = Path(response["folder"]) / "recordings.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text())["recordings"]
    return rows


async def test_recordings_are_exported_with_their_files(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str], folder: Path
) -> None:
    response = await act(
        hass, "export_recordings", folder=str(folder / "new"), format="json"
    )
    assert response["folder"].startswith(str(folder / "new/ring_vision_2"))
    assert (response["recordings"], response["files"]) == (2, 2)
    assert (response["bytes"], response["missing"]) == (2 * SIZE, [])
    cat, anna = table_of(response)
    assert (cat["camera"], cat["labels"], cat["people"]) == ("Garden", ["cat"], [])
    assert (anna["camera"], anna["people"]) == ("Front Door", ["Anna"])
    assert (Path(response["folder"]) / anna["file"]).stat().st_size == SIZE
    (task,) = tasks_of(account, TaskKind.EXPORT)
    assert (task.id, task.state) == (response["task_id"], TaskState.FINISHED)
    assert (task.current, task.total) == (2, 2)


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({}, [1, 0]),
        ({"cameras": ["1002"]}, [1]),
        ({"labels": ["person"]}, [0]),
        ({"persons": "ANNA"}, [0]),
        ({"start": samples.announced(1).start.isoformat()}, [0]),
        ({"end": samples.announced(1).start.isoformat()}, [1]),
        ({"persons": ["Anna"], "labels": ["cat"]}, []),
    ],
)
async def test_filters_say_which(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    fields: dict[str, Any],
    places: list[int],
) -> None:
    response = await act(
        hass,
        "export_recordings",
        folder=str(folder),
        format="json",
        files=False,
        **fields,
    )
    assert [row["id"] for row in table_of(response)] == [kept[one] for one in places]
    assert (response["recordings"], response["files"]) == (len(places), 0)


async def test_a_spreadsheet_is_written_unless_said_otherwise(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str], folder: Path
) -> None:
    response = await act(hass, "export_recordings", folder=str(folder), wait=False)
    assert list(response) == ["task_id"]
    task = account.runtime_data.tasks.get(response["task_id"])
    done = await task.wait()
    lines = (Path(done["folder"]) / "recordings.csv").read_text().splitlines()
    assert lines[0].startswith("id,camera_id,camera,kind,start,")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("", "folder_not_allowed"),
        ("relative", "folder_not_allowed"),
        ("/etc", "folder_not_allowed"),
        ("{allowed}/../elsewhere", "folder_not_allowed"),
        ("{allowed}/link", "folder_not_allowed"),
        ("{allowed}/\0", "folder_not_allowed"),
        ("{allowed}/file.txt", "not_a_folder"),
        ("{allowed}/file.txt/deeper", "not_a_folder"),
        ("{allowed}/missing/deeper", "not_a_folder"),
    ],
)
async def test_a_bad_folder_is_refused(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    told: str,
    key: str,
) -> None:
    (folder / "file.txt").touch()
    (folder / "link").symlink_to("/tmp")
    before = sorted(folder.rglob("*"))
    error = await refused(
        hass,
        "export_recordings",
        ServiceValidationError,
        folder=told.format(allowed=folder),
    )
    assert error.translation_key == key
    assert sorted(folder.rglob("*")) == before
    assert tasks_of(account, TaskKind.EXPORT) == []


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"persons": ["Anna", "Nobody"]}, "unknown_person"),
        ({"cameras": ["gone"]}, "unknown_camera"),
        (
            {"start": "2026-11-02 00:00:00", "end": "2026-11-01 00:00:00"},
            "end_before_start",
        ),
    ],
)
async def test_a_bad_filter_is_refused(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    fields: dict[str, Any],
    key: str,
) -> None:
    error = await refused(
        hass,
        "export_recordings",
        ServiceValidationError,
        folder=str(folder),
        **fields,
    )
    assert error.translation_key == key


async def test_a_format_that_nobody_writes_is_refused(
    hass: HomeAssistant, account: MockConfigEntry, folder: Path
) -> None:
    with pytest.raises(probatio.Invalid):
        await act(hass, "export_recordings", folder=str(folder), format="xml")


async def test_a_folder_that_cannot_be_written_is_told(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Writer, "_write_table", refuse)
    error = await refused(
        hass, "export_recordings", HomeAssistantError, folder=str(folder)
    )
    assert error.translation_key == "export_failed"
    assert list(folder.iterdir()) == []


async def test_recordings_that_are_out_of_sight_are_told(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str], folder: Path
) -> None:
    root = account.runtime_data.archive.files.root
    root.rename(root.with_name("unplugged"))
    error = await refused(
        hass, "export_recordings", HomeAssistantError, folder=str(folder)
    )
    assert error.translation_key == "storage_unavailable"
    assert list(folder.iterdir()) == []
    assert not (root / MARKER).exists()


async def test_a_cancelled_export_leaves_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = account.runtime_data
    begun = asyncio.Event()
    copy = Writer._copy

    def slowly(writer: Writer, *arguments: Any) -> str | None:
        hass.loop.call_soon_threadsafe(begun.set)
        while not writer.should_stop():
            pass
        return copy(writer, *arguments)

    monkeypatch.setattr(Writer, "_copy", slowly)
    task = data.export.async_recordings(
        folder,
        ExportFilter(),
        file_format=ExportFormat.JSON,
        files=True,
        cameras={},
    )
    await begun.wait()
    assert await data.tasks.async_cancel(task.id)
    assert task.state is TaskState.CANCELLED
    assert list(folder.iterdir()) == []


async def test_an_export_that_a_restart_cut_off_begins_again(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = asyncio.Event()

    async def forever(*_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(account.runtime_data.export, "_async_write", forever)
        wanted = {
            "folder": str(folder),
            "format": "json",
            "persons": "Anna",
            "start": "2026-01-01 00:00:00",
        }
        await act(hass, "export_recordings", wait=False, **wanted)
        await begun.wait()
        assert await hass.config_entries.async_reload(account.entry_id)
    await settle(hass, account)
    (task,) = tasks_of(account, TaskKind.EXPORT)
    assert task.state is TaskState.FINISHED
    (anna,) = table_of(task.result)
    assert (anna["id"], anna["camera"]) == (kept[0], "Front Door")


async def test_asking_twice_for_the_same_export_joins(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str], folder: Path
) -> None:
    one, other = await asyncio.gather(
        *(act(hass, "export_recordings", folder=str(folder)) for _ in range(2))
    )
    assert one == other
    assert len(list(folder.iterdir())) == 1
