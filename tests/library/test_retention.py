"""Tests of cleaning up: what goes, what stays, and when nothing may go."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
import sqlite3

import pytest

from custom_components.ring_vision.library import recordings, rows, store
from custom_components.ring_vision.library.bin import Moved
from custom_components.ring_vision.library.errors import LibraryError, PurgeRefused
from custom_components.ring_vision.library.files import MARKER, RecordingFiles
from custom_components.ring_vision.library.models import Recording, RecordingState
from custom_components.ring_vision.library.policy import Policy, PurgeReason, plan_purge
from custom_components.ring_vision.library.retention import BATCH, Place
from custom_components.ring_vision.library.store import Library

from .samples import (
    NOON,
    add,
    add_downloaded,
    announced,
    count_rows,
    face,
    found,
    sightings_of,
    track,
)

DAY = timedelta(days=1)
SIZE = 1000


@pytest.fixture
def snapshots(files: RecordingFiles) -> Path:
    """Return the folder of the snapshots."""
    return files.root / "snapshots"


def keep(library: Library, files: RecordingFiles, *ages_in_days: float) -> list[str]:
    """Put recordings of these ages in, rows and files, and return their ids."""
    ids = add_downloaded(
        library,
        *(
            announced(number, start=NOON - age * DAY)
            for number, age in enumerate(ages_in_days)
        ),
        size=SIZE,
    )
    for recording_id in ids:
        file = path_of(files, found(library, recording_id))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(SIZE))
    return ids


def path_of(files: RecordingFiles, recording: Recording) -> Path:
    """Return where a recording's file lies."""
    return files.resolve(recording.path or "")


def videos(files: RecordingFiles) -> set[str]:
    """Return the ids whose files are there."""
    return {path.stem for path in files.root.rglob("*.mp4")}


def place_of(library: Library, files: RecordingFiles) -> Place:
    """Return where an account's recordings are."""
    return Place(library=library, files=files, snapshots=files.root / "snapshots")


def purge_now(
    library: Library,
    files: RecordingFiles,
    *,
    now: datetime = NOON,
    should_stop: Callable[[], bool] = lambda: False,
    **limits: int,
) -> Moved:
    """Delete for good, at noon, what a policy does not keep."""
    plan = library.run(plan_purge, now, Policy(**limits))
    whys = {one.recording.id: one.why.value for one in plan}
    return place_of(library, files).remove(
        whys, now=now, to_bin=False, should_stop=should_stop
    )


@pytest.mark.parametrize(
    ("keep_days", "max_bytes", "planned"),
    [
        (None, None, []),
        (30, None, [(60, "age"), (40, "age")]),
        (40, None, [(60, "age")]),
        (10**12, None, []),
        (0, None, [(60, "age"), (40, "age"), (20, "age"), (1, "age")]),
        (None, 4 * SIZE, []),
        (None, 2 * SIZE + 1, [(60, "size"), (40, "size")]),
        (None, 0, [(60, "size"), (40, "size"), (20, "size"), (1, "size")]),
        (50, 2 * SIZE, [(60, "age"), (40, "size")]),
        (30, 3 * SIZE, [(60, "age"), (40, "age")]),
    ],
)
def test_the_plan_is_the_too_old_and_then_the_oldest_of_too_much(
    library: Library,
    files: RecordingFiles,
    keep_days: int | None,
    max_bytes: int | None,
    planned: list[tuple[int, str]],
) -> None:
    keep(library, files, 40, 1, 60, 20)
    plan = library.run(
        plan_purge, NOON, Policy(keep_days=keep_days, max_bytes=max_bytes)
    )
    assert [((NOON - item.recording.start).days, item.why) for item in plan] == planned
    assert len(videos(files)) == 4


