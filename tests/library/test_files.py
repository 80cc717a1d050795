"""Tests of the recordings folder: names, parts, whole files, disks that are away."""

from collections.abc import Callable
from datetime import timedelta, timezone
import errno
import os
from pathlib import Path
import shutil

import pytest

from custom_components.ring_vision.library.errors import (
    BrokenFile,
    OutsideFolder,
    StorageUnavailable,
)
from custom_components.ring_vision.library.files import MARKER, RecordingFiles

from .samples import NOON, announced, mp4

NAME = "101/2026/11/20261120T120000Z_motion_7.mp4"


def tree(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def download(files: RecordingFiles, content: bytes, size: int | None = None) -> Path:
    """Write a part and finish it."""
    part = files.part_path(NAME)
    files.append(part, content)
    final = files.resolve(NAME)
    files.finish(part, final, size)
    return final


def test_the_folder_becomes_ours(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path / "media" / "ring")
    assert not files.available()
    files.prepare(expect_files=False)
    files.prepare(expect_files=True)
    assert files.available()
    assert tree(tmp_path / "media") == {"ring", f"ring/{MARKER}"}


@pytest.mark.parametrize("mount_point", [Path.mkdir, Path.exists])
def test_nothing_is_made_below_the_mount_point_of_a_missing_disk(
    tmp_path: Path, mount_point: Callable[[Path], object]
) -> None:
    root = tmp_path / "disk"
    mount_point(root)
    before = tree(tmp_path)
    files = RecordingFiles(root)
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        files.prepare(expect_files=True)
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        files.require_space()
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        files.append(root / "101" / "a.mp4.part", b"x")
    assert tree(tmp_path) == before


def test_a_folder_with_files_but_no_marker_is_taken(tmp_path: Path) -> None:
    (tmp_path / "101").mkdir()
    files = RecordingFiles(tmp_path)
    files.prepare(expect_files=True)
    assert files.available()


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="not_writable"):
        RecordingFiles(tmp_path / "media").prepare(expect_files=False)
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        RecordingFiles(tmp_path / "media" / "ring").free_space()


def test_a_folder_that_cannot_be_looked_into_is_not_there(
    files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "is_file", refuse)
    assert not files.available()


def test_space_is_left_for_home_assistant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RecordingFiles(tmp_path, min_free=100)
    files.prepare(expect_files=False)
    usage = shutil.disk_usage(tmp_path)._replace(free=150)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    files.require_space(50)
    with pytest.raises(StorageUnavailable, match="disk_full"):
        files.require_space(51)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "101/2026/11/20261120T120000Z_motion_7000000000000000000.mp4"),
        (
            {"start": (NOON + timedelta(hours=13)).astimezone(timezone.max)},
            "101/2026/11/20261121T010000Z_motion_7000000000000000000.mp4",
        ),
        (
            {"kind": "../../on demand/ü"},
            "101/2026/11/20261120T120000Z_on-demand_7000000000000000000.mp4",
        ),
        (
            {"kind": "🦊"},
            "101/2026/11/20261120T120000Z_unknown_7000000000000000000.mp4",
        ),
        (
            {"id": "Ab/../c"},
            "101/2026/11/20261120T120000Z_motion_Ab-c-b7532f04fdf3.mp4",
        ),
    ],
)
def test_names_are_made_of_ids_and_times(
    files: RecordingFiles, changes: dict[str, str], name: str
) -> None:
    recording = announced(0, **{"start": NOON, **changes})
    assert files.relative_path(recording) == name
    assert files.resolve(name).is_relative_to(files.root)


@pytest.mark.parametrize(
    ("first", "second"),
    [("ab", "AB"), ("a/b", "a.b"), ("a" * 50, "a" * 51), ("1" * 41, "1" * 42)],
)
def test_other_ids_give_other_names_on_any_disk(
    files: RecordingFiles, first: str, second: str
) -> None:
    names = {
        files.relative_path(announced(0, id=one, camera_id=one)).casefold()
        for one in (first, second)
    }
    assert len(names) == 2


@pytest.mark.parametrize(
    "relative", ["", ".", "..", "../media2/a", "101/../../a", "/etc/passwd", "a\0b"]
)
def test_a_name_never_leads_out_of_the_folder(
    files: RecordingFiles, relative: str
) -> None:
    with pytest.raises(OutsideFolder):
        files.resolve(relative)
    with pytest.raises(OutsideFolder):
        files.remove(relative)


def test_a_link_that_leads_outside_is_not_followed(
    files: RecordingFiles, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.touch()
    (files.root / "link").symlink_to(tmp_path)
    with pytest.raises(OutsideFolder):
        files.remove("link/secret.txt")
    assert secret.exists()


def test_a_part_grows_and_gets_its_final_name(files: RecordingFiles) -> None:
    part = files.part_path(NAME)
    content = mp4()
    assert files.append(part, content[:100]) == 100
    assert files.append(part, bytearray(content[100:])) == len(content)
    final = files.resolve(NAME)
    assert files.finish(part, final, len(content)) == len(content)
    assert final.read_bytes() == content
    assert not part.exists()


@pytest.mark.parametrize(
    ("content", "size", "reason"),
    [
        (mp4(), len(mp4()) + 1, "truncated"),
        (mp4()[:-1], None, "truncated"),
        (b"<html>Sorry</html>", None, "html"),
        (b"", 5, "empty"),
    ],
)
def test_a_broken_part_never_gets_a_final_name(
    files: RecordingFiles, content: bytes, size: int | None, reason: str
) -> None:
    with pytest.raises(BrokenFile, match=reason):
        download(files, content, size)
    assert not files.resolve(NAME).exists()
    assert files.part_path(NAME).exists()


def test_a_part_that_went_with_its_disk_is_an_error_of_the_disk(
    files: RecordingFiles,
) -> None:
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        files.finish(files.part_path(NAME), files.resolve(NAME), None)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "not_writable"),
        (errno.ENOENT, "folder_missing"),
    ],
)
def test_a_write_that_fails_says_why(
    files: RecordingFiles,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    reason: str,
) -> None:
    part = files.part_path(NAME)
    files.append(part, mp4())

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(StorageUnavailable, match=reason):
        files.append(part, b"more")
    with pytest.raises(StorageUnavailable, match=reason):
        files.finish(part, files.resolve(NAME), None)


def test_deleting_takes_the_folders_that_it_empties(files: RecordingFiles) -> None:
    final = download(files, mp4())
    neighbour = files.resolve("101/2026/12/b.mp4")
    neighbour.parent.mkdir()
    neighbour.touch()
    assert files.remove(NAME)
    assert not files.remove(NAME)
    assert not final.parent.exists()
    assert neighbour.exists()
    assert files.remove("101/2026/12/b.mp4")
    assert tree(files.root) == {MARKER}


def test_parts_that_nobody_continued_are_cleaned_up(files: RecordingFiles) -> None:
    final = download(files, mp4())
    old, new = (final.with_name(f"{name}.mp4.part") for name in ("old", "new"))
    sidecar = final.with_name("old.mp4.part.json")
    for path in (old, new, sidecar):
        path.touch()
    for path in (final, old, sidecar):
        os.utime(path, (NOON.timestamp() - 10, NOON.timestamp() - 10))
    os.utime(new, (NOON.timestamp() + 10, NOON.timestamp() + 10))
    assert files.clean_parts(NOON) == 2
    assert {path.name for path in final.parent.iterdir()} == {final.name, new.name}
