"""Tests of Ring's history becoming rows."""

from datetime import timedelta

import pytest

from custom_components.ring_vision.downloader import Downloader
from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.models import RecordingFilter, RecordingState
from custom_components.ring_vision.ring_cloud.errors import CannotConnect, RateLimited

from .bench import CAMERAS, NOW, Bench

EVM = "/evm/v2/history/devices"


def pages(bench: Bench) -> int:
    """Return how many pages Ring was asked for."""
    return len(bench.server.seen("GET", EVM))


def kept(bench: Bench) -> set[str]:
    """Return the ids of all rows."""
    rows = bench.library.run(recordings.list_recordings, RecordingFilter(limit=9999))
    return {row.id for row in rows}


async def test_backfill_walks_every_page_of_every_camera(bench: Bench) -> None:
    bench.server.state.evm_page_limit = 3
    made = [
        bench.record(number, camera_id=1001 + number % 3).key for number in range(10)
    ]
    assert await bench.backfill() == made
    assert kept(bench) == set(made)
    assert pages(bench) == 4


async def test_backfill_keeps_to_its_span(bench: Bench) -> None:
    made = [bench.record(minutes).key for minutes in (10, 20, 30, 40)]
    found = await bench.backfill(
        NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)
    )
    assert found == made[1:3]


async def test_backfill_stops_behind_its_start(bench: Bench) -> None:
    bench.server.state.evm_page_limit = 2
    for minutes in range(12):
        bench.record(minutes)
    await bench.backfill(NOW - timedelta(minutes=3))
    assert len(kept(bench)) == 4
    assert pages(bench) == 3


async def test_backfill_goes_on_below_what_is_known(bench: Bench) -> None:
    bench.server.state.evm_page_limit = 2
    for minutes in (1, 2):
        bench.record(minutes)
    await bench.backfill()
    older = [bench.record(minutes).key for minutes in (3, 4, 5)]
    assert await bench.backfill() == older


async def test_a_check_stops_at_a_page_that_is_all_known(bench: Bench) -> None:
    bench.server.state.evm_page_limit = 2
    for minutes in range(10, 20):
        bench.record(minutes)
    since = NOW - timedelta(days=7)
    await bench.downloader.async_check(CAMERAS, since=since)
    before = pages(bench)
    new = [bench.record(minutes).key for minutes in (1, 2, 3)]
    assert await bench.downloader.async_check(CAMERAS, since=since) == new
    assert pages(bench) - before == 3
    assert await bench.downloader.async_check(CAMERAS, since=since) == []
    assert pages(bench) - before == 4


async def test_a_check_leaves_out_what_is_older(bench: Bench) -> None:
    new = bench.record(5).key
    bench.record(120)
    since = NOW - timedelta(hours=1)
    assert await bench.downloader.async_check(CAMERAS, since=since) == [new]
    assert kept(bench) == {new}


async def test_the_rows_of_a_page_are_kept_before_the_next_is_asked_for(
    bench: Bench,
) -> None:
    bench.server.state.evm_page_limit = 2
    made = [bench.record(minutes).key for minutes in range(4)]
    bench.spoil("too_many_requests", match=f"GET {EVM}", after=1)
    with pytest.raises(RateLimited):
        await bench.backfill()
    assert kept(bench) == set(made[:2])


async def test_a_check_after_a_broken_walk_reads_on_below_it(bench: Bench) -> None:
    """A known page says nothing about those below it that were never read."""
    bench.server.state.evm_page_limit = 2
    made = [bench.record(minutes).key for minutes in range(6)]
    bench.spoil("bad_gateway", match="GET /(evm|clients_api)", after=1, times=-1)
    since = NOW - timedelta(days=1)
    with pytest.raises(CannotConnect):
        await bench.downloader.async_check(CAMERAS, since=since)
    bench.server.clear_faults()
    assert await bench.downloader.async_check(CAMERAS, since=since) == made[2:]
    assert kept(bench) == set(made)


def restarted(bench: Bench) -> Downloader:
    """Return a downloader that knows what the library knows."""
    return Downloader(bench.hass, bench.cloud, bench.library, bench.files)


