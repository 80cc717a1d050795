"""Tests of snapshots that no sighting shows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import sightings, snapshots as module
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.reconcile import Reconciled, reconcile
from custom_components.ring_vision.library.store import Library

from .samples import (
    PICTURE,
    analysis,
    announced,
    keep,
    put_picture,
    sightings_of,
    track,
)


def test_pictures_that_no_sighting_shows_are_deleted(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    sightings_of(library, recording_id, replace(track(1), snapshot=PICTURE))
    shown = put_picture(snapshots, PICTURE)
    second = PICTURE.replace("_1.jpg", "_2.jpg")
    unused = [
        put_picture(snapshots, second),
        put_picture(snapshots, f"{second}.part"),
        # Nobody knows its recording any more.
        put_picture(snapshots, PICTURE.replace("_6999", "_5999")),
    ]
    foreign = put_picture(snapshots, "101/2026/11/holiday.jpg")
    assert reconcile(library, files, snapshots) == Reconciled(pictures=3)
    assert [path.exists() for path in unused] == [False] * 3
    assert shown.exists()
    assert foreign.exists()


def test_pictures_of_an_analysis_under_way_stay(
    library: Library, files: RecordingFiles, snapshots: Path
) -> None:
    keep(library, files, announced(1))
    picture = put_picture(snapshots, PICTURE)
    assert reconcile(library, files, snapshots) == Reconciled()
    assert picture.exists()


def test_a_picture_whose_sighting_comes_meanwhile_stays(
    library: Library,
    files: RecordingFiles,
    snapshots: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (recording_id,) = keep(library, files, announced(1))
    picture = put_picture(snapshots, PICTURE)
    remove = module._remove_unused

    def analyzed_first(connection: Connection, *arguments: Any) -> int:
        seen = analysis(replace(track(1), snapshot=PICTURE))
        sightings.save_analysis(connection, recording_id, seen)
        return remove(connection, *arguments)

    monkeypatch.setattr(module, "_remove_unused", analyzed_first)
    assert reconcile(library, files, snapshots) == Reconciled()
    assert picture.exists()