def test_a_purge_deletes_file_snapshots_and_what_was_seen(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    old, new = keep(library, files, 40, 1)
    for recording_id in (old, new):
        picture = snapshots / f"101/{recording_id}_1.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.touch()
        sightings_of(
            library,
            recording_id,
            track(1, snapshot=f"101/{recording_id}_1.jpg", faces=(face(),)),
        )
    done = purge_now(library, files, keep_days=30)
    assert done == Moved(done=[old], freed=SIZE)
    assert videos(files) == {new}
    assert [path.name for path in snapshots.rglob("*.jpg")] == [f"{new}_1.jpg"]
    assert count_rows(library, "sightings") == 1
    assert count_rows(library, "faces") == 1
    assert found(library, old).state is RecordingState.DELETED
    assert library.run(recordings.add_recordings, [announced(0)]) == []


def test_folders_that_a_purge_empties_go_too(
    library: Library, files: RecordingFiles
) -> None:
    keep(library, files, 40)
    purge_now(library, files, max_bytes=0)
    assert [path.name for path in files.root.iterdir()] == [MARKER]


def test_locked_recordings_stay_and_count(
    library: Library, files: RecordingFiles
) -> None:
    locked, middle, new = keep(library, files, 60, 40, 1)
    library.run(recordings.set_locked, locked, locked=True)
    plan = library.run(plan_purge, NOON, Policy(keep_days=50, max_bytes=2 * SIZE))
    assert [(item.recording.id, item.why) for item in plan] == [
        (middle, PurgeReason.SIZE)
    ]
    assert purge_now(library, files, keep_days=0).done == [middle, new]
    assert videos(files) == {locked}


def test_a_recording_locked_after_the_plan_stays(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, 40)

    def lock_it() -> bool:
        library.run(recordings.set_locked, recording_id, locked=True)
        return False

    done = purge_now(library, files, keep_days=1, should_stop=lock_it)
    assert done == Moved()
    assert videos(files) == {recording_id}


def test_what_has_no_file_is_not_purged(
    library: Library, files: RecordingFiles
) -> None:
    (recording_id,) = add(library, announced(1, start=NOON - 90 * DAY))
    assert purge_now(library, files, keep_days=1, max_bytes=0) == Moved()
    assert found(library, recording_id).state is RecordingState.SEEN


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(NOON - timedelta(minutes=6), id="before the last download"),
        pytest.param(datetime(1970, 1, 1, tzinfo=NOON.tzinfo), id="no battery"),
        pytest.param(NOON + 3 * 365 * DAY, id="years ahead"),
        pytest.param(datetime(2099, 1, 1, tzinfo=NOON.tzinfo), id="far ahead"),
    ],
)
def test_a_wrong_clock_deletes_nothing(
    library: Library, files: RecordingFiles, now: datetime
) -> None:
    ids = keep(library, files, 60, 40)
    with pytest.raises(PurgeRefused, match="clock"):
        purge_now(library, files, now=now, keep_days=30, max_bytes=0)
    with pytest.raises(PurgeRefused, match="clock"):
        library.run(plan_purge, now, Policy(keep_days=30))
    assert videos(files) == set(ids)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(NOON - timedelta(minutes=4), id="set back a little"),
        pytest.param(NOON + 400 * DAY, id="quiet for more than a year"),
    ],
)
def test_a_clock_that_may_be_right_is_believed(
    library: Library, files: RecordingFiles, now: datetime
) -> None:
    ids = keep(library, files, 40, 39)
    assert purge_now(library, files, now=now, keep_days=30).done == ids


def test_recordings_that_only_ring_has_tell_the_time_too(
    library: Library, files: RecordingFiles
) -> None:
    ids = keep(library, files, 40)
    add(library, announced(9, start=NOON + 1000 * DAY, skip_reason="no_plan"))
    now = NOON + 1001 * DAY
    assert purge_now(library, files, now=now, keep_days=30).done == ids


def test_an_empty_library_has_nothing_to_refuse(
    library: Library, files: RecordingFiles
) -> None:
    far = NOON + 9999 * DAY
    assert purge_now(library, files, now=far, keep_days=1) == Moved()
    keep(library, files, 40)
    purge_now(library, files, keep_days=1)
    assert purge_now(library, files, now=far, keep_days=1) == Moved()


