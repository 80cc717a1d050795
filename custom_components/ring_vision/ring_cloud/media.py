"""A fresh URL of a recording's file, by either of two doors."""

from typing import Final
from urllib.parse import quote

from ring_doorbell.const import URL_RECORDING_SHARE_PLAY
from yarl import URL

from .api import Asking
from .errors import CannotConnect, MediaDenied, MediaUnavailable, NotReady
from .history import find_media
from .values import dict_of, text_of
from .wire import Answer

EVM_EVENT: Final = "/evm/v2/history/events/{}"
DENIALS: Final = {402: "no_plan", 410: "gone"}
"""What Ring means by a status: no plan pays for it, it is gone."""


class MediaDoors:
    """Asks evm for the event, and share/play when that has no media."""

    def __init__(self, api: Asking, endpoint: URL | None) -> None:
        self._api = api
        self._endpoint = endpoint

    async def async_url(self, recording_id: str) -> URL:
        """Return the URL, byte for byte as it was signed."""
        name = quote(recording_id, safe="")
        event = await self._api.async_get(EVM_EVENT.format(name))
        _refuse(event)
        media = find_media(dict_of(event.body))
        if media.skip_reason:
            raise MediaUnavailable(media.skip_reason)
        if event.ok and media.url:
            return self._checked(media.url)
        play = await self._api.async_get(URL_RECORDING_SHARE_PLAY.format(name))
        _refuse(play)
        if play.ok and (url := text_of(dict_of(play.body).get("url"))):
            return self._checked(url)
        # Only a clear no means that there is nothing yet.
        for answer in (event, play):
            if answer.status != 404 and not (answer.ok and answer.is_json):
                raise answer.unusable()
        raise NotReady("Ring has no media of it yet")

    def _checked(self, text: str) -> URL:
        """Return a URL that may be fetched: encrypted, or the loopback cloud's own."""
        try:
            url = URL(text, encoded=True)
        except ValueError:
            # Not chained: the error's text is the URL, which is a secret.
            raise CannotConnect("Ring's media URL is none") from None
        mine = self._endpoint
        if url.host and (
            url.origin() == mine.origin() if mine else url.scheme == "https"
        ):
            return url
        raise CannotConnect("Ring's media URL leads elsewhere")


def _refuse(answer: Answer) -> None:
    """Raise what a status says of the media."""
    if reason := DENIALS.get(answer.status):
        raise MediaDenied(reason)
