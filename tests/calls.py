"""Calls the actions, as a script of the owner would, and puts rows in to ask for."""

from datetime import timedelta
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.library.models import NewRecording

from .library import samples


async def act(
    hass: HomeAssistant, action: str, *, context: Context | None = None, **fields: Any
) -> dict[str, Any]:
    """Call an action and return its response."""
    response = await hass.services.async_call(
        DOMAIN, action, fields, blocking=True, context=context, return_response=True
    )
    assert isinstance(response, dict)
    return response


async def refused[E: HomeAssistantError](
    hass: HomeAssistant, action: str, error: type[E], **fields: Any
) -> E:
    """Call an action that must fail, with a text in the user's language."""
    with pytest.raises(error) as raised:
        await act(hass, action, **fields)
    assert type(raised.value) is error
    assert raised.value.translation_key is not None
    assert str(raised.value) != raised.value.translation_key
    return raised.value


async def settle(hass: HomeAssistant) -> None:
    """Let entities show what has changed, which they do at most every two seconds."""
    await hass.async_block_till_done(wait_background_tasks=True)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await hass.async_block_till_done(wait_background_tasks=True)


def keep(entry: MockConfigEntry, *new: NewRecording, size: int = 1000) -> list[str]:
    """Put recordings into the library, with files of their size."""
    archive = entry.runtime_data.archive
    archive.files.prepare(expect_files=False)
    ids = samples.add_downloaded(archive.library, *new, size=size)
    for recording_id in ids:
        path = archive.files.resolve(f"101/{recording_id}.mp4")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return ids
