"""Actions: what automations and scripts can ask for, each with a response."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from .const import DOMAIN
from .coordinator import RingVisionConfigEntry, RingVisionData
from .failures import engine_failures
from .library import people, recordings, sightings
from .library.models import Recording, RecordingFilter, RecordingState, SightingFilter
from .service_fields import (
    ATTR_CAMERAS,
    ATTR_DRY_RUN,
    ATTR_END,
    ATTR_HOURS,
    ATTR_IMAGES,
    ATTR_KEEP_DAYS,
    ATTR_KEEP_GIGABYTES,
    ATTR_LABELS,
    ATTR_LIMIT,
    ATTR_MEDIA,
    ATTR_OFFSET,
    ATTR_PERSON,
    ATTR_RECORDING,
    ATTR_RECORDINGS,
    ATTR_SCENERY,
    ATTR_SKIP_EXISTING,
    ATTR_START,
    ATTR_TASK_ID,
    ATTR_WAIT,
    SCHEMAS,
    SERVICE_ANALYZE,
    SERVICE_ANALYZE_FILE,
    SERVICE_CANCEL_TASK,
    SERVICE_DOWNLOAD,
    SERVICE_ENROLL_PERSON,
    SERVICE_LIST_PEOPLE,
    SERVICE_LIST_RECORDINGS,
    SERVICE_LIST_SIGHTINGS,
    SERVICE_LIST_TASKS,
    SERVICE_PURGE,
)
from .service_responses import (
    analysis_response,
    person_response,
    recording_response,
    sighting_response,
    task_response,
)
from .service_targets import async_camera_ids, async_local_path
from .tasks import Task

BYTES_PER_GIGABYTE: Final = 1_000_000_000

type Handler = Callable[
    [ServiceCall, RingVisionData], Coroutine[Any, Any, dict[str, Any]]
]


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error of a bad field, in the user's language."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _span(call: ServiceCall) -> tuple[datetime | None, datetime | None]:
    """Return from when until when, in UTC; None means without an end."""
    start, end = (
        dt_util.as_utc(call.data[key]) if key in call.data else None
        for key in (ATTR_START, ATTR_END)
    )
    if (hours := call.data.get(ATTR_HOURS)) is not None:
        if start is not None:
            raise _invalid("hours_and_start")
        start = (end or dt_util.utcnow()) - timedelta(hours=hours)
    if start and end and start >= end:
        raise _invalid("end_before_start")
    return start, end


async def _answer(call: ServiceCall, task: Task) -> dict[str, Any]:
    """Return the task's id, with its result where the caller waits for it."""
    if not call.data.get(ATTR_WAIT, False):
        return {ATTR_TASK_ID: task.id}
    return {ATTR_TASK_ID: task.id, **(await task.wait() or {})}


async def _async_recording(recording_id: str, data: RingVisionData) -> Recording:
    """Return the recording with an id, or say that there is none."""
    recording = await data.archive.ask(recordings.get_recording, recording_id)
    if recording is None:
        raise _invalid("unknown_recording", recording=recording_id)
    return recording


