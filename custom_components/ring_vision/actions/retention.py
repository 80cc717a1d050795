"""The actions that delete, bring back, keep and forget."""

from collections.abc import Sequence
from typing import Any, Final

from homeassistant.core import ServiceCall
from sqlalchemy.engine import Connection

from ..coordinator import RingVisionData
from ..flow.storage import BYTES_PER_GIGABYTE
from ..library import recordings
from ..library.models import Recording, RecordingState
from ..library.policy import Policy
from ..people.gallery import clean_name
from .calls import Handler, async_recording, invalid
from .fields import (
    ATTR_DRY_RUN,
    ATTR_KEEP_DAYS,
    ATTR_KEEP_GIGABYTES,
    ATTR_KINDS,
    ATTR_LABELS,
    ATTR_LOCKED,
    ATTR_PERMANENTLY,
    ATTR_PERSON,
    ATTR_RECORDINGS,
    ATTR_TASK_ID,
    SERVICE_DELETE,
    SERVICE_FORGET_PERSON,
    SERVICE_LOCK,
    SERVICE_PURGE,
    SERVICE_RESTORE,
)


async def _purge(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Delete what is older or more than the owner wants to keep."""
    gigabytes = call.data.get(ATTR_KEEP_GIGABYTES)
    policy = Policy(
        keep_days=call.data.get(ATTR_KEEP_DAYS),
        max_bytes=None if gigabytes is None else int(gigabytes * BYTES_PER_GIGABYTE),
        kinds=tuple(call.data.get(ATTR_KINDS, ())),
        labels=tuple(call.data.get(ATTR_LABELS, ())),
    )
    if not policy.says_something:
        raise invalid("nothing_to_purge_by")
    task = data.retention.async_purge(
        policy,
        dry_run=call.data[ATTR_DRY_RUN],
        permanently=call.data[ATTR_PERMANENTLY],
    )
    result = await task.wait()
    return {ATTR_TASK_ID: task.id, **result}


async def _delete(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Delete some recordings, into the bin or for good."""
    permanently = call.data[ATTR_PERMANENTLY]
    allowed = {RecordingState.DOWNLOADED, RecordingState.BINNED}
    ids: list[str] = []
    for recording in await _async_recordings(call, data):
        if recording.state not in allowed:
            raise invalid("recording_without_file", recording=recording.id)
        if recording.locked:
            raise invalid("recording_locked", recording=recording.id)
        ids.append(recording.id)
    return await data.retention.async_delete(ids, permanently=permanently)


async def _restore(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Bring some recordings back from the bin."""
    found = await _async_recordings(call, data)
    for recording in found:
        if recording.state is not RecordingState.BINNED:
            raise invalid("recording_not_in_bin", recording=recording.id)
    response = await data.retention.async_restore([one.id for one in found])
    if response["restored"]:
        data.analyzer.async_wake()
    return response


async def _lock(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Keep some recordings from being deleted, or no longer."""
    found = await _async_recordings(call, data)
    for recording in found:
        if recording.state.gone:
            raise invalid("recording_deleted", recording=recording.id)
    locked = call.data[ATTR_LOCKED]
    changed = [one.id for one in found if one.locked is not locked]
    await data.archive.ask(_set_locked, changed, locked)
    return {"locked": locked, "changed": changed}


async def _forget_person(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Forget somebody with all their faces; nobody to forget is no error."""
    response = await data.people.async_forget(clean_name(call.data[ATTR_PERSON]))
    data.library.async_changed()
    return response


async def _async_recordings(call: ServiceCall, data: RingVisionData) -> list[Recording]:
    """Return the recordings that an action names, each once."""
    return [
        await async_recording(recording_id, data)
        for recording_id in dict.fromkeys(call.data[ATTR_RECORDINGS])
    ]


def _set_locked(connection: Connection, ids: Sequence[str], locked: bool) -> None:
    for recording_id in ids:
        recordings.set_locked(connection, recording_id, locked)


HANDLERS: Final[dict[str, Handler]] = {
    SERVICE_DELETE: _delete,
    SERVICE_FORGET_PERSON: _forget_person,
    SERVICE_LOCK: _lock,
    SERVICE_PURGE: _purge,
    SERVICE_RESTORE: _restore,
}
