"""Tests of looking at clips from the command line: what a shell would see."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from tests.models import models_folder, needs_models
from tests.pictures import face_clip, face_picture

REPOSITORY = Path(__file__).parents[2]

type Done = subprocess.CompletedProcess[str]


def run(module: str, *arguments: object) -> Done:
    """Run one of the scripts' modules in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", f"scripts.{module}", *map(str, arguments)],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )


def lines(done: Done) -> list[dict[str, Any]]:
    """Return what a script printed, one JSON object a line."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip in which one person moves."""
    return face_clip(tmp_path_factory.mktemp("clips") / "front.mp4")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return a folder that knows the person, with a picture that shows nobody."""
    folder = tmp_path / "people"
    (folder / "Eileen").mkdir(parents=True)
    face_picture(folder / "Eileen" / "1.jpg")
    (folder / "Eileen" / "broken.png").write_bytes(b"no picture")
    (folder / "Eileen" / "notes.txt").write_text("no picture at all")
    (folder / "stray.jpg").write_bytes(b"in nobody's folder")
    return folder


@pytest.fixture
def no_models(tmp_path: Path) -> Path:
    """Return a folder without weights."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_every_clip_has_a_line_and_a_bad_one_its_error(
    clip: Path, people: Path, no_models: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("<html>gone</html>")
    done = run(
        *("analyze_run", bad, clip, "--json"),
        *("--people", people, "--models", no_models),
    )
    assert done.returncode == 1
    first, second = lines(done)
    assert first["recording"] == str(bad)
    assert first["error"]["code"] == "not_media"
    assert first["error"]["message"]
    assert second["recording"] == str(clip)
    (sighting,) = second["sightings"]
    assert sighting["label"] == "person"
    assert sighting["person"] == "Eileen"
    assert sighting["distance"] < 0.3
    assert (second["width"], second["height"], second["strangers"]) == (640, 384, 0)
    assert "broken.png cannot be enrolled: not_media" in done.stderr
    assert "stray.jpg" not in done.stderr
    assert "No objects are looked for" in done.stderr


def test_without_people_whoever_comes_is_a_stranger(
    clip: Path, no_models: Path
) -> None:
    done = run("analyze_run", clip, "--models", no_models)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{clip}: person, 1 stranger (2.0 s looked at in ")


def test_an_error_is_told_to_a_reader_too(no_models: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.mp4"
    done = run("analyze_run", missing, "--models", no_models)
    assert (done.returncode, done.stdout) == (
        1,
        f"{missing}: missing.mp4 is not there\n",
    )


def test_a_folder_of_people_that_is_not_there_is_an_error(
    clip: Path, no_models: Path, tmp_path: Path
) -> None:
    nobody = tmp_path / "nobody"
    done = run("analyze_run", clip, "--people", nobody, "--models", no_models)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{nobody} is no folder" in done.stderr


@needs_models
def test_with_weights_everything_is_looked_for(clip: Path) -> None:
    done = run("analyze_run", clip, "--json", "--models", models_folder())
    (answer,) = lines(done)
    assert answer["engine"] == "2 yolo11n+resnet balanced"
    assert done.stderr == ""


def test_measuring_prints_what_a_clip_takes(
    clip: Path, people: Path, no_models: Path
) -> None:
    done = run("bench_analyze", clip, "--models", no_models, "--people", people)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told.keys() == {
        *("recordings", "ratio_to_decode", "times_real_time", "peak_rss_mb"),
    }
    (recording,) = told["recordings"]
    assert recording.keys() == {
        *("recording", "duration_s", "decode_only_s", "seconds", "cpu_seconds"),
        "stages",
    }
    assert recording["duration_s"] == pytest.approx(2.0)
    assert min(told["ratio_to_decode"], told["times_real_time"]) > 0
    assert told["peak_rss_mb"] > 0


def test_measuring_what_is_no_clip_is_an_error(no_models: Path, tmp_path: Path) -> None:
    done = run("bench_analyze", tmp_path / "missing.mp4", "--models", no_models)
    assert (done.returncode, done.stdout) == (1, "")
    assert "missing.mp4" in done.stderr
