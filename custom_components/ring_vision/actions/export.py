"""The actions that write to elsewhere, and read people from there."""

from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall

from ..coordinator import RingVisionData
from ..library import recordings
from ..library.export import ExportFilter, ExportFormat
from .calls import Handler, async_answer, async_person, invalid, span_of
from .fields import (
    ATTR_CAMERAS,
    ATTR_FILES,
    ATTR_FOLDER,
    ATTR_FORMAT,
    ATTR_LABELS,
    ATTR_PATH,
    ATTR_PERSONS,
    SERVICE_EXPORT_PEOPLE,
    SERVICE_EXPORT_RECORDINGS,
    SERVICE_IMPORT_PEOPLE,
)
from .targets import async_camera_ids

SUFFIX: Final = ".json"
"""Of a file of people: nothing else can be overwritten by mistake."""


async def _export_recordings(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Write recordings and a table of them into a new folder."""
    start, end = span_of(call)
    folder = await _async_path(call.hass, call.data[ATTR_FOLDER])
    await call.hass.async_add_executor_job(_require_folder, folder)
    wanted = ExportFilter(
        camera_ids=async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data),
        start=start,
        end=end,
        labels=tuple(call.data.get(ATTR_LABELS, ())),
        person_ids=tuple(
            [
                (await async_person(name, data)).id
                for name in call.data.get(ATTR_PERSONS, ())
            ]
        ),
    )
    known = await data.archive.ask(recordings.list_cameras)
    task = data.export.async_recordings(
        folder,
        wanted,
        file_format=ExportFormat(call.data[ATTR_FORMAT]),
        files=call.data[ATTR_FILES],
        cameras={camera.id: camera.name for camera in known},
    )
    return await async_answer(call, task)


async def _export_people(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Write everybody with their faces to a file."""
    path = await _async_path(call.hass, call.data[ATTR_PATH])
    await call.hass.async_add_executor_job(_require_place, call.hass, path)
    return await data.export.async_export_people(path)


async def _import_people(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Add the people of a file to those who are known."""
    if not data.analyzer.recognize_faces:
        raise invalid("faces_off")
    path = await _async_path(call.hass, call.data[ATTR_PATH])
    if not await call.hass.async_add_executor_job(path.is_file):
        raise invalid("media_not_found", media=str(path))
    done = await data.export.async_import_people(path)
    if done.references:
        data.people.async_reidentify()
    return {
        "added": done.added,
        "merged": done.merged,
        "references": done.references,
        "skipped": done.skipped,
        "rejected": done.rejected,
    }


async def _async_path(hass: HomeAssistant, told: str) -> Path:
    """Return a path that Home Assistant may write to and read from."""

    def is_allowed() -> bool:
        if "\0" in told or not Path(told).is_absolute():
            return False
        try:
            return hass.config.is_allowed_path(told)
        except OSError:  # a name that is too long
            return False

    if not await hass.async_add_executor_job(is_allowed):
        raise invalid("folder_not_allowed", path=told)
    return Path(told)


def _require_folder(folder: Path) -> None:
    """Refuse what is there and is no folder; one that is missing is made."""
    if folder.exists() and not folder.is_dir():
        raise invalid("not_a_folder", path=str(folder))
    if not folder.parent.is_dir():
        raise invalid("not_a_folder", path=str(folder.parent))


def _require_place(hass: HomeAssistant, path: Path) -> None:
    """Refuse a place where faces must not lie, or cannot."""
    if path.suffix != SUFFIX or path.is_dir():
        raise invalid("not_a_people_file", path=str(path))
    if not path.parent.is_dir():
        raise invalid("not_a_folder", path=str(path.parent))
    if path.resolve().is_relative_to(Path(hass.config.path("www")).resolve()):
        raise invalid("folder_public", path=str(path))


HANDLERS: Final[dict[str, Handler]] = {
    SERVICE_EXPORT_PEOPLE: _export_people,
    SERVICE_EXPORT_RECORDINGS: _export_recordings,
    SERVICE_IMPORT_PEOPLE: _import_people,
}
