"""One file from Ring's store to the recordings folder: stream, resume, try again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import random
import re
from typing import Final

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from ..library.errors import BrokenFile
from ..ring_cloud.errors import MediaDenied, NotReady
from ..ring_cloud.media import DENIALS
from .part import Part

CHUNK_BYTES: Final = 1024 * 1024
"""Gathered before one write in the executor; all that a file takes of the memory."""
TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=30)
"""No total: a slow line may take its time, a silent one may not."""
FIRST_WAIT_S: Final = 1.0
"""The most that is waited after a first failure; each further one doubles it."""
LONGEST_WAIT_S: Final = 300.0
MAX_FAILURES: Final = 6
"""In a row without a new byte: with waits of 1, 2, 4, 8 and 16 s at most between."""
MAX_REQUESTS: Final = 50
"""For one file in one run; what came until then is kept for the next run."""
MAX_RENEWALS: Final = 2
"""New URLs for one that the store refuses: it may only be too old."""
MAX_BROKEN: Final = 3
MAX_REDIRECTS: Final = 5
REASON_CONNECTION_LOST: Final = "connection_lost"
REASON_REFUSED: Final = "refused"

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REFUSALS: Final = frozenset({400, 401, 403})
"""S3 says ExpiredToken with a 400."""
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_UNSATISFIED_RANGE: Final = re.compile(r"bytes \*/(\d+)")


class TransferFailed(Exception):  # noqa: N818
    """The store did not give the file in this run; what came of it is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A code that translations name."""


class _Lost(Exception):  # noqa: N818
    """The connection or the answer was no good; the next try may be."""


class _Refused(Exception):  # noqa: N818
    """The store does not take the URL."""


class Transfer:
    """The way of one file; the URL is asked for at the last moment and kept nowhere."""

    def __init__(
        self, hass: HomeAssistant, part: Part, ask: Callable[[], Awaitable[URL]]
    ) -> None:
        """Bring `part` from where `ask` says that the media are now."""
        self._hass = hass
        self._part = part
        self._ask = ask

    async def async_run[T](self, keep: Callable[[Part], T]) -> T:
        """Fetch the file and return what `keep(part)`, in the executor, makes of it.

        Raises `NotReady`, `MediaDenied` and what `ask` raises, `TransferFailed`,
        `StorageUnavailable`, and `BrokenFile` for a file that comes broken again
        and again. Cancelled, it keeps what came.
        """
        broken = 0
        while True:
            await self._async_receive()
            try:
                return await async_job(self._hass, keep, self._part)
            except BrokenFile:
                broken += 1
                await async_job(self._hass, self._part.drop)
                if broken == MAX_BROKEN:
                    raise
            await asyncio.sleep(_wait_s(broken))

    async def _async_receive(self) -> None:
        """Ask until all bytes are here."""
        url: URL | None = None
        renewals = failures = 0
        for _ in range(MAX_REQUESTS):
            if self._part.complete:
                return None
            url = url or await self._ask()
            before = self._part.size
            try:
                return await self._async_get(url)
            except _Refused:
                renewals += 1
                if renewals > MAX_RENEWALS:
                    raise TransferFailed(REASON_REFUSED) from None
                url = None
            except _Lost:
                failures = 1 if self._part.size > before else failures + 1
                if failures == MAX_FAILURES:
                    break
                await asyncio.sleep(_wait_s(failures))
        raise TransferFailed(REASON_CONNECTION_LOST)

    async def _async_get(self, url: URL) -> None:
        """Ask once for what is missing, and write it."""
        part = self._part
        # The store's bytes as they are: packed ones could not be counted.
        headers = {"Accept-Encoding": "identity"}
        if part.size and part.etag:
            headers |= {"Range": f"bytes={part.size}-", "If-Range": part.etag}
        try:
            async with self._async_open(url, headers) as response:
                await self._async_take(response)
        except (aiohttp.ClientError, OSError, ValueError) as err:
            # Their texts hold the signed URL: nothing of them may reach a log. The
            # ValueError is Home Assistant's, which reads where a redirect leads.
            raise _Lost(type(err).__name__) from None
        if part.total is not None and part.size < part.total:
            raise _Lost("short")

    @asynccontextmanager
    async def _async_open(
        self, url: URL, headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """GET, following redirects by hand: aiohttp would rewrite the signed URL."""
        session = async_get_clientsession(self._hass)
        for _ in range(MAX_REDIRECTS + 1):
            async with session.get(
                url, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                url = _redirected(url, response.headers.get("Location", ""))
        raise _Refused

    async def _async_take(self, response: aiohttp.ClientResponse) -> None:
        """Do what the answer's status asks for."""
        part, status = self._part, response.status
        if status == 200:
            await async_job(self._hass, part.begin, _etag(response), _length(response))
            await self._async_stream(response)
        elif status == 206 and _continues(response, part):
            await self._async_stream(response)
        elif status == 416 and _is_all(response, part):
            part.total = part.size
        elif status in {206, 416}:
            await async_job(self._hass, part.drop)
            raise _Lost("wrong range")
        elif status == 404:
            raise NotReady("the store has it not yet")
        elif status == 410:
            raise MediaDenied(DENIALS[status])
        elif status in _REFUSALS:
            raise _Refused
        else:
            raise _Lost(f"status {status}")

    async def _async_stream(self, response: aiohttp.ClientResponse) -> None:
        """Write the body, a chunk at a time."""
        buffer = bytearray()
        try:
            async for data in response.content.iter_any():
                buffer += data
                if len(buffer) >= CHUNK_BYTES:
                    chunk, buffer = buffer, bytearray()
                    await async_job(self._hass, self._part.append, chunk)
        finally:
            # Cut or cancelled, the next try goes on from the last byte that came.
            if buffer:
                await async_job(self._hass, self._part.append, buffer)


