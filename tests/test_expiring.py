"""Warning before Ring deletes what is not here."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from sqlalchemy.engine import Connection

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.expiring import Expiring, find_expiring
from custom_components.ring_vision.library import asking, recordings
from custom_components.ring_vision.library.models import NewRecording
from custom_components.ring_vision.library.store import Library

from .ring_cloud_server import RingCloudServer
from .steps import NOW, settle

AT = datetime(2027, 3, 4, 20, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Generator[Library]:
    """Return an empty library."""
    opened = Library.open(tmp_path)
    yield opened
    opened.close()


def add(
    connection: Connection,
    recording_id: str,
    age: timedelta,
    *,
    camera_id: str = "1001",
    reason: str | None = None,
) -> None:
    """Add a recording that was announced once; a reason skips it."""
    new = NewRecording(
        id=recording_id,
        camera_id=camera_id,
        kind="motion",
        start=dt_util.utcnow() - age,
        skip_reason=reason,
    )
    recordings.add_recordings(connection, [new])


@pytest.mark.freeze_time(NOW)
@pytest.mark.parametrize(
    ("kept_days", "age_days", "expires"),
    [
        (60, 56.9, False),
        (60, 57.1, True),
        (60, 59.9, True),
        (60, 60.1, False),
        (7, 3.9, False),
        (7, 4.1, True),
        (3, 1.4, False),
        (3, 1.6, True),
        (1, 0.4, False),
        (1, 0.6, True),
    ],
)
def test_it_is_told_in_the_last_days(
    library: Library, kept_days: int, age_days: float, expires: bool
) -> None:
    life, age = timedelta(days=kept_days), timedelta(days=age_days)
    library.run(add, "1", age)
    found = library.run(find_expiring, {"1001": life}, AT)
    assert found == (Expiring(count=1, first=AT - age + life) if expires else None)


@pytest.mark.freeze_time(NOW)
def test_only_what_is_missing_counts(library: Library) -> None:
    age = timedelta(days=58)
    for name in ("seen", "not_ready", "failed", "expired", "kept", "deleted"):
        library.run(add, name, age)
    library.run(add, "skipped", age, reason="e2ee")
    library.run(add, "other camera", age, camera_id="1002")
    library.run(add, "first", age + timedelta(hours=1))
    library.run(asking.mark_not_ready, "not_ready", AT)
    library.run(recordings.mark_failed, "failed", "not_mp4")
    library.run(recordings.mark_expired, "expired", "gone")
    library.run(recordings.mark_downloaded, "kept", "kept.mp4", 1)
    library.run(recordings.mark_deleted, ["deleted"])
    life = timedelta(days=60)
    assert library.run(find_expiring, {"1001": life}, AT) == Expiring(
        count=4, first=AT + timedelta(days=1, hours=23)
    )
    assert library.run(find_expiring, {}, AT) is None


def told(hass: HomeAssistant) -> list[dict[str, str] | None]:
    """Return what the issue says, nothing when there is none."""
    return [
        issue.translation_placeholders
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.translation_key == "recordings_expiring"
    ]


def add_failed(connection: Connection, recording_id: str, age: timedelta) -> None:
    """Add a recording that was given up."""
    add(connection, recording_id, age)
    recordings.mark_failed(connection, recording_id, "not_mp4")


@pytest.mark.freeze_time(NOW)
async def test_it_is_told_until_the_recording_is_here(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    ask = account.runtime_data.archive.ask
    await ask(add_failed, "1", timedelta(days=58))
    await ask(add_failed, "2", timedelta(days=59))
    await settle(hass, account)
    assert told(hass) == [{"count": "2", "until": "2027-03-05 12:00"}]
    await ask(recordings.mark_downloaded, "2", "2.mp4", 1)
    await settle(hass, account)
    assert told(hass) == [{"count": "1", "until": "2027-03-06 12:00"}]
    await ask(recordings.mark_downloaded, "1", "1.mp4", 1)
    await settle(hass, account)
    assert told(hass) == []


@pytest.mark.freeze_time(NOW)
async def test_time_alone_brings_the_warning_and_the_end(
    hass: HomeAssistant, account: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await account.runtime_data.archive.ask(
        add_failed, "1", timedelta(days=56, hours=23, minutes=30)
    )
    await settle(hass, account)
    assert told(hass) == []
    await account.runtime_data.account.async_shutdown()  # Ring says nothing any more
    freezer.tick(timedelta(hours=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(hass) == [{"count": "1", "until": "2027-03-07 12:30"}]
    freezer.tick(timedelta(days=3))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(hass) == []


@pytest.mark.freeze_time(NOW)
async def test_where_ring_does_not_say_how_long_nothing_is_told(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[0].recording_ttl_days = 0
    await account.runtime_data.account.async_refresh()
    await account.runtime_data.archive.ask(add_failed, "1", timedelta(days=59))
    await settle(hass, account)
    assert told(hass) == []


@pytest.mark.freeze_time(NOW)
async def test_the_warning_goes_with_the_account(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    await account.runtime_data.archive.ask(add_failed, "1", timedelta(days=59))
    await settle(hass, account)
    assert len(told(hass)) == 1
    await hass.config_entries.async_unload(account.entry_id)
    assert told(hass) == []
