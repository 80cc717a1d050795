"""Tests of loading models: what there is is kept, what is missing has a reason."""

from pathlib import Path

import pytest

from custom_components.ring_vision.engine import models as models_module
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.faces import PREDICTOR_FILE, RESNET_FILE
from custom_components.ring_vision.engine.models import Models
from tests.models import models_folder, needs_models


@pytest.fixture
def empty() -> Models:
    """Return models without a folder of weights."""
    return Models(folders=(), name="yolo11n")


def broken(folder: Path, *names: str) -> Models:
    """Write files that are no weights, and return models of that folder."""
    for name in names:
        (folder / name).write_bytes(b"no weights")
    return Models(folders=(str(folder),), name="yolo11n")


def test_what_is_loaded_once_is_kept(empty: Models) -> None:
    assert empty.load_finder() is empty.load_finder()
    assert empty.load_embedder() is empty.load_embedder()
    assert empty.need_embedder() is empty.load_embedder()


@needs_models
def test_a_detector_that_is_loaded_once_is_kept() -> None:
    models = Models(folders=(str(models_folder()),), name="yolo11n")
    assert models.load_detector() is not None
    assert models.load_detector() is models.load_detector()
    assert models.version() == "2 yolo11n"


@needs_models
def test_with_everything_there_everything_can_run() -> None:
    found = Models(folders=(str(models_folder()),), name="yolo11n").probe()
    assert (found.objects, found.faces, found.reasons) == (True, True, {})
    assert found.engine == "2 yolo11n+resnet"


@needs_models
def test_weights_that_came_later_are_found(empty: Models) -> None:
    assert empty.load_detector() is None
    empty.folders = (str(models_folder()),)
    assert empty.load_detector() is not None
    assert "objects" not in empty.reasons


def test_without_weights_faces_alone_can_run(empty: Models) -> None:
    found = empty.probe()
    assert (found.objects, found.faces) == (False, True)
    assert found.reasons == {"objects": "no weights of yolo11n were found"}
    assert found.engine == "2 resnet"


def test_where_nothing_can_run_every_reason_is_told(
    empty: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models_module, "why_unavailable", lambda folders: "no weights")
    found = empty.probe()
    assert (found.objects, found.faces, found.engine) == (False, False, "2")
    assert found.reasons["faces"] == "no weights"
    with pytest.raises(EngineError, match="no weights") as error:
        empty.need_embedder()
    assert error.value.code == ErrorCode.NO_FACE_ENGINE


def test_broken_weights_of_a_detector_are_told_and_faces_run(tmp_path: Path) -> None:
    models = broken(tmp_path, "yolo11n.ncnn.param", "yolo11n.ncnn.bin")
    found = models.probe()
    assert (found.objects, found.faces) == (False, True)
    assert "yolo11n.ncnn.param" in found.reasons["objects"]
    with pytest.raises(EngineError):
        models.load_detector()


def test_broken_weights_of_faces_are_told(tmp_path: Path) -> None:
    found = broken(tmp_path, PREDICTOR_FILE, RESNET_FILE).probe()
    assert not found.faces
    assert found.reasons["faces"]
