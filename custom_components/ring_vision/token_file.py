"""The account's token in a file of its own, where it lies before it is used.

Home Assistant writes its entries a second after a change. Ring's refresh token is good
for one use, so a crash in that second would end the sign-in.
"""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import save_json
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.json import load_json_object

from .const import DOMAIN, LOGGER
from .ring_cloud import Token

VERSION: Final = 1


class TokenFile:
    """The newest token of one entry, readable by Home Assistant's user only."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Lie where Home Assistant keeps its own secrets."""
        self._hass = hass
        self.path = Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry_id}"))

    async def async_newest(self, kept: Token) -> Token:
        """Return the newer one of the file's token and the one that the entry keeps."""
        filed = await self._hass.async_add_executor_job(self._load)
        return filed if _expiry(filed) >= _expiry(kept) else kept

    async def async_save(self, token: Token) -> None:
        """Put a token on the disk for good; a full disk ends no sign-in."""
        try:
            await self._hass.async_add_executor_job(self._write, token)
        except (HomeAssistantError, OSError) as err:
            LOGGER.warning("Ring's new token could not be written: %s", err)

    async def async_remove(self) -> None:
        """Forget the token."""
        await self._hass.async_add_executor_job(self._unlink)

    def _load(self) -> Token:
        """Return the token in the file, an empty one when there is none."""
        try:
            token = load_json_object(self.path).get("token")
        except HomeAssistantError as err:
            LOGGER.warning("Ring's token cannot be read: %s", err)
            return {}
        return dict(token) if isinstance(token, dict) else {}

    def _write(self, token: Token) -> None:
        """Write all or nothing, and wait for the disk."""
        self.path.parent.mkdir(exist_ok=True)
        content = {"version": VERSION, "token": token}
        save_json(str(self.path), content, private=True, atomic_writes=True)

    def _unlink(self) -> None:
        self.path.unlink(missing_ok=True)


def _expiry(token: Token) -> float:
    """Return when the token's access ends; of two tokens the later one is newer."""
    expires_at = token.get("expires_at")
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        return 0.0 if token.get("refresh_token") else -1.0
    return float(expires_at)
