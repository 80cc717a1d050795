"""Cleaning up: what goes, what stays, and when nothing goes at all."""

from datetime import timedelta
import shutil
import threading
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision import retention
from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.policy import Policy
from custom_components.ring_vision.library.recordings import set_locked
from custom_components.ring_vision.tasks import TaskState
from tests.calls import act, keep, refused, settle
from tests.library import samples

SIZE = 2_000_000


@pytest.fixture
def kept(account: MockConfigEntry) -> list[str]:
    """Keep recordings of 1, 10 and 20 days ago, 2 MB each."""
    now = dt_util.utcnow()
    return keep(
        account,
        *(
            samples.announced(days, camera_id="1001", start=now - timedelta(days=days))
            for days in (1, 10, 20)
        ),
        size=SIZE,
    )


def why_of(response: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what goes, or went, and why."""
    return [(one["recording_id"], one["why"]) for one in response["planned"]]


async def listed(hass: HomeAssistant) -> list[str]:
    """Return the ids of the recordings that are still listed, newest first."""
    found = (await act(hass, "list_recordings"))["recordings"]
    return [one["id"] for one in found]


@pytest.mark.parametrize(
    ("fields", "goes"),
    [
        ({"keep_days": 30}, {}),
        ({"keep_days": 15}, {2: "age"}),
        ({"keep_days": 0}, {2: "age", 1: "age", 0: "age"}),
        ({"keep_gigabytes": 1}, {}),
        ({"keep_gigabytes": 0.004}, {2: "size"}),
        ({"keep_gigabytes": 0}, {2: "size", 1: "size", 0: "size"}),
        ({"keep_days": 15, "keep_gigabytes": 0.003}, {2: "age", 1: "size"}),
    ],
)
async def test_the_oldest_go_and_a_dry_run_only_tells(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    fields: dict[str, float],
    goes: dict[int, str],
) -> None:
    files = account.runtime_data.archive.files
    planned = [(kept[place], why) for place, why in goes.items()]
    told = await act(hass, "purge", dry_run=True, **fields)
    assert (told["dry_run"], why_of(told), told["deleted"]) == (True, planned, [])
    assert await listed(hass) == kept
    done = await act(hass, "purge", **fields)
    assert (done["dry_run"], why_of(done), done["failed"]) == (False, planned, {})
    assert done["deleted"] == [kept[place] for place in goes]
    here = [files.resolve(f"101/{one}.mp4").is_file() for one in kept]
    assert here == [place not in goes for place in range(3)]
    assert await listed(hass) == [one for one in kept if one not in done["deleted"]]


async def test_a_purge_tells_all_about_what_goes(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    (told,) = (await act(hass, "purge", keep_days=15, dry_run=True))["planned"]
    assert told.pop("start").startswith("20")
    assert told == {
        "recording_id": kept[2],
        "why": "age",
        "camera_id": "1001",
        "kind": "motion",
        "size": SIZE,
    }


@pytest.mark.parametrize(
    ("permanently", "freed", "binned"), [(False, 0, True), (True, SIZE, False)]
)
async def test_what_goes_waits_in_the_bin_unless_it_shall_not(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    permanently: bool,
    freed: int,
    binned: bool,
) -> None:
    done = await act(hass, "purge", keep_days=15, permanently=permanently)
    assert done["deleted"] == [kept[2]]
    assert done["freed_bytes"] == freed
    assert bool(done["binned_until"]) is binned
    in_bin = (await act(hass, "list_recordings", binned=True))["recordings"]
    assert [one["id"] for one in in_bin] == [kept[2]] * binned


async def test_a_purge_by_kinds_and_labels_says_so(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    rows = account.runtime_data.archive.library
    samples.sightings_of(rows, kept[0], samples.track(label="cat"))
    samples.sightings_of(rows, kept[1], samples.track(label="person"))
    told = await act(hass, "purge", labels="cat", dry_run=True)
    assert why_of(told) == [(kept[0], "label")]
    told = await act(hass, "purge", kinds=["ding"], dry_run=True)
    assert why_of(told) == []
    done = await act(hass, "purge", kinds=["motion"], labels=["person"])
    assert why_of(done) == [(kept[1], "label")]
    assert await listed(hass) == [kept[0], kept[2]]
    done = await act(hass, "purge", kinds=["motion"])
    assert why_of(done) == [(kept[2], "kind"), (kept[0], "kind")]


async def test_entities_hear_of_a_purge(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    sensor = er.async_get(hass).async_get_entity_id(
        "sensor", DOMAIN, f"{account.unique_id}_recordings"
    )
    await account.runtime_data.library.async_refresh()
    assert hass.states.get(sensor).state == "3"
    await act(hass, "purge", keep_days=15)
    await settle(hass)
    assert hass.states.get(sensor).state == "2"


async def test_a_locked_recording_stays(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    await account.runtime_data.archive.ask(set_locked, kept[2], locked=True)
    response = await act(hass, "purge", keep_days=0)
    assert response["deleted"] == [kept[1], kept[0]]
    assert await listed(hass) == [kept[2]]


async def test_a_purge_by_nothing_is_refused(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    error = await refused(hass, "purge", ServiceValidationError, dry_run=True)
    assert (error.translation_domain, error.translation_key) == (
        DOMAIN,
        "nothing_to_purge_by",
    )


async def test_nothing_goes_while_the_folder_is_away(
    hass: HomeAssistant, account: MockConfigEntry, kept: list[str]
) -> None:
    shutil.rmtree(account.runtime_data.archive.files.root)
    error = await refused(hass, "purge", HomeAssistantError, keep_days=0)
    assert error.translation_key == "purge_refused"
    assert await listed(hass) == kept
    (task, *_) = (await act(hass, "list_tasks"))["tasks"]
    assert (task["kind"], task["state"], task["error"]) == (
        "purge",
        "failed",
        str(error),
    )


async def test_nothing_goes_while_the_clock_is_behind(
    hass: HomeAssistant,
    account: MockConfigEntry,
    kept: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        retention.dt_util, "utcnow", lambda: samples.NOON - timedelta(days=400)
    )
    error = await refused(hass, "purge", HomeAssistantError, keep_gigabytes=0)
    assert error.translation_key == "purge_refused"
    assert await listed(hass) == kept


async def test_a_cancelled_purge_stops_before_the_task_ends(
    hass: HomeAssistant, account: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt_util.utcnow()
    ids = keep(
        account,
        *(
            samples.announced(number, start=now - timedelta(days=number))
            for number in range(1, 31)
        ),
    )
    data = account.runtime_data
    begun, cancelled = threading.Event(), threading.Event()
    move = RecordingFiles.move

    def slowly(files: RecordingFiles, source: str, target: str) -> bool:
        begun.set()
        assert cancelled.wait(10)
        return move(files, source, target)

    monkeypatch.setattr(RecordingFiles, "move", slowly)
    task = data.retention.async_purge(Policy(keep_days=0))
    await hass.async_add_executor_job(begun.wait, 10)
    hass.loop.call_soon(cancelled.set)
    assert await data.tasks.async_cancel(task.id)
    assert task.state is TaskState.CANCELLED
    here = [data.archive.files.resolve(f"101/{one}.mp4").is_file() for one in ids]
    # One batch of ten was under way, the oldest first; no other began.
    assert here == [True] * 20 + [False] * 10
    assert await listed(hass) == ids[:20]
