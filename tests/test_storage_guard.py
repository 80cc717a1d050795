"""A disk without room, a folder that is gone, and what happens when they are back."""

from datetime import timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import DOMAIN, EVENT_TASK
from custom_components.ring_vision.downloader.intake import Intake
from custom_components.ring_vision.library.errors import BusyLibrary
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.storage_guard import RETRY_INTERVAL
from custom_components.ring_vision.tasks import TaskKind

from .ring_cloud_server import FAULTS, RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import NOW, check, recorded, row, settle, tasks_of

CLIP = ("libx264", "first")
NO_ROOM = 10**18
"""More than any disk has."""


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues about the recordings folder."""
    return {
        str(issue.translation_key): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
        and issue.translation_key in {"disk_full", "storage_unavailable"}
    }


async def retry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the time of the next try come."""
    freezer.tick(RETRY_INTERVAL + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.freeze_time(NOW)
async def test_a_full_disk_is_told_and_downloads_go_on_by_themselves(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    kept = recorded(cloud, clip(*CLIP), minutes_ago=20)
    await check(hass, account)
    files = account.runtime_data.archive.files
    files._min_free = NO_ROOM
    waits = recorded(cloud, clip(*CLIP), minutes_ago=10)
    await check(hass, account)
    assert list(issues(hass)) == ["disk_full"]
    told = issues(hass)["disk_full"].translation_placeholders
    assert told
    assert told["folder"] == str(files.root)
    assert int(told["free"]) > 0
    await retry(hass, freezer)
    assert list(issues(hass)) == ["disk_full"]
    assert (await row(account, waits.key)).state is RecordingState.SEEN
    assert (await row(account, kept.key)).state is RecordingState.DOWNLOADED
    assert len(cloud.seen("GET", "/video/")) == 1
    files._min_free = 0
    await retry(hass, freezer)
    assert issues(hass) == {}
    assert (await row(account, waits.key)).state is RecordingState.DOWNLOADED
    await retry(hass, freezer)  # a poll lies in between
    downloads = len(tasks_of(account, TaskKind.DOWNLOAD))
    await retry(hass, freezer)
    assert len(tasks_of(account, TaskKind.DOWNLOAD)) == downloads


@pytest.mark.freeze_time(NOW)
async def test_a_folder_that_is_gone_is_told_and_nothing_is_given_up(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    kept = recorded(cloud, clip(*CLIP), minutes_ago=20)
    await check(hass, account)
    root = account.runtime_data.archive.files.root
    away = root.with_name("unmounted")
    root.rename(away)
    waits = recorded(cloud, clip(*CLIP), minutes_ago=10)
    await check(hass, account)
    assert list(issues(hass)) == ["storage_unavailable"]
    await retry(hass, freezer)
    assert list(issues(hass)) == ["storage_unavailable"]
    assert (await row(account, waits.key)).state is RecordingState.SEEN
    assert (await row(account, kept.key)).state is RecordingState.DOWNLOADED
    assert not root.exists()
    away.rename(root)
    await retry(hass, freezer)
    assert issues(hass) == {}
    assert (await row(account, waits.key)).state is RecordingState.DOWNLOADED


@pytest.mark.freeze_time(NOW)
async def test_one_trouble_takes_the_place_of_the_other(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    recorded(cloud, clip(*CLIP), minutes_ago=20)
    await check(hass, account)
    files = account.runtime_data.archive.files
    files._min_free = NO_ROOM
    recorded(cloud, clip(*CLIP))
    await check(hass, account)
    files.root.rename(files.root.with_name("unmounted"))
    await retry(hass, freezer)
    assert list(issues(hass)) == ["storage_unavailable"]


@pytest.mark.freeze_time(NOW)
async def test_a_backfill_without_room_is_fetched_later_too(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    old = recorded(cloud, clip(*CLIP), minutes_ago=20 * 24 * 60)
    files = account.runtime_data.archive.files
    files._min_free = NO_ROOM
    account.runtime_data.account.async_start_backfill(
        ["1001"], start=None, end=None, limit=None, skip_existing=True
    )
    await settle(hass, account)
    assert list(issues(hass)) == ["disk_full"]
    files._min_free = 0
    await retry(hass, freezer)
    assert issues(hass) == {}
    assert (await row(account, old.key)).state is RecordingState.DOWNLOADED


@pytest.mark.freeze_time(NOW)
async def test_the_issue_goes_when_there_is_room_though_ring_is_down(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    files = account.runtime_data.archive.files
    files._min_free = NO_ROOM
    waits = recorded(cloud, clip(*CLIP))
    await check(hass, account)
    files._min_free = 0
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await retry(hass, freezer)
    assert issues(hass) == {}
    assert (await row(account, waits.key)).state is RecordingState.SEEN
    cloud.clear_faults()


async def test_the_issue_goes_with_the_account(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    account.runtime_data.archive.files._min_free = NO_ROOM
    recorded(cloud, clip(*CLIP))
    await check(hass, account)
    assert list(issues(hass)) == ["disk_full"]
    await hass.config_entries.async_unload(account.entry_id)
    assert issues(hass) == {}


async def test_another_failure_says_nothing_about_the_disk(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    recorded(cloud, clip(*CLIP))
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await check(hass, account)
    hass.bus.async_fire(EVENT_TASK, {"entry_id": "other", "task_id": "other"})
    await hass.async_block_till_done()
    assert issues(hass) == {}
    cloud.clear_faults()


@pytest.mark.freeze_time(NOW)
async def test_a_library_that_is_busy_is_no_reason_to_stop_trying(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    files = account.runtime_data.archive.files
    files._min_free = NO_ROOM
    waits = recorded(cloud, clip(*CLIP))
    await check(hass, account)
    files._min_free = 0
    with patch.object(Intake, "prepare", side_effect=BusyLibrary):
        await retry(hass, freezer)
    assert list(issues(hass)) == ["disk_full"]
    await retry(hass, freezer)
    assert issues(hass) == {}
    assert (await row(account, waits.key)).state is RecordingState.DOWNLOADED
