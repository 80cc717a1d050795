"""Tests of exports: the table, the files, and that there are only whole ones."""

import csv
from datetime import timedelta
import json
from pathlib import Path
import shutil
from typing import Any

import pytest

from custom_components.ring_vision.library import people
from custom_components.ring_vision.library.errors import StorageUnavailable
from custom_components.ring_vision.library.export import (
    ExportFilter,
    ExportFormat,
    Stopped,
    Writer,
)
from custom_components.ring_vision.library.files import MARKER, RecordingFiles
from custom_components.ring_vision.library.store import Library

from .binned import SIZE, fill, here, throw_away
from .samples import NOON, add, add_downloaded, announced, found, sightings_of, track

MINUTE = timedelta(minutes=1)
NAME = "ring_vision_1"


def writer(
    library: Library, source: RecordingFiles, folder: Path, **changes: Any
) -> Writer:
    """Return a writer of JSON and files."""
    settings: dict[str, Any] = {
        "library": library,
        "source": source,
        "folder": folder,
        "name": NAME,
        "format": ExportFormat.JSON,
        "files": True,
        "cameras": {"101": "Front Door"},
    }
    return Writer(**settings | changes)


def table_of(folder: Path) -> list[dict[str, Any]]:
    """Return the table of an export in JSON."""
    content = json.loads((folder / NAME / "recordings.json").read_text())
    assert content["version"] == 1
    rows: list[dict[str, Any]] = content["recordings"]
    return rows


def test_an_export_holds_the_files_and_a_table_of_them(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    ids = fill(library, files)
    add(library, announced(9))
    told: list[tuple[int, int]] = []
    done = writer(
        library, files, tmp_path / "new", progress=lambda *at: told.append(at)
    ).write(ExportFilter())
    assert (done.recordings, done.files, done.size) == (3, 3, 3 * SIZE)
    assert (done.folder, done.missing) == (tmp_path / "new" / NAME, [])
    rows = table_of(tmp_path / "new")
    assert [row["id"] for row in rows] == list(reversed(ids))
    for row in rows:
        assert row["file"] == files.relative_path(found(library, row["id"]))
        copy = done.folder / row["file"]
        assert copy.read_bytes() == here(files, row["id"]).read_bytes()
    assert (rows[0]["camera"], rows[0]["labels"], rows[0]["people"]) == (
        "Front Door",
        ["person"],
        [],
    )
    assert rows[0]["sightings"][0]["label"] == "person"
    assert told == [(0, 3), (1, 3), (2, 3)]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {NAME}


def test_a_spreadsheet_takes_no_name_for_a_formula(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    anna = library.run(people.add_person, "=HYPERLINK(evil)")
    add_downloaded(library, announced(1))
    sightings_of(
        library, announced(1).id, track(1, person=str(anna.id)), track(2, label="cat")
    )
    evil = {"101": '@SUM(1)",\n"x'}
    write = writer(
        library,
        files,
        tmp_path,
        format=ExportFormat.CSV,
        cameras=evil,
        files=False,
    )
    write.write(ExportFilter())
    with (tmp_path / NAME / "recordings.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["id"] == announced(1).id
    assert row["camera"] == "'" + evil["101"]
    assert row["people"] == "'=HYPERLINK(evil)"
    assert (row["labels"], row["file"]) == ("cat, person", "")


@pytest.fixture
def mixed(library: Library) -> Library:
    """Return a library with Anna (1), a cat (2) and a parked car (3)."""
    anna = library.run(people.add_person, "Anna")
    add_downloaded(library, announced(1), announced(2, camera_id="102"), announced(3))
    sightings_of(library, announced(1).id, track(person=str(anna.id)))
    sightings_of(library, announced(2).id, track(label="cat"))
    sightings_of(library, announced(3).id, track(label="car", moving=False))
    return library


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (ExportFilter(), [3, 2, 1]),
        (ExportFilter(camera_ids=("102",)), [2]),
        (ExportFilter(start=NOON - 2 * MINUTE), [2, 1]),
        (ExportFilter(end=NOON - 2 * MINUTE), [3]),
        (ExportFilter(labels=("cat", "person")), [2, 1]),
        (ExportFilter(labels=("car",)), []),
        (ExportFilter(person_ids=(1,)), [1]),
        (ExportFilter(person_ids=(1,), labels=("cat",)), []),
        (ExportFilter(person_ids=(99,)), []),
    ],
)
def test_a_filter_says_which(
    mixed: Library,
    files: RecordingFiles,
    tmp_path: Path,
    wanted: ExportFilter,
    numbers: list[int],
) -> None:
    done = writer(mixed, files, tmp_path, files=False).write(wanted)
    ids = [announced(number).id for number in numbers]
    assert [row["id"] for row in table_of(tmp_path)] == ids
    assert (done.recordings, done.files) == (len(ids), 0)


def test_what_is_in_the_bin_is_not_exported(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    ids = fill(library, files, 2)
    throw_away(library, files, ids[0])
    writer(library, files, tmp_path).write(ExportFilter())
    assert [row["id"] for row in table_of(tmp_path)] == [ids[1]]


def test_a_file_that_is_gone_is_told(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    ids = fill(library, files, 2)
    here(files, ids[0]).unlink()
    done = writer(library, files, tmp_path).write(ExportFilter())
    assert (done.files, done.missing) == (1, [ids[0]])
    assert {row["id"]: bool(row["file"]) for row in table_of(tmp_path)} == {
        ids[0]: False,
        ids[1]: True,
    }


@pytest.mark.parametrize("looks", [0, 1, 2, 4])
def test_a_cancelled_export_leaves_nothing(
    library: Library, files: RecordingFiles, tmp_path: Path, looks: int
) -> None:
    fill(library, files)
    answers = iter([False] * looks + [True])
    folder = tmp_path / "out"
    with pytest.raises(Stopped):
        writer(library, files, folder, should_stop=lambda: next(answers)).write(
            ExportFilter()
        )
    assert list(folder.iterdir()) == []


def test_an_export_that_was_killed_begins_anew(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    fill(library, files, 1)
    part = tmp_path / f".{NAME}.part"
    part.mkdir()
    (part / "half.mp4").touch()
    done = writer(library, files, tmp_path).write(ExportFilter())
    assert not part.exists()
    assert not (done.folder / "half.mp4").exists()


def test_an_export_never_replaces_another(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    fill(library, files, 1)
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "mine.txt").touch()
    with pytest.raises(OSError, match="not empty"):
        writer(library, files, tmp_path).write(ExportFilter())
    assert [path.name for path in (tmp_path / NAME).iterdir()] == ["mine.txt"]


def test_nothing_is_written_where_there_is_no_room(
    library: Library,
    files: RecordingFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(library, files, 1)
    full = shutil.disk_usage(tmp_path)._replace(free=SIZE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(StorageUnavailable, match="disk_full"):
        writer(library, files, tmp_path).write(ExportFilter())
    writer(library, files, tmp_path, files=False).write(ExportFilter())


def test_a_folder_that_is_away_is_no_export_of_nothing(
    library: Library, files: RecordingFiles, tmp_path: Path
) -> None:
    (one,) = fill(library, files, 1)
    (files.root / MARKER).unlink()
    here(files, one).unlink()
    with pytest.raises(StorageUnavailable, match="folder_missing"):
        writer(library, files, tmp_path / "out").write(ExportFilter())
    assert list((tmp_path / "out").iterdir()) == []
