"""Tests of finding faces: the real network on real pictures."""

from pathlib import Path
import shutil

import numpy as np
from PIL import Image
import pytest

from custom_components.ring_vision.engine import yunet
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.weights import YUNET
from custom_components.ring_vision.engine.yunet import FaceFinder, FoundFace
from tests.pictures import ASTRONAUT, BUS, CAT, TWO_MEN

from .scenes import photograph, pixels, wall

SIZES = (160, 320, 960)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    """Return the loaded network."""
    return FaceFinder(threads=2)


def test_a_face_is_found_where_it_is(finder: FaceFinder) -> None:
    (face,) = finder.find(pixels(photograph(ASTRONAUT)), long_sides=SIZES)
    assert face.box == pytest.approx((180, 59, 270, 177), abs=8)
    assert face.score > 0.9
    assert face.width == pytest.approx(90, abs=8)
    right_eye, left_eye, nose, right_corner, left_corner = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < left_corner[0]
    assert right_eye[1] < nose[1] < right_corner[1]


def test_a_wider_picture_than_the_network_takes_keeps_its_places(
    finder: FaceFinder,
) -> None:
    face = photograph(ASTRONAUT).crop((150, 30, 300, 210))
    (found,) = finder.find(pixels(wall((face, (400, 100)))), long_sides=(320,))
    assert found.box == pytest.approx((430, 129, 520, 247), abs=10)


def test_one_face_seen_in_several_sizes_is_one(finder: FaceFinder) -> None:
    scene = pixels(photograph(ASTRONAUT))
    assert [len(finder.find(scene, long_sides=(side,))) for side in SIZES] == [1, 1, 1]
    assert len(finder.find(scene, long_sides=SIZES)) == 1


def test_several_faces_are_found_best_first(finder: FaceFinder) -> None:
    found = finder.find(pixels(photograph(TWO_MEN)), long_sides=SIZES, min_score=0.85)
    assert len(found) == 2
    assert found[0].score >= found[1].score
    front, profile = sorted(found, key=lambda face: -face.frontality())
    assert front.box[0] > profile.box[0]
    assert front.frontality() > 0.6
    assert profile.frontality() < 0.2


def test_small_faces_are_seen_in_a_large_size(finder: FaceFinder) -> None:
    found = finder.find(pixels(photograph(BUS)), long_sides=(960,), min_score=0.8)
    assert len(found) == 2
    assert max(face.width for face in found) < 50


@pytest.mark.parametrize(
    "image",
    [
        photograph(CAT),
        wall(),
        Image.new("RGB", (15, 400), "white"),
        Image.new("RGB", (16, 16), "white"),
    ],
    ids=["cat", "wall", "too narrow to look at", "tiny"],
)
def test_where_nobody_is_no_face_is_found(
    finder: FaceFinder, image: Image.Image
) -> None:
    assert finder.find(pixels(image), long_sides=SIZES) == []


def face_with(*landmarks: tuple[float, float]) -> FoundFace:
    """Return a face 100 px wide with eyes and nose in given places."""
    return FoundFace(
        box=(0.0, 0.0, 100.0, 130.0),
        score=0.9,
        landmarks=np.array([*landmarks, (30, 90), (70, 90)], dtype=np.float32),
    )


@pytest.mark.parametrize(
    ("landmarks", "frontality"),
    [
        ([(30, 40), (70, 40), (50, 60)], 1.0),
        ([(30, 40), (70, 40), (60, 60)], 0.5),
        ([(30, 40), (70, 40), (80, 60)], 0.0),
        ([(41, 40), (60, 40), (50.5, 60)], 0.5),
        ([(50, 40), (50, 40), (50, 60)], 0.0),
    ],
    ids=["front", "turned", "profile", "eyes close together", "eyes in one place"],
)
def test_the_nose_and_the_eyes_tell_a_profile(
    landmarks: list[tuple[float, float]], frontality: float
) -> None:
    assert face_with(*landmarks).frontality() == pytest.approx(frontality, abs=0.01)


def test_damaged_weights_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(YUNET, tmp_path / "weights")
    weights = tmp_path / "weights" / "yunet_n.ncnn.bin"
    weights.write_bytes(weights.read_bytes()[:-4])
    monkeypatch.setattr(yunet, "YUNET", weights.parent)
    with pytest.raises(EngineError) as error:
        FaceFinder(threads=1)
    assert error.value.code == ErrorCode.WEIGHTS_INVALID


def test_a_network_without_the_outputs_of_a_face_finder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(YUNET, tmp_path / "weights")
    param = tmp_path / "weights" / "yunet_n.ncnn.param"
    param.write_text(param.read_text().replace("out11", "other"))
    monkeypatch.setattr(yunet, "YUNET", param.parent)
    finder = FaceFinder(threads=1)
    with pytest.raises(EngineError) as error:
        finder.find(pixels(wall()), long_sides=(160,))
    assert error.value.code == ErrorCode.WEIGHTS_INVALID
