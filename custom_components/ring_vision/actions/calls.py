"""What the actions have in common: their errors, spans of time and answers."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..coordinator import RingVisionData
from ..library import people, recordings
from ..library.models import Person, Recording
from ..tasks import Task
from .fields import ATTR_END, ATTR_HOURS, ATTR_START, ATTR_TASK_ID, ATTR_WAIT

type Handler = Callable[
    [ServiceCall, RingVisionData], Coroutine[Any, Any, dict[str, Any]]
]


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error of a bad field, in the user's language."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def span_of(call: ServiceCall) -> tuple[datetime | None, datetime | None]:
    """Return from when until when, in UTC; None means without an end."""
    start, end = (
        dt_util.as_utc(call.data[key]) if key in call.data else None
        for key in (ATTR_START, ATTR_END)
    )
    if (hours := call.data.get(ATTR_HOURS)) is not None:
        if start is not None:
            raise invalid("hours_and_start")
        start = (end or dt_util.utcnow()) - timedelta(hours=hours)
    if start and end and start >= end:
        raise invalid("end_before_start")
    return start, end


async def async_answer(call: ServiceCall, task: Task) -> dict[str, Any]:
    """Return the task's id, with its result where the caller waits for it."""
    if not call.data.get(ATTR_WAIT, False):
        return {ATTR_TASK_ID: task.id}
    return {ATTR_TASK_ID: task.id, **(await task.wait() or {})}


async def async_recording(recording_id: str, data: RingVisionData) -> Recording:
    """Return the recording with an id, or say that there is none."""
    recording = await data.archive.ask(recordings.get_recording, recording_id)
    if recording is None:
        raise invalid("unknown_recording", recording=recording_id)
    return recording


async def async_person(name: str, data: RingVisionData) -> Person:
    """Return somebody by name, or say that there is nobody."""
    person = await data.archive.ask(people.find_person, name)
    if person is None:
        raise invalid("unknown_person", person=name)
    return person
