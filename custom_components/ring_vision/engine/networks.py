"""Networks: ncnn models loaded with every check that keeps the heap whole."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
import struct
from typing import Any, Final, Self

from .errors import EngineError, ErrorCode

_MAGIC: Final = "7767517"
_TAG_FP32: Final = 0
_TAG_FP16: Final = 0x01306B47
_WEIGHTED: Final = {
    *("Convolution", "ConvolutionDepthWise", "Deconvolution", "InnerProduct"),
    "DeconvolutionDepthWise",
}
"""Layers whose weights start with a tag that says how they are written."""
_WEIGHTLESS: Final = {
    *("BinaryOp", "Concat", "Crop", "ExpandDims", "Eltwise", "Input", "Interp"),
    *("MatMul", "Permute", "Pooling", "ReLU", "Reshape", "Sigmoid", "Slice"),
    *("Softmax", "Split", "Squeeze", "Swish", "UnaryOp", "Padding", "Flatten"),
    *("HardSwish", "HardSigmoid", "Clip", "Reduction", "ShuffleChannel", "Noop"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One line of a `.param` file."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: dict[str, str]

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read `kind name n m inputs… outputs… key=value…`."""
        words = line.split()
        first = 4 + int(words[2])
        end = first + int(words[3])
        if not 4 <= first <= end <= len(words):
            raise ValueError(f"{line!r} breaks off")
        return cls(
            kind=words[0],
            inputs=tuple(words[4:first]),
            outputs=tuple(words[first:end]),
            settings=dict(word.split("=", 1) for word in words[end:]),
        )

    def number(self, key: int) -> int:
        """Return a whole number among the settings, 0 when it is not there."""
        return int(self.settings.get(str(key), "0"))


def read_layers(param: Path) -> list[Layer]:
    """Read a `.param` file, without ncnn."""
    try:
        lines = param.read_text(encoding="ascii").splitlines()
        if lines[0].strip() != _MAGIC:
            raise _invalid(param, "is not an ncnn model")
        declared = tuple(int(word) for word in lines[1].split())
        layers = [Layer.parse(line) for line in lines[2:] if line.strip()]
    except (OSError, UnicodeDecodeError, ValueError, IndexError) as err:
        raise _invalid(param, f"cannot be read: {err}") from err
    found = (len(layers), sum(len(layer.outputs) for layer in layers))
    if declared != found:
        # ncnn makes room for as many layers and blobs as are declared, and fills it.
        raise _invalid(param, f"breaks off: {declared} declared, {found} found")
    _check_order(param, layers)
    return layers


def _check_order(param: Path, layers: list[Layer]) -> None:
    """Fail when a layer takes what none before it gives: ncnn would run into it."""
    given: set[str] = set()
    for layer in layers:
        if missing := set(layer.inputs) - given:
            raise _invalid(param, f"takes {missing} from nowhere")
        given.update(layer.outputs)


def check_weights(layers: list[Layer], weights: Path) -> None:
    """Fail unless the `.bin` file is exactly as long as its layers ask for.

    ncnn takes whatever bytes come next for weights: a file of another network, or a
    cut one, gives nonsense or worse.
    """
    try:
        data = weights.read_bytes()
    except OSError as err:
        raise _invalid(weights, f"cannot be read: {err}") from err
    at = 0
    for layer in layers:
        size = _weight_bytes(layer, data, at)
        if size is None:
            # A layer or a way of writing that is not known here: ncnn decides.
            return
        at += size
    if at != len(data):
        raise _invalid(weights, f"has {len(data)} bytes where {at} belong")


def _weight_bytes(layer: Layer, data: bytes, at: int) -> int | None:
    """Return how many bytes the layer's weights take, None where unknown."""
    if layer.kind in _WEIGHTLESS:
        return 0
    if layer.kind == "MemoryData":
        count = 1
        for key in (0, 1, 2):
            count *= layer.number(key) or 1
        return 4 * count
    if layer.kind not in _WEIGHTED:
        return None
    count_key, bias_key = (2, 1) if layer.kind == "InnerProduct" else (6, 5)
    count = layer.number(count_key)
    biases = layer.number(0) if layer.number(bias_key) else 0
    if at + 4 > len(data):
        return 4 + 4 * count
    (tag,) = struct.unpack_from("<I", data, at)
    if tag == _TAG_FP32:
        return 4 + 4 * count + 4 * biases
    if tag == _TAG_FP16:
        return 4 + -(-2 * count // 4) * 4 + 4 * biases
    return None


def load(param: Path, weights: Path, *, threads: int, exact: bool = True) -> Any:
    """Load a network whose files were checked.

    With `exact` False it may count with fewer digits where the processor is faster then.
    """
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_bf16_storage = not exact and threads == 1 and _counts_in_bf16()
    if net.load_param(str(param)) != 0:
        raise _invalid(param, "is refused by ncnn")
    if net.load_model(str(weights)) != 0:
        raise _invalid(weights, "does not belong to its .param file")
    return net


@cache
def _counts_in_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether the processor has instructions for it: a third less time."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in text.split()


def _invalid(path: Path, why: str) -> EngineError:
    """Say what is wrong with a file of a model."""
    return EngineError(ErrorCode.WEIGHTS_INVALID, f"{path.name} {why}")
