"""Asking Ring again and again, fetching what is new, and what goes wrong with it."""

import asyncio
from datetime import timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import CONF_CAMERAS
from custom_components.ring_vision.coordinator import POLL_INTERVAL
from custom_components.ring_vision.downloader import Downloader
from custom_components.ring_vision.library.models import AnalysisState, RecordingState
from custom_components.ring_vision.tasks import TaskKind, TaskState

from .ring_cloud_server import FAULTS, CloudRecording, Fault, RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import NOW, check, known, recorded, row, set_up, settle, tasks_of

CLIP = ("libx264", "first")
HISTORY = "GET /evm/v2/history/devices"
SECOND = timedelta(seconds=1)


async def later(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, after: timedelta
) -> None:
    """Let time pass, and wait for what it brings."""
    freezer.tick(after)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


def reauths(hass: HomeAssistant) -> int:
    """Return how many dialogs ask the owner to sign in again."""
    return [
        flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()
    ].count(SOURCE_REAUTH)


async def test_a_new_recording_comes_with_the_next_poll(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    recording = recorded(cloud, clip(*CLIP), minutes_ago=1)
    async_fire_time_changed(hass, dt_util.utcnow() + POLL_INTERVAL - 10 * SECOND)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert recording.key not in await known(account)
    async_fire_time_changed(hass, dt_util.utcnow() + POLL_INTERVAL + SECOND)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await row(account, recording.key)).analysis is AnalysisState.DONE


