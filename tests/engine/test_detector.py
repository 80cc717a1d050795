"""Tests of the detector: both formats decoded, everything else refused."""

from pathlib import Path

import numpy as np
from PIL import Image
import pytest

from custom_components.ring_vision.engine.boxes import Floats, fit, fit_fixed
from custom_components.ring_vision.engine.detector import (
    BINS,
    GREY,
    Detector,
    _letterboxed,
)
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.labels import COCO
from custom_components.ring_vision.engine.pictures import Photograph, open_photograph
from custom_components.ring_vision.engine.weights import (
    YUNET,
    ModelFiles,
    find_detector,
)
from tests.models import models_folder, needs_models
from tests.pictures import ASTRONAUT, BUS, CAT, TWO_MEN, picture

STRIP = Photograph(image=Image.new("RGB", (640, 32)))
CELLS = 80 * 4 + 40 * 2 + 20 * 1
"""Of a strip: strides of 8, 16 and 32 pixels."""
INPUT = "Input in0 0 1 in0"
FOXES = "stride: 32\nimgsz:\n- 32\n- 640\nnames:\n  0: fox\n  1: 'red deer'\n"


def network(folder: Path, *layers: str, weights: bytes = b"") -> ModelFiles:
    """Write a network of some layers of one output each."""
    files = ModelFiles(param=folder / "a.param", weights=folder / "a.bin")
    lines = ["7767517", f"{len(layers)} {len(layers)}", *layers]
    files.param.write_text("\n".join(lines) + "\n")
    files.weights.write_bytes(weights)
    return files


def answering(folder: Path, output: Floats) -> ModelFiles:
    """Write a network that answers the same (rows, columns) to every picture."""
    rows, columns = output.shape
    layer = f"MemoryData answer 0 1 out0 0={columns} 1={rows}"
    weights = output.astype(np.float32).tobytes()
    return network(folder, INPUT, layer, weights=weights)


def exported(folder: Path, output: Floats, metadata: str = FOXES) -> ModelFiles:
    """Write such a network as Ultralytics exports it."""
    files = answering(folder, output)
    described = folder / "metadata.yaml"
    described.write_text(metadata)
    return ModelFiles(param=files.param, weights=files.weights, metadata=described)


def raw(*cells: tuple[int, str, float, tuple[int, int, int, int]]) -> Floats:
    """Return a raw head in which cells see a label: number, label, logit, bins."""
    output = np.full((CELLS, 4 * BINS + len(COCO)), -20, dtype=np.float32)
    for cell, label, logit, bins in cells:
        output[cell, 4 * BINS + COCO.index(label)] = logit
        output[cell, [side * BINS + one for side, one in enumerate(bins)]] = 20
    return output


def finished(*columns: tuple[float, ...]) -> Floats:
    """Return a finished head for two classes: center, size, scores."""
    output = np.zeros((6, CELLS), dtype=np.float32)
    output[:, : len(columns)] = np.array(columns).T
    return output


def seen(detector: Detector) -> list[tuple[str, float]]:
    """Return labels and scores in a strip."""
    return [(one.label, round(one.score, 2)) for one in detector.detect(STRIP)]


def code_of(files: ModelFiles) -> ErrorCode:
    """Return why a detector cannot be loaded or used."""
    with pytest.raises(EngineError) as error:
        Detector(files, threads=1).detect(STRIP)
    return error.value.code


@pytest.mark.parametrize(
    ("cell", "bins", "box"),
    [
        # The sides are so many strides from the middle of the cell.
        (0, (0, 0, 10, 3), (4, 4, 84, 28)),
        (79, (2, 0, 0, 2), (620, 4, 636, 20)),
        (80, (0, 1, 1, 1), (4, 4, 12, 20)),  # the second row
        (320, (0, 0, 2, 1), (8, 8, 40, 24)),  # the first of stride 16
        (419, (2, 1, 0, 0), (560, 0, 624, 16)),  # the last, of stride 32
    ],
)
def test_a_raw_head_is_decoded(
    tmp_path: Path, cell: int, bins: tuple[int, int, int, int], box: tuple[float, ...]
) -> None:
    output = raw((cell, "dog", 2.0, bins))
    (found,) = Detector(answering(tmp_path, output), threads=1).detect(STRIP)
    assert found.label == "dog"
    assert found.score == pytest.approx(0.881, abs=1e-3)
    assert np.array(found.box) * [640, 32, 640, 32] == pytest.approx(box, abs=0.01)


