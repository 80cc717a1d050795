"""Until when Ring refuses accounts: noted on the disk, so that a restart does not ask."""

import time
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

VERSION: Final = 1
NOTES: HassKey[BlockNotes] = HassKey(f"{DOMAIN}_block_notes")

type Until = dict[str, float]
"""By entry id: Unix seconds."""


class BlockNotes:
    """The ends of the blocks of all accounts, by the wall clock."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Read nothing before somebody asks."""
        self._store = Store[Until](hass, VERSION, f"{DOMAIN}.blocks")
        self._until: Until | None = None

    async def async_seconds_left(self, entry_id: str) -> float:
        """Return for how long an account must not ask; 0 when it may."""
        until = (await self._async_load()).get(entry_id, 0.0)
        return max(0.0, until - time.time())

    async def async_note(self, entry_id: str, seconds: float | None) -> None:
        """Note a block of so many seconds from now on, or that there is none."""
        known = await self._async_load()
        if seconds is None and entry_id not in known:
            return
        known.pop(entry_id, None)
        if seconds is not None:
            known[entry_id] = time.time() + seconds
        await self._store.async_save(known)

    async def _async_load(self) -> Until:
        if self._until is None:
            loaded = await self._store.async_load() or {}
            # Somebody else may have loaded it meanwhile.
            if self._until is None:
                self._until = loaded
        return self._until


def block_notes(hass: HomeAssistant) -> BlockNotes:
    """Return the notes of this Home Assistant."""
    return hass.data.setdefault(NOTES, BlockNotes(hass))
