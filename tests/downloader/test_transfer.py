"""Tests of one file's way from the store to its final name."""

import asyncio
from collections.abc import AsyncGenerator
import logging
from pathlib import Path
from traceback import format_exception
from typing import Any, Final, cast
from unittest.mock import AsyncMock, patch

import aiohttp
import pytest
from yarl import URL

from custom_components.ring_vision.downloader import transfer
from custom_components.ring_vision.downloader.part import Part
from custom_components.ring_vision.downloader.transfer import Transfer, TransferFailed
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.ring_cloud.errors import CannotConnect
from custom_components.ring_vision.ring_cloud.wire import Wire
from tests.ring_cloud_server import FAULTS
from tests.ring_cloud_server.clips import clip as clip_of
from tests.ring_cloud_server.faults import MAINTENANCE_HTML

from .bench import ASKS, WAITING, Bench

SECRETS = ("X-Amz-", "Signature", "/video/", "Bearer")
CUT = 100_000
"""Bytes after which a line is cut: more than half of a clip."""
SLOWLY: Final = {"cut_after": CUT, "bps": 500_000}
"""So that the reader has read some: aiohttp drops what it buffered when a line is cut."""


async def test_the_store_is_asked_once_and_without_secrets(bench: Bench) -> None:
    recording = await bench.known()
    await bench.due()
    assert bench.is_whole(recording)
    (asked,) = bench.server.seen("GET", "/video/")
    assert asked.headers.keys() == {"user-agent"}
    assert bench.server.seen("HEAD", "/") == []


async def test_a_redirect_is_followed_byte_for_byte(bench: Bench) -> None:
    """The loopback store refuses a URL whose escapes were rewritten."""
    bench.server.state.redirect_media = True
    recording = await bench.known()
    await bench.due()
    assert bench.is_whole(recording)
    assert [len(bench.server.seen("GET", path)) for path in ("/cdn/", "/video/")] == [
        1,
        1,
    ]


@pytest.mark.parametrize("location", ["", "http://[", "ftp://127.0.0.1/x", "/video/a"])
async def test_a_redirect_to_nowhere_is_no_file(bench: Bench, location: str) -> None:
    recording = await bench.known()
    bench.spoil_store(status=302, headers={"Location": location}, times=-1)
    summary = await bench.due()
    assert summary.failed == {recording.key: "refused"}
    assert bench.names() == []


