"""Tests of the pipeline: a clip goes in, who and what was there comes out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
import pytest

from custom_components.ring_vision.engine import models as models_module
from custom_components.ring_vision.engine.enrolment import embed
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.faces import sharpness
from custom_components.ring_vision.engine.models import Models
from custom_components.ring_vision.engine.pipeline import analyze
from custom_components.ring_vision.engine.protocol import (
    Analysis,
    AnalyzeJob,
    EmbedJob,
    Reference,
    Track,
)
from tests.models import models_folder, needs_models
from tests.pictures import ASTRONAUT, BUS, CAT, TWO_MEN, face_clip, face_picture

from .scenes import SIZE, clip, photograph, pixels, wall

BUST = photograph(ASTRONAUT).crop((60, 0, 420, 360)).resize((300, 300))
COACH = photograph(TWO_MEN).crop((740, 0, 1280, 720)).resize((288, 384))
CAT_IMAGE = photograph(CAT).resize((480, 320))
BUS_IMAGE = photograph(BUS).resize((608, 810)).crop((0, 100, 608, 810))
STREET = photograph(("skimage", "data/gravel.png")).resize(SIZE)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the clips of this module lie."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def astronaut(clips: Path) -> Path:
    """Return a clip in which the astronaut moves before a wall."""
    return face_clip(clips / "astronaut.mp4")


@pytest.fixture(scope="module")
def two_people(clips: Path) -> Path:
    """Return a clip with the astronaut on the left and a man on the right."""
    images = [wall((BUST, (10 + step, 84)), (COACH, (340, 0))) for step in range(15)]
    return clip(clips / "two.mp4", images)


@pytest.fixture(scope="module")
def faces_alone() -> Models:
    """Return the models of a worker that finds no weights of a detector."""
    return Models(folders=(), name="yolo11n")


@pytest.fixture(scope="module")
def loaded() -> Models:
    """Return the models of a worker that finds the detector too."""
    return Models(folders=(str(models_folder()),), name="yolo11n")


@pytest.fixture(scope="module")
def gallery(clips: Path, faces_alone: Models) -> tuple[Reference, ...]:
    """Return a gallery that knows the astronaut."""
    paths = (str(face_picture(clips / "eileen.jpg")),)
    (image,) = embed(EmbedJob(paths=paths), faces_alone, lambda fraction: None)
    assert image.face is not None
    return (Reference(person="Eileen", embedding=image.face.embedding),)


def labels(analysis: Analysis) -> list[str]:
    """Return what was seen."""
    return sorted(track.label for track in analysis.tracks)


def of(analysis: Analysis, label: str) -> Track:
    """Return the first track of a label."""
    return next(track for track in analysis.tracks if track.label == label)


def test_a_known_person_is_named(
    astronaut: Path, faces_alone: Models, gallery: tuple[Reference, ...]
) -> None:
    seen = analyze(AnalyzeJob(path=str(astronaut), gallery=gallery), faces_alone)
    (track,) = seen.tracks
    assert (track.label, track.person, track.stranger) == ("person", "Eileen", None)
    assert track.distance is not None
    assert track.distance < 0.3
    assert track.moving
    assert track.start_s == 0
    assert track.end_s == pytest.approx(1.9)
    assert len(track.faces) > 1
    assert track.snapshot is None
    assert seen.strangers == 0


def test_what_was_looked_at_is_told(astronaut: Path, faces_alone: Models) -> None:
    seen = analyze(AnalyzeJob(path=str(astronaut)), faces_alone)
    assert (seen.width, seen.height, seen.codec) == (*SIZE, "h264")
    assert seen.duration_s == pytest.approx(2.0)
    assert seen.frames_decoded == 20
    assert 2 <= seen.frames_analyzed < 20
    assert seen.missing == ("objects",)
    assert seen.engine == "2 resnet balanced"
    assert {"decode", "faces", "snapshots"} <= set(seen.stages)
    assert min(seen.seconds, seen.cpu_seconds, seen.peak_rss_mb) > 0


def test_somebody_unknown_is_a_stranger(astronaut: Path, faces_alone: Models) -> None:
    seen = analyze(AnalyzeJob(path=str(astronaut)), faces_alone)
    (track,) = seen.tracks
    assert (track.person, track.distance, track.stranger) == (None, None, 1)
    assert seen.strangers == 1


def test_a_known_person_beside_a_stranger(
    two_people: Path, faces_alone: Models, gallery: tuple[Reference, ...]
) -> None:
    seen = analyze(AnalyzeJob(path=str(two_people), gallery=gallery), faces_alone)
    left, right = sorted(seen.tracks, key=lambda track: track.box)
    assert (left.person, left.stranger) == ("Eileen", None)
    assert (right.person, right.stranger) == (None, 1)
    assert seen.strangers == 1


def test_where_faces_cannot_be_known_people_are_still_seen(
    astronaut: Path, gallery: tuple[Reference, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models_module, "why_unavailable", lambda folders: "no weights")
    job = AnalyzeJob(path=str(astronaut), gallery=gallery)
    seen = analyze(job, Models(folders=(), name="yolo11n"))
    (track,) = seen.tracks
    assert (track.label, track.person, track.faces) == ("person", None, ())
    assert seen.missing == ("objects", "faces")
    assert seen.engine == "2 balanced"


def test_whoever_comes_in_the_last_frame_is_seen(
    clips: Path, faces_alone: Models
) -> None:
    """That frame comes too soon after a look to be looked at by itself."""
    images = [*[wall()] * 12, wall((BUST, (150, 84)))]
    late = clip(clips / "late.mp4", images)
    (track,) = analyze(AnalyzeJob(path=str(late)), faces_alone).tracks
    assert track.frames == 1
    assert track.start_s == pytest.approx(1.2)


@pytest.mark.parametrize("blurred_first", [False, True])
def test_whoever_was_overlooked_for_some_seconds_is_one_person(
    clips: Path, faces_alone: Models, tmp_path: Path, blurred_first: bool
) -> None:
    """The snapshot shows the better of the two times."""
    sharp = wall((BUST.resize((260, 260)), (150, 84)))
    blurred = sharp.resize((320, 192)).resize(SIZE)
    parts = [blurred, sharp] if blurred_first else [sharp, blurred]
    images = [*[parts[0]] * 6, *[wall()] * 26, *[parts[1]] * 6]
    hidden = clip(clips / f"hidden-{blurred_first}.mp4", images)
    job = AnalyzeJob(path=str(hidden), snapshot_dir=str(tmp_path))
    (track,) = analyze(job, faces_alone).tracks
    assert track.start_s == 0
    assert track.end_s > 3.2
    assert {face.time_s < 2 for face in track.faces} == {True, False}
    with Image.open(tmp_path / "_1.jpg") as opened:
        seen = sharpness(pixels(opened))
    assert seen > 0.7 * sharpness(pixels(sharp))


def test_after_a_cut_somebody_else_is_another_track(
    clips: Path, faces_alone: Models
) -> None:
    """Both are in the same place of the picture."""
    zoomed = photograph(ASTRONAUT).crop((100, 20, 356, 174)).resize(SIZE)
    other = photograph(TWO_MEN).crop((780, 0, 1180, 240)).resize(SIZE)
    cut = clip(clips / "cut.mp4", [*[zoomed] * 8, *[other] * 8])
    seen = analyze(AnalyzeJob(path=str(cut)), faces_alone)
    assert len(seen.tracks) == 2
    assert seen.strangers == 2


def test_where_faces_are_not_wanted_nothing_biometric_is_kept(
    astronaut: Path, gallery: tuple[Reference, ...]
) -> None:
    models = Models(folders=(), name="yolo11n")
    job = AnalyzeJob(path=str(astronaut), gallery=gallery, recognize_faces=False)
    seen = analyze(job, models)
    assert (seen.tracks, seen.strangers) == ((), 0)
    assert seen.missing == ("objects",)
    assert (models.finder, models.embedder) == (None, None)


@needs_models
def test_where_faces_are_not_wanted_people_are_seen_without_them(
    astronaut: Path, gallery: tuple[Reference, ...], tmp_path: Path
) -> None:
    models = Models(folders=(str(models_folder()),), name="yolo11n")
    job = AnalyzeJob(
        path=str(astronaut),
        gallery=gallery,
        recognize_faces=False,
        snapshot_dir=str(tmp_path),
    )
    seen = analyze(job, models)
    (track,) = seen.tracks
    assert (track.label, track.faces) == ("person", ())
    assert (track.person, track.stranger) == (None, None)
    assert (seen.missing, seen.engine) == ((), "2 yolo11n balanced")
    assert (models.finder, models.embedder) == (None, None)


@needs_models
def test_a_known_person_is_named_among_objects(
    two_people: Path, loaded: Models, gallery: tuple[Reference, ...]
) -> None:
    seen = analyze(AnalyzeJob(path=str(two_people), gallery=gallery), loaded)
    assert labels(seen) == ["person", "person"]
    left, right = sorted(seen.tracks, key=lambda track: track.box)
    assert (left.person, right.person, right.stranger) == ("Eileen", None, 1)
    assert seen.engine == "2 yolo11n+resnet balanced"
    assert "detect" in seen.stages


@needs_models
def test_a_cat_that_comes_along_is_a_moving_cat(clips: Path, loaded: Models) -> None:
    images = [wall((CAT_IMAGE, (20 + 8 * step, 30))) for step in range(15)]
    seen = analyze(AnalyzeJob(path=str(clip(clips / "cat.mp4", images))), loaded)
    (track,) = seen.tracks
    assert (track.label, track.moving, track.faces) == ("cat", True, ())
    assert track.confidence > 0.6


@needs_models
def test_a_bus_that_stands_there_does_not_move(clips: Path, loaded: Models) -> None:
    street = clip(clips / "bus.mp4", [BUS_IMAGE] * 12)
    seen = analyze(AnalyzeJob(path=str(street)), loaded)
    assert labels(seen).count("bus") == 1
    assert labels(seen).count("person") >= 3
    assert not of(seen, "bus").moving
    assert of(seen, "bus").frames == seen.frames_analyzed


@needs_models
@pytest.mark.parametrize("image", [STREET, wall()], ids=["gravel", "wall"])
def test_where_nothing_is_nothing_is_seen(
    tmp_path: Path, loaded: Models, image: Image.Image
) -> None:
    empty = clip(tmp_path / "empty.mp4", [image] * 12)
    seen = analyze(AnalyzeJob(path=str(empty)), loaded)
    assert (seen.tracks, seen.strangers, seen.missing) == ((), 0, ())
    assert seen.frames_analyzed >= 2


def test_the_best_picture_is_written_with_a_box_drawn(
    two_people: Path, faces_alone: Models, tmp_path: Path
) -> None:
    folder = tmp_path / "made" / "on demand"
    job = AnalyzeJob(
        path=str(two_people), snapshot_dir=str(folder), snapshot_prefix="7"
    )
    seen = analyze(job, faces_alone)
    assert sorted(file.name for file in folder.iterdir()) == ["7_1.jpg", "7_2.jpg"]
    for track in seen.tracks:
        assert track.snapshot == f"7_{track.track}.jpg"
        with Image.open(folder / track.snapshot) as opened:
            assert opened.size == SIZE
            blue = blueness(opened)
        left, bottom = round(track.box[0] * 640), round(track.box[3] * 384)
        middle = round((track.box[1] + track.box[3]) / 2 * 384)
        assert blue[middle, left : left + 2].mean() > 60
        assert blue[bottom - 1 : bottom + 1, left + 4].mean() > 60
        assert blue[middle, left - 6 : left - 3].mean() < 40


def blueness(image: Image.Image) -> NDArray[np.int_]:
    """Return how much bluer than red pixels are: the line's colour is."""
    rgb = np.asarray(image.convert("RGB"), dtype=int)
    blue: NDArray[np.int_] = rgb[..., 2] - rgb[..., 0]
    return blue