def test_a_finished_head_is_decoded(tmp_path: Path) -> None:
    output = finished((320, 16, 64, 16, 0.2, 0.9), (64, 8, 128, 16, 0.5, 0.1))
    deer, fox = Detector(exported(tmp_path, output), threads=1).detect(STRIP)
    assert (deer.label, fox.label) == ("red deer", "fox")
    assert (deer.score, fox.score) == pytest.approx((0.9, 0.5))
    assert deer.box == pytest.approx((0.45, 0.25, 0.55, 0.75))
    assert fox.box == pytest.approx((0, 0, 0.2, 0.5))


@pytest.mark.parametrize(
    "size", ["imgsz:\n- 32\n- 640\n", "imgsz: [32, 640]\n"], ids=["lines", "list"]
)
def test_a_model_of_one_size_gets_that_size(tmp_path: Path, size: str) -> None:
    """A square picture fills the middle twentieth of the strip that the model takes."""
    output = finished((320, 16, 32, 32, 0.9, 0.1))
    metadata = f"{size}names:\n  0: fox\n  1: deer\n"
    square = Photograph(image=Image.new("RGB", (500, 500)))
    detector = Detector(exported(tmp_path, output, metadata), threads=1)
    (fox,) = detector.detect(square)
    assert fox.box == pytest.approx((0, 0, 1, 1))


WHOLE = (15, 15, 15, 15)
"""Bins that reach over the strip's height and far to both sides."""


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], []),
        # Doubtful: a logit of -1.8 is 0.142, one of -1.7 is 0.154.
        ([(340, "dog", -1.8, WHOLE)], []),
        ([(340, "dog", -1.7, WHOLE)], [("dog", 0.15)]),
        # Two cells see the same one.
        ([(340, "dog", 1, WHOLE), (341, "dog", 2, WHOLE)], [("dog", 0.88)]),
        # A car that is half a truck is one object.
        ([(340, "car", 1, WHOLE), (341, "truck", 2, WHOLE)], [("truck", 0.88)]),
        # Who sits in a car is another one.
        (
            [(340, "car", 1, WHOLE), (341, "person", 2, WHOLE)],
            [("person", 0.88), ("car", 0.73)],
        ),
        ([(340, "toaster", 2, WHOLE)], []),
        # A toaster takes no place from a dog.
        ([(340, "dog", 1, WHOLE), (341, "toaster", 2, WHOLE)], [("dog", 0.73)]),
        # Two that stand apart, of which one has no width.
        ([(0, "dog", 1, (0, 3, 3, 3)), (79, "dog", 2, (0, 3, 0, 3))], [("dog", 0.73)]),
    ],
)
def test_of_what_the_cells_see_the_objects_remain(
    tmp_path: Path,
    cells: list[tuple[int, str, float, tuple[int, int, int, int]]],
    expected: list[tuple[str, float]],
) -> None:
    detector = Detector(answering(tmp_path, raw(*cells)), threads=1)
    assert sorted(seen(detector)) == sorted(expected)


def test_a_finished_head_that_sees_nothing_answers_nothing(tmp_path: Path) -> None:
    assert seen(Detector(exported(tmp_path, finished()), threads=1)) == []


def test_the_network_gets_rgb_between_0_and_1(tmp_path: Path) -> None:
    files = network(tmp_path, INPUT, "Noop same 1 1 in0 out0")
    pixels = np.full((32, 64, 3), (255, 102, 0), dtype=np.uint8)
    output = Detector(files, threads=1)._run(pixels)
    assert output.shape == (3, 32, 64)
    assert output[:, 7, 9] == pytest.approx([1.0, 0.4, 0.0], abs=2e-3)


def test_around_a_picture_the_network_sees_grey() -> None:
    box = fit(640, 400, 640)
    padded = _letterboxed(np.zeros((400, 640, 3), dtype=np.uint8), box)
    assert padded.shape == (416, 640, 3)
    assert (padded[:8] == GREY).all()
    assert (padded[8:408] == 0).all()
    assert (padded[408:] == GREY).all()


def test_a_picture_that_fits_is_given_as_it_is() -> None:
    pixels = np.zeros((32, 640, 3), dtype=np.uint8)
    assert _letterboxed(pixels, fit_fixed(640, 32, (640, 32))) is pixels


