"""Tests that our faces are dlib's: landmarks, chips and embeddings, on many faces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from PIL import Image
import pytest

from custom_components.ring_vision.engine.chips import cut_chip
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.faces import (
    PREDICTOR_FILE,
    RESNET_FILE,
    FaceEmbedder,
)
from custom_components.ring_vision.engine.landmarks import LandmarkPredictor, read_trees
from custom_components.ring_vision.engine.resnet import (
    FaceNetwork,
    as_graph,
    read_weights,
)
from custom_components.ring_vision.engine.video import Pixels
from custom_components.ring_vision.engine.yunet import FaceFinder, FoundFace
from tests.pictures import ASTRONAUT, TWO_MEN, picture

from .scenes import photograph, pixels

WEIGHTS = picture("face_recognition_models", "models")
PREDICTOR, RESNET = WEIGHTS / PREDICTOR_FILE, WEIGHTS / RESNET_FILE
SHARED = Path(__file__).parents[3] / "shared" / "media" / "photos"
SIZES, TURNS = (300, 420, 640, 900, 1280), (-10, 0, 7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One face of one version of a picture."""

    scene: Pixels
    face: FoundFace
    square: tuple[int, int, int, int]


def versions() -> Iterator[Pixels]:
    """Yield the pictures, small and large, mirrored, turned and dark."""
    images = [photograph(ASTRONAUT), photograph(TWO_MEN)]
    images += [Image.open(path).convert("RGB") for path in sorted(SHARED.glob("*.jpg"))]
    for image in images:
        for size in SIZES:
            scale = size / max(image.size)
            one = image.resize(
                (round(image.width * scale), round(image.height * scale))
            )
            for turn in TURNS:
                turned = pixels(one.rotate(turn))
                yield turned
                yield np.ascontiguousarray(turned[:, ::-1] // 2)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Return all faces that are large enough to be found."""
    finder = FaceFinder(threads=2)
    found = []
    for scene in versions():
        for face in finder.find(scene, long_sides=(320, 960)):
            x1, y1, x2, y2 = face.box
            half, middle = 0.6 * (x2 - x1), ((x1 + x2) / 2, (y1 + y2) / 2)
            square = (
                *(round(middle[0] - half), round(middle[1] - half)),
                *(round(middle[0] + half), round(middle[1] + half)),
            )
            found.append(Case(scene=scene, face=face, square=square))
    assert len(found) >= 60
    return found


@pytest.fixture(scope="module")
def predictor() -> LandmarkPredictor:
    """Return our landmarks."""
    return LandmarkPredictor(PREDICTOR)


@pytest.fixture(scope="module")
def network() -> FaceNetwork:
    """Return our network."""
    return FaceNetwork(RESNET, (), threads=1)


def dlib_shapes(cases: list[Case]) -> list[Any]:
    """Return dlib's own landmarks."""
    predict = dlib.shape_predictor(str(PREDICTOR))
    return [predict(case.scene, dlib.rectangle(*case.square)) for case in cases]


def test_landmarks_are_those_of_dlib(
    cases: list[Case], predictor: LandmarkPredictor
) -> None:
    """They are told in whole pixels, and a tree may decide otherwise by a hair."""
    differences = []
    for case, shape in zip(cases, dlib_shapes(cases), strict=True):
        theirs = np.array([(part.x, part.y) for part in shape.parts()])
        ours = predictor.find(case.scene, case.square)
        differences.append(np.abs(ours - theirs).max())
    assert np.median(differences) <= 0.5
    assert np.percentile(differences, 95) < 1
    assert max(differences) < 5


def test_chips_are_those_of_dlib(cases: list[Case]) -> None:
    differences = []
    for case, shape in zip(cases, dlib_shapes(cases), strict=True):
        marks = np.array([(part.x, part.y) for part in shape.parts()], dtype=np.float32)
        theirs = dlib.get_face_chip(case.scene, shape, 150, 0.25)
        ours = cut_chip(case.scene, marks)
        differences.append(np.abs(ours.astype(int) - theirs).mean())
    assert np.median(differences) < 0.1
    assert np.percentile(differences, 90) < 2


def test_the_same_chip_gives_the_same_embedding(
    cases: list[Case], network: FaceNetwork
) -> None:
    resnet = dlib.face_recognition_model_v1(str(RESNET))
    for case, shape in list(zip(cases, dlib_shapes(cases), strict=True)):
        chip = dlib.get_face_chip(case.scene, shape, 150, 0.25)
        theirs = np.array(resnet.compute_face_descriptor(chip))
        assert np.linalg.norm(network.embed(chip) - theirs) < 0.01


def test_the_whole_path_is_as_near_as_another_detector_lets_it_be(
    cases: list[Case],
) -> None:
    """`face_recognition` finds faces by another detector, whose squares differ."""
    detect = dlib.get_frontal_face_detector()
    predict = dlib.shape_predictor(str(PREDICTOR))
    resnet = dlib.face_recognition_model_v1(str(RESNET))
    embedder = FaceEmbedder()
    distances = []
    for case in cases[::3]:
        x1, y1, x2, y2 = case.face.box
        for square in detect(case.scene, 0):
            middle = square.center()
            if x1 < middle.x < x2 and y1 < middle.y < y2:
                shape = predict(case.scene, square)
                theirs = np.array(resnet.compute_face_descriptor(case.scene, shape))
                height, width = case.scene.shape[:2]
                look = embedder.look(case.scene, case.face, size=(width, height))
                ours = np.array(embedder.embed(look))
                distances.append(np.linalg.norm(ours - theirs))
    assert len(distances) >= 10
    assert np.median(distances) <= 0.06


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a network"),
        (b"\x00" * 100, "not a network"),
        (RESNET.read_bytes()[:1000], "breaks off"),
        (RESNET.read_bytes()[:-100], "breaks off"),
        (RESNET.read_bytes()[:9_000_000], "convolutions|breaks off"),
        (PREDICTOR.read_bytes()[:100_000], "not a network"),
    ],
    ids=["empty", "zeros", "head", "tail is gone", "half", "landmarks"],
)
def test_a_file_that_is_no_network_is_refused(
    tmp_path: Path, data: bytes, why: str
) -> None:
    path = tmp_path / RESNET_FILE
    path.write_bytes(data)
    with pytest.raises(EngineError, match=why) as error:
        read_weights(path)
    assert error.value.code == ErrorCode.WEIGHTS_INVALID


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        PREDICTOR.read_bytes()[:1000],
        PREDICTOR.read_bytes()[:-3],
        RESNET.read_bytes()[:200_000],
    ],
    ids=["empty", "zeros", "head", "tail is gone", "network"],
)
def test_a_file_that_has_no_landmarks_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / PREDICTOR_FILE
    path.write_bytes(data)
    with pytest.raises(EngineError) as error:
        read_trees(path)
    assert error.value.code == ErrorCode.WEIGHTS_INVALID


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for read in (read_trees, read_weights):
        with pytest.raises(EngineError, match="cannot be read"):
            read(tmp_path / "missing.dat")


