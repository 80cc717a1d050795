"""Tests of rows and files that no longer agree."""

from collections.abc import Callable
from pathlib import Path
import shutil
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import (
    asking,
    reconcile as module,
    recordings,
)
from custom_components.ring_vision.library.errors import StorageUnavailable
from custom_components.ring_vision.library.files import MARKER, RecordingFiles
from custom_components.ring_vision.library.models import (
    AnalysisState,
    NewRecording,
    RecordingState,
)
from custom_components.ring_vision.library.reconcile import Reconciled, reconcile
from custom_components.ring_vision.library.store import Library

from .samples import (
    NOON,
    PICTURE,
    add,
    announced,
    camera,
    count_rows,
    found,
    keep,
    mp4,
    put,
    put_picture,
    sightings_of,
    track,
)


def lose(files: RecordingFiles, *gone: NewRecording) -> None:
    """Delete files behind the library's back."""
    for recording in gone:
        files.resolve(files.relative_path(recording)).unlink()


def test_where_all_agrees_nothing_changes(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    ids = keep(library, files, announced(1), announced(2))
    before = [found(library, recording_id) for recording_id in ids]
    assert reconcile(library, files, snapshots) == Reconciled()
    assert [found(library, recording_id) for recording_id in ids] == before


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_recording_without_its_file_waits_for_it_again(
    library: Library, files: RecordingFiles, snapshots: Path, analyzed: bool
) -> None:
    lost, stays = keep(library, files, announced(1), announced(2))
    for number in range(analyzed):
        sightings_of(library, lost, track(number + 1))
    library.run(recordings.set_locked, lost, locked=True)
    lose(files, announced(1))
    done = reconcile(library, files, snapshots)
    assert done == Reconciled(lost=[lost])
    row = found(library, lost)
    assert (row.state, row.path, row.size) == (RecordingState.SEEN, None, None)
    assert row.analysis is (AnalysisState.DONE if analyzed else AnalysisState.NONE)
    assert row.locked
    assert count_rows(library, "sightings") == analyzed
    assert found(library, stays).state is RecordingState.DOWNLOADED


def test_a_file_without_a_row_is_adopted(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    library.run(recordings.save_cameras, [camera("101")])
    recording = announced(1, kind="on_demand")
    name = put(files, recording)
    done = reconcile(library, files, snapshots)
    assert done == Reconciled(adopted=[recording.id])
    row = found(library, recording.id)
    assert (row.camera_id, row.kind, row.start) == ("101", "on_demand", recording.start)
    assert (row.state, row.path) == (RecordingState.DOWNLOADED, name)
    assert (row.size, row.analysis) == (len(mp4()), AnalysisState.WAITING)
    assert reconcile(library, files, snapshots) == Reconciled()


@pytest.mark.parametrize(
    "mark",
    [
        lambda connection, name: None,
        lambda connection, name: asking.mark_not_ready(connection, name, NOON),
        lambda connection, name: recordings.mark_failed(connection, name, "gone"),
        lambda connection, name: recordings.mark_expired(connection, name, "gone"),
        lambda connection, name: recordings.mark_skipped(connection, name, "no_plan"),
    ],
)
def test_a_row_that_lacks_its_file_takes_the_one_that_is_there(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    mark: Callable[[Connection, str], Any],
) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(mark, recording_id)
    put(files, announced(1))
    assert reconcile(library, files, snapshots) == Reconciled(adopted=[recording_id])
    row = found(library, recording_id)
    assert (row.state, row.reason) == (RecordingState.DOWNLOADED, None)
    assert (row.next_try, row.analysis) == (None, AnalysisState.WAITING)


def test_a_file_of_a_deleted_recording_is_left_alone_and_reported(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    library.run(recordings.mark_deleted, [recording_id])
    name = files.relative_path(announced(1))
    assert reconcile(library, files, snapshots) == Reconciled(deleted=[name])
    assert files.resolve(name).exists()
    assert found(library, recording_id).state is RecordingState.DELETED


@pytest.mark.parametrize(
    "content", [mp4()[:-100], b"<html>", b"\x00" * 500, mp4().replace(b"moov", b"free")]
)
def test_a_broken_file_is_not_adopted(
    library: Library, files: RecordingFiles, snapshots: Path, content: bytes
) -> None:
    add(library, announced(1))
    name = put(files, announced(1), content)
    assert reconcile(library, files, snapshots) == Reconciled(strange=[name])
    assert found(library, announced(1).id).state is RecordingState.SEEN
    assert files.resolve(name).read_bytes() == content


@pytest.mark.parametrize(
    "name",
    [
        "101/2026/11/holiday.mp4",
        "101/2026/10/20261120T115900Z_motion_6999999999999999999.mp4",
        "101/2026/11/20261190T115900Z_motion_6999999999999999999.mp4",
        "101/2026/11/20261120T115900Z_motion_.mp4",
        "101/2026/11/20261120T115900Z_motion_some-thing-0123456789ab.mp4",
        f"101/2026/11/20261120T115900Z_motion_{'7' * 41}.mp4",
    ],
)
def test_a_name_that_says_too_little_is_left_alone(
    library: Library, files: RecordingFiles, snapshots: Path, name: str
) -> None:
    library.run(recordings.save_cameras, [camera("101")])
    files.resolve(name).parent.mkdir(parents=True)
    files.resolve(name).write_bytes(mp4())
    assert reconcile(library, files, snapshots) == Reconciled(strange=[name])
    assert count_rows(library, "recordings") == 0
    assert files.resolve(name).exists()


@pytest.mark.parametrize(
    "changes", [{"id": "aB-1"}, {"camera_id": "Cam/1"}, {"id": "7" * 41}]
)
def test_a_hashed_name_is_known_by_the_row_that_it_belongs_to(
    library: Library, files: RecordingFiles, snapshots: Path, changes: dict[str, str]
) -> None:
    recording = announced(1, **changes)
    add(library, recording)
    name = put(files, recording)
    assert reconcile(library, files, snapshots).adopted == [recording.id]
    assert found(library, recording.id).path == name
    assert reconcile(library, files, snapshots) == Reconciled()


def test_a_second_file_of_a_recording_is_left_alone(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    second = put(files, announced(1, kind="ding"))
    assert reconcile(library, files, snapshots) == Reconciled(strange=[second])
    assert found(library, recording_id).path == files.relative_path(announced(1))


def test_parts_and_other_accounts_cameras_are_not_looked_at(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    add(library, announced(1))
    part = files.part_path(files.relative_path(announced(1)))
    part.parent.mkdir(parents=True)
    part.write_bytes(mp4())
    put(files, announced(2, camera_id="999"))
    picture = put_picture(snapshots, PICTURE.replace("101/", "999/"))
    assert reconcile(library, files, snapshots) == Reconciled()
    assert part.exists()
    assert picture.exists()
    assert count_rows(library, "recordings") == 1


@pytest.mark.parametrize(
    ("known", "gone", "refused"), [(20, 20, False), (22, 11, False), (22, 12, True)]
)
def test_so_many_missing_files_mean_a_wrong_disk(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    caplog: pytest.LogCaptureFixture,
    known: int,
    gone: int,
    refused: bool,
) -> None:
    new = [announced(number) for number in range(1, known + 1)]
    keep(library, files, *new)
    lose(files, *new[:gone])
    put(files, announced(999))
    picture = put_picture(snapshots, PICTURE)
    done = reconcile(library, files, snapshots)
    assert done.refused == refused
    assert len(done.lost) == (not refused) * gone
    assert len(done.adopted) == (not refused)
    assert picture.exists() == refused
    assert ("another disk" in caplog.text) == refused
    states = {found(library, recording.id).state for recording in new[:gone]}
    expected = {True: RecordingState.DOWNLOADED, False: RecordingState.SEEN}
    assert states == {expected[refused]}


def test_nothing_happens_while_the_folder_is_missing(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    shutil.rmtree(files.root)
    assert reconcile(library, files, snapshots) == Reconciled(refused=True)
    files.root.mkdir()
    assert reconcile(library, files, snapshots) == Reconciled(refused=True)
    assert found(library, recording_id).state is RecordingState.DOWNLOADED


def test_a_disk_that_goes_away_meanwhile_loses_nothing(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    lose(files, announced(1))
    mark = module._mark_lost

    def unmount_first(*arguments: Any) -> list[str]:
        (files.root / MARKER).unlink()
        return mark(*arguments)

    monkeypatch.setattr(module, "_mark_lost", unmount_first)
    with pytest.raises(StorageUnavailable):
        reconcile(library, files, snapshots)
    assert found(library, recording_id).state is RecordingState.DOWNLOADED


def test_a_file_that_nobody_can_look_at_is_not_lost(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(recordings.mark_downloaded, recording_id, "x" * 5000, 10)
    with pytest.raises(StorageUnavailable):
        reconcile(library, files, snapshots)
    assert found(library, recording_id).state is RecordingState.DOWNLOADED


def test_a_path_that_leads_outside_is_not_followed(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(recordings.mark_downloaded, recording_id, "../../etc/x.mp4", 10)
    assert reconcile(library, files, snapshots) == Reconciled()
    assert found(library, recording_id).state is RecordingState.DOWNLOADED


def test_a_download_that_ends_meanwhile_is_not_lost(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = keep(library, files, announced(1), announced(2))
    lose(files, announced(1), announced(2))
    mark = module._mark_lost

    def meanwhile(connection: Connection, *arguments: Any) -> list[str]:
        put(files, announced(1))
        recordings.mark_deleted(connection, ids[1:])
        return mark(connection, *arguments)

    monkeypatch.setattr(module, "_mark_lost", meanwhile)
    assert reconcile(library, files, snapshots) == Reconciled()
    assert found(library, ids[0]).state is RecordingState.DOWNLOADED
    assert found(library, ids[1]).state is RecordingState.DELETED


def test_a_file_that_is_deleted_meanwhile_is_not_adopted(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(library, announced(1))
    put(files, announced(1))
    adopt = module._adopt

    def meanwhile(*arguments: Any) -> None:
        lose(files, announced(1))
        adopt(*arguments)

    monkeypatch.setattr(module, "_adopt", meanwhile)
    assert reconcile(library, files, snapshots) == Reconciled()
    assert found(library, announced(1).id).state is RecordingState.SEEN


def test_a_library_begun_anew_gets_all_its_recordings_back(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    library.run(recordings.save_cameras, [camera("101")])
    new = [announced(number) for number in range(1, 121)]
    for recording in new:
        put(files, recording)
    done = reconcile(library, files, snapshots)
    assert set(done.adopted) == {recording.id for recording in new}
    assert library.run(recordings.count).waiting_analysis == 120
