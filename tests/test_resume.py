"""Long tasks that a restart cut off begin again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.library import journal
from custom_components.ring_vision.library.models import RecordingState, TaskRow
from custom_components.ring_vision.tasks import TaskKind, TaskState

from .downloader.bench import until
from .pictures import face_picture
from .ring_cloud_server import FAULTS, RingCloudServer
from .steps import recorded, row, settle, tasks_of


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up anew, as a restart does."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass, entry)


async def test_a_backfill_goes_on(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    old = recorded(cloud, clip_of_a_face, minutes_ago=60 * 24 * 30)
    cloud.add_fault(FAULTS["media_stalled"]())
    start = datetime.now(UTC) - timedelta(days=31)
    task = account.runtime_data.account.async_start_backfill(
        ["1001"], start=start, end=None, limit=None, skip_existing=True
    )
    await until(lambda: len(cloud.faults_served) == 1)
    await reload(hass, account)
    assert task.state is TaskState.INTERRUPTED
    assert (await row(account, old.key)).state is RecordingState.DOWNLOADED
    (again,) = tasks_of(account, TaskKind.BACKFILL)
    assert again.state is TaskState.FINISHED
    assert [*again.result["downloaded"], *again.result["skipped"]] == [old.key]


async def test_what_the_owner_cancelled_does_not_come_back(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    clip_of_a_face: Path,
) -> None:
    recorded(cloud, clip_of_a_face, minutes_ago=60 * 24 * 30)
    cloud.add_fault(FAULTS["media_stalled"](times=-1))
    data = account.runtime_data
    task = data.account.async_start_backfill(
        ["1001"], start=None, end=None, limit=None, skip_existing=True
    )
    await until(lambda: len(cloud.faults_served) == 1)
    assert await data.tasks.async_cancel(task.id)
    cloud.clear_faults()
    await reload(hass, account)
    assert task.state is TaskState.CANCELLED
    assert tasks_of(account, TaskKind.BACKFILL) == []


async def test_an_enrolment_goes_on_and_doubles_nothing(
    hass: HomeAssistant, account: MockConfigEntry, tmp_path: Path
) -> None:
    picture = face_picture(tmp_path / "anna.jpg")
    data = account.runtime_data
    await data.people.async_enroll("Anna", [picture]).wait()
    await settle(hass, account)
    cut_off = TaskRow(
        id="0",
        kind="enroll",
        state="running",
        current=0,
        total=1,
        message=None,
        started=datetime.now(UTC),
        finished=None,
        error=None,
        arguments=f'{{"name": "Anna", "paths": ["{picture}"]}}',
    )
    await data.archive.ask(journal.save_task, cut_off)
    await reload(hass, account)
    (task,) = tasks_of(account, TaskKind.ENROLL)
    assert task.state is TaskState.FINISHED
    (anna,) = await account.runtime_data.people.async_list()
    assert (anna.name, anna.references) == ("Anna", 1)


@pytest.mark.parametrize("arguments", [None, "{}", "[]", "no JSON", '{"name": 1}'])
async def test_a_row_that_makes_no_sense_is_passed_over(
    hass: HomeAssistant, account: MockConfigEntry, arguments: str | None
) -> None:
    row_of_another_version = TaskRow(
        id="0",
        kind="enroll",
        state="interrupted",
        current=0,
        total=1,
        message=None,
        started=datetime.now(UTC),
        finished=None,
        error=None,
        arguments=arguments,
    )
    await account.runtime_data.archive.ask(journal.save_task, row_of_another_version)
    await reload(hass, account)
    assert tasks_of(account, TaskKind.ENROLL) == []