async def test_an_account_of_6000_events_pages_completely_and_resumes_in_the_middle(
    bench: Bench,
) -> None:
    made = [
        bench.record(minutes, camera_id=1001 + minutes % 3).key
        for minutes in range(6000)
    ]
    bench.spoil("bad_gateway", match="GET /(evm|clients_api)", after=25, times=-1)
    since = NOW - timedelta(days=30)
    with pytest.raises(CannotConnect):
        await bench.downloader.async_check(CAMERAS, since=since)
    bench.server.clear_faults()
    assert kept(bench) == set(made[:2500])
    before = pages(bench)
    found = await restarted(bench).async_check(CAMERAS, since=since)
    assert found == made[2500:]
    assert kept(bench) == set(made)
    assert pages(bench) - before == 1 + 35
    assert await restarted(bench).async_check(CAMERAS, since=since) == []
    assert pages(bench) - before == 1 + 35 + 1


async def test_news_that_broke_off_are_read_to_their_end(bench: Bench) -> None:
    """Also when more comes in the meantime."""
    bench.server.state.evm_page_limit = 2
    since = NOW - timedelta(days=7)
    for minutes in (50, 60):
        bench.record(minutes)
    await bench.downloader.async_check(CAMERAS, since=since)
    missed = [bench.record(minutes).key for minutes in range(30, 40)]
    bench.spoil("bad_gateway", match="GET /(evm|clients_api)", after=2, times=-1)
    with pytest.raises(CannotConnect):
        await bench.downloader.async_check(CAMERAS, since=since)
    bench.server.clear_faults()
    new = [bench.record(minutes).key for minutes in (1, 2, 3)]
    assert await restarted(bench).async_check(CAMERAS, since=since) == new + missed[4:]


async def test_a_backfill_into_a_gap_does_not_hide_what_is_below_it(
    bench: Bench,
) -> None:
    bench.server.state.evm_page_limit = 2
    since = NOW - timedelta(days=7)
    bench.record(100)
    await bench.downloader.async_check(CAMERAS, since=since)
    missed = [bench.record(minutes).key for minutes in range(30, 40)]
    await bench.backfill(NOW - timedelta(minutes=33), NOW - timedelta(minutes=29))
    assert await bench.downloader.async_check(CAMERAS, since=since) == missed[4:]


async def test_a_camera_that_comes_back_brings_what_it_recorded_meanwhile(
    bench: Bench,
) -> None:
    since = NOW - timedelta(days=7)
    await bench.downloader.async_check(CAMERAS, since=since)
    meanwhile = bench.record(50, camera_id=1002).key
    others = [bench.record(minutes, camera_id=1001).key for minutes in (10, 20)]
    assert await bench.downloader.async_check(("1001",), since=since) == others
    assert await bench.downloader.async_check(CAMERAS, since=since) == [meanwhile]


async def test_looking_further_back_reads_the_history_anew(bench: Bench) -> None:
    near, far = bench.record(5).key, bench.record(120).key
    for since, new in (
        (NOW - timedelta(hours=1), [near]),
        (NOW - timedelta(days=1), [far]),
        (NOW - timedelta(hours=2), []),
    ):
        assert await bench.downloader.async_check(CAMERAS, since=since) == new


@pytest.mark.parametrize(("resume", "asked"), [(True, 3), (False, 5)])
async def test_a_backfill_goes_on_where_it_was_cut_off_when_that_is_wished(
    bench: Bench, resume: bool, asked: int
) -> None:
    bench.server.state.evm_page_limit = 2
    made = [bench.record(minutes).key for minutes in range(9)]
    bench.spoil("bad_gateway", match="GET /(evm|clients_api)", after=2, times=-1)
    with pytest.raises(CannotConnect):
        await bench.backfill()
    bench.server.clear_faults()
    before = pages(bench)
    found = await restarted(bench).async_backfill(
        CAMERAS, start=None, end=None, resume=resume
    )
    assert (found, pages(bench) - before) == (made[4:], asked)


async def test_what_ring_encrypted_is_skipped_from_the_start(bench: Bench) -> None:
    recording = await bench.known(e2ee=True)
    assert bench.state(recording) == (RecordingState.SKIPPED, "e2ee")


async def test_without_cameras_nothing_is_asked(bench: Bench) -> None:
    assert await bench.downloader.async_backfill((), start=None, end=None) == []
    assert pages(bench) == 0


async def test_progress_counts_the_new_ones(bench: Bench) -> None:
    bench.server.state.evm_page_limit = 2
    for minutes in range(5):
        bench.record(minutes)
    counted: list[int] = []
    await bench.downloader.async_backfill(
        CAMERAS,
        start=None,
        end=None,
        progress=lambda done, _total, _message: counted.append(done),
    )
    assert counted == [2, 4, 5]
