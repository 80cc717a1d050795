"""Which cameras have left the account: what Ring's lists lack again and again."""

from collections.abc import Collection
from typing import Final

LISTS_UNTIL_GONE: Final = 3
"""In a row; Ring has answered with half a list before."""


class CameraPresence:
    """Remembers which list a camera was in last."""

    def __init__(self) -> None:
        """Begin anew with each start: nobody has left yet."""
        self._lists = 0
        self._seen: dict[str, int] = {}

    def note(self, listed: Collection[str], *, complete: bool) -> None:
        """Take a list into account; a partial or empty one says nobody has left."""
        if listed and complete:
            self._lists += 1
        self._seen |= dict.fromkeys(listed, self._lists)

    def has_left(self, camera_id: str) -> bool:
        """Return whether so many lists in a row lacked the camera."""
        return self._lists - self._seen.get(camera_id, 0) >= LISTS_UNTIL_GONE
