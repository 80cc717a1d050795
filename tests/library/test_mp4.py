"""Tests of telling a whole MP4 from a broken one."""

from pathlib import Path
import struct

import pytest

from custom_components.ring_vision.library import mp4 as mp4_module
from custom_components.ring_vision.library.errors import BrokenFile
from custom_components.ring_vision.library.mp4 import check_mp4
from tests.ring_cloud_server.clips import make_clip

from .samples import box, mp4

FTYP, MOOV, MDAT = box(b"ftyp", b"isom"), box(b"moov", b"m"), box(b"mdat", b"d")
TO_THE_END = struct.pack(">I4s", 0, b"mdat") + b"data"


def large(kind: bytes, length: int, body: bytes = b"") -> bytes:
    """Return a box with a 64-bit length."""
    return struct.pack(">I4sQ", 1, kind, length) + body


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the file to check lies."""
    return tmp_path / "a.mp4"


@pytest.mark.parametrize("moov", ["first", "end"])
def test_a_real_clip_is_whole_and_any_cut_of_it_is_not(file: Path, moov: str) -> None:
    make_clip(file, moov=moov, size=(64, 48), frames=3)
    check_mp4(file)
    whole = file.read_bytes()
    for length in (1, 7, 20, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(BrokenFile, match="truncated"):
            check_mp4(file)


@pytest.mark.parametrize(
    "content",
    [
        mp4(),
        FTYP + MOOV + MDAT,
        FTYP + MDAT + MOOV,
        FTYP + MOOV + TO_THE_END,
        FTYP + MOOV + large(b"mdat", 16 + 3, b"abc"),
        FTYP + MOOV + box(b"moof") + MDAT + box(b"moof") + MDAT,
        FTYP + box(b"free") + MOOV + MDAT + box(b"\xa9xyz"),
    ],
)
def test_whole_boxes_are_a_whole_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    check_mp4(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\xef\xbb\xbf\r\n <?xml version='1.0'?><Error>", "html"),
        (b'{"error": "expired"}', "not_mp4"),
        (b"\x00" * 64, "not_mp4"),
        (b"\x1a\x45\xdf\xa3" + b"matroska" * 9, "not_mp4"),
        (FTYP, "truncated"),
        (FTYP + MOOV, "truncated"),
        (FTYP + MDAT, "truncated"),
        (FTYP + MOOV + MDAT[:-1], "truncated: 1 bytes of b'mdat' are missing"),
        (FTYP + MOOV + MDAT + b"\0\0\0", "truncated: ends inside"),
        (FTYP + MOOV + struct.pack(">I4s", 1, b"mdat"), "truncated: ends inside"),
        (FTYP + MOOV + large(b"mdat", 2**62), "truncated"),
        (FTYP + MOOV + large(b"mdat", 15), "not_mp4: a box of 15 bytes"),
        (FTYP + MOOV + struct.pack(">I4s", 7, b"mdat"), "not_mp4: a box of 7 bytes"),
    ],
)
def test_a_broken_file_says_what_is_wrong(
    file: Path, content: bytes, reason: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(BrokenFile, match=reason):
        check_mp4(file)


def test_endless_boxes_are_not_walked_to_the_end(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mp4_module, "MAX_BOXES", 50)
    file.write_bytes(FTYP + box(b"free") * 50 + MOOV + MDAT)
    with pytest.raises(BrokenFile, match="too many boxes"):
        check_mp4(file)