async def test_the_first_check_walks_the_whole_time_and_later_ones_do_not(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.evm_page_limit = 2
    for minutes_ago in (10, 20, 30, 40, 50):
        recorded(cloud, clip(*CLIP), minutes_ago=minutes_ago)
    too_old = recorded(cloud, clip(*CLIP), minutes_ago=8 * 24 * 60)
    await set_up(hass, entry)
    assert len(await known(entry)) == 5
    assert too_old.key not in await known(entry)
    walked = len(cloud.seen("GET", "/evm/v2/history/devices"))
    await check(hass, entry)
    assert walked >= 3
    assert len(cloud.seen("GET", "/evm/v2/history/devices")) == walked + 1
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.freeze_time(NOW)
async def test_a_recording_that_is_not_ready_is_fetched_before_the_next_poll(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recording = recorded(cloud, clip(*CLIP), not_ready_requests=2)
    await check(hass, account)
    assert (await row(account, recording.key)).state is RecordingState.NOT_READY
    asked = len(cloud.seen("GET", "/evm/v2/history/devices"))
    await later(hass, freezer, 16 * SECOND)
    assert (await row(account, recording.key)).state is RecordingState.NOT_READY
    await later(hass, freezer, 31 * SECOND)
    assert (await row(account, recording.key)).state is RecordingState.DOWNLOADED
    assert len(cloud.seen("GET", "/evm/v2/history/devices")) == asked
    assert len(tasks_of(account, TaskKind.CHECK)) == 2


async def test_only_the_chosen_cameras_are_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    wanted = recorded(cloud, clip(*CLIP), camera=0)
    recorded(cloud, clip(*CLIP), camera=1)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_CAMERAS: ["1001"]}
    )
    await set_up(hass, entry)
    assert await known(entry) == {wanted.key}
    assert {
        request.query["source_ids"]
        for request in cloud.seen("GET", "/evm/v2/history/devices")
    } == {"1001"}
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.freeze_time(NOW)
async def test_a_camera_that_is_no_longer_chosen_plans_no_retry(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recording = recorded(cloud, clip(*CLIP), camera=1, not_ready_requests=9)
    await check(hass, account)
    hass.config_entries.async_update_entry(
        account, options={**account.options, CONF_CAMERAS: ["1001"]}
    )
    await hass.config_entries.async_reload(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = await row(account, recording.key)
    await later(hass, freezer, 60 * SECOND)
    assert await row(account, recording.key) == before
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == 1


async def test_what_is_found_while_a_download_is_ending_is_not_left(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """The second check comes when the first download has nothing left to take."""
    first = recorded(cloud, clip(*CLIP))
    ended = Downloader.async_download_due
    second: list[CloudRecording] = []

    async def find_more(*args: object, **kwargs: object) -> object:
        summary = await ended(*args, **kwargs)
        second.append(recorded(cloud, clip(*CLIP), minutes_ago=5))
        patched.stop()
        await account.runtime_data.account.async_start_check().wait()
        return summary

    patched = patch.object(Downloader, "async_download_due", find_more)
    patched.start()
    await check(hass, account)
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == 2
    assert [
        (await row(account, recording.key)).state for recording in (first, *second)
    ] == [RecordingState.DOWNLOADED] * 2


@pytest.mark.freeze_time(NOW)
async def test_a_rate_limit_ends_the_check_and_is_waited_for(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recording = recorded(cloud, clip(*CLIP))
    cloud.add_fault(Fault(HISTORY, status=429, body={}, headers={"Retry-After": "60"}))
    task = await check(hass, account)
    assert task.state is TaskState.FAILED
    assert task.failure.translation_key == "rate_limited"
    downloads = len(tasks_of(account, TaskKind.DOWNLOAD))
    await later(hass, freezer, 50 * SECOND)
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == downloads
    await later(hass, freezer, 20 * SECOND)
    assert tasks_of(account, TaskKind.DOWNLOAD)[0].state is TaskState.FINISHED
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == downloads + 1
    await later(hass, freezer, POLL_INTERVAL)
    assert (await row(account, recording.key)).state is RecordingState.DOWNLOADED


@pytest.mark.freeze_time(NOW)
async def test_a_download_waits_for_a_rate_limit_to_end(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recording = recorded(cloud, clip(*CLIP))
    cloud.add_fault(
        Fault(
            "GET /evm/v2/history/events/",
            status=429,
            body={},
            headers={"Retry-After": "60"},
        )
    )
    await check(hass, account)
    failed = tasks_of(account, TaskKind.DOWNLOAD)[0]
    assert failed.failure.translation_key == "rate_limited"
    assert (await row(account, recording.key)).state is RecordingState.SEEN
    await later(hass, freezer, 70 * SECOND)
    assert (await row(account, recording.key)).state is RecordingState.DOWNLOADED


async def test_a_check_says_that_ring_cannot_be_reached(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(FAULTS["server_error"](times=-1))
    task = await check(hass, account)
    assert task.failure.translation_key == "cannot_reach_ring"
    assert task.failure.translation_placeholders == {"reason": "CannotConnect"}
    cloud.clear_faults()


async def test_a_sign_in_that_ended_during_checks_is_asked_for_once(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.expire_access_tokens()
    cloud.state.revoke_refresh_tokens()
    for _ in range(2):
        task = await check(hass, account)
        assert task.failure.translation_key == "sign_in_expired"
    await account.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert reauths(hass) == 1
    assert account.state is ConfigEntryState.LOADED


async def test_a_span_of_time_is_fetched_and_counted(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    old = [
        recorded(cloud, clip(*CLIP), minutes_ago=days * 24 * 60).key
        for days in (20, 21, 30)
    ]
    now = dt_util.utcnow()

    async def fetch(limit: int | None) -> dict[str, object]:
        answer: dict[
            str, object
        ] = await account.runtime_data.account.async_start_backfill(
            ["1001"],
            start=now - timedelta(days=25),
            end=now - timedelta(days=15),
            limit=limit,
            skip_existing=True,
        ).wait()
        return answer

    first = await fetch(1)
    assert (first["found"], first["downloaded"]) == (1, [old[0]])
    second = await fetch(None)
    assert (second["found"], second["downloaded"], second["skipped"]) == (
        2,
        [old[1]],
        [old[0]],
    )
    await settle(hass, account)
    assert await known(account) == set(old[:2])


async def test_the_same_span_of_time_is_fetched_once(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    coordinator = account.runtime_data.account
    tasks = {
        coordinator.async_start_backfill(
            cameras, start=None, end=None, limit=5, skip_existing=True
        ).id
        for cameras in (["1001", "1002"], ["1002", "1001"], ["1001"])
    }
    await settle(hass, account)
    assert len(tasks) == 2


async def test_a_range_download_fails_in_the_owners_words(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(FAULTS["server_error"](times=-1))
    task = account.runtime_data.account.async_start_backfill(
        ["1001"], start=None, end=None, limit=None, skip_existing=True
    )
    with pytest.raises(HomeAssistantError) as raised:
        await task.wait()
    assert raised.value.translation_key == "cannot_reach_ring"
    cloud.clear_faults()


async def test_the_account_unloads_while_a_download_stalls(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.add_fault(FAULTS["media_stalled"](times=-1, stall_after=1000))
    recording = recorded(cloud, clip(*CLIP))
    tasks = account.runtime_data.tasks
    account.runtime_data.account.async_start_check()
    async with asyncio.timeout(60):
        while not cloud.seen("GET", "/video/"):
            await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        assert await hass.config_entries.async_unload(account.entry_id)
    assert tasks.active == []
    cloud.clear_faults()
    await set_up(hass, account)
    assert (await row(account, recording.key)).state is RecordingState.DOWNLOADED


@pytest.mark.freeze_time(NOW)
async def test_a_task_that_ends_after_the_shutdown_plans_nothing(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recorded(cloud, clip(*CLIP), not_ready_requests=9)
    await check(hass, account)
    coordinator = account.runtime_data.account
    await coordinator.async_shutdown()
    await later(hass, freezer, 16 * SECOND)
    assert await coordinator.async_start_download().wait()
    before = len(tasks_of(account, TaskKind.DOWNLOAD))
    await later(hass, freezer, 60 * SECOND)
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == before


async def test_no_other_camera_takes_the_place_of_a_chosen_one_that_left(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    one_recording: CloudRecording,
) -> None:
    options = {**entry.options, CONF_CAMERAS: ["1003"]}
    hass.config_entries.async_update_entry(entry, options=options)
    await set_up(hass, entry)
    cloud.state.cameras.pop()
    account = entry.runtime_data.account
    await account.async_refresh()
    await settle(hass, entry)
    assert account.chosen == ()
    await account.async_start_backfill(
        (), start=None, end=None, limit=None, skip_existing=True
    ).wait()
    assert await known(entry) == set()
    assert cloud.seen("GET", "/video/") == []
