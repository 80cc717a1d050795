"""The people that the owner names: enrol and list."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from sqlalchemy.engine import Connection

from ..archive import Archive
from ..const import DOMAIN
from ..engine.client import EngineClient
from ..engine.errors import ErrorCode
from ..engine.protocol import EmbeddedImage, EmbedJob
from ..failures import engine_failures
from ..library import people
from ..library.models import Person
from ..tasks import Task, TaskKind, TaskList
from .reidentify import Reidentification

MAX_NAME_LENGTH: Final = 100
RESERVED_NAMES: Final = {"stranger", "unknown", "unavailable"}
"""What the sensor of the last person says when it names nobody."""
JOINERS: Final = {"\u200c", "\u200d"}
"""Not printable by themselves, but Persian names and some emoji are made with them."""
KNOWN_AS_ANOTHER: Final = "known_as_another_person"
SAME_FACE: Final = 0.4
"""Faces nearer than this are one person's: strangers who look alike are at 0.55."""
BATCH: Final = 4
"""Pictures between two looks at progress and cancel."""


@dataclass(kw_only=True, slots=True)
class EnrollSummary:
    """What became of the pictures."""

    person: Person | None = None
    enrolled: list[str] = field(default_factory=list)
    rejected: dict[str, str] = field(default_factory=dict)
    """Path -> error code of the engine."""

    def as_response(self) -> dict[str, Any]:
        """Return it as an action answers it."""
        return {
            "person_id": self.person.id if self.person else None,
            "name": self.person.name if self.person else None,
            "enrolled": self.enrolled,
            "rejected": self.rejected,
        }


def clean_name(name: str) -> str:
    """Return a person's name without what no name has, or say that it is none."""
    cleaned = " ".join(
        "".join(
            char if char.isprintable() or char in JOINERS else " " for char in name
        ).split()
    )
    if (
        not any(map(str.isalnum, cleaned))
        or len(cleaned) > MAX_NAME_LENGTH
        or cleaned.casefold() in RESERVED_NAMES
    ):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="bad_name",
            translation_placeholders={"length": str(MAX_NAME_LENGTH)},
        )
    return cleaned


class People:
    """The gallery: persons and their reference faces."""

    def __init__(
        self,
        hass: HomeAssistant,
        archive: Archive,
        tasks: TaskList,
        reidentification: Reidentification,
    ) -> None:
        """Start nothing yet: the worker comes with the first enrolment."""
        self._reidentification = reidentification
        self._hass = hass
        self._archive = archive
        self._tasks = tasks

    async def async_list(self) -> list[Person]:
        """Return everybody with a name."""
        return await self._archive.ask(people.list_people)

    def async_enroll(self, name: str, paths: list[Path]) -> Task:
        """Learn the faces of pictures for a person, in the background."""
        name = clean_name(name)

        async def work(task: Task) -> EnrollSummary:
            return await self._async_enroll(task, name, [str(path) for path in paths])

        return self._tasks.async_start(
            TaskKind.ENROLL,
            work,
            arguments={"name": name, "paths": [str(path) for path in paths]},
        )

    async def async_forget(self, name: str) -> dict[str, Any]:
        """Delete a person with all their faces; their sightings lose the name."""
        known, gone = await self._archive.ask(_forget, name)
        return {
            "name": name,
            "forgotten": int(known),
            "references": gone.references,
            "faces": gone.faces,
            "sightings": gone.sightings,
        }

    @callback
    def async_reidentify(self) -> Task:
        """Say again who the kept faces show, in the background."""
        return self._reidentification.async_start()

    async def _async_enroll(
        self, task: Task, name: str, paths: list[str]
    ) -> EnrollSummary:
        summary = EnrollSummary()
        client = EngineClient()
        task.progress(0, len(paths), name)
        try:
            for first in range(0, len(paths), BATCH):
                job = EmbedJob(
                    paths=tuple(paths[first : first + BATCH]),
                    models=(str(self._archive.models),),
                )
                with engine_failures():
                    images = await self._async_embed(client, job)
                for image in images:
                    await self._async_keep(name, image, summary)
                task.progress(min(first + BATCH, len(paths)), len(paths))
        finally:
            await asyncio.shield(self._hass.async_add_executor_job(client.close))
            if summary.enrolled:
                self._reidentification.async_start()
        return summary

    async def _async_embed(
        self, client: EngineClient, job: EmbedJob
    ) -> tuple[EmbeddedImage, ...]:
        try:
            return await self._hass.async_add_executor_job(partial(client.embed, job))
        except asyncio.CancelledError:
            await asyncio.shield(self._hass.async_add_executor_job(client.cancel))
            raise

    async def _async_keep(
        self, name: str, image: EmbeddedImage, summary: EnrollSummary
    ) -> None:
        """Keep a face; the person begins with the first good one."""
        if image.face is None:
            summary.rejected[image.path] = image.error or ErrorCode.INTERNAL
            return
        person = await self._archive.ask(
            _add_reference, name, image.face.embedding, image.path
        )
        if person is None:
            summary.rejected[image.path] = KNOWN_AS_ANOTHER
            return
        summary.person = person
        summary.enrolled.append(image.path)


def _forget(connection: Connection, name: str) -> tuple[bool, people.Forgotten]:
    """Return whether there was somebody of that name, and what went."""
    person = people.find_person(connection, name)
    if person is None:
        return False, people.Forgotten()
    return True, people.forget_person(connection, person.id)


def _add_reference(
    connection: Connection, name: str, embedding: tuple[float, ...], source: str
) -> Person | None:
    """Add a face to the person of that name, who begins here when new.

    None for a face that is somebody else's: two names for one face would make both
    of them unknown.
    """
    other = people.nearest_other(connection, name, embedding)
    if other is not None and other[0] < SAME_FACE:
        return None
    person = people.find_person(connection, name) or people.add_person(connection, name)
    # The same picture once more, as after a restart, teaches nothing new.
    if not people.has_reference(connection, person.id, embedding):
        people.add_reference(connection, person.id, embedding, source)
    found = people.get_person(connection, person.id)
    if found is None:
        raise AssertionError
    return found
