"""Recordings for elsewhere: a folder with a table of them, and their files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import csv
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import json
import os
from pathlib import Path
import shutil
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from . import sightings
from .errors import StorageReason, StorageUnavailable
from .files import MIN_FREE_BYTES, RecordingFiles
from .models import Recording, RecordingState, Sighting, SightingFilter
from .rows import COLUMNS, read
from .schema import NEWS, recordings as table, sightings as seen_table
from .store import Library, reads

VERSION: Final = 1
BATCH: Final = 100
"""Recordings between two looks into the database."""
COPY_BYTES: Final = 1024 * 1024
"""Between two looks at cancel."""
MAX_SIGHTINGS: Final = 1000
"""Of one recording; the engine follows far fewer."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With these, spreadsheets take a text for something to compute."""
COLUMN_NAMES: Final = (
    *("id", "camera_id", "camera", "kind", "start", "duration_s", "size", "locked"),
    *("labels", "people", "strangers", "file"),
)


class ExportFormat(StrEnum):
    """How the table is written."""

    CSV = "csv"
    JSON = "json"


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Somebody cancelled the export; nothing of it is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFilter:
    """Which recordings are exported: those whose file is here."""

    camera_ids: tuple[str, ...] = ()
    """Empty means all, here and below."""
    start: datetime | None = None
    end: datetime | None = None
    labels: tuple[str, ...] = ()
    person_ids: tuple[int, ...] = ()


@dataclass(kw_only=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    recordings: int = 0
    files: int = 0
    size: int = 0
    """Bytes of the files."""
    missing: list[str] = field(default_factory=list)
    """Ids of recordings whose file could not be found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Writes one export; it appears under its name when it is whole."""

    library: Library
    source: RecordingFiles
    folder: Path
    """Where the export's own folder is made; made itself where only it is missing."""
    name: str
    format: ExportFormat
    files: bool
    """Copy the files too."""
    cameras: Mapping[str, str]
    """Names by id."""
    progress: Callable[[int, int], None] = lambda _, __: None
    should_stop: Callable[[], bool] = lambda: False

    def write(self, wanted: ExportFilter) -> Exported:
        """Export recordings; raises `OSError` where nothing can be written."""
        found = self.library.run(list_for_export, wanted)
        part = self.folder / f".{self.name}.part"
        done = Exported(folder=self.folder / self.name, recordings=len(found))
        self.folder.mkdir(exist_ok=True)
        self._require_space(found)
        shutil.rmtree(part, ignore_errors=True)  # of a run that was cut off
        try:
            part.mkdir()
            rows = list(self._rows(part, found, done))
            self._write_table(part, rows)
            part.rename(done.folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return done

    def _require_space(self, found: Iterable[Recording]) -> None:
        if not self.files:
            return
        needed = sum(recording.size or 0 for recording in found)
        if shutil.disk_usage(self.folder).free - needed < MIN_FREE_BYTES:
            raise StorageUnavailable(StorageReason.DISK_FULL)

    def _rows(
        self, part: Path, found: Sequence[Recording], done: Exported
    ) -> Iterable[dict[str, Any]]:
        """Yield what the table tells of each recording; copy its file on the way."""
        seen: dict[str, list[Sighting]] = {}
        for number, recording in enumerate(found):
            if self.should_stop():
                raise Stopped
            self.progress(number, len(found))
            if not number % BATCH:
                ids = [one.id for one in found[number : number + BATCH]]
                seen = self.library.run(_sightings_of, ids)
            row = _row(recording, seen[recording.id], self.cameras)
            if self.files:
                row["file"] = self._copy(part, recording, done)
            yield row

    def _copy(self, part: Path, recording: Recording, done: Exported) -> str | None:
        """Copy a file and return its name in the export; None where it is gone."""
        name = self.source.relative_path(recording)
        target = part / name
        try:
            source = self.source.resolve(recording.path or "").open("rb")
        except FileNotFoundError:
            if not self.source.available():
                raise StorageUnavailable(StorageReason.FOLDER_MISSING) from None
            done.missing.append(recording.id)
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as copy:
            while data := source.read(COPY_BYTES):
                if self.should_stop():
                    raise Stopped
                done.size += copy.write(data)
        done.files += 1
        return name

    def _write_table(self, part: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        path = part / f"recordings.{self.format}"
        with path.open("w", encoding="utf-8", newline="") as file:
            if self.format is ExportFormat.JSON:
                json.dump({"version": VERSION, "recordings": rows}, file, indent=1)
            else:
                table_of = csv.DictWriter(file, COLUMN_NAMES, extrasaction="ignore")
                table_of.writeheader()
                table_of.writerows(map(_as_cells, rows))
            file.flush()
            os.fsync(file.fileno())


@reads
def list_for_export(connection: Connection, wanted: ExportFilter) -> list[Recording]:
    """Return the recordings that a filter lets through, oldest first."""
    conditions: list[ColumnElement[bool]] = [table.c.state == RecordingState.DOWNLOADED]
    if wanted.camera_ids:
        conditions.append(table.c.camera_id.in_(wanted.camera_ids))
    if wanted.start is not None:
        conditions.append(table.c.start >= wanted.start)
    if wanted.end is not None:
        conditions.append(table.c.start < wanted.end)
    mine = select(seen_table.c.id).where(seen_table.c.recording_id == table.c.id)
    if wanted.labels:
        labels = seen_table.c.label.in_(wanted.labels)
        conditions.append(mine.where(labels, NEWS).exists())
    if wanted.person_ids:
        persons = seen_table.c.person_id.in_(wanted.person_ids)
        conditions.append(mine.where(persons).exists())
    statement = select(*COLUMNS).where(*conditions)
    return read(connection, statement.order_by(table.c.start, table.c.id))


@reads
def _sightings_of(
    connection: Connection, ids: Iterable[str]
) -> dict[str, list[Sighting]]:
    return {
        recording_id: sightings.list_sightings(
            connection,
            SightingFilter(
                recording_id=recording_id, scenery=True, limit=MAX_SIGHTINGS
            ),
        )
        for recording_id in ids
    }


def _row(
    recording: Recording, seen: Sequence[Sighting], cameras: Mapping[str, str]
) -> dict[str, Any]:
    """Return a recording as the table tells of it."""
    names = dict.fromkeys(one.person_name for one in seen if one.person_name)
    return {
        "id": recording.id,
        "camera_id": recording.camera_id,
        "camera": cameras.get(recording.camera_id),
        "kind": recording.kind,
        "start": recording.start.isoformat(),
        "duration_s": recording.duration_s,
        "size": recording.size,
        "locked": recording.locked,
        "labels": sorted({one.label for one in seen}),
        "people": list(names),
        "strangers": len({one.stranger for one in seen} - {None}),
        "file": None,
        "sightings": [_sighting_row(one) for one in reversed(seen)],
    }


def _sighting_row(sighting: Sighting) -> dict[str, Any]:
    return {
        "label": sighting.label,
        "confidence": round(sighting.confidence, 3),
        "start": sighting.start.isoformat(),
        "end": sighting.end.isoformat(),
        "box": list(sighting.box),
        "moving": sighting.moving,
        "person": sighting.person_name,
        "stranger": sighting.stranger,
    }


def _as_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for a spreadsheet, in which no name is taken for a formula."""
    cells = {
        name: ", ".join(value) if isinstance(value, list) else value
        for name, value in row.items()
        if name in COLUMN_NAMES
    }
    return {
        name: f"'{value}"
        if isinstance(value, str) and value.startswith(FORMULA)
        else value
        for name, value in cells.items()
    }
