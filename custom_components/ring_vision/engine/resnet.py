"""The face ResNet of `face_recognition_models`, read from dlib's file and run on ncnn.

dlib's own wheel needs AVX and holds the GIL for 63 ms a face; ncnn needs neither. The
network (Davis King, 2017) is 29 convolutions of a ResNet-34 with half of the filters.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import tempfile
from typing import Any, Final

import numpy as np

from .boxes import Floats
from .errors import EngineError, ErrorCode
from .networks import check_weights, load, read_layers
from .video import Pixels

SIDE_PX: Final = 150
MEAN: Final = (122.782, 117.001, 104.298)
SCALE: Final = 1 / 256
LENGTH: Final = 128
FILTERS: Final = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)
"""Of each residual block, from the picture on; where it grows, the block halves."""
SIDES_PX: Final = (35, 35, 35, 17, 17, 17, 17, 8, 8, 8, 4, 4, 4, 2)
"""Of what each block gives."""
_RECORD: Final = re.compile(rb"\x01.(con_4|affine_|fc_2)", re.DOTALL)
"""A layer begins with the length of its name and the name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Convolution:
    """A convolution with the affine layer behind it folded in."""

    weights: Floats
    """(filters, channels, rows, columns)."""
    biases: Floats
    """(filters,)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """All that dlib's file holds."""

    convolutions: tuple[Convolution, ...]
    """From the picture on."""
    last: Floats
    """(128, 256): what makes the embedding."""


class FaceNetwork:
    """The loaded network."""

    def __init__(
        self, weights: Path, folders: tuple[str, ...], *, threads: int
    ) -> None:
        """Load it, from a graph that was written before where there is one."""
        with _graph(weights, folders) as (param, binary):
            self._net: Any = load(param, binary, threads=threads)

    def embed(self, chip: Pixels) -> Floats:
        """Return the 128 numbers of an upright face (150, 150, 3)."""
        import ncnn

        if chip.shape != (SIDE_PX, SIDE_PX, 3) or chip.dtype != np.uint8:
            raise EngineError(ErrorCode.INTERNAL, f"a face of {chip.shape}")
        # from_pixels copies: nothing borrows the array's memory.
        blob = ncnn.Mat.from_pixels(
            np.ascontiguousarray(chip), ncnn.Mat.PixelType.PIXEL_RGB, SIDE_PX, SIDE_PX
        )
        blob.substract_mean_normalize(list(MEAN), [SCALE] * 3)
        extractor = self._net.create_extractor()
        extractor.input("in0", blob)
        status, output = extractor.extract("out0")
        found: Floats = np.array(output, dtype=np.float32).reshape(-1)
        if status != 0 or found.shape != (LENGTH,):
            raise EngineError(ErrorCode.WEIGHTS_INVALID, "the face network cannot run")
        return found


def read_weights(path: Path) -> Weights:
    """Read dlib's file, with every convolution's affine layer folded into it."""
    try:
        data = path.read_bytes()
    except OSError as err:
        raise _invalid(path, f"cannot be read: {err}") from err
    if b"loss_metric_" not in data[:64]:
        raise _invalid(path, "is not a network of dlib's that knows faces")
    plain: list[tuple[int, Floats]] = []
    affine: list[Floats] = []
    last: Floats | None = None
    for found in _RECORD.finditer(data):
        reader = _Reader(path, data, found.end())
        match found[1]:
            case b"con_4":
                numbers = reader.tensor()
                plain.append((reader.integer(), numbers))
            case b"affine_":
                affine.append(reader.tensor())
            case _:
                reader.integer()
                reader.integer()
                last = reader.tensor()
    return _checked(path, plain, affine, last)


def _checked(
    path: Path,
    plain: list[tuple[int, Floats]],
    affine: list[Floats],
    last: Floats | None,
) -> Weights:
    """Return the weights when they are those of this very network."""
    shapes = list(_shapes())
    if len(plain) != len(shapes) or len(affine) != len(shapes) or last is None:
        raise _invalid(path, f"has {len(plain)} convolutions, not {len(shapes)}")
    convolutions = []
    for (filters, numbers), scale, shape in zip(plain, affine, shapes, strict=True):
        count = int(np.prod(shape))
        if filters != shape[0] or len(numbers) != count + filters != len(scale):
            raise _invalid(path, "is another network")
        gamma, beta = scale[:filters], scale[filters:]
        if len(gamma) != filters or len(beta) != filters:
            raise _invalid(path, "is another network")
        weights = numbers[:count].reshape(shape) * gamma[:, None, None, None]
        biases = numbers[count:] * gamma + beta
        convolutions.append(Convolution(weights=weights, biases=biases))
    if len(last) != LENGTH * FILTERS[-1]:
        raise _invalid(path, "is another network")
    # dlib keeps a row for each input.
    return Weights(
        convolutions=tuple(convolutions), last=last.reshape(FILTERS[-1], LENGTH).T
    )


def _shapes() -> Iterator[tuple[int, int, int, int]]:
    """Yield the shape of each convolution's weights, from the picture on."""
    channels = FILTERS[0]
    yield (channels, 3, 7, 7)
    for filters in FILTERS:
        yield (filters, channels, 3, 3)
        yield (filters, filters, 3, 3)
        channels = filters


