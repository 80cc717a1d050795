"""Tests of what an earlier run left, and how the next one goes on with it."""

import asyncio
import json

import pytest

from custom_components.ring_vision.downloader import transfer
from custom_components.ring_vision.library.models import RecordingState
from tests.ring_cloud_server import CloudRecording

from .bench import Bench, until


async def leave_part(bench: Bench, recording: CloudRecording, size: int) -> None:
    """Let a run be cancelled after `size` bytes and then some came."""
    bench.spoil("media_stalled", stall_after=size)
    running = asyncio.create_task(bench.due())
    part = bench.part(recording)
    await until(lambda: part.exists() and part.stat().st_size > 0)
    running.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await running


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write every few bytes that come."""
    monkeypatch.setattr(transfer, "CHUNK_BYTES", 1000)


@pytest.mark.usefixtures("small_chunks")
async def test_a_cancelled_run_is_continued_by_the_next(bench: Bench) -> None:
    recording = await bench.known()
    await leave_part(bench, recording, 50_000)
    size = bench.part(recording).stat().st_size
    assert not bench.file(recording).exists()
    assert bench.state(recording) == (RecordingState.SEEN, None)
    await bench.due()
    assert bench.ranges() == [None, f"bytes={size}-"]
    assert bench.is_whole(recording)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    "notes",
    [
        pytest.param("", id="torn"),
        pytest.param("[]", id="another shape"),
        pytest.param('{"etag": null, "total": 9}', id="no ETag"),
        pytest.param('{"etag": "\\"x\\"", "total": 9}', id="more bytes than there are"),
        pytest.param('{"etag": "\\"x\\"", "total": "9"}', id="no number"),
    ],
)
async def test_a_part_that_cannot_be_trusted_is_dropped(
    bench: Bench, notes: str
) -> None:
    recording = await bench.known()
    await leave_part(bench, recording, 50_000)
    part = bench.part(recording)
    part.with_name(f"{part.name}.json").write_text(notes)
    await bench.due()
    assert bench.ranges() == [None, None]
    assert bench.is_whole(recording)


async def give_part(
    bench: Bench, recording: CloudRecording, data: bytes, total: int | None
) -> None:
    """Lay a part there as an earlier run left it."""
    bench.files.prepare(expect_files=False)
    part = bench.part(recording)
    bench.files.append(part, data)
    notes = {"etag": '"old"', "total": total}
    part.with_name(f"{part.name}.json").write_text(json.dumps(notes))


async def test_a_part_that_has_every_byte_needs_no_request(bench: Bench) -> None:
    """As after a crash between the last byte and the final name."""
    recording = await bench.known()
    whole = bench.clip.read_bytes()
    await give_part(bench, recording, whole, len(whole))
    await bench.due()
    assert bench.ranges() == []
    assert bench.is_whole(recording)


async def test_a_416_at_the_end_of_the_file_means_that_it_is_whole(
    bench: Bench,
) -> None:
    recording = await bench.known()
    whole = bench.clip.read_bytes()
    await give_part(bench, recording, whole, None)
    bench.spoil_store(status=416, headers={"Content-Range": f"bytes */{len(whole)}"})
    await bench.due()
    assert bench.ranges() == [f"bytes={len(whole)}-"]
    assert bench.is_whole(recording)


async def test_a_416_elsewhere_starts_anew(bench: Bench) -> None:
    recording = await bench.known()
    await give_part(bench, recording, b"something else", None)
    bench.spoil_store(status=416, headers={"Content-Range": "bytes */9"})
    await bench.due()
    assert bench.ranges() == ["bytes=14-", None]
    assert bench.is_whole(recording)


async def test_a_part_of_another_file_is_replaced(bench: Bench) -> None:
    recording = await bench.known()
    await give_part(bench, recording, b"something else", 999)
    await bench.due()
    assert bench.ranges() == ["bytes=14-"]
    assert bench.is_whole(recording)
