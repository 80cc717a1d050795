"""Tests of the bin after a crash: every file a row, every row a file."""

from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from custom_components.ring_vision.library import bin as binned, recordings
from custom_components.ring_vision.library.files import MARKER, RecordingFiles
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.library.reconcile import reconcile
from custom_components.ring_vision.library.settle import FEW, settle
from custom_components.ring_vision.library.store import Library

from .binned import agree, everything, fill, here, place_of, there, throw_away
from .samples import NOON, add, announced, found, mp4


class PowerCut(BaseException):
    """Nothing after it happens."""


def test_a_crash_after_the_move_into_the_bin_deletes_nothing(
    library: Library, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(library, files)
    before = everything(library, files)
    with monkeypatch.context() as patch:
        patch.setattr(binned, "_mark_binned", raise_power_cut)
        with pytest.raises(PowerCut):
            throw_away(library, files, *ids)
    assert not agree(library, files, ids)
    done = settle(library, files)
    assert sorted(done.moved) == sorted(f"101/{one}.mp4" for one in ids)
    assert everything(library, files) == before
    assert reconcile(library, files, files.root / "snapshots").lost == []


def test_a_crash_after_the_move_out_of_the_bin_leaves_it_there(
    library: Library, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(library, files)
    throw_away(library, files, *ids)
    before = everything(library, files)
    with monkeypatch.context() as patch:
        patch.setattr(binned, "_mark_restored", raise_power_cut)
        with pytest.raises(PowerCut):
            place_of(library, files).restore(ids)
    assert not agree(library, files, ids)
    settle(library, files)
    assert everything(library, files) == before
    assert sorted(place_of(library, files).restore(ids).done) == sorted(ids)


def test_a_crash_while_the_bin_is_emptied_leaves_a_tombstone(
    library: Library, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(library, files)
    throw_away(library, files, *ids)
    with monkeypatch.context() as patch:
        patch.setattr(binned, "_forget", raise_power_cut)
        with pytest.raises(PowerCut):
            place_of(library, files).empty_bin(now=NOON, days=0)
    assert sorted(settle(library, files).lost) == sorted(ids)
    assert {found(library, one).state for one in ids} == {RecordingState.DELETED}
    assert agree(library, files, ids)
    reconcile(library, files, files.root / "snapshots")
    assert list(files.root.rglob("*.jpg")) == []


@pytest.mark.parametrize("what", ["bin", "restore", "empty"])
def test_a_process_killed_between_file_and_row_is_survived(
    tmp_path: Path, repository: Path, what: str
) -> None:
    command = [sys.executable, "-m", "tests.library.crashing_bin", what, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        process.wait()
    ids = said.decode().split()
    assert len(ids) == 3
    library = Library.open(tmp_path / "library")
    files = RecordingFiles(tmp_path / "media")
    assert not agree(library, files, ids)
    settle(library, files)
    assert agree(library, files, ids)
    again = settle(library, files)
    assert (again.moved, again.removed, again.lost) == ([], [], [])
    library.close()


def test_a_file_of_a_tombstone_goes(library: Library, files: RecordingFiles) -> None:
    (one,) = fill(library, files, 1)
    library.run(recordings.mark_deleted, [one])
    name = files.relative_path(announced(1))
    file = files.root / binned.bin_path(name)
    file.parent.mkdir(parents=True)
    here(files, one).rename(file)
    assert settle(library, files).removed == [binned.bin_path(name)]
    assert list(files.root.rglob("*.mp4")) == []


def test_a_file_that_is_in_both_places_stays_where_its_row_says(
    library: Library, files: RecordingFiles
) -> None:
    kept, away = fill(library, files, 2)
    throw_away(library, files, away)
    shutil.copy(here(files, kept), there(files, kept))
    shutil.copy(there(files, away), here(files, away))
    assert len(settle(library, files).removed) == 2
    assert agree(library, files, [kept, away])
    assert here(files, kept).is_file()
    assert there(files, away).is_file()


def test_a_file_without_any_row_comes_back_to_life(
    library: Library, files: RecordingFiles
) -> None:
    add(library, announced(9))
    name = files.relative_path(announced(1))
    file = files.root / binned.bin_path(name)
    file.parent.mkdir(parents=True)
    file.write_bytes(mp4())
    assert settle(library, files).moved == [name]
    done = reconcile(library, files, files.root / "snapshots")
    assert done.adopted == [announced(1).id]


def test_other_accounts_files_are_left_alone(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, 1)
    throw_away(library, files, *ids)
    other = files.root / ".bin/999/2026/11/x.mp4"
    other.parent.mkdir(parents=True)
    other.touch()
    settle(library, files)
    assert other.is_file()


def test_a_bin_that_is_gone_as_a_whole_is_no_reason_to_forget(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, FEW + 1)
    throw_away(library, files, *ids)
    shutil.rmtree(files.root / ".bin")
    assert settle(library, files).lost == []
    assert {found(library, one).state for one in ids} == {RecordingState.BINNED}


def test_nothing_is_settled_while_the_folder_is_away(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, 2)
    throw_away(library, files, *ids)
    (files.root / MARKER).unlink()
    shutil.rmtree(files.root / ".bin")
    before = everything(library, files)
    settle(library, files)
    assert everything(library, files) == before


def raise_power_cut(*_: object) -> None:
    """End the process, as far as anybody in it can tell."""
    raise PowerCut