async def test_a_line_cut_twice_goes_on_where_it_was_cut(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_cut", **SLOWLY)
    bench.spoil("media_cut", cut_after=10_000, bps=100_000)
    await bench.due()
    assert bench.is_whole(recording)
    first, second, third = bench.ranges()
    assert first is None
    assert second is not None
    assert third is not None
    assert 0 < int(second[6:-1]) <= CUT
    assert int(second[6:-1]) <= int(third[6:-1]) < bench.clip.stat().st_size
    etags = {asked.headers.get("if-range") for asked in bench.server.requests}
    assert len(etags - {None}) == 1


async def test_a_changed_file_starts_anew(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_cut", **SLOWLY)
    bench.spoil("media_new_etag")
    await bench.due()
    assert bench.is_whole(recording)
    assert [asked.status for asked in bench.server.seen("GET", "/video/")] == [200, 200]


@pytest.mark.parametrize("content_range", ["bytes 0-99/100", "bytes 5-9/*", "nonsense"])
async def test_another_range_than_asked_for_is_not_appended(
    bench: Bench, content_range: str
) -> None:
    recording = await bench.known()
    bench.spoil("media_cut", **SLOWLY)
    bench.spoil("media_wrong_range", content_range=content_range)
    await bench.due()
    assert bench.is_whole(recording)
    assert [bool(asked) for asked in bench.ranges()] == [False, True, False]


async def test_a_length_is_not_needed(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_no_length")
    await bench.due()
    assert bench.is_whole(recording)


async def test_a_cut_without_a_length_is_no_end(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_no_length", **SLOWLY)
    await bench.due()
    assert bench.is_whole(recording)


async def test_a_weak_etag_is_no_ground_for_a_range(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_cut", etag='W/"weak"', **SLOWLY)
    await bench.due()
    assert bench.is_whole(recording)
    assert bench.ranges() == [None, None]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"truncate": 20_000}, "truncated", id="truncated"),
        pytest.param(
            {"status": 200, "body": MAINTENANCE_HTML}, "html", id="a page for people"
        ),
        pytest.param({"file": b""}, "empty", id="zero bytes"),
        pytest.param({"file": b"\0" * 5000}, "not_mp4", id="something else"),
    ],
)
async def test_a_broken_file_is_given_up_after_three_tries(
    bench: Bench, changes: dict[str, Any], reason: str
) -> None:
    recording = await bench.known()
    bench.spoil_store(times=-1, **changes)
    summary = await bench.due()
    assert summary.failed == {recording.key: reason}
    assert bench.state(recording) == (RecordingState.FAILED, reason)
    assert bench.ranges() == [None, None, None]
    assert bench.names() == []
    assert bench.told == []


async def test_a_file_that_comes_broken_once_is_fetched_again(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_truncated")
    await bench.due()
    assert bench.is_whole(recording)


@pytest.mark.parametrize(
    "name", ["media_hevc", "media_moov_at_end", "media_moov_first"]
)
async def test_files_of_every_make_are_taken(bench: Bench, name: str) -> None:
    recording = await bench.known()
    fault = bench.server.add_fault(FAULTS[name]())
    await bench.due()
    assert isinstance(fault.file, Path)
    assert bench.file(recording).read_bytes() == fault.file.read_bytes()


@pytest.mark.parametrize(
    "name", ["media_reset", "s3_slow_down", "media_slow", "media_cut"]
)
async def test_a_passing_fault_leaves_no_trace(bench: Bench, name: str) -> None:
    recording = await bench.known()
    bench.spoil(name)
    await bench.due()
    assert bench.is_whole(recording)


async def test_an_old_url_is_replaced_by_a_new_one(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("s3_access_denied", times=2)
    await bench.due()
    assert bench.is_whole(recording)
    assert len(bench.server.seen("GET", "/evm/v2/history/events/")) == 3


async def test_a_url_that_is_always_refused_is_tried_later(bench: Bench) -> None:
    bench.server.state.signed_url_ttl_s = -1
    recording = await bench.known()
    summary = await bench.due()
    assert summary.failed == {recording.key: "refused"}
    row = bench.row(recording)
    assert (row.state, row.reason) == (RecordingState.SEEN, "refused")
    assert row.next_try is not None


async def test_a_store_that_fails_for_good_is_left_after_some_tries(
    bench: Bench,
) -> None:
    recording = await bench.known()
    bench.spoil_store(status=500, times=-1)
    summary = await bench.due()
    assert summary.failed == {recording.key: "connection_lost"}
    assert len(bench.ranges()) == transfer.MAX_FAILURES
    assert bench.row(recording).next_try is not None


async def test_the_store_may_have_it_no_longer(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil_store(status=410)
    summary = await bench.due()
    assert summary.not_ready == [recording.key]
    assert bench.state(recording) == (RecordingState.NOT_READY, "gone")


class SilentBody:
    """The body of an answer that falls silent."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.silent = asyncio.Event()

    @property
    def content(self) -> SilentBody:
        return self

    async def iter_any(self) -> AsyncGenerator[bytes]:
        for piece in self.pieces:
            yield piece
        self.silent.set()
        await asyncio.Event().wait()


async def test_a_cancel_keeps_what_had_not_been_written_yet(bench: Bench) -> None:
    bench.files.prepare(expect_files=False)
    part = Part(bench.files, "1/a.mp4")
    body = SilentBody(b"one", b"two")
    stream = Transfer(bench.hass, part, AsyncMock())._async_stream(
        cast("aiohttp.ClientResponse", body)
    )
    running = asyncio.create_task(stream)
    await body.silent.wait()
    assert not part.path.exists()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert part.path.read_bytes() == b"onetwo"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("media_reset", {"times": -1}),
        ("media_cut", {"times": -1}),
        ("s3_access_denied", {"times": -1}),
        ("s3_no_such_key", {}),
        ("media_html", {"times": -1}),
        ("s3_slow_down", {"status": 302, "headers": {"Location": "http://[x"}}),
        ("media_no_length", {}),
    ],
)
async def test_no_url_and_no_token_get_into_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture, name: str, changes: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.server.state.redirect_media = True
    await bench.known()
    bench.spoil(name, **changes)
    await bench.due()
    tokens = (*bench.server.state.access_tokens, *bench.server.state.refresh_tokens)
    ours = [
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if not record.name.startswith("aiohttp.server")
    ]
    assert tokens
    assert [
        line for line in ours for secret in (*SECRETS, *tokens) if secret in line
    ] == []


@pytest.mark.parametrize(
    "url", ["{server}/video/a.mp4?X-Amz-Signature=1", "ftp://a/?X-Amz-Signature=1"]
)
async def test_an_error_tells_no_url(bench: Bench, url: str) -> None:
    """Not even to somebody who prints its whole chain."""
    bench.files.prepare(expect_files=False)
    bench.spoil("media_reset", times=-1)
    ask = AsyncMock(return_value=URL(url.format(server=bench.server.url), encoded=True))
    moving = Transfer(bench.hass, Part(bench.files, "1/a.mp4"), ask)
    with pytest.raises(TransferFailed) as raised:
        await moving.async_run(Part.finish)
    assert "X-Amz-" not in "".join(format_exception(raised.value))


def test_clips_of_other_makes_differ() -> None:
    """Or the test of every make would prove nothing."""
    makes = {clip_of(codec, "end").read_bytes() for codec in ("libx264", "libx265")}
    assert len(makes) == 2


async def test_an_id_that_contains_a_status_is_no_status(bench: Bench) -> None:
    """The texts of some clients' errors hold the URL, and that the id."""
    recording = await bench.known(id="7404429404429404")
    bench.spoil("api_slow", match=ASKS, times=-1, delay_s=0.5)
    with patch.object(Wire, "timeout_s", 0.1), pytest.raises(CannotConnect):
        await bench.due()
    assert bench.state(recording) == WAITING