class _Reader:
    """Reads dlib's way of writing numbers: a length, then the bytes."""

    def __init__(self, path: Path, data: bytes, at: int) -> None:
        self._path, self._data, self._at = path, data, at

    def integer(self) -> int:
        """Return a whole number; the first byte tells length and sign."""
        (head,) = self._take(1)
        value = int.from_bytes(self._take(head & 0x0F), "little")
        return -value if head & 0x80 else value

    def tensor(self) -> Floats:
        """Return the numbers of a tensor (n,)."""
        if self.integer() != 2:
            raise _invalid(self._path, "was written by another version of dlib")
        count = int(np.prod([max(0, self.integer()) for _ in range(4)]))
        return np.frombuffer(self._take(4 * count), dtype="<f4").astype(np.float32)

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise _invalid(self._path, "breaks off")
        self._at += count
        return taken


def as_graph(weights: Weights) -> tuple[str, bytes]:
    """Return the network as ncnn writes it: the `.param` and the `.bin`."""
    layers: list[str] = []
    parts: list[bytes] = []
    convolutions = iter(weights.convolutions)

    def layer(kind: str, inputs: list[str], outputs: list[str], settings: str) -> None:
        words = [kind, f"l{len(layers)}", str(len(inputs)), str(len(outputs))]
        layers.append(" ".join([*words, *inputs, *outputs, settings]))

    def convolve(before: str, after: str, *, stride: int, relu: bool) -> None:
        one = next(convolutions)
        filters, _, size, _ = one.weights.shape
        pad = 0 if stride > 1 else size // 2
        layer(
            "Convolution",
            [before],
            [after],
            f"0={filters} 1={size} 3={stride} 4={pad} 5=1 6={one.weights.size} "
            f"9={int(relu)}",
        )
        # The tag says that plain float32 follow.
        parts.extend((b"\0\0\0\0", _bytes(one.weights), _bytes(one.biases)))

    layer("Input", [], ["in0"], "")
    convolve("in0", "stem", stride=2, relu=True)
    layer("Pooling", ["stem"], ["b0"], "0=0 1=3 2=2 5=1")
    channels, side = FILTERS[0], SIDES_PX[0]
    for number, (filters, given) in enumerate(zip(FILTERS, SIDES_PX, strict=True), 1):
        before, after = f"b{number - 1}", f"b{number}"
        down = given != side
        layer("Split", [before], [f"{before}a", f"{before}b"], "")
        convolve(f"{before}a", f"{after}c", stride=2 if down else 1, relu=True)
        convolve(f"{after}c", f"{after}d", stride=1, relu=False)
        short, long = f"{before}b", f"{after}d"
        if down:
            layer("Pooling", [short], [f"{after}p"], "0=1 1=2 2=2 5=1")
            # What is missing at the end is zero: dlib adds what is there.
            layer("Padding", [f"{after}p"], [f"{after}q"], f"8={filters - channels}")
            short = f"{after}q"
            if (lacking := given - ((side - 3) // 2 + 1)) > 0:
                layer("Padding", [long], [f"{after}e"], f"1={lacking} 3={lacking}")
                long = f"{after}e"
        layer("BinaryOp", [long, short], [f"{after}s"], "0=0")
        layer("ReLU", [f"{after}s"], [after], "")
        channels, side = filters, given
    layer("Pooling", [f"b{len(FILTERS)}"], ["mean"], "0=1 4=1")
    layer("InnerProduct", ["mean"], ["out0"], f"0={LENGTH} 1=0 2={weights.last.size}")
    parts.extend((b"\0\0\0\0", _bytes(weights.last)))
    return _with_head(layers), b"".join(parts)


def _with_head(layers: list[str]) -> str:
    """Return the text of a `.param`: how many layers and blobs there are, and which."""
    blobs = sum(int(line.split()[3]) for line in layers)
    return "\n".join(["7767517", f"{len(layers)} {blobs}", *layers, ""])


def _bytes(numbers: Floats) -> bytes:
    """Return numbers as ncnn reads them."""
    return np.ascontiguousarray(numbers, dtype="<f4").tobytes()


@contextmanager
def _graph(weights: Path, folders: tuple[str, ...]) -> Iterator[tuple[Path, Path]]:
    """Lend the graph's files, kept in the first folder that can, else for a moment."""
    for folder in folders:
        param = Path(folder) / f"{weights.stem}.ncnn.param"
        if _is_whole(param):
            yield param, param.with_suffix(".bin")
            return
    graph = as_graph(read_weights(weights))
    for folder in folders:
        try:
            written = _write(graph, Path(folder), weights.stem)
        except OSError:
            continue
        yield written
        return
    with tempfile.TemporaryDirectory(prefix="ring-vision-") as folder:
        yield _write(graph, Path(folder), weights.stem)


def _is_whole(param: Path) -> bool:
    """Tell whether a graph lies there, and all of it."""
    if not param.is_file():
        return False
    try:
        check_weights(read_layers(param), param.with_suffix(".bin"))
    except EngineError:
        return False
    return True


def _write(graph: tuple[str, bytes], folder: Path, stem: str) -> tuple[Path, Path]:
    """Write the graph's files, whole or not at all."""
    text, data = graph
    folder.mkdir(parents=True, exist_ok=True)
    param, binary = (folder / f"{stem}.ncnn.{kind}" for kind in ("param", "bin"))
    for path, content in ((binary, data), (param, text.encode())):
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
    return param, binary


def _invalid(path: Path, why: str) -> EngineError:
    """Say what is wrong with dlib's file."""
    return EngineError(ErrorCode.WEIGHTS_INVALID, f"{path.name} {why}")
