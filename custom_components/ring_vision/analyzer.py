"""The queue of recordings that wait to be looked at, and what comes of each."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from sqlalchemy.engine import Connection

from .archive import Archive
from .const import DOMAIN, LOGGER
from .engine.client import EngineClient
from .engine.errors import EngineError, ErrorCode
from .engine.protocol import ENGINE_VERSION, Analysis, AnalyzeJob, Reference
from .library import corrections, people, recordings, requeue, sightings
from .library.errors import LibraryError
from .library.files import remove_below
from .library.models import Recording, Sighting
from .people.reidentify import Reidentification, async_gallery, async_rejections
from .tasks import Task, TaskKind, TaskList

BATCH: Final = 20
"""Rows read at once; the queue is asked again after each batch, so that a new
recording need not wait for an old hundred."""
MAX_ATTEMPTS: Final = 2
"""A recording that kills the worker twice is set aside."""
JOB_TIMEOUT_S: Final = 30 * 60
"""A recording is at most some minutes long; a Raspberry Pi is ten times slower."""

PARTS: Final = ("objects", "faces")
"""The halves of recognition; either works without the other."""

# The recording is at fault only when the same worker can look at others.
RETRIED: Final = {ErrorCode.CRASHED, ErrorCode.TIMEOUT, ErrorCode.INTERNAL}


@dataclass(kw_only=True, slots=True)
class AnalyzeSummary:
    """What one run of the queue did."""

    analyzed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Recording id -> error code."""

    def as_response(self) -> dict[str, Any]:
        """Return it as an action answers it."""
        return {"analyzed": self.analyzed, "failed": self.failed}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One recording that was looked at: what listeners get."""

    recording: Recording
    sightings: tuple[Sighting, ...]
    again: bool = False
    """It was looked at before: no news."""


class Analyzer:
    """Hands recordings to the worker process one by one and keeps the results."""

    def __init__(
        self,
        hass: HomeAssistant,
        archive: Archive,
        tasks: TaskList,
        reidentification: Reidentification,
        *,
        recognize_faces: bool,
        preset: str,
    ) -> None:
        """Start nothing yet: the worker comes with the first job."""
        self._reidentification = reidentification
        self._hass = hass
        self._archive = archive
        self._tasks = tasks
        self.recognize_faces = recognize_faces
        """False: nothing biometric is looked for or kept."""
        self.preset = preset
        """How closely recordings are looked at."""
        self._client = EngineClient()
        self._prepared = False
        self._preparing = asyncio.Lock()
        self._seen_listeners: set[Callable[[Seen], None]] = set()
        self._change_listeners: set[CALLBACK_TYPE] = set()
        self.current: Recording | None = None
        """The recording that is being looked at."""
        self.missing: tuple[str, ...] = ()
        """Parts of the engine that cannot run here: objects, faces."""

    @callback
    def async_on_seen(self, listener: Callable[[Seen], None]) -> CALLBACK_TYPE:
        """Call back after each recording that was looked at."""
        self._seen_listeners.add(listener)
        return lambda: self._seen_listeners.discard(listener)

    @callback
    def async_on_change(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call back when another recording is looked at, or none, or a part is missing."""
        self._change_listeners.add(listener)
        return lambda: self._change_listeners.discard(listener)

    @callback
    def async_wake(self) -> Task:
        """Look at all that waits, in the background."""
        return self._tasks.async_start(TaskKind.ANALYZE, self._async_work, key="all")

    async def async_queue(self, ids: Sequence[str]) -> int:
        """Put recordings (back) into the queue; answers how many."""
        return await self._archive.ask(recordings.queue_analysis, list(ids))

    async def async_queue_outdated(self) -> int:
        """Queue what an older engine or another preset looked at; answers how many."""
        return await self._archive.ask(
            requeue.queue_outdated, ENGINE_VERSION, self.preset
        )

    async def async_prepare(self) -> None:
        """Fetch the detector's weights where they are missing.

        Without them the other half of recognition goes on: `missing` says so. What was
        looked at without a part that is there now waits to be looked at again.
        """
        # A worker of its own: whoever ends the queue's must not end this one.
        client = EngineClient()
        try:
            async with self._preparing:
                missing = await self._async_missing(client)
        finally:
            await asyncio.shield(self._hass.async_add_executor_job(client.close))
        self._prepared = True
        for part in PARTS if self.recognize_faces else PARTS[:1]:
            if part not in missing:
                await self._archive.ask(requeue.queue_incomplete, part)
        self._set_missing(missing)

    async def _async_missing(self, client: EngineClient) -> tuple[str, ...]:
        """Return which parts cannot run here, after trying to fetch the weights."""
        call = self._hass.async_add_executor_job
        models = str(self._archive.models)
        try:
            ready = await call(client.probe, (models,))
            if not ready.objects:
                try:
                    await call(client.fetch_weights, models)
                except EngineError as err:
                    LOGGER.warning("The detector's weights cannot be fetched: %s", err)
                ready = await call(client.probe, (models,))
        except EngineError as err:
            LOGGER.warning("The engine cannot start: %s", err)
            return PARTS if self.recognize_faces else PARTS[:1]
        missing = [] if ready.objects else ["objects"]
        if not ready.faces and self.recognize_faces:
            missing.append("faces")
        return tuple(missing)

    async def async_analyze_file(
        self, path: Path, preset: str | None = None
    ) -> Analysis:
        """Look at any local media; nothing is kept."""
        job = AnalyzeJob(
            path=str(path),
            gallery=await self._async_gallery(),
            recognize_faces=self.recognize_faces,
            models=(str(self._archive.models),),
            preset=preset or self.preset,
        )
        # A worker of its own: the queue's may be busy for minutes.
        client = EngineClient()
        try:
            return await self._hass.async_add_executor_job(
                partial(client.analyze, job, timeout_s=JOB_TIMEOUT_S)
            )
        finally:
            await asyncio.shield(self._hass.async_add_executor_job(client.close))

    async def async_close(self) -> None:
        """End the worker process."""
        await self._hass.async_add_executor_job(self._client.close)

    async def _async_work(self, task: Task) -> dict[str, Any]:
        """Empty the queue, newest first; the worker goes when nothing is left to do."""
        if not self._prepared:
            await self.async_prepare()
        summary = AnalyzeSummary()
        while task.take_up():
            try:
                while await self._async_batch(task, summary):
                    pass
            finally:
                await asyncio.shield(
                    self._hass.async_add_executor_job(self._client.close)
                )
        return summary.as_response()

    async def _async_batch(self, task: Task, summary: AnalyzeSummary) -> bool:
        """Look at the next recordings; False when none waits."""
        waiting = await self._archive.ask(recordings.waiting_analysis, BATCH)
        if waiting:
            await self._async_need_files()
        left = (await self._archive.ask(recordings.count)).waiting_analysis
        for place, recording in enumerate(waiting):
            done = len(summary.analyzed) + len(summary.failed)
            task.progress(done, done + left - place, recording.id)
            await self._async_one(recording, summary)
        done = len(summary.analyzed) + len(summary.failed)
        task.progress(done, done)
        return bool(waiting)

    async def _async_need_files(self) -> None:
        """Fail where the folder is gone: no recording is at fault then."""
        if not await self._hass.async_add_executor_job(self._archive.files.available):
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="storage_unavailable"
            )

    async def _async_one(self, recording: Recording, summary: AnalyzeSummary) -> None:
        """Look at one recording; a failure is its own, and the next one goes on."""
        gallery = await self._archive.ask(_known_version)
        self._set_current(recording)
        try:
            analysis = await self._async_call(
                partial(
                    self._client.analyze,
                    await self._async_job(recording),
                    timeout_s=JOB_TIMEOUT_S,
                )
            )
        except EngineError as err:
            await self._async_failed(recording, err, summary)
        else:
            self._set_missing(analysis.missing)
            seen = await self._async_keep(recording, analysis)
            if gallery != await self._archive.ask(_known_version):
                # Somebody was enrolled while the engine looked.
                self._reidentification.async_start()
            if seen:
                summary.analyzed.append(recording.id)
                for listener in list(self._seen_listeners):
                    listener(seen)
        finally:
            self._set_current(None)

    async def _async_keep(
        self, recording: Recording, analysis: Analysis
    ) -> Seen | None:
        """Keep a result and its pictures; None when the recording was deleted meanwhile."""
        seen, unwanted = await self._archive.ask(
            _save,
            recording.id,
            _in_folder(analysis, self._snapshots_of(recording).parent),
        )
        for name in unwanted:
            with suppress(LibraryError):
                await self._hass.async_add_executor_job(
                    remove_below, self._archive.snapshots, name
                )
        return seen

    async def _async_failed(
        self, recording: Recording, err: EngineError, summary: AnalyzeSummary
    ) -> None:
        """Try once more what may be the worker's fault, else set it aside."""
        if err.code is ErrorCode.FILE_MISSING:
            await self._async_need_files()
        attempts = await self._archive.ask(
            sightings.note_analysis_attempt, recording.id
        )
        if err.code in RETRIED and attempts < MAX_ATTEMPTS:
            LOGGER.warning("Analysis of %s failed, trying again: %s", recording.id, err)
            return
        LOGGER.warning("Recording %s cannot be analyzed: %s", recording.id, err)
        await self._archive.ask(
            sightings.mark_analysis_failed, recording.id, err.code.value
        )
        summary.failed[recording.id] = err.code.value

    async def _async_job(self, recording: Recording) -> AnalyzeJob:
        if recording.path is None:
            raise EngineError(ErrorCode.FILE_MISSING)
        pictures = self._snapshots_of(recording)
        return AnalyzeJob(
            path=str(self._archive.files.resolve(recording.path)),
            gallery=await self._async_gallery(),
            recognize_faces=self.recognize_faces,
            snapshot_dir=str(self._archive.snapshots / pictures.parent),
            snapshot_prefix=pictures.name,
            rejections=await async_rejections(self._archive),
            models=(str(self._archive.models),),
            preset=self.preset,
        )

    def _snapshots_of(self, recording: Recording) -> PurePath:
        """Return where a recording's snapshots are below the folder of all.

        Its last part is how their names begin: they are named as the recording is.
        """
        return PurePath(self._archive.files.relative_path(recording)).with_suffix("")

    async def _async_gallery(self) -> tuple[Reference, ...]:
        return await async_gallery(self._archive) if self.recognize_faces else ()

    async def _async_call[**P, T](
        self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call the queue's worker; a cancelled task ends the job in there too."""
        try:
            return await self._hass.async_add_executor_job(
                partial(call, *args, **kwargs)
            )
        except asyncio.CancelledError:
            await asyncio.shield(self._hass.async_add_executor_job(self._client.cancel))
            raise

    @callback
    def _set_current(self, recording: Recording | None) -> None:
        self.current = recording
        self._async_changed()

    @callback
    def _set_missing(self, missing: tuple[str, ...]) -> None:
        if missing != self.missing:
            self.missing = missing
            self._async_changed()

    @callback
    def _async_changed(self) -> None:
        for listener in list(self._change_listeners):
            listener()


def _known_version(connection: Connection) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what is another one whenever somebody is known by other faces."""
    return people.gallery_version(connection), corrections.version(connection)


def _save(
    connection: Connection, recording_id: str, analysis: Analysis
) -> tuple[Seen | None, set[str]]:
    """Keep a result; return it, and the pictures that no sighting shows any more."""
    ids = [recording_id]
    again = sightings.is_analyzed(connection, recording_id)
    pictures = set(sightings.list_snapshots(connection, ids))
    pictures.update(track.snapshot for track in analysis.tracks if track.snapshot)
    seen = sightings.save_analysis(connection, recording_id, analysis)
    unwanted = pictures.difference(sightings.list_snapshots(connection, ids))
    recording = recordings.get_recording(connection, recording_id)
    if recording is None or recording.state.gone:
        return None, unwanted
    return Seen(recording=recording, sightings=tuple(seen), again=again), unwanted


def _in_folder(analysis: Analysis, folder: PurePath) -> Analysis:
    """Name the snapshots as seen from the folder of all."""
    return replace(
        analysis,
        tracks=tuple(
            replace(track, snapshot=f"{folder}/{track.snapshot}")
            if track.snapshot
            else track
            for track in analysis.tracks
        ),
    )
