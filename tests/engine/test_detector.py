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
from custom_components.ring_vision.engine.weights import ModelFiles, find_detector
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
        (419, (2, 0, 0, 0), (560, 16, 624, 16.01)),  # the last, of stride 32
    ],
)
def test_a_raw_head_is_decoded(
    tmp_path: Path, cell: int, bins: tuple[int, int, int, int], box: tuple[float, ...]
) -> None:
    output = raw((cell, "dog", 2.0, bins))
    output[cell, 3 * BINS :][:2] += np.array([0, 20 * (cell == 419)])
    (found,) = Detector(answering(tmp_path, output), threads=1).detect(STRIP)
    assert found.label == "dog"
    assert found.score == pytest.approx(0.881, abs=1e-3)
    sides = np.array(found.box) * [640, 32, 640, 32]
    assert sides[:3] == pytest.approx(box[:3], abs=0.01)
