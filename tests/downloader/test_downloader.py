"""Tests of which recordings are fetched, in which order, and what becomes of them."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
import shutil
from typing import Any
from unittest.mock import patch

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.downloader import (
    MAX_ATTEMPTS,
    Downloader,
    DownloadSummary,
)
from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.models import (
    AnalysisState,
    NewRecording,
    Recording,
    RecordingState,
)
from custom_components.ring_vision.ring_cloud.errors import (
    Blocked,
    CannotConnect,
    RateLimited,
    SignInExpired,
)

from .bench import ASKS, WAITING, Bench, asked, several, until


async def test_a_recording_goes_straight_to_its_place(bench: Bench) -> None:
    recording = await bench.known(kind="ding")
    summary = await bench.due()
    (fresh,) = bench.told
    assert fresh == bench.row(recording)
    assert fresh.path == (
        f"1001/{recording.start:%Y/%m}/{recording.start:%Y%m%dT%H%M%SZ}"
        f"_ding_{recording.key}.mp4"
    )
    assert (fresh.state, fresh.analysis) == (
        RecordingState.DOWNLOADED,
        AnalysisState.WAITING,
    )
    assert bench.names() == [fresh.path]
    assert bench.file(recording).read_bytes() == bench.clip.read_bytes()
    assert summary.as_response() == {
        "downloaded": [recording.key],
        "not_ready": [],
        "skipped": [],
        "failed": {},
    }
    assert bench.progress[0] == (0, 1, None)
    assert bench.progress[-1] == (1, 1, None)


async def test_nothing_due_asks_nothing_and_makes_nothing(bench: Bench) -> None:
    summary = await bench.due()
    assert summary.done == 0
    assert bench.server.seen("GET", "/") == []
    assert not bench.files.root.exists()


async def test_the_newest_comes_first_up_to_the_limit(bench: Bench) -> None:
    made = [bench.record(minutes).key for minutes in (5, 6, 7, 8, 9)]
    await bench.backfill()
    summary = await bench.due(limit=3)
    assert sorted(summary.downloaded, reverse=True) == made[:3]
    assert set(asked(bench)) == set(made[:3])


async def test_only_the_cameras_asked_for_are_fetched(bench: Bench) -> None:
    bench.record(5, camera_id=1002)
    mine = bench.record(6)
    await bench.backfill()
    assert (await bench.due(camera_ids=["1001"])).downloaded == [mine.key]


async def test_what_comes_in_during_a_run_goes_before_what_is_older(
    bench: Bench,
) -> None:
    for minutes in range(10, 20):
        bench.record(minutes)
    oldest = await bench.known(20)
    new = bench.record(1)

    def announce(_: Recording) -> None:
        row = NewRecording(id=new.key, camera_id="1001", kind="motion", start=new.start)
        bench.library.run(recordings.add_recordings, [row])

    bench.listeners.append(announce)
    await bench.due()
    order = asked(bench)
    assert order.index(new.key) < order.index(oldest.key) - 4


async def test_at_most_two_are_fetched_at_the_same_time(bench: Bench) -> None:
    for minutes in range(6):
        bench.record(minutes)
    await bench.backfill()
    at_once: list[int] = []
    ask = bench.cloud.async_media_url

    async def count(recording: Recording) -> Any:
        at_once.append(len(at_once) + 1 - len(bench.told))
        return await ask(recording)

    with patch.object(bench.cloud, "async_media_url", count):
        await bench.due()
    assert len(bench.told) == 6
    assert max(at_once) == 2


async def test_two_runs_never_fetch_the_same_twice(bench: Bench) -> None:
    recording = await bench.known()
    first, second = await asyncio.gather(bench.due(), bench.fetch(recording.key))
    assert [*first.downloaded, *second.downloaded] == [recording.key]
    assert len(bench.told) == 1
    assert asked(bench) == [recording.key]


async def test_what_is_due_goes_before_the_rest_of_what_was_chosen(
    bench: Bench,
) -> None:
    chosen = [(await bench.known(minutes)).key for minutes in range(10, 20)]
    new = bench.record(1)
    live: list[asyncio.Task[DownloadSummary]] = []

    def ring(_: Recording) -> None:
        if not live:
            row = NewRecording(
                id=new.key, camera_id="1001", kind="ding", start=new.start
            )
            bench.library.run(recordings.add_recordings, [row])
            live.append(asyncio.create_task(bench.due(limit=1)))

    bench.listeners.append(ring)
    summary = await bench.fetch(*chosen)
    assert sorted(summary.downloaded) == sorted(chosen)
    assert (await live[0]).downloaded == [new.key]
    assert asked(bench).index(new.key) < 6


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"not_ready_requests": 1}, id="Ring names no media"),
        pytest.param({"missing_object_requests": 1}, id="the store has no such key"),
    ],
)
async def test_what_is_not_ready_is_fetched_later(
    bench: Bench, changes: dict[str, int]
) -> None:
    recording = await bench.known(**changes)
    summary = await bench.due()
    assert summary.not_ready == [recording.key]
    row = bench.row(recording)
    assert (row.state, row.reason) == (RecordingState.NOT_READY, "not_ready")
    assert row.next_try is not None
    assert (await bench.due()).done == 0
    bench.change(recording, next_try=None)
    assert (await bench.due()).downloaded == [recording.key]


async def test_what_is_not_ready_for_a_day_never_will_be(bench: Bench) -> None:
    recording = await bench.known(not_ready_requests=9)
    await bench.due()
    bench.change(
        recording,
        asked_since=datetime.now(UTC) - timedelta(hours=25),
        next_try=None,
    )
    summary = await bench.due()
    assert summary.failed == {recording.key: "no_media"}
    assert bench.state(recording) == (RecordingState.EXPIRED, "no_media")


async def test_what_was_encrypted_meanwhile_is_skipped(bench: Bench) -> None:
    recording = await bench.known()
    recording.e2ee = True
    assert (await bench.due()).skipped == [recording.key]
    assert bench.state(recording) == (RecordingState.SKIPPED, "e2ee")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("too_many_requests", RateLimited),
        ("unavailable", RateLimited),
        ("not_acceptable", Blocked),
    ],
)
async def test_a_ring_that_wants_peace_ends_the_run(
    bench: Bench, name: str, error: type[Exception]
) -> None:
    """The transfer under way ends well, the other rows wait as if never tried."""
    made = await several(bench)
    bench.spoil("media_slow", bps=400_000)
    bench.spoil(name, match=ASKS, after=1, times=-1)
    with pytest.raises(error):
        await bench.due()
    states = [bench.state(recording) for recording in made]
    done = (RecordingState.DOWNLOADED, None)
    assert sorted(states) == [done, *[WAITING] * 4]
    assert [bench.row(recording).attempts for recording in made] == [0] * 5
    assert len(bench.names()) == len(bench.told) == 1


async def test_a_lost_sign_in_ends_the_run(bench: Bench) -> None:
    made = await several(bench)
    bench.server.state.expire_access_tokens()
    bench.server.state.revoke_refresh_tokens()
    with pytest.raises(SignInExpired):
        await bench.due()
    assert [bench.state(recording) for recording in made] == [WAITING] * 5


@pytest.mark.parametrize("count", [1, 5])
async def test_a_ring_that_is_away_ends_the_run(bench: Bench, count: int) -> None:
    made = await several(bench, count)
    bench.spoil("api_reset", times=-1)
    with pytest.raises(CannotConnect):
        await bench.due()
    assert [bench.state(recording) for recording in made] == [WAITING] * count


async def test_a_recording_that_ring_stumbles_over_holds_up_no_other(
    bench: Bench,
) -> None:
    newest, *others = await several(bench)
    bench.spoil("server_error", match=f"{ASKS}{newest.key}", times=-1)
    summary = await bench.due()
    assert set(summary.downloaded) == {recording.key for recording in others}
    assert summary.failed == {newest.key: "no_answer"}
    row = bench.row(newest)
    assert (row.state, row.reason) == (RecordingState.SEEN, "no_answer")
    assert row.next_try is not None


@pytest.mark.parametrize("by_ids", [False, True])
async def test_a_camera_that_ring_stumbles_over_holds_up_no_other(
    bench: Bench, by_ids: bool
) -> None:
    """The first run takes Ring for away; the next one begins elsewhere."""
    bad = [bench.record(minutes, camera_id=1002) for minutes in range(4)]
    good = [bench.record(minutes) for minutes in (10, 11)]
    await bench.backfill()
    ids = [recording.key for recording in (*bad, *good)]
    for recording in bad:
        bench.spoil("server_error", match=f"{ASKS}{recording.key}", times=-1)

    def run() -> Coroutine[Any, Any, DownloadSummary]:
        return bench.fetch(*ids) if by_ids else bench.due()

    with pytest.raises(CannotConnect):
        await run()
    assert [bench.state(recording) for recording in (*bad, *good)] == [WAITING] * 6
    summary = await run()
    assert set(summary.downloaded) == {recording.key for recording in good}
    assert summary.failed == {recording.key: "no_answer" for recording in bad}


async def test_a_token_may_expire_during_a_run(bench: Bench) -> None:
    made = await several(bench)

    def expire(_: Recording) -> None:
        bench.listeners.clear()
        bench.server.state.expire_access_tokens()

    bench.listeners.append(expire)
    summary = await bench.due()
    assert set(summary.downloaded) == {recording.key for recording in made}


async def test_what_failed_in_many_runs_is_given_up(bench: Bench) -> None:
    recording = await bench.known()
    bench.change(recording, attempts=MAX_ATTEMPTS, reason="connection_lost")
    bench.spoil_store(status=500, times=-1)
    await bench.due()
    assert bench.state(recording) == (RecordingState.FAILED, "connection_lost")


async def test_a_full_disk_ends_the_run_before_ring_is_asked(bench: Bench) -> None:
    recording = await bench.known()
    full = RecordingFiles(bench.files.root, min_free=1 << 62)
    bench.downloader = Downloader(bench.hass, bench.cloud, bench.library, full)
    with pytest.raises(HomeAssistantError) as raised:
        await bench.due()
    assert (raised.value.translation_domain, raised.value.translation_key) == (
        DOMAIN,
        "disk_full",
    )
    assert bench.state(recording) == WAITING
    assert bench.server.seen("GET", "/evm/v2/history/events") == []


async def test_a_disk_that_fills_up_ends_the_run(bench: Bench) -> None:
    made = await several(bench)
    bench.listeners.append(lambda _: setattr(bench.files, "_min_free", 1 << 62))
    with pytest.raises(HomeAssistantError) as raised:
        await bench.due()
    assert raised.value.translation_key == "disk_full"
    states = {bench.row(recording).state for recording in made}
    assert states == {RecordingState.DOWNLOADED, RecordingState.SEEN}


@pytest.mark.parametrize("by_ids", [False, True])
async def test_a_folder_that_is_away_ends_the_run_and_is_not_made(
    bench: Bench, by_ids: bool
) -> None:
    first = await bench.known(20)
    await bench.due()
    second = await bench.known(10)
    shutil.rmtree(bench.files.root)
    run = bench.fetch(first.key, second.key) if by_ids else bench.due()
    with pytest.raises(HomeAssistantError) as raised:
        await run
    assert raised.value.translation_key == "storage_unavailable"
    assert bench.row(first).state is RecordingState.DOWNLOADED
    assert bench.state(second) == WAITING
    assert not bench.files.root.exists()


async def test_a_folder_that_goes_away_during_a_transfer_is_not_made_again(
    bench: Bench,
) -> None:
    recording = await bench.known()
    bench.spoil("media_slow", bps=400_000)
    running = asyncio.create_task(bench.due())
    await until(bench.part(recording).exists)
    shutil.rmtree(bench.files.root)
    with pytest.raises(HomeAssistantError) as raised:
        await running
    assert raised.value.translation_key == "storage_unavailable"
    assert bench.state(recording) == WAITING
    assert not bench.files.root.exists()


async def test_a_recording_deleted_while_it_comes_does_not_reappear(
    bench: Bench,
) -> None:
    recording = await bench.known()
    bench.spoil("media_slow", bps=400_000)
    running = asyncio.create_task(bench.due())
    await until(bench.part(recording).exists)
    bench.library.run(recordings.mark_deleted, [recording.key])
    summary = await running
    assert summary.done == len(bench.told) == 0
    assert bench.names() == []
    assert bench.state(recording) == (RecordingState.DELETED, None)


async def test_a_cancelled_run_lets_the_next_one_in(bench: Bench) -> None:
    recording = await bench.known()
    bench.spoil("media_stalled")
    running = asyncio.create_task(bench.due())
    await until(bench.part(recording).exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await bench.due()).downloaded == [recording.key]
