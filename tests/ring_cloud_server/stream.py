"""Sending bodies, whole or as a fault spoils them."""

import asyncio
from pathlib import Path
import socket
import struct

from aiohttp import web

from .faults import Fault

CHUNK_BYTES = 65536
WRITES_PER_SECOND = 20
"""A slow line is written in small steps, so that a reader sees it creep."""
NO_FAULT = Fault("* /")

type Source = Path | bytes


def shape_of(request: web.Request) -> Fault:
    """Return the fault that spoils this request's body, or one that spoils nothing."""
    fault: Fault = request.get("fault", NO_FAULT)
    return fault


def size_of(source: Source) -> int:
    """Return how many bytes a source has."""
    return len(source) if isinstance(source, bytes) else source.stat().st_size


async def stream(
    request: web.Request,
    source: Source,
    headers: dict[str, str],
    status: int,
    start: int,
    stop: int,
) -> web.StreamResponse:
    """Send bytes `start` to `stop`, never more than a chunk of them in memory."""
    fault = shape_of(request)
    response = web.StreamResponse(status=status, headers=headers)
    if fault.no_length:
        response.enable_chunked_encoding()
    else:
        response.content_length = stop - start
    ends = [at for at in (fault.cut_after, fault.stall_after) if at is not None]
    last = min([stop, *(start + at for at in ends)])
    chunk = CHUNK_BYTES
    if fault.bps is not None:
        chunk = max(1, min(chunk, fault.bps // WRITES_PER_SECOND))
    await response.prepare(request)
    while start < last:
        part = await read(source, start, min(chunk, last - start))
        if not part:
            break
        await response.write(part)
        start += len(part)
        if fault.bps is not None:
            await asyncio.sleep(len(part) / fault.bps)
    if fault.stall_after is not None and start < stop:
        await wait_until_gone(request)
    if fault.cut_after is not None and start < stop and request.transport:
        request.transport.close()
    return response


async def read(source: Source, start: int, length: int) -> bytes:
    """Read a part of a source without holding up the loop."""
    if isinstance(source, bytes):
        return source[start : start + length]
    return await asyncio.to_thread(read_file, source, start, length)


def read_file(path: Path, start: int, length: int) -> bytes:
    """Read a part of a file."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


async def wait_until_gone(request: web.Request) -> None:
    """Keep the line open and silent until the reader gives up."""
    # aiohttp tells a handler nothing when the reader leaves, so look now and then.
    while request.transport and not request.transport.is_closing():
        await asyncio.sleep(0.05)


def reset(request: web.Request) -> None:
    """Drop the connection with a TCP reset instead of an answer."""
    if request.transport is None:
        return
    line = request.transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