async def async_job[*Ts, T](
    hass: HomeAssistant, job: Callable[[*Ts], T], *args: *Ts
) -> T:
    """Run a job in the executor; a cancel goes through once the job has ended.

    A write that nobody waits for would run beside what follows the cancel.
    """
    running = hass.async_add_executor_job(job, *args)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _wait_s(failures: int) -> float:
    """Return a random wait, longer after more failures, so that nobody asks in step."""
    longest: float = FIRST_WAIT_S * 2 ** (failures - 1)
    return random.uniform(0, min(LONGEST_WAIT_S, longest))


def _redirected(url: URL, location: str) -> URL:
    """Return where a redirect leads, byte for byte; never from https to http."""
    try:
        target = url.join(URL(location, encoded=True))
    except ValueError:
        raise _Refused from None
    if not location or target.scheme not in {"https", url.scheme}:
        raise _Refused
    return target


def _etag(response: aiohttp.ClientResponse) -> str | None:
    """Return the file's ETag, unless it is a weak one: no range may rest on that."""
    etag = response.headers.get("ETag")
    return None if etag is None or etag.startswith("W/") else etag


def _length(response: aiohttp.ClientResponse) -> int | None:
    """Return the file's size, unless it comes packed and has another one unpacked."""
    return None if "Content-Encoding" in response.headers else response.content_length


def _continues(response: aiohttp.ClientResponse, part: Part) -> bool:
    """Return whether a 206 goes on with the same file where the part ends."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or response.headers.get("ETag") not in {None, part.etag}:
        return False
    start, stop, total = match.groups()
    if total == "*":
        return int(start) == part.size
    same = part.total in {None, int(total)}
    return same and int(start) == part.size and int(stop) == int(total) - 1


def _is_all(response: aiohttp.ClientResponse, part: Part) -> bool:
    """Return whether a 416 says that there is no more than the part has."""
    match = _UNSATISFIED_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    total = part.total if match is None else int(match[1])
    return 0 < part.size == total