def test_the_graph_is_written_once_into_the_first_folder_that_can(
    tmp_path: Path,
) -> None:
    nowhere, here = tmp_path / "file" / "folder", tmp_path / "here"
    (tmp_path / "file").write_bytes(b"")
    FaceNetwork(RESNET, (str(nowhere), str(here)), threads=1)
    names = sorted(path.name for path in here.iterdir())
    stem = RESNET.stem
    assert names == [f"{stem}.ncnn.bin", f"{stem}.ncnn.param"]
    written = (here / names[0]).stat().st_mtime_ns
    FaceNetwork(RESNET, (str(here),), threads=1)
    assert (here / names[0]).stat().st_mtime_ns == written


def test_a_graph_that_was_cut_off_is_written_anew(
    tmp_path: Path, cases: list[Case]
) -> None:
    FaceNetwork(RESNET, (str(tmp_path),), threads=1)
    binary = tmp_path / f"{RESNET.stem}.ncnn.bin"
    binary.write_bytes(binary.read_bytes()[:1000])
    chip = np.zeros((150, 150, 3), np.uint8)
    whole = FaceNetwork(RESNET, (), threads=1).embed(chip)
    assert np.allclose(
        FaceNetwork(RESNET, (str(tmp_path),), threads=1).embed(chip), whole
    )


@pytest.mark.parametrize("shape", [(149, 150, 3), (150, 150), (150, 150, 4)])
def test_a_chip_of_another_size_is_refused(
    network: FaceNetwork, shape: tuple[int, ...]
) -> None:
    with pytest.raises(EngineError, match="a face of"):
        network.embed(np.zeros(shape, np.uint8))


def test_the_graph_has_every_layer_of_the_network() -> None:
    text, data = as_graph(read_weights(RESNET))
    kinds = [line.split()[0] for line in text.splitlines()[2:]]
    assert kinds.count("Convolution") == 29
    assert kinds.count("BinaryOp") == 14
    assert len(data) == pytest.approx(22_400_000, rel=0.02)