async def _download(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Fetch recordings of a span of time."""
    start, end = _span(call)
    camera_ids = async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data)
    task = data.account.async_start_backfill(
        camera_ids or data.account.chosen,
        start=start,
        end=end,
        limit=call.data.get(ATTR_LIMIT),
        skip_existing=call.data[ATTR_SKIP_EXISTING],
    )
    return await _answer(call, task)


async def _analyze(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Look at some recordings again, or at all that wait."""
    ids = call.data.get(ATTR_RECORDINGS)
    if ids:
        for recording_id in ids:
            recording = await _async_recording(recording_id, data)
            if recording.state is not RecordingState.DOWNLOADED:
                raise _invalid("recording_without_file", recording=recording_id)
        await data.analyzer.async_queue(ids)
    return await _answer(call, data.analyzer.async_wake())


async def _analyze_file(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Look at any local media; nothing is kept."""
    path = await async_local_path(call.hass, call.data[ATTR_MEDIA])
    names = {str(person.id): person.name for person in await data.people.async_list()}
    with engine_failures():
        analysis = await data.analyzer.async_analyze_file(path)
    return analysis_response(analysis, names)


async def _enroll_person(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Learn a person's face from pictures, and wait for it: seconds."""
    if not data.analyzer.recognize_faces:
        raise _invalid("faces_off")
    paths = [
        await async_local_path(call.hass, image) for image in call.data[ATTR_IMAGES]
    ]
    task = data.people.async_enroll(call.data[ATTR_NAME], list(dict.fromkeys(paths)))
    summary = await task.wait()
    return {ATTR_TASK_ID: task.id, **summary.as_response()}


async def _list_people(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List everybody with a name."""
    return {"people": [person_response(one) for one in await data.people.async_list()]}


async def _list_tasks(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List the tasks since the start, newest first."""
    return {"tasks": [task_response(task) for task in data.tasks.tasks]}


async def _cancel_task(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """End a task; what it did so far stays."""
    task_id = call.data[ATTR_TASK_ID]
    if data.tasks.get(task_id) is None:
        raise _invalid("unknown_task", task=task_id)
    return {"cancelled": await data.tasks.async_cancel(task_id)}


async def _list_recordings(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List what Ring recorded, newest first, with what became of it."""
    start, end = _span(call)
    found = await data.archive.ask(
        recordings.list_recordings,
        RecordingFilter(
            camera_ids=async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data),
            start=start,
            end=end,
            limit=call.data[ATTR_LIMIT],
            offset=call.data[ATTR_OFFSET],
        ),
    )
    seconds = await data.archive.ask(
        sightings.analysis_seconds, [recording.id for recording in found]
    )
    return {
        "recordings": [
            recording_response(recording, data.cameras, seconds.get(recording.id))
            for recording in found
        ]
    }


async def _list_sightings(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List who and what was seen, newest first."""
    start, end = _span(call)
    person_id = None
    if (name := call.data.get(ATTR_PERSON)) is not None:
        person = await data.archive.ask(people.find_person, name)
        if person is None:
            raise _invalid("unknown_person", person=name)
        person_id = person.id
    if (recording_id := call.data.get(ATTR_RECORDING)) is not None:
        await _async_recording(recording_id, data)
    found = await data.archive.ask(
        sightings.list_sightings,
        SightingFilter(
            camera_ids=async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data),
            recording_id=recording_id,
            start=start,
            end=end,
            labels=tuple(call.data.get(ATTR_LABELS, ())),
            person_id=person_id,
            scenery=call.data[ATTR_SCENERY],
            limit=call.data[ATTR_LIMIT],
            offset=call.data[ATTR_OFFSET],
        ),
    )
    return {"sightings": [sighting_response(one, data.cameras) for one in found]}


async def _purge(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Delete what is older or more than the owner wants to keep."""
    keep_days = call.data.get(ATTR_KEEP_DAYS)
    gigabytes = call.data.get(ATTR_KEEP_GIGABYTES)
    if keep_days is None and gigabytes is None:
        raise _invalid("nothing_to_purge_by")
    task = data.retention.async_purge(
        keep_days=keep_days,
        max_bytes=None if gigabytes is None else int(gigabytes * BYTES_PER_GIGABYTE),
        dry_run=call.data[ATTR_DRY_RUN],
    )
    result = await task.wait()
    data.library.async_changed()
    return {ATTR_TASK_ID: task.id, **result}


HANDLERS: dict[str, Handler] = {
    SERVICE_ANALYZE: _analyze,
    SERVICE_ANALYZE_FILE: _analyze_file,
    SERVICE_CANCEL_TASK: _cancel_task,
    SERVICE_DOWNLOAD: _download,
    SERVICE_ENROLL_PERSON: _enroll_person,
    SERVICE_LIST_PEOPLE: _list_people,
    SERVICE_LIST_RECORDINGS: _list_recordings,
    SERVICE_LIST_SIGHTINGS: _list_sightings,
    SERVICE_LIST_TASKS: _list_tasks,
    SERVICE_PURGE: _purge,
}
ONLY_RESPONSE = {
    SERVICE_ANALYZE_FILE,
    SERVICE_LIST_PEOPLE,
    SERVICE_LIST_RECORDINGS,
    SERVICE_LIST_SIGHTINGS,
    SERVICE_LIST_TASKS,
}
ONLY_ADMIN = {SERVICE_ENROLL_PERSON, SERVICE_PURGE}
"""Biometrics and deleting; automations, which admins write, may do both."""


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, handler in HANDLERS.items():
        register = (
            partial(service.async_register_admin_service, hass)
            if name in ONLY_ADMIN
            else hass.services.async_register
        )
        register(
            DOMAIN,
            name,
            _handler(handler),
            schema=SCHEMAS[name],
            supports_response=SupportsResponse.ONLY
            if name in ONLY_RESPONSE
            else SupportsResponse.OPTIONAL,
        )


def _handler(
    handler: Handler,
) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    """Find the account that an action is for, then let it act."""

    async def handle(call: ServiceCall) -> dict[str, JsonValueType]:
        entry: RingVisionConfigEntry = service.async_get_config_entry(
            call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
        )
        return await handler(call, entry.runtime_data)

    return handle
