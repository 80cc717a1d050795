"""Tell a whole MP4 from a broken one by walking its boxes, without decoding."""

from collections.abc import Iterator
from pathlib import Path
import struct
from typing import BinaryIO, Final

from .errors import BrokenFile, BrokenReason

MAX_BOXES: Final = 100_000
"""A recording of a day in fragments of a second; more is an attack on our time."""
_HEADER: Final = struct.Struct(">I4s")
_LARGE_SIZE: Final = struct.Struct(">Q")


def check_mp4(path: Path) -> None:
    """Raise `BrokenFile` unless the file is one whole MP4."""
    size = path.stat().st_size
    if size == 0:
        raise BrokenFile(BrokenReason.EMPTY)
    with path.open("rb") as file:
        _refuse_foreign(file.read(256))
        kinds = {kind for kind, _ in _boxes(file, size)}
    if b"moov" not in kinds or not kinds & {b"mdat", b"moof"}:
        raise BrokenFile(BrokenReason.TRUNCATED, "no moov or no media data")


def _refuse_foreign(start: bytes) -> None:
    """Refuse what does not even begin like an MP4."""
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BrokenFile(BrokenReason.HTML)
    if start[4:8] != b"ftyp":
        short = len(start) < _HEADER.size
        raise BrokenFile(BrokenReason.TRUNCATED if short else BrokenReason.NOT_MP4)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield kind and length (bytes) of the top boxes, which must fill the file."""
    position = 0
    for _ in range(MAX_BOXES):
        file.seek(position)
        length, kind = _header(file, size - position)
        yield kind, length
        position += length
        if position == size:
            return
    raise BrokenFile(BrokenReason.NOT_MP4, "too many boxes")


def _header(file: BinaryIO, left: int) -> tuple[int, bytes]:
    """Return length and kind of the box at the file's position; `left` bytes remain."""
    if left < _HEADER.size:
        raise BrokenFile(BrokenReason.TRUNCATED, "ends inside a box header")
    length, kind = _HEADER.unpack(file.read(_HEADER.size))
    shortest = _HEADER.size
    if length == 0:  # the box goes on to the end of the file
        length = left
    elif length == 1:
        if left < _HEADER.size + _LARGE_SIZE.size:
            raise BrokenFile(BrokenReason.TRUNCATED, "ends inside a box header")
        (length,) = _LARGE_SIZE.unpack(file.read(_LARGE_SIZE.size))
        shortest += _LARGE_SIZE.size
    if length < shortest:
        raise BrokenFile(BrokenReason.NOT_MP4, f"a box of {length} bytes")
    if length > left:
        raise BrokenFile(
            BrokenReason.TRUNCATED, f"{length - left} bytes of {kind!r} are missing"
        )
    return length, kind
