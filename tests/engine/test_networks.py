"""Tests of networks: files are checked before ncnn sees them."""

from pathlib import Path
import struct

import pytest

from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.networks import (
    Layer,
    check_weights,
    load,
    read_layers,
)
from custom_components.ring_vision.engine.weights import YUNET

PARAM, WEIGHTS = YUNET / "yunet_n.ncnn.param", YUNET / "yunet_n.ncnn.bin"
FP32, FP16 = struct.pack("<I", 0), struct.pack("<I", 0x01306B47)
HEAD = "7767517\n1 1\n"
INPUT = "Input in0 0 1 in0"


def code_of_reading(path: Path) -> ErrorCode:
    """Return why a `.param` file is refused."""
    with pytest.raises(EngineError, match=path.name) as error:
        read_layers(path)
    return error.value.code


def test_a_line_becomes_a_layer() -> None:
    layer = Layer.parse("Convolution conv_1 1 2 in0 a b 0=16 6=432 5=1")
    assert layer == Layer(
        kind="Convolution",
        inputs=("in0",),
        outputs=("a", "b"),
        settings={"0": "16", "6": "432", "5": "1"},
    )
    assert [layer.number(key) for key in (0, 6, 9)] == [16, 432, 0]


def test_the_face_finders_files_belong_together() -> None:
    layers = read_layers(PARAM)
    assert layers[0].kind == "Input"
    check_weights(layers, WEIGHTS)
    assert load(PARAM, WEIGHTS, threads=1) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"7767517",
        b"<html>404</html>",
        b"7767517\n2 2\nInput in0 0 1 in0\n",  # one of two layers
        b"7767517\n1 9\nInput in0 0 1 in0\n",  # one of nine blobs
        b"7767517\n1 0\nInput in0 0 1 in0\n",  # more blobs than there is room for
        b"7767517\n1 2\nInput in0 0 2 in0\n",
        b"7767517\n1 1\nInput in0 -9 1 in0\n",
        b"7767517\n2 2\nInput in0 0 1 in0\nReLU r 1 1 in1 out0\n",  # from nowhere
        b"7767517\n1 1\nInput in0 x 1 in0\n",
        b"7767517\n1 1\nInput\n",
        b"7767517\n1 1\nInput in0 0 1 in0 nonsense\n",
        b"\xff\xfe7767517",
    ],
)
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.param"
    path.write_bytes(content)
    assert code_of_reading(path) is ErrorCode.WEIGHTS_INVALID


def test_a_network_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.param"
    assert code_of_reading(path) is ErrorCode.WEIGHTS_INVALID
    with pytest.raises(EngineError) as error:
        check_weights(read_layers(PARAM), path)
    assert error.value.code is ErrorCode.WEIGHTS_INVALID


@pytest.mark.parametrize("change", [-1000, -1, 1], ids=str)
def test_weights_of_another_length_are_refused(tmp_path: Path, change: int) -> None:
    data = WEIGHTS.read_bytes()
    path = tmp_path / "a.bin"
    path.write_bytes((data + b"x")[: len(data) + change])
    with pytest.raises(EngineError, match="bytes where") as error:
        check_weights(read_layers(PARAM), path)
    assert error.value.code is ErrorCode.WEIGHTS_INVALID


@pytest.mark.parametrize(
    ("layer", "data"),
    [
        ("Convolution c 1 1 in0 a 0=2 5=1 6=3", FP32 + bytes(12) + bytes(8)),
        ("Convolution c 1 1 in0 a 0=2 5=0 6=3", FP32 + bytes(12)),
        # Halves are padded to whole words.
        ("Convolution c 1 1 in0 a 0=2 5=1 6=3", FP16 + bytes(8) + bytes(8)),
        ("InnerProduct c 1 1 in0 a 0=2 1=1 2=6", FP32 + bytes(24) + bytes(8)),
        ("MemoryData c 0 1 a 0=5 1=2", bytes(40)),
        ("ReLU c 1 1 in0 a", b""),
        # Of these it is not known how long they are: ncnn decides.
        ("BatchNorm c 1 1 in0 a 0=5", b"12345"),
        ("Convolution c 1 1 in0 a 0=2 5=1 6=3", b"\1\2\3\4 quantized"),
    ],
)
def test_the_length_of_weights_follows_from_the_layers(
    tmp_path: Path, layer: str, data: bytes
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    check_weights([Layer.parse(INPUT), Layer.parse(layer)], path)


def test_ncnn_may_refuse_a_layer_that_it_does_not_know(tmp_path: Path) -> None:
    param, weights = tmp_path / "a.param", tmp_path / "a.bin"
    param.write_text(f"{HEAD}Teleport t 0 1 in0\n")
    weights.write_bytes(b"")
    with pytest.raises(EngineError, match="refused") as error:
        load(param, weights, threads=1)
    assert error.value.code is ErrorCode.WEIGHTS_INVALID


def test_ncnn_may_refuse_weights(tmp_path: Path) -> None:
    weights = tmp_path / "missing.bin"
    with pytest.raises(EngineError, match="does not belong") as error:
        load(PARAM, weights, threads=1)
    assert error.value.code is ErrorCode.WEIGHTS_INVALID
