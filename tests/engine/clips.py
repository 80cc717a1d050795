"""Clips as cameras, phones and broken downloads make them."""

from fractions import Fraction
from pathlib import Path
import struct

import av
from av.video.reformatter import Colorspace
import numpy as np

from custom_components.ring_vision.engine.video import Pixels
from tests.pictures import FPS

TOP, BOTTOM = (220, 30, 40), (30, 60, 210)
# Of two or three frames x265 reorders some so that FFmpeg now and then cannot mux them.
QUIET = {"libx265": {"x265-params": "log-level=error:bframes=0:rc-lookahead=0"}}
TKHD_MATRIX_OFFSET = 44
"""Bytes from the box's name to its matrix, in version 0."""
ONE = 0x10000
"""1 in the fixed-point numbers of a matrix."""
MATRICES: dict[int | None, tuple[int, int, int, int]] = {
    None: (0, 0, 0, 0),
    0: (ONE, 0, 0, ONE),
    90: (0, ONE, -ONE, 0),
    180: (-ONE, 0, 0, -ONE),
    270: (0, -ONE, ONE, 0),
}
"""Degrees clockwise -> how a track is turned when it is shown."""


def flag(width: int, height: int) -> Pixels:
    """Return a picture that is red above and blue below."""
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[: height // 2], pixels[height // 2 :] = TOP, BOTTOM
    return pixels


def write(
    path: Path,
    images: list[Pixels],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    first_pts: int = 0,
    colorspace: Colorspace | None = None,
) -> Path:
    """Write pictures as a clip of `FPS` frames a second."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.options = QUIET.get(codec, {})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.time_base = Fraction(1, FPS)
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        for index, pixels in enumerate(images):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format=pix_fmt, dst_colorspace=colorspace
            )
            frame.pts, frame.time_base = first_pts + index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path, codec: str = "aac") -> Path:
    """Write half a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=44100)
        assert isinstance(stream, av.AudioStream)
        for _ in range(20):
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=1152)
            frame.sample_rate = 44100
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn(path: Path, degrees: int | None) -> Path:
    """Note in an MP4 that it is to be shown turned, clockwise; None notes nonsense."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + TKHD_MATRIX_OFFSET
    a, b, c, d = MATRICES[degrees]
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path
