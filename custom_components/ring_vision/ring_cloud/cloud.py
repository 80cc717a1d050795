"""The account at Ring: cameras, history pages, media URLs."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
import os
from typing import Any, Final

from ring_doorbell.const import DEVICES_ENDPOINT
from yarl import URL

from ..const import ENV_ENDPOINT, LOGGER
from ..library.models import Camera, Recording
from .api import Asking
from .cameras import parse_cameras
from .errors import CannotConnect, RateLimited
from .gate import SPACING_S, Gate
from .media import MediaDoors
from .pages import History, HistoryPage
from .values import dict_of, id_of, rows_of, text_of

V3_DEVICES: Final = "/device_info/v3/devices"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Whose account it is."""

    id: str
    """Ring's number of the user, as text."""
    email: str


def other_endpoint(endpoint: str | None) -> URL | None:
    """Return the endpoint that stands for all of Ring's hosts, where there is one."""
    endpoint = endpoint or os.environ.get(ENV_ENDPOINT)
    return URL(endpoint).origin() if endpoint else None


def new_gate(other: URL | None) -> Gate:
    """Return an open gate; a loopback cloud needs no distance between calls."""
    return Gate(0.0 if other is not None and other.host in LOOPBACK else SPACING_S)


def read_account(session: Any) -> Account | None:
    """Return whose account Ring's session says it is."""
    profile = dict_of(session, "profile")
    account_id = id_of(profile.get("id"))
    if account_id is None:
        return None
    return Account(id=account_id, email=text_of(profile.get("email")) or "")


class RingCloud(ABC):
    """One account, by whichever sign-in. Reads only.

    Everything raises CannotConnect, RateLimited, Blocked or SignInExpired.
    """

    def __init__(self, api: Asking, gate: Gate, other: URL | None) -> None:
        """Ask through `api`; `other` stands for all of Ring's hosts."""
        self.gate = gate
        self._api = api
        self._history = History(api)
        self._media = MediaDoors(api, other)
        self._v3: list[dict[str, Any]] = []
        self.listed_all = False
        """Both device lists came the last time: who is in neither has left."""

    @abstractmethod
    async def async_account(self) -> Account:
        """Return whose account it is."""

    @abstractmethod
    async def async_close(self) -> None:
        """End what goes on in the background."""

    async def async_cameras(self) -> list[Camera]:
        """Return the cameras, those that others share included."""
        self.listed_all = False
        devices = (await self._api.async_get(DEVICES_ENDPOINT)).as_dict()
        try:
            self._v3 = await self._v3_devices()
            self.listed_all = True
        except CannotConnect, RateLimited:
            # Better as they were than gone: entities would lose their cameras.
            LOGGER.debug("Keeping what %s said before", V3_DEVICES)
        return parse_cameras(devices, self._v3)

    async def _v3_devices(self) -> list[dict[str, Any]]:
        """Return the newer list, the only one that shared users' cameras are in."""
        answer = await self._api.async_get(V3_DEVICES)
        devices = answer.as_dict().get("devices")
        if not isinstance(devices, list):
            raise answer.unusable()
        return rows_of(devices)

    async def async_history(
        self, camera_ids: Sequence[str], *, key: str | None = None
    ) -> HistoryPage:
        """Return a page of what the cameras recorded; `key` is the page before's."""
        return await self._history.async_page(camera_ids, key)

    async def async_media_url(self, recording: Recording) -> URL:
        """Return a fresh URL of its file; a MediaError says why there is none."""
        return await self._media.async_url(recording.id)
