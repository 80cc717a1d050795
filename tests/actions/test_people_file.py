"""The actions that write people to a file, and read them from there."""

import json
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_RECOGNIZE_FACES
from custom_components.ring_vision.library import people
from custom_components.ring_vision.tasks import TaskKind
from tests.calls import act, refused
from tests.library import samples
from tests.steps import settle, tasks_of


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may write to."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    hass.config.allowlist_external_dirs = {str(allowed)}
    return allowed


@pytest.fixture
def anna(account: MockConfigEntry) -> None:
    """Enroll Anna."""
    rows = account.runtime_data.archive.library
    anna = rows.run(people.add_person, "Anna")
    rows.run(people.add_reference, anna.id, samples.embedding(), "/media/a.jpg")


def people_named(*names: str) -> str:
    """Return a file of people without faces."""
    everybody = [{"name": name, "references": []} for name in names]
    return json.dumps(
        {"format": "ring_vision_people", "version": 1, "people": everybody}
    )


async def test_people_go_to_a_file_and_come_back(
    hass: HomeAssistant, account: MockConfigEntry, anna: None, folder: Path
) -> None:
    path = str(folder / "people.json")
    response = await act(hass, "export_people", path=path)
    assert response == {"path": path, "people": 1, "references": 1}
    await act(hass, "forget_person", person="Anna")
    response = await act(hass, "import_people", path=path)
    assert response == {
        "added": ["Anna"],
        "merged": [],
        "references": 1,
        "skipped": 0,
        "rejected": {},
    }
    response = await act(hass, "import_people", path=path)
    assert response == {
        "added": [],
        "merged": ["Anna"],
        "references": 0,
        "skipped": 1,
        "rejected": {},
    }
    (found,) = (await act(hass, "list_people"))["people"]
    assert (found["name"], found["references"]) == ("Anna", 1)
    await settle(hass, account)
    assert len(tasks_of(account, TaskKind.REIDENTIFY)) == 1
    assert [one.name for one in folder.iterdir()] == ["people.json"]


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("people.json", "folder_not_allowed"),
        ("/etc/people.json", "folder_not_allowed"),
        ("{allowed}/../people.json", "folder_not_allowed"),
        ("{allowed}/people.txt", "not_a_people_file"),
        ("{allowed}", "not_a_people_file"),
        ("{allowed}/folder.json", "not_a_people_file"),
        ("{www}/people.json", "folder_public"),
    ],
)
async def test_people_are_not_written_to_a_bad_place(
    hass: HomeAssistant,
    account: MockConfigEntry,
    anna: None,
    folder: Path,
    told: str,
    key: str,
) -> None:
    www = Path(hass.config.path("www"))
    www.mkdir(exist_ok=True)
    hass.config.allowlist_external_dirs.add(str(www))
    (folder / "folder.json").mkdir()
    path = told.format(allowed=folder, www=www)
    error = await refused(hass, "export_people", ServiceValidationError, path=path)
    assert error.translation_key == key
    assert list(www.iterdir()) == []


async def test_people_that_cannot_be_written_are_told(
    hass: HomeAssistant,
    account: MockConfigEntry,
    folder: Path,
) -> None:
    path = folder / ("x" * 300 + ".json")
    error = await refused(hass, "export_people", HomeAssistantError, path=str(path))
    assert error.translation_key == "export_failed"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (None, "media_not_found"),
        ("", "people_file_bad"),
        ("{}", "people_file_bad"),
        (
            '{"format": "ring_vision_people", "version": 2, "people": []}',
            "people_file_newer",
        ),
        (
            people_named("Ben", ""),
            "bad_name",
        ),
        (
            people_named("Ben", "unknown"),
            "bad_name",
        ),
    ],
)
async def test_a_bad_file_of_people_adds_nobody(
    hass: HomeAssistant,
    account: MockConfigEntry,
    folder: Path,
    content: str | None,
    key: str,
) -> None:
    path = folder / "people.json"
    files = {path: content} if content is not None else {}
    for file, text in files.items():
        file.write_text(text)
    error = await refused(hass, "import_people", ServiceValidationError, path=str(path))
    assert error.translation_key == key
    assert (await act(hass, "list_people"))["people"] == []


async def test_nobody_comes_in_while_faces_are_off(
    hass: HomeAssistant, account: MockConfigEntry, folder: Path
) -> None:
    options = {**account.options, CONF_RECOGNIZE_FACES: False}
    hass.config_entries.async_update_entry(account, options=options)
    assert await hass.config_entries.async_reload(account.entry_id)
    error = await refused(
        hass, "import_people", ServiceValidationError, path=str(folder / "a.json")
    )
    assert error.translation_key == "faces_off"
