"""Export: recordings with their files, and people, to folders of the owner's."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
import threading
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .archive import Archive
from .const import DOMAIN
from .library import people_file
from .library.errors import LibraryError, StorageReason, StorageUnavailable
from .library.export import ExportFilter, ExportFormat, Writer
from .library.people_file import BadPeopleFile, Imported, NewerPeopleFile
from .people.gallery import SAME_FACE, clean_name
from .tasks import Task, TaskKind, TaskList


class Export:
    """Writes what is kept to elsewhere, and reads people from there."""

    def __init__(self, hass: HomeAssistant, archive: Archive, tasks: TaskList) -> None:
        """Write nothing before somebody asks."""
        self._hass = hass
        self._archive = archive
        self._tasks = tasks

    @callback
    def async_recordings(
        self,
        folder: Path,
        wanted: ExportFilter,
        *,
        file_format: ExportFormat,
        files: bool,
        cameras: Mapping[str, str],
        name: str | None = None,
    ) -> Task:
        """Export recordings to a new folder in `folder`, in the background."""
        asked = {
            "folder": str(folder),
            "wanted": _as_json(wanted),
            "file_format": file_format.value,
            "files": files,
        }
        name = name or f"ring_vision_{dt_util.utcnow():%Y%m%dT%H%M%S%fZ}"

        async def work(task: Task) -> dict[str, Any]:
            return await self._async_write(
                task,
                wanted,
                Writer(
                    library=self._archive.library,
                    source=self._archive.files,
                    folder=folder,
                    name=name,
                    format=file_format,
                    files=files,
                    cameras=cameras,
                ),
            )

        return self._tasks.async_start(
            TaskKind.EXPORT,
            work,
            key=str(asked),
            arguments={**asked, "name": name, "cameras": dict(cameras)},
        )

    @callback
    def async_resume(self, arguments: Mapping[str, Any]) -> None:
        """Begin again with an export that the end of Home Assistant cut off."""
        self.async_recordings(
            Path(arguments["folder"]),
            _from_json(arguments["wanted"]),
            file_format=ExportFormat(arguments["file_format"]),
            files=arguments["files"],
            cameras=arguments["cameras"],
            name=arguments["name"],
        )

    async def async_export_people(self, path: Path) -> dict[str, Any]:
        """Write everybody with their faces to a file."""
        everybody = await self._archive.ask(people_file.list_all)
        with _failures(path):
            await self._hass.async_add_executor_job(people_file.write, path, everybody)
        return {
            "path": str(path),
            "people": len(everybody),
            "references": sum(len(person.references) for person in everybody),
        }

    async def async_import_people(self, path: Path) -> Imported:
        """Add the people of a file, all of them or, where one is bad, nobody."""
        with _failures(path):
            found = await self._hass.async_add_executor_job(people_file.parse, path)
        cleaned = [
            people_file.PersonInFile(
                name=clean_name(person.name), references=person.references
            )
            for person in found
        ]
        return await self._archive.ask(people_file.merge, cleaned, SAME_FACE)

    async def _async_write(
        self, task: Task, wanted: ExportFilter, writer: Writer
    ) -> dict[str, Any]:
        """Write in the executor; a cancelled task leaves nothing behind."""
        stop = threading.Event()
        loop = self._hass.loop

        def progress(current: int, total: int) -> None:
            loop.call_soon_threadsafe(task.progress, current, total)

        watched = replace(writer, progress=progress, should_stop=stop.is_set)
        running = self._hass.async_add_executor_job(watched.write, wanted)
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([running])
            running.exception()  # it says that it was stopped
            raise
        with _failures(writer.folder):
            done = running.result()
        task.progress(done.recordings, done.recordings)
        return {
            "folder": str(done.folder),
            "recordings": done.recordings,
            "files": done.files,
            "bytes": done.size,
            "missing": done.missing,
        }


def _as_json(wanted: ExportFilter) -> dict[str, Any]:
    """Return a filter as the journal keeps it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(wanted).items()
    }


def _from_json(told: Mapping[str, Any]) -> ExportFilter:
    """Return the filter that the journal kept."""
    start, end = (
        datetime.fromisoformat(told[name]) if told[name] else None
        for name in ("start", "end")
    )
    return ExportFilter(
        camera_ids=tuple(told["camera_ids"]),
        start=start,
        end=end,
        labels=tuple(told["labels"]),
        person_ids=tuple(told["person_ids"]),
    )


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Say in the owner's words why a file or folder cannot be written or read."""
    try:
        yield
    except BadPeopleFile as err:
        raise _invalid("people_file_bad", path=str(path), reason=str(err)) from err
    except NewerPeopleFile as err:
        raise _invalid("people_file_newer", path=str(path)) from err
    except StorageUnavailable as err:
        full = err.reason is StorageReason.DISK_FULL
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_no_space" if full else "storage_unavailable",
            translation_placeholders={"path": str(path)},
        ) from err
    except (LibraryError, OSError) as err:
        reason = (isinstance(err, OSError) and err.strerror) or str(err)
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_failed",
            translation_placeholders={"path": str(path), "reason": reason},
        ) from err


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