@pytest.mark.parametrize(
    "shape",
    [(10, 10), (CELLS, 143), (CELLS - 1, 144), (144, CELLS), (CELLS, 84), (1, 1)],
    ids=str,
)
def test_an_output_of_another_shape_is_refused(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    files = answering(tmp_path, np.zeros(shape, dtype=np.float32))
    assert code_of(files) is ErrorCode.WEIGHTS_INVALID


@pytest.mark.parametrize(
    "layers",
    [
        (INPUT, "Noop same 1 1 in0 out1"),
        ("Input data 0 1 data", "Noop same 1 1 data out0"),
        (INPUT, "Input in1 0 1 in1", "Noop same 1 1 in0 out0"),
        ("MemoryData answer 0 1 out0 0=1",),
        # A window that is larger than the picture: ncnn cannot run it.
        (INPUT, "Pooling pool 1 1 in0 out0 0=0 1=900 2=1"),
        (INPUT, "Teleport beam 1 1 in0 out0"),
    ],
    ids=["other output", "other input", "two inputs", "no input", "pool", "unknown"],
)
def test_a_network_that_is_no_detector_is_refused(
    tmp_path: Path, layers: tuple[str, ...]
) -> None:
    weights = bytes(4 * len([one for one in layers if "MemoryData" in one]))
    files = network(tmp_path, *layers, weights=weights)
    assert code_of(files) is ErrorCode.WEIGHTS_INVALID


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "names:\n  0: fox\n  1: deer\n",
        "imgsz:\n- 32\n- 640\n",
        "imgsz:\n- 32\n- 640\nnames: fox\n",
        "imgsz:\n- 32\n- 640\nnames:\n  0: fox\n",  # the output has two
        "imgsz:\n- 640\n- 640\nnames:\n  0: fox\n  1: deer\n",  # another size
        "imgsz:\n- 30\n- 640\nnames:\n  0: fox\n  1: deer\n",
        "imgsz:\n- 0\n- 0\nnames:\n  0: fox\n  1: deer\n",
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, metadata: str
) -> None:
    files = exported(tmp_path, finished(), metadata)
    assert code_of(files) is ErrorCode.WEIGHTS_INVALID


def test_a_description_that_is_no_text_is_refused(tmp_path: Path) -> None:
    files = exported(tmp_path, finished())
    assert files.metadata is not None
    files.metadata.write_bytes(b"\xff\xfe\0")
    assert code_of(files) is ErrorCode.WEIGHTS_INVALID


def test_an_export_without_its_description_is_refused(tmp_path: Path) -> None:
    export = tmp_path / "foxes_ncnn_model"
    export.mkdir()
    files = answering(export, finished())
    files.param.rename(export / "model.ncnn.param")
    files.weights.rename(export / "model.ncnn.bin")
    found = find_detector((str(tmp_path),), "foxes")
    assert found is not None
    assert code_of(found) is ErrorCode.WEIGHTS_INVALID


PICTURES = [
    (ASTRONAUT, {"person"}),
    (CAT, {"cat"}),
    (TWO_MEN, {"person"}),
    (BUS, {"bus", "person"}),
]


def sure_labels(detector: Detector, name: tuple[str, str]) -> set[str]:
    """Return the labels that a track could begin with."""
    found = detector.detect(open_photograph(str(picture(*name))))
    assert all(min(one.box) >= 0 and max(one.box) <= 1 for one in found)
    return {one.label for one in found if one.score > 0.5}


@needs_models
@pytest.mark.parametrize(("name", "labels"), PICTURES)
def test_the_real_weights_see_what_is_there(
    models: Path, name: tuple[str, str], labels: set[str]
) -> None:
    files = find_detector((str(models),), "yolo11n")
    assert files is not None
    assert sure_labels(Detector(files, threads=2), name) == labels


@needs_models
@pytest.mark.skipif(
    not ((models_folder() or Path()) / "yolo11n_ncnn_model").is_dir(),
    reason="no export of yolo11n beside the weights",
)
@pytest.mark.parametrize(("name", "labels"), PICTURES)
def test_an_export_of_the_same_network_sees_the_same(
    models: Path, name: tuple[str, str], labels: set[str]
) -> None:
    files = find_detector((str(models / "yolo11n_ncnn_model"),), "yolo11n")
    assert files is not None
    assert files.metadata is not None
    assert sure_labels(Detector(files, threads=2), name) == labels


@needs_models
def test_the_weights_of_another_network_are_refused(models: Path) -> None:
    files = find_detector((str(models),), "yolo11n")
    assert files is not None
    mixed = ModelFiles(
        param=files.param,
        weights=YUNET / "yunet_n.ncnn.bin",
    )
    assert code_of(mixed) is ErrorCode.WEIGHTS_INVALID
