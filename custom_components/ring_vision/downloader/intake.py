"""Rows that wait for their files, and files that get their rows; blocking."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..library import recordings
from ..library.errors import BrokenFile
from ..library.files import RecordingFiles
from ..library.models import Recording, RecordingFilter, RecordingState
from ..library.mp4 import check_mp4
from ..library.store import Library
from .part import Part

PART_LIFE: Final = timedelta(hours=24)


class Intake:
    """The library's side of a download; every call is for the executor."""

    def __init__(self, library: Library, files: RecordingFiles) -> None:
        """Change nothing before somebody asks."""
        self._library = library
        self._files = files
        self._cleaned = False
        self.doubtful: set[str] = set()
        """Recordings at which Ring could not be reached; the others go first."""

    def prepare(self) -> None:
        """Make sure that files can be written, before Ring is asked for any."""
        kept = RecordingFilter(states=(RecordingState.DOWNLOADED,), limit=1)
        expected = self._library.run(recordings.list_recordings, kept)
        self._files.prepare(expect_files=bool(expected))
        self._files.require_space()

    def clean_parts(self) -> None:
        """Delete what nobody continued for a day, once after a start."""
        if self._cleaned:
            return
        self._cleaned = True
        try:
            removed = self._files.clean_parts(dt_util.utcnow() - PART_LIFE)
        except OSError as err:
            LOGGER.debug("Old parts could not be deleted: %s", err)
        else:
            LOGGER.debug("Deleted %s old parts", removed)

    def due(self, limit: int | None, camera_ids: Sequence[str]) -> list[Recording]:
        """Return what is to be fetched now, newest first."""
        return self._library.run(
            recordings.due_downloads, dt_util.utcnow(), limit, camera_ids
        )

    def row(self, recording_id: str) -> Recording | None:
        """Return a recording that may be fetched, as it is now."""
        recording = self._library.run(recordings.get_recording, recording_id)
        if recording is None or recording.state.gone:
            return None
        return recording

    def plan(
        self, ids: Sequence[str], skip_existing: bool, skipped: list[str]
    ) -> list[str]:
        """Return which ids to fetch, newest first; add those here to `skipped`.

        What was given up, or has lost its file, waits for its download again: it
        will be fetched even where this run does not come so far.
        """
        wanted: list[Recording] = []
        queued: list[str] = []
        for row in filter(None, map(self.row, dict.fromkeys(ids))):
            here = self.is_here(row)
            if here and skip_existing:
                skipped.append(row.id)
                continue
            wanted.append(row)
            lost = row.state is RecordingState.DOWNLOADED and not here
            if lost or row.state is RecordingState.FAILED:
                queued.append(row.id)
        self._library.run(recordings.queue_download, queued)
        wanted.sort(key=lambda row: row.start, reverse=True)
        wanted.sort(key=lambda row: row.id in self.doubtful)
        return [row.id for row in wanted]

    def begin(self, recording: Recording, again: bool) -> Recording | Part:
        """Return the part to go on with, or the row of a file that is here already.

        A crash, or a backup older than the files, leaves files without their rows.
        """
        name = self._name(recording)
        if not again:
            path = self._files.resolve(name)
            with suppress(OSError, BrokenFile):
                check_mp4(path)
                if adopted := self._mark(recording, path.stat().st_size):
                    return adopted
        return Part(self._files, name)

    def keep(self, recording: Recording, part: Part) -> Recording | None:
        """Give a part its final name and its row, unless it was deleted meanwhile."""
        if self.row(recording.id) is None:
            part.drop()
            return None
        return self._mark(recording, part.finish())

    def _name(self, recording: Recording) -> str:
        """Return where a recording's file is, or belongs."""
        return recording.path or self._files.relative_path(recording)

    def is_here(self, recording: Recording) -> bool:
        """Return whether the library has the file, in the rows and on the disk."""
        return (
            recording.state is RecordingState.DOWNLOADED
            and self._files.resolve(self._name(recording)).is_file()
        )

    def _mark(self, recording: Recording, size: int) -> Recording | None:
        """Note that the file is here; a tombstone takes it along."""
        name = self._name(recording)
        if not self._library.run(
            recordings.mark_downloaded, recording.id, name, size, now=dt_util.utcnow()
        ):
            self._files.remove(name)
        return self.row(recording.id)


class DueRecordings:
    """Gives what is due, always the newest next, at most `limit` in one run."""

    def __init__(
        self, intake: Intake, camera_ids: Sequence[str], limit: int | None
    ) -> None:
        """Give those of some cameras; of all where none is named."""
        self._intake = intake
        self._camera_ids = camera_ids
        self._left = limit

    def __call__(self, under_way: frozenset[str]) -> Recording | None:
        """Return the newest that is due and not under way; doubtful ones last."""
        if self._left == 0:
            return None
        doubtful = self._intake.doubtful
        due = self._intake.due(len(under_way | doubtful) + 1, self._camera_ids)
        free = [recording for recording in due if recording.id not in under_way]
        if not free:
            return None
        self._left = None if self._left is None else self._left - 1
        return min(free, key=lambda recording: recording.id in doubtful)


class ChosenRecordings:
    """Gives what somebody chose, as it is when its turn comes."""

    def __init__(
        self, intake: Intake, ids: Iterable[str], again: bool, skipped: list[str]
    ) -> None:
        """Give them in this order; add those that others brought to `skipped`."""
        self._intake = intake
        self._rows = filter(None, map(intake.row, ids))
        self._again = again
        self._skipped = skipped

    def __call__(self, under_way: frozenset[str]) -> Recording | None:
        """Return the next one that was not deleted, and does not come, meanwhile."""
        for row in self._rows:
            here = not self._again and self._intake.is_here(row)
            if not here and row.id not in under_way:
                return row
            self._skipped.append(row.id)
        return None
