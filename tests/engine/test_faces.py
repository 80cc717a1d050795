"""Tests of knowing a face again, with dlib's own whole path as the oracle."""

from pathlib import Path
from typing import Any

import dlib
import numpy as np
import pytest

from custom_components.ring_vision.engine import faces
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.faces import (
    PREDICTOR_FILE,
    RESNET_FILE,
    FaceEmbedder,
    Look,
    sharpness,
    why_unavailable,
)
from custom_components.ring_vision.engine.video import Pixels
from custom_components.ring_vision.engine.yunet import FaceFinder, FoundFace
from tests.pictures import ASTRONAUT, TWO_MEN, picture

from .scenes import photograph, pixels

WEIGHTS = picture("face_recognition_models", "models")


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    """Return what finds faces."""
    return FaceFinder(threads=2)


@pytest.fixture(scope="module")
def embedder() -> FaceEmbedder:
    """Return what knows faces again."""
    return FaceEmbedder()


def best_face(finder: FaceFinder, scene: Pixels) -> FoundFace:
    """Return the face of which the network is surest."""
    return finder.find(scene, long_sides=(160, 320, 960))[0]


def look_at(finder: FaceFinder, embedder: FaceEmbedder, scene: Pixels) -> Look:
    """Return a look at the surest face of a picture."""
    height, width = scene.shape[:2]
    return embedder.look(scene, best_face(finder, scene), size=(width, height))


def by_dlib_alone(scene: Pixels) -> Any:
    """Embed the first face that dlib's own detector finds, on dlib's own path."""
    square = dlib.get_frontal_face_detector()(scene, 1)[0]
    shape = dlib.shape_predictor(str(WEIGHTS / PREDICTOR_FILE))(scene, square)
    resnet = dlib.face_recognition_model_v1(str(WEIGHTS / RESNET_FILE))
    return np.array(resnet.compute_face_descriptor(scene, shape, 1, 0.25))


def distance(one: Any, other: Any) -> float:
    """Return how far two embeddings are apart."""
    return float(np.linalg.norm(np.subtract(one, other)))


@pytest.mark.parametrize("name", [ASTRONAUT, TWO_MEN], ids=["astronaut", "coach"])
def test_an_embedding_is_the_one_that_face_recognition_makes(
    finder: FaceFinder, embedder: FaceEmbedder, name: tuple[str, str]
) -> None:
    scene = pixels(photograph(name))
    ours = embedder.embed(look_at(finder, embedder, scene))
    assert len(ours) == 128
    assert distance(ours, by_dlib_alone(scene)) < 0.15


def test_a_mirrored_face_is_the_same_person_and_another_face_is_not(
    finder: FaceFinder, embedder: FaceEmbedder
) -> None:
    astronaut = pixels(photograph(ASTRONAUT))
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    one, again, other = (
        embedder.embed(look_at(finder, embedder, scene))
        for scene in (astronaut, mirrored, pixels(photograph(TWO_MEN)))
    )
    assert distance(one, again) < 0.4
    assert distance(one, other) > 0.6


def test_a_look_tells_where_and_how_good_the_face_is(
    finder: FaceFinder, embedder: FaceEmbedder
) -> None:
    look = look_at(finder, embedder, pixels(photograph(ASTRONAUT)))
    assert look.box == pytest.approx((0.35, 0.12, 0.53, 0.35), abs=0.03)
    assert look.width_px == pytest.approx(90, abs=8)
    assert look.chip.shape == (150, 150, 3)
    assert look.good
    assert 0.5 < look.quality < 1


def test_a_look_into_a_crop_tells_the_place_in_the_whole_picture(
    finder: FaceFinder, embedder: FaceEmbedder
) -> None:
    crop = pixels(photograph(ASTRONAUT).crop((100, 20, 400, 320)))
    face = best_face(finder, crop)
    look = embedder.look(crop, face, origin=(100, 20), size=(512, 512), scale=2.0)
    assert look.box == pytest.approx((0.35, 0.12, 0.53, 0.35), abs=0.03)
    assert look.width_px == pytest.approx(180, abs=16)


def look(**changed: Any) -> Look:
    """Return a good look, but for what is changed."""
    good = {
        "time_s": 0.0,
        "box": (0.1, 0.1, 0.2, 0.2),
        "score": 0.9,
        "width_px": 80,
        "sharpness": 90.0,
        "frontality": 0.9,
        "chip": np.zeros((150, 150, 3), np.uint8),
    }
    return Look(**{**good, **changed})


@pytest.mark.parametrize(
    "worse",
    [{"width_px": 39}, {"score": 0.79}, {"frontality": 0.29}, {"sharpness": 14.0}],
    ids=lambda worse: next(iter(worse)),
)
def test_a_look_that_lacks_something_names_nobody(worse: dict[str, float]) -> None:
    assert look().good
    assert not look(**worse).good
    assert look(**worse).quality < look().quality


def test_a_plain_surface_has_no_sharpness_and_a_blurred_one_less() -> None:
    scene = photograph(ASTRONAUT)
    blurred = scene.resize((64, 64)).resize(scene.size)
    assert sharpness(np.full((20, 20, 3), 99, np.uint8)) == 0
    assert sharpness(np.zeros((2, 9, 3), np.uint8)) == 0
    assert 0 < sharpness(pixels(blurred)) < sharpness(pixels(scene)) / 4


def test_faces_can_be_known_here() -> None:
    assert why_unavailable() is None


def test_weights_that_are_not_installed_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    reason = "the weights of face_recognition_models are not installed"
    assert why_unavailable() == reason
    with pytest.raises(EngineError, match=reason) as error:
        FaceEmbedder()
    assert error.value.code == ErrorCode.NO_FACE_ENGINE


def test_weights_in_a_folder_come_before_those_of_the_package(tmp_path: Path) -> None:
    for name in (PREDICTOR_FILE, RESNET_FILE):
        (tmp_path / name).write_bytes(b"no weights")
    assert why_unavailable((str(tmp_path),)) is None
    with pytest.raises(EngineError) as error:
        FaceEmbedder((str(tmp_path),))
    assert error.value.code == ErrorCode.WEIGHTS_INVALID
