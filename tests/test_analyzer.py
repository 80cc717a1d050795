"""The queue of recordings: what is looked at, what is set aside, what ends it."""

import asyncio
from collections.abc import Generator
from pathlib import Path
import shutil
from unittest.mock import MagicMock, patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.analyzer import Analyzer, Seen
from custom_components.ring_vision.archive import Archive
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.protocol import (
    Analysis,
    AnalyzeJob,
    Capabilities,
)
from custom_components.ring_vision.library import recordings, sightings
from custom_components.ring_vision.library.models import (
    AnalysisState,
    RecordingState,
    SightingFilter,
)
from custom_components.ring_vision.tasks import TaskState

from .pictures import face_clip
from .ring_cloud_server import CloudRecording, RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import (
    ObedientEngine,
    analysis,
    check,
    look,
    recorded,
    row,
    set_up,
    settle,
    track,
    until_busy,
)

CLIP = ("libx264", "first")
NO_WEIGHTS = Capabilities(objects=False, faces=True)
EVERYTHING = Capabilities(objects=True, faces=True)


@pytest.fixture
def engine() -> Generator[ObedientEngine]:
    """Let an engine look that obeys."""
    obedient = ObedientEngine(shows=analysis(track()))
    with patch.object(EngineClient, "analyze", autospec=True, side_effect=obedient):
        yield obedient


async def test_a_crash_of_the_worker_is_forgiven_once(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
) -> None:
    bad = recorded(cloud, clip(*CLIP), minutes_ago=5).key
    good = recorded(cloud, clip(*CLIP), minutes_ago=10).key
    engine.fails[bad] = [EngineError(ErrorCode.CRASHED)] * 2
    await check(hass, account)
    quarantined = await row(account, bad)
    assert quarantined.analysis is AnalysisState.FAILED
    assert quarantined.analysis_reason == "crashed"
    assert (await row(account, good)).analysis is AnalysisState.DONE
    assert sorted(engine.asked) == sorted([bad, good, bad])


@pytest.mark.parametrize(
    "code", [ErrorCode.CRASHED, ErrorCode.TIMEOUT, ErrorCode.INTERNAL]
)
async def test_what_fails_once_is_looked_at_again(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
    code: ErrorCode,
) -> None:
    recording = recorded(cloud, clip(*CLIP)).key
    engine.fails[recording] = [EngineError(code)]
    await check(hass, account)
    assert (await row(account, recording)).analysis is AnalysisState.DONE
    assert engine.asked == [recording] * 2


