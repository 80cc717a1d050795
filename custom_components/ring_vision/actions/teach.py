"""The actions that correct, and take corrections back."""

from typing import Any, Final

from homeassistant.const import ATTR_NAME
from homeassistant.core import ServiceCall

from ..coordinator import RingVisionData
from ..library.corrections import CorrectionKind
from .calls import Handler, invalid
from .fields import (
    ATTR_CORRECTION,
    ATTR_CORRECTION_ID,
    ATTR_NEW_NAME,
    ATTR_PERSON,
    ATTR_SIGHTING,
    SERVICE_CORRECT_SIGHTING,
    SERVICE_RENAME_PERSON,
    SERVICE_UNDO,
)


async def _correct_sighting(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Say whom a sighting shows, or does not."""
    if not data.analyzer.recognize_faces:
        raise invalid("faces_off")
    kind = CorrectionKind(call.data[ATTR_CORRECTION])
    return await data.teaching.async_correct(
        call.data[ATTR_SIGHTING], kind, call.data.get(ATTR_NAME)
    )


async def _undo(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Take a correction back."""
    return await data.teaching.async_undo(call.data.get(ATTR_CORRECTION_ID))


async def _rename_person(call: ServiceCall, data: RingVisionData) -> dict[str, Any]:
    """Give somebody another name."""
    response = await data.teaching.async_rename(
        call.data[ATTR_PERSON], call.data[ATTR_NEW_NAME]
    )
    data.library.async_changed()
    return response


HANDLERS: Final[dict[str, Handler]] = {
    SERVICE_CORRECT_SIGHTING: _correct_sighting,
    SERVICE_RENAME_PERSON: _rename_person,
    SERVICE_UNDO: _undo,
}