def test_a_clip_of_nothing_leaves_no_pictures(
    clips: Path, faces_alone: Models, tmp_path: Path
) -> None:
    empty = clip(clips / "wall.mp4", [wall()] * 5)
    analyze(AnalyzeJob(path=str(empty), snapshot_dir=str(tmp_path)), faces_alone)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_is_told(
    astronaut: Path, faces_alone: Models, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    job = AnalyzeJob(path=str(astronaut), snapshot_dir=str(tmp_path / "file"))
    with pytest.raises(EngineError, match="snapshot") as error:
        analyze(job, faces_alone)
    assert error.value.code == ErrorCode.INTERNAL


def test_progress_goes_up_to_the_end(astronaut: Path, faces_alone: Models) -> None:
    told: list[float] = []
    analyze(AnalyzeJob(path=str(astronaut)), faces_alone, told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 0.98)
    assert len(told) > 5


@pytest.mark.parametrize("share", [0.0, 0.5, 0.96, 0.98])
def test_whoever_is_told_of_progress_can_stop_it(
    astronaut: Path, faces_alone: Models, tmp_path: Path, share: float
) -> None:
    def stop(fraction: float) -> None:
        if fraction >= share:
            raise EngineError(ErrorCode.CANCELLED)

    job = AnalyzeJob(path=str(astronaut), snapshot_dir=str(tmp_path))
    with pytest.raises(EngineError) as error:
        analyze(job, faces_alone, stop)
    assert error.value.code == ErrorCode.CANCELLED
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.FILE_EMPTY),
        (b"<html>gone</html>", ErrorCode.NOT_MEDIA),
    ],
)
def test_a_file_that_is_no_recording_says_so(
    tmp_path: Path, faces_alone: Models, content: bytes, code: ErrorCode
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(EngineError) as error:
        analyze(AnalyzeJob(path=str(path)), faces_alone)
    assert error.value.code == code


def test_broken_weights_of_the_detector_are_an_error(
    astronaut: Path, tmp_path: Path
) -> None:
    for ending in ("param", "bin"):
        (tmp_path / f"yolo11n.ncnn.{ending}").write_bytes(b"no weights")
    models = Models(folders=(str(tmp_path),), name="yolo11n")
    with pytest.raises(EngineError) as error:
        analyze(AnalyzeJob(path=str(astronaut)), models)
    assert error.value.code == ErrorCode.WEIGHTS_INVALID


def test_the_same_clip_gives_the_same_analysis(
    two_people: Path, faces_alone: Models, gallery: tuple[Reference, ...]
) -> None:
    job = AnalyzeJob(path=str(two_people), gallery=gallery)
    one, other = (
        replace(
            analyze(job, faces_alone),
            seconds=0.0,
            cpu_seconds=0.0,
            peak_rss_mb=0.0,
            stages={},
        )
        for _ in range(2)
    )
    assert one == other