async def test_a_recording_that_is_no_video_is_set_aside_at_once(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    recording = recorded(cloud, clip(*CLIP)).key
    await check(hass, account)
    files = account.runtime_data.archive.files
    files.resolve((await row(account, recording)).path).write_bytes(b"no video" * 99)
    task = await look(hass, account, recording)
    assert task.result == {"analyzed": [], "failed": {recording: "not_media"}}
    after = await row(account, recording)
    assert (after.analysis, after.analysis_reason, after.analysis_attempts) == (
        AnalysisState.FAILED,
        "not_media",
        1,
    )


async def test_the_newest_recording_comes_first(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
) -> None:
    ids = [
        recorded(cloud, clip(*CLIP), minutes_ago=minutes_ago).key
        for minutes_ago in (30, 10, 20)
    ]
    await check(hass, account)
    engine.asked.clear()
    task = await look(hass, account, *ids)
    assert engine.asked == [ids[1], ids[2], ids[0]]
    assert task.result == {"analyzed": engine.asked, "failed": {}}
    assert (task.current, task.total) == (3, 3)


async def test_a_recording_that_is_deleted_meanwhile_leaves_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    """Its picture is written by the worker before the deletion is known."""
    archive: Archive = account.runtime_data.archive
    recording = recorded(cloud, clip(*CLIP)).key
    told: list[Seen] = []
    account.runtime_data.analyzer.async_on_seen(told.append)

    def delete(client: EngineClient, job: AnalyzeJob, *, timeout_s: float) -> Analysis:
        picture = Path(job.snapshot_dir or "") / f"{recording}_1.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.touch()
        archive.library.run(recordings.mark_deleted, [recording])
        return analysis(track(snapshot=picture.name))

    with patch.object(EngineClient, "analyze", autospec=True, side_effect=delete):
        await check(hass, account)
    assert (await row(account, recording)).state is RecordingState.DELETED
    assert told == []
    assert await archive.ask(sightings.list_sightings, SightingFilter()) == []
    assert list(archive.snapshots.rglob(f"*_{recording}_*.jpg")) == []


async def test_pictures_that_another_look_no_longer_shows_are_deleted(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    recording = recorded(cloud, face_clip(tmp_path / "glimpse.mp4", 0.1)).key
    await check(hass, account)
    snapshots = account.runtime_data.archive.snapshots
    assert len(list(snapshots.rglob(f"*_{recording}_*.jpg"))) == 1
    nothing = ObedientEngine(shows=analysis())
    with patch.object(EngineClient, "analyze", autospec=True, side_effect=nothing):
        await look(hass, account, recording)
    assert list(snapshots.rglob(f"*_{recording}_*.jpg")) == []


async def test_nothing_is_set_aside_while_the_folder_is_gone(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    recording = recorded(cloud, clip(*CLIP)).key
    await check(hass, account)
    root = account.runtime_data.archive.files.root
    away = root.rename(root.with_name("unplugged"))
    task = await look(hass, account, recording)
    assert task.state is TaskState.FAILED
    assert task.failure.translation_key == "storage_unavailable"
    waiting = await row(account, recording)
    assert (waiting.analysis, waiting.analysis_attempts) == (AnalysisState.WAITING, 0)
    away.rename(root)
    await look(hass, account)
    assert (await row(account, recording)).analysis is AnalysisState.DONE


async def test_nothing_is_set_aside_when_the_folder_goes_during_the_work(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
) -> None:
    ids = [recorded(cloud, clip(*CLIP), minutes_ago=ago).key for ago in (5, 10)]
    await check(hass, account)
    analyzer: Analyzer = account.runtime_data.analyzer
    root = account.runtime_data.archive.files.root
    forget = analyzer.async_on_seen(lambda _: shutil.rmtree(root))
    task = await look(hass, account, *ids)
    forget()
    assert task.failure.translation_key == "storage_unavailable"
    assert [(await row(account, key)).analysis for key in ids] == [
        AnalysisState.DONE,
        AnalysisState.WAITING,
    ]


async def test_a_lost_file_is_set_aside(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    recording = recorded(cloud, clip(*CLIP)).key
    await check(hass, account)
    files = account.runtime_data.archive.files
    files.resolve((await row(account, recording)).path).unlink()
    task = await look(hass, account, recording)
    assert task.result["failed"] == {recording: "file_missing"}


async def test_what_was_looked_at_without_objects_is_looked_at_with_them(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
) -> None:
    analyzer: Analyzer = account.runtime_data.analyzer
    assert analyzer.missing == ("objects",)
    engine.shows = analysis(track(), missing=("objects",))
    recording = recorded(cloud, clip(*CLIP)).key
    await check(hass, account)
    engine.shows = analysis(track(), track(track=2, label="dog", stranger=None))
    with (
        patch.object(EngineClient, "probe", side_effect=[NO_WEIGHTS, EVERYTHING]),
        patch.object(EngineClient, "fetch_weights") as fetch,
    ):
        await analyzer.async_prepare()
    fetch.assert_called_once_with(str(account.runtime_data.archive.models))
    assert analyzer.missing == ()
    assert (await row(account, recording)).analysis is AnalysisState.WAITING
    await look(hass, account)
    found = await account.runtime_data.archive.ask(
        sightings.list_sightings, SightingFilter(recording_id=recording)
    )
    assert {sighting.label for sighting in found} == {"person", "dog"}
    assert engine.asked == [recording] * 2
    with patch.object(EngineClient, "probe", return_value=EVERYTHING):
        await analyzer.async_prepare()
    assert (await row(account, recording)).analysis is AnalysisState.DONE


async def test_a_wish_in_the_moment_of_the_end_is_not_lost(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
) -> None:
    """The worker ends when nothing waits; just then somebody asks for more."""
    recording = recorded(cloud, clip(*CLIP)).key
    await check(hass, account)
    analyzer: Analyzer = account.runtime_data.analyzer
    joined = []

    async def ask() -> None:
        await analyzer.async_queue([recording])
        joined.append(analyzer.async_wake())

    def close() -> None:
        closing.stop()
        asyncio.run_coroutine_threadsafe(ask(), hass.loop).result(30)

    # No mock: Home Assistant's tests call those in the event loop.
    closing = patch.object(analyzer._client, "close", close)
    closing.start()
    task = await look(hass, account)
    assert joined == [task]
    assert task.result["analyzed"] == [recording]
    assert (await row(account, recording)).analysis is AnalysisState.DONE


async def test_a_cancelled_analysis_ends_and_the_recording_waits_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    one_recording: CloudRecording,
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    analyzer: Analyzer = entry.runtime_data.analyzer
    assert (await until_busy(analyzer)).id == one_recording.key
    task = analyzer.async_wake()
    async with asyncio.timeout(20):
        assert await entry.runtime_data.tasks.async_cancel(task.id)
    assert task.state is TaskState.CANCELLED
    assert analyzer.current is None
    waiting = await row(entry, one_recording.key)
    assert (waiting.analysis, waiting.analysis_attempts) == (AnalysisState.WAITING, 0)
    await settle(hass, entry)
    async with asyncio.timeout(20):
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_the_account_unloads_while_a_recording_is_looked_at(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    one_recording: CloudRecording,
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    analyzer: Analyzer = entry.runtime_data.analyzer
    tasks = entry.runtime_data.tasks
    await until_busy(analyzer)
    async with asyncio.timeout(20):
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert tasks.active == []
    assert analyzer.current is None
    await set_up(hass, entry)
    assert (await row(entry, one_recording.key)).analysis is AnalysisState.DONE
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_listener_that_left_hears_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    engine: ObedientEngine,
) -> None:
    analyzer: Analyzer = account.runtime_data.analyzer
    stays, seen, changed = MagicMock(), MagicMock(), MagicMock()
    analyzer.async_on_seen(stays)
    analyzer.async_on_seen(seen)()
    analyzer.async_on_change(changed)()
    recorded(cloud, clip(*CLIP))
    await check(hass, account)
    stays.assert_called_once()
    seen.assert_not_called()
    changed.assert_not_called()
