"""Small real clips for tests and faults, made when they are asked for."""

from fractions import Fraction
from functools import cache
from pathlib import Path
import tempfile

FRAMES = 30
FPS = 15


def make_clip(
    path: Path,
    codec: str = "libx264",
    moov: str = "first",
    size: tuple[int, int] = (320, 180),
    frames: int = FRAMES,
) -> Path:
    """Write a clip of moving colours; `moov` is first or end."""
    import av
    import numpy as np

    options = {"movflags": "+faststart"} if moov == "first" else {}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream(codec, rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"preset": "ultrafast"}
        row = np.linspace(0, 255, size[0], dtype=np.uint8)
        for index in range(frames):
            picture = np.empty((size[1], size[0], 3), np.uint8)
            picture[:] = np.roll(row, index * 5)[None, :, None]
            picture[..., 1] = index * 8 % 256
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@cache
def clip(codec: str, moov: str) -> Path:
    """Return a clip of this make, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="ring_cloud_clip_"))
    return make_clip(folder / f"{codec}_{moov}.mp4", codec, moov)