def test_a_missing_folder_deletes_nothing(
    library: Library, files: RecordingFiles
) -> None:
    (recording_id,) = keep(library, files, 40)
    files.root.rename(files.root.with_name("elsewhere"))
    files.root.mkdir()
    with pytest.raises(PurgeRefused, match="folder"):
        purge_now(library, files, keep_days=30)
    assert found(library, recording_id).state is RecordingState.DOWNLOADED


def test_a_disk_that_goes_away_meanwhile_leaves_its_rows(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
) -> None:
    ids = keep(library, files, *range(60, 60 - BATCH - 3, -1))
    unplugged = files.root.with_name("unplugged")
    places = iter([files.root, unplugged])

    def unplug_at_the_second_look() -> bool:
        files.root.rename(next(places))
        return False

    done = purge_now(
        library, files, keep_days=30, should_stop=unplug_at_the_second_look
    )
    assert done.done == ids[:BATCH]
    assert {path.stem for path in unplugged.rglob("*.mp4")} == set(ids[BATCH:])
    assert library.run(recordings.count).kept == 3


def test_a_file_out_of_sight_with_its_disk_keeps_its_row(
    library: Library,
    files: RecordingFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = keep(library, files, 60, 50)
    (files.root / MARKER).unlink()
    answers = iter([True, True])  # it is there when the purge begins, and not later
    available = files.available
    monkeypatch.setattr(files, "available", lambda: next(answers, available()))
    path_of(files, found(library, ids[0])).unlink()
    done = purge_now(library, files, keep_days=55)
    assert done == Moved(failed={ids[0]: "folder_missing"})
    assert library.run(recordings.count).kept == 2


def test_a_file_that_somebody_deleted_leaves_a_tombstone(
    library: Library, files: RecordingFiles
) -> None:
    (recording_id,) = keep(library, files, 40)
    path_of(files, found(library, recording_id)).unlink()
    done = purge_now(library, files, keep_days=30)
    assert done == Moved(done=[recording_id], freed=0)


def test_a_locked_database_deletes_nothing(
    library: Library, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = keep(library, files, 60, 40)
    library.close()
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)
    impatient = Library.open(library.path.parent)
    other = sqlite3.connect(library.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryError, match="locked"):
        purge_now(impatient, files, keep_days=30)
    other.rollback()
    assert videos(files) == set(ids)
    assert impatient.run(recordings.count).kept == 2
    other.close()
    impatient.close()


def test_a_file_that_will_not_go_keeps_its_row_and_the_rest_goes_on(
    library: Library, files: RecordingFiles
) -> None:
    stuck, outside, fine = keep(library, files, 60, 50, 40)
    file = path_of(files, found(library, stuck))
    file.unlink()
    file.mkdir()
    library.run(recordings.mark_downloaded, outside, "../outside.mp4", 1, now=NOON)
    done = purge_now(library, files, keep_days=30)
    assert done.done == [fine]
    assert done.failed == {stuck: "not_writable", outside: "../outside.mp4"}
    assert done.freed == SIZE
    assert found(library, stuck).state is RecordingState.DOWNLOADED


def test_a_row_without_a_path_becomes_a_tombstone(
    library: Library, files: RecordingFiles
) -> None:
    (recording_id,) = keep(library, files, 40)
    library.run(rows.change, recording_id, path=None)
    assert purge_now(library, files, keep_days=30).done == [recording_id]


def test_a_picture_that_will_not_go_does_not_keep_its_recording(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, 40)
    sightings_of(library, recording_id, track(1, snapshot="a.jpg"))
    (snapshots / "a.jpg").mkdir(parents=True)
    assert purge_now(library, files, keep_days=30).done == [recording_id]


def test_a_cancelled_purge_stops_after_a_few_files(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    ids = keep(library, files, *range(90, 90 - 3 * BATCH, -1))
    answers = iter([False, False, True])
    done = purge_now(library, files, keep_days=30, should_stop=lambda: next(answers))
    assert done.done == ids[: 2 * BATCH]
    assert videos(files) == set(ids[2 * BATCH :])
    assert library.run(recordings.count).kept == BATCH
