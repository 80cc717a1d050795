"""What goes by itself: once a day, when there is too much, and after a crash."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ring_vision.const import CONF_STORAGE
from custom_components.ring_vision.library import people, recordings
from custom_components.ring_vision.library.bin import bin_path
from custom_components.ring_vision.library.files import MARKER
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.library.policy import Policy
from custom_components.ring_vision.tasks import Task, TaskKind, TaskState
from tests.calls import act, keep
from tests.library import samples

from .steps import count_faces, known, row, settle, tasks_of

SIZE = 1_000_000
DAY = timedelta(days=1)
AGES = (1, 10, 40)


@pytest.fixture
def kept(account: MockConfigEntry) -> list[str]:
    """Keep recordings of 1, 10 and 40 days ago, in each a stranger's face."""
    now = dt_util.utcnow()
    ids = keep(
        account,
        *(
            samples.announced(age, camera_id="1001", start=now - age * DAY)
            for age in AGES
        ),
        size=SIZE,
    )
    for one in ids:
        samples.sightings_of(
            account.runtime_data.archive.library,
            one,
            samples.track(stranger=1, faces=(samples.face(),)),
        )
    return ids


async def choose(hass: HomeAssistant, entry: MockConfigEntry, **storage: Any) -> None:
    """Choose what to keep, and set the account up anew."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_STORAGE: storage}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass, entry)


async def wait_a_day(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> list[Task]:
    """Let a day go by, and return the purges that it brought."""
    before = tasks_of(entry, TaskKind.PURGE)
    freezer.tick(DAY + timedelta(minutes=1))
    async_fire_time_changed(hass)
    await settle(hass, entry)
    return [task for task in tasks_of(entry, TaskKind.PURGE) if task not in before]


async def test_by_default_only_strangers_faces_go(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    (task,) = await wait_a_day(hass, account, freezer)
    assert task.state is TaskState.FINISHED
    assert (task.result["deleted"], task.result["strangers_faces"]) == ([], 1)
    assert await known(account) == set(kept)
    assert await count_faces(account) == 2
    assert len((await act(hass, "list_sightings"))["sightings"]) == 3
    assert await wait_a_day(hass, account, freezer) == []


async def test_who_has_a_name_keeps_the_face(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    library = account.runtime_data.archive.library
    anna = library.run(people.add_person, "Anna")
    samples.sightings_of(
        library, kept[2], samples.track(person=str(anna.id), faces=(samples.face(),))
    )
    assert await wait_a_day(hass, account, freezer) == []
    assert await count_faces(account) == 3


async def test_where_all_is_kept_no_task_ever_runs(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    await choose(hass, account, strangers_days=0)
    assert await wait_a_day(hass, account, freezer) == []
    assert await count_faces(account) == 3


async def test_the_owners_days_are_kept_and_then_the_bins(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    await choose(hass, account, people_days=30, bin_days=2, strangers_days=0)
    (task,) = await wait_a_day(hass, account, freezer)
    assert task.result["deleted"] == [kept[2]]
    assert [one["why"] for one in task.result["planned"]] == ["label"]
    gone = await row(account, kept[2])
    assert (gone.state, gone.binned_why) == (RecordingState.BINNED, "label")
    assert await wait_a_day(hass, account, freezer) == []
    (task,) = await wait_a_day(hass, account, freezer)
    assert (task.result["deleted"], task.result["emptied"]) == ([], [kept[2]])
    assert (await row(account, kept[2])).state is RecordingState.DELETED
    assert await known(account) == set(kept[:2])


async def test_the_first_look_comes_soon_after_a_start(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    await choose(hass, account, keep_days=30)
    assert tasks_of(account, TaskKind.PURGE) == []
    freezer.tick(timedelta(minutes=11))
    async_fire_time_changed(hass)
    await settle(hass, account)
    (task,) = tasks_of(account, TaskKind.PURGE)
    assert task.result["deleted"] == [kept[2]]


async def test_too_many_gigabytes_go_at_once(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    await choose(hass, account, keep_gigabytes=0.0025)
    assert await known(account) == set(kept[:2])
    (new,) = keep(
        account,
        samples.announced(0, camera_id="1001", start=dt_util.utcnow()),
        size=SIZE,
    )
    account.runtime_data.library.async_changed()
    await settle(hass, account)
    assert await known(account) == {new, kept[0]}
    assert (await row(account, kept[1])).binned_why == "size"


async def test_locked_recordings_are_no_reason_to_try_again_and_again(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    await act(hass, "lock", recordings=kept)
    await choose(hass, account, keep_gigabytes=0.001)
    for _ in range(3):
        account.runtime_data.library.async_changed()
        await settle(hass, account)
    (task,) = tasks_of(account, TaskKind.PURGE)
    assert task.result["deleted"] == []
    assert await known(account) == set(kept)


async def test_nothing_goes_by_itself_while_the_folder_is_away(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
) -> None:
    await choose(hass, account, keep_days=1)
    (account.runtime_data.archive.files.root / MARKER).unlink()
    (task,) = await wait_a_day(hass, account, freezer)
    assert task.state is TaskState.FAILED
    assert await known(account) == set(kept)
    assert await count_faces(account) == 3


async def test_nothing_goes_by_itself_while_the_clock_is_wrong(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await choose(hass, account, keep_days=100)
    freezer.tick(3 * 365 * DAY)
    assert await wait_a_day(hass, account, freezer) == []
    assert "Nothing is cleaned up now: The clock says" in caplog.text
    assert await known(account) == set(kept)


async def test_a_start_puts_the_bin_in_order(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    root = account.runtime_data.archive.files.root
    lost = root / bin_path(f"101/{kept[0]}.mp4")
    lost.parent.mkdir(parents=True)
    (root / f"101/{kept[0]}.mp4").rename(lost)
    # As the rows name them: the bin is looked through by camera.
    library = account.runtime_data.archive.library
    library.run(recordings.save_cameras, [samples.camera("101")])
    assert await hass.config_entries.async_reload(account.entry_id)
    await settle(hass, account)
    assert (root / f"101/{kept[0]}.mp4").is_file()
    assert (await row(account, kept[0])).state is RecordingState.DOWNLOADED


async def test_a_purge_that_a_restart_cut_off_goes_on(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = asyncio.Event()

    async def forever(*_: Any, **__: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(account.runtime_data.retention, "_async_remove", forever)
        task = account.runtime_data.retention.async_purge(
            Policy(keep_days=5, kinds=("motion",), label_days={"people": 30}),
            permanently=True,
        )
        await begun.wait()
        assert await hass.config_entries.async_reload(account.entry_id)
    await settle(hass, account)
    assert task.state is TaskState.INTERRUPTED
    (again,) = tasks_of(account, TaskKind.PURGE)
    assert again.result["deleted"] == [kept[2]]
    assert (await row(account, kept[2])).state is RecordingState.DELETED


async def test_asking_twice_for_the_same_joins(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    cleaner = account.runtime_data.retention
    first = cleaner.async_purge(Policy(keep_days=5))
    assert cleaner.async_purge(Policy(keep_days=5)) is first
    assert cleaner.async_purge(Policy(keep_days=6)) is not first
    assert cleaner.async_purge(Policy(keep_days=5), dry_run=True) is not first
    followed = cleaner.async_follow_policy()
    assert cleaner.async_follow_policy() is followed
    await settle(hass, account)
