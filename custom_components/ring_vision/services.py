"""Actions: what automations and scripts can ask for, each with a response."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import service
from homeassistant.util.json import JsonValueType

from .actions import (
    export as export_actions,
    retention as retention_actions,
    teach as teach_actions,
)
from .actions.calls import (
    Handler,
    async_answer,
    async_person,
    async_recording,
    invalid,
    span_of,
)
from .actions.fields import (
    ATTR_BINNED,
    ATTR_CAMERAS,
    ATTR_IMAGES,
    ATTR_LABELS,
    ATTR_LIMIT,
    ATTR_MEDIA,
    ATTR_OFFSET,
    ATTR_OUTDATED,
    ATTR_PERSON,
    ATTR_PRESET,
    ATTR_RECORDING,
    ATTR_RECORDINGS,
    ATTR_SCENERY,
    ATTR_SKIP_EXISTING,
    ATTR_TASK_ID,
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
)
from .actions.responses import (
    analysis_response,
    person_response,
    recording_response,
    sighting_response,
    task_response,
)
from .actions.targets import async_camera_ids, async_local_path
from .const import DOMAIN
from .coordinator import RingVisionConfigEntry, RingVisionData
from .failures import engine_failures
from .library import recordings, sightings
from .library.models import RecordingFilter, RecordingState, SightingFilter
from .reasons import async_reason_texts, reason_text


async def _download(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Fetch recordings of a span of time."""
    start, end = span_of(call)
    camera_ids = async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data)
    task = data.account.async_start_backfill(
        camera_ids or data.account.chosen,
        start=start,
        end=end,
        limit=call.data.get(ATTR_LIMIT),
        skip_existing=call.data[ATTR_SKIP_EXISTING],
    )
    return await async_answer(call, task)


async def _analyze(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Look at some recordings again, or at all that wait."""
    ids = call.data.get(ATTR_RECORDINGS)
    if ids:
        for recording_id in ids:
            recording = await async_recording(recording_id, data)
            if recording.state is not RecordingState.DOWNLOADED:
                raise invalid("recording_without_file", recording=recording_id)
        await data.analyzer.async_queue(ids)
    if call.data[ATTR_OUTDATED]:
        await data.analyzer.async_queue_outdated()
    return await async_answer(call, data.analyzer.async_wake())


async def _analyze_file(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Look at any local media; nothing is kept."""
    path = await async_local_path(call.hass, call.data[ATTR_MEDIA])
    names = {str(person.id): person.name for person in await data.people.async_list()}
    with engine_failures():
        analysis = await data.analyzer.async_analyze_file(
            path, call.data.get(ATTR_PRESET)
        )
    return analysis_response(analysis, names)


async def _enroll_person(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Learn a person's face from pictures, and wait for it: seconds."""
    if not data.analyzer.recognize_faces:
        raise invalid("faces_off")
    paths = [
        await async_local_path(call.hass, image) for image in call.data[ATTR_IMAGES]
    ]
    task = data.people.async_enroll(call.data[ATTR_NAME], list(dict.fromkeys(paths)))
    summary = await task.wait()
    if not summary.enrolled:
        raise await _async_nobody_enrolled(call, summary.rejected)
    return {ATTR_TASK_ID: task.id, **summary.as_response()}


async def _async_nobody_enrolled(
    call: ServiceCall, rejected: Mapping[str, str]
) -> HomeAssistantError:
    """Return the error that tells why no picture will do."""
    texts = await async_reason_texts(call.hass)
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="nobody_enrolled",
        translation_placeholders={
            "reasons": "; ".join(
                f"{Path(path).name}: {reason_text(texts, reason)}"
                for path, reason in rejected.items()
            )
        },
    )


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
        raise invalid("unknown_task", task=task_id)
    return {"cancelled": await data.tasks.async_cancel(task_id)}


async def _list_recordings(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List what Ring recorded, newest first, with what became of it."""
    start, end = span_of(call)
    found = await data.archive.ask(
        recordings.list_recordings,
        RecordingFilter(
            camera_ids=async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data),
            start=start,
            end=end,
            states=(RecordingState.BINNED,) if call.data[ATTR_BINNED] else (),
            limit=call.data[ATTR_LIMIT],
            offset=call.data[ATTR_OFFSET],
        ),
    )
    seconds = await data.archive.ask(
        sightings.analysis_seconds, [recording.id for recording in found]
    )
    texts = await async_reason_texts(call.hass)
    return {
        "recordings": [
            recording_response(
                recording, data.cameras, seconds.get(recording.id), texts
            )
            for recording in found
        ]
    }


async def _list_sightings(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """List who and what was seen, newest first."""
    start, end = span_of(call)
    person_id = None
    if (name := call.data.get(ATTR_PERSON)) is not None:
        person_id = (await async_person(name, data)).id
    if (recording_id := call.data.get(ATTR_RECORDING)) is not None:
        await async_recording(recording_id, data)
    found = await data.archive.ask(
        sightings.list_sightings,
        SightingFilter(
            camera_ids=async_camera_ids(call.hass, call.data.get(ATTR_CAMERAS), data),
            recording_id=recording_id,
            start=start,
            end=end,
            labels=tuple(
                label.strip().lower() for label in call.data.get(ATTR_LABELS, ())
            ),
            person_id=person_id,
            scenery=call.data[ATTR_SCENERY],
            limit=call.data[ATTR_LIMIT],
            offset=call.data[ATTR_OFFSET],
        ),
    )
    return {"sightings": [sighting_response(one, data.cameras) for one in found]}


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
    **export_actions.HANDLERS,
    **retention_actions.HANDLERS,
    **teach_actions.HANDLERS,
}
ONLY_RESPONSE = {
    SERVICE_ANALYZE_FILE,
    SERVICE_LIST_PEOPLE,
    SERVICE_LIST_RECORDINGS,
    SERVICE_LIST_SIGHTINGS,
    SERVICE_LIST_TASKS,
}
ONLY_ADMIN = {
    SERVICE_ENROLL_PERSON,
    *export_actions.HANDLERS,
    *retention_actions.HANDLERS,
    *teach_actions.HANDLERS,
}
"""Biometrics, deleting and writing; automations, which admins write, may do all."""


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
