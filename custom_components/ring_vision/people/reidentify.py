"""Say again who the kept faces show: a name given once makes the past readable."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..archive import Archive
from ..engine.client import EngineClient
from ..engine.protocol import IdentifyJob, Identity, Reference
from ..failures import engine_failures
from ..library import corrections, identities, people
from ..tasks import Task, TaskKind, TaskList

BATCH: Final = 100
"""Recordings between two looks at progress and cancel."""


async def async_gallery(archive: Archive) -> tuple[Reference, ...]:
    """Return all reference faces as the engine takes them."""
    return tuple(
        Reference(person=str(person_id), embedding=embedding)
        for person_id, embedding in await archive.ask(people.gallery)
    )


async def async_rejections(archive: Archive) -> tuple[Reference, ...]:
    """Return all faces that somebody is not, as the engine takes them."""
    return tuple(
        Reference(person="" if person_id is None else str(person_id), embedding=face)
        for person_id, face in await archive.ask(corrections.all_rejections)
    )


class Reidentification:
    """Compares every kept face with the gallery as it is now."""

    def __init__(
        self,
        hass: HomeAssistant,
        archive: Archive,
        tasks: TaskList,
        changed: Callable[[], None],
    ) -> None:
        """Call `changed` when sightings show others than they did."""
        self._hass = hass
        self._archive = archive
        self._tasks = tasks
        self._changed = changed

    @callback
    def async_start(self) -> Task:
        """Begin in the background, or have the one under way begin again."""
        return self._tasks.async_start(
            TaskKind.REIDENTIFY, self._async_work, key="all", arguments={}
        )

    async def _async_work(self, task: Task) -> dict[str, Any]:
        """Go over all recordings until nobody asks any more."""
        changed: set[int] = set()
        client = EngineClient()
        try:
            while task.take_up():
                changed |= await self._async_pass(task, client)
        finally:
            await asyncio.shield(self._hass.async_add_executor_job(client.close))
            if changed:
                self._changed()
        return {"changed": sorted(changed)}

    async def _async_pass(self, task: Task, client: EngineClient) -> set[int]:
        """Go over all recordings once; return the sightings that changed."""
        gallery = await async_gallery(self._archive)
        rejections = await async_rejections(self._archive)
        total = await self._archive.ask(identities.count_recordings_with_faces)
        changed: set[int] = set()
        done, after = 0, ""
        task.progress(0, total)
        while batch := await self._archive.ask(
            identities.recordings_with_faces, after, BATCH
        ):
            job = IdentifyJob(
                recordings=tuple(one.tracks for one in batch),
                gallery=gallery,
                rejections=rejections,
            )
            with engine_failures():
                found = await self._hass.async_add_executor_job(
                    partial(client.identify, job)
                )
            changed |= await self._async_keep(batch, found)
            done, after = done + len(batch), batch[-1].recording_id
            task.progress(done, max(done, total))
        return changed

    async def _async_keep(
        self,
        batch: list[identities.RecordingFaces],
        found: tuple[dict[int, Identity], ...],
    ) -> set[int]:
        """Write down what is another identity than before."""
        news = {
            track: identity
            for one, new in zip(batch, found, strict=True)
            for track, before in one.identities.items()
            if (identity := new.get(track, Identity())) != before
        }
        return set(await self._archive.ask(identities.save_identities, news))
