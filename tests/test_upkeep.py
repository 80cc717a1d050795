"""The library's care in a running Home Assistant: copies, a restore, lost files."""

from datetime import timedelta
from pathlib import Path
import sqlite3

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.library import store
from custom_components.ring_vision.library.models import AnalysisState, RecordingState
from custom_components.ring_vision.upkeep import async_keep_up
from tests.ring_cloud_server import CloudRecording, RingCloudServer

from .steps import row, set_up, settle

GARBAGE = b"no database at all" * 500


def folder_of(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return the folder of an account's database."""
    return Path(hass.config.path(DOMAIN)) / f"account_{entry.unique_id}"


def copies_of(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return the names of an account's copies."""
    folder = folder_of(hass, entry) / "copies"
    return sorted(path.name for path in folder.iterdir())


def restored_issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue about a restored database."""
    return ir.async_get(hass).async_get_issue(
        DOMAIN, f"library_restored_{entry.entry_id}"
    )


def damage(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Overwrite the database of an account that is not set up."""
    (folder_of(hass, entry) / store.FILE_NAME).write_bytes(GARBAGE)


async def test_the_database_is_copied_at_the_start_and_every_day(
    hass: HomeAssistant,
    account: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    today = dt_util.utcnow()
    assert copies_of(hass, account) == [f"library-{today.date()}.db"]
    freezer.tick(timedelta(days=1, minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert copies_of(hass, account) == [
        f"library-{today.date()}.db",
        f"library-{today.date() + timedelta(days=1)}.db",
    ]
    await hass.config_entries.async_unload(account.entry_id)
    freezer.tick(timedelta(days=1, minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(copies_of(hass, account)) == 2


async def test_a_damaged_database_is_restored_and_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    one_recording: CloudRecording,
    cloud: RingCloudServer,
) -> None:
    # The copy is made at the start, so it knows nothing of the recording.
    await set_up(hass, entry)
    assert restored_issue(hass, entry) is None
    await hass.config_entries.async_unload(entry.entry_id)
    damage(hass, entry)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    issue = restored_issue(hass, entry)
    assert issue is not None
    (broken,) = folder_of(hass, entry).glob("library.db.broken-*Z")
    assert issue.translation_placeholders == {
        "account": entry.title,
        "date": str(dt_util.utcnow().date()),
        "file": str(broken),
    }
    assert (issue.is_fixable, issue.is_persistent) == (False, True)
    assert broken.read_bytes() == GARBAGE
    found = await row(entry, one_recording.key)
    assert found.state is RecordingState.DOWNLOADED
    assert found.analysis is AnalysisState.DONE
    # Its file was still there, and nobody asked Ring for it again.
    assert len(cloud.seen("GET", "/video/")) == 1


async def test_a_restored_database_is_told_again_though_the_last_time_was_ignored(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    await set_up(hass, entry)
    for _ in range(2):
        await hass.config_entries.async_unload(entry.entry_id)
        damage(hass, entry)
        await set_up(hass, entry)
        issue = restored_issue(hass, entry)
        assert issue is not None
        assert issue.dismissed_version is None
        ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, ignore=True)
    await hass.config_entries.async_remove(entry.entry_id)
    assert restored_issue(hass, entry) is None


async def test_a_locked_database_is_tried_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(
        folder_of(hass, entry) / store.FILE_NAME, isolation_level=None
    )
    other.execute("BEGIN EXCLUSIVE")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "library_busy"
    other.close()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await settle(hass, entry)


async def test_a_recording_that_lost_its_file_is_fetched_again(
    hass: HomeAssistant,
    account: MockConfigEntry,
    one_recording: CloudRecording,
    cloud: RingCloudServer,
) -> None:
    await account.runtime_data.account.async_start_check().wait()
    await settle(hass, account)
    found = await row(account, one_recording.key)
    assert found.path is not None
    path: Path = account.runtime_data.archive.files.resolve(found.path)
    path.unlink()
    await hass.config_entries.async_reload(account.entry_id)
    await settle(hass, account)
    assert path.is_file()
    assert len(cloud.seen("GET", "/video/")) == 2
    again = await row(account, one_recording.key)
    assert again.state is RecordingState.DOWNLOADED
    assert again.analysis is AnalysisState.DONE


async def test_damage_that_a_copy_finds_is_mended_by_a_new_start(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    library = account.runtime_data.archive.library
    (copy,) = (folder_of(hass, account) / "copies").iterdir()

    def damage_in_use() -> None:
        copy.rename(copy.with_name("library-2026-01-01.db"))
        library._engine.dispose()
        damage(hass, account)
        for companion in ("-wal", "-shm"):
            library.path.with_name(library.path.name + companion).unlink(
                missing_ok=True
            )
        library._engine.dispose()  # or what is left in memory would look sound

    # A look at the library just now would write sound pages over the damage.
    await account.runtime_data.library.async_shutdown()
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.async_add_executor_job(damage_in_use)
    async_keep_up(hass, account)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.state is ConfigEntryState.LOADED
    assert account.runtime_data.archive.library is not library
    assert restored_issue(hass, account) is not None


async def test_a_copy_that_fails_is_tried_again_the_next_day(
    hass: HomeAssistant,
    account: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.ring_vision.library.copies.MIN_FREE_BYTES", 1 << 62
    )
    freezer.tick(timedelta(days=1, minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "not enough space" in caplog.text
    assert len(copies_of(hass, account)) == 1
    monkeypatch.undo()
    freezer.tick(timedelta(days=1, minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(copies_of(hass, account)) == 2
