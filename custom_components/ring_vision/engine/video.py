"""Videos: opened with every way to fail named, decoded frame by frame with PyAV."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import math
from pathlib import Path
import stat
from typing import Final, Protocol

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
import numpy as np
from numpy.typing import NDArray

from .errors import EngineError, ErrorCode

type Pixels = NDArray[np.uint8]
"""RGB picture (height, width, 3)."""

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,mpegvideo,h264,hevc,"
    "asf,mjpeg,gif,image2,jpeg_pipe,png_pipe,webp_pipe,mp3,wav,ogg,flac,aac"
)
"""Containers that may be opened. A playlist (HLS, concat) would make FFmpeg open
whatever file or address a hostile recording names."""
MAX_PIXELS: Final = 8192 * 4608
"""Beyond 8K a single frame takes hundreds of megabytes."""
LUMA_COLUMNS: Final = 160
"""Width of the thumbnail in which movement is looked for."""
MAX_BROKEN_PACKETS: Final = 200
"""Packets in a row that cannot be decoded, until the rest is given up."""


class Picture(Protocol):
    """Something that can be seen: a frame or a photograph, as shown (upright)."""

    @property
    def width(self) -> int:
        """Return the width in pixels."""

    @property
    def height(self) -> int:
        """Return the height in pixels."""

    def rgb(self, width: int, height: int) -> Pixels:
        """Return it scaled to a size."""


@dataclass(kw_only=True, slots=True)
class Frame:
    """One decoded frame."""

    time_s: float
    """Since the recording's first frame."""
    source: av.VideoFrame
    turns: int
    """Quarter turns counterclockwise that set it upright."""
    _scaled: dict[tuple[int, int], Pixels] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Return the width in pixels, upright."""
        return self.source.height if self.turns % 2 else self.source.width

    @property
    def height(self) -> int:
        """Return the height in pixels, upright."""
        return self.source.width if self.turns % 2 else self.source.height

    def rgb(self, width: int, height: int) -> Pixels:
        """Return it scaled to a size, upright; kept while the frame is."""
        size = (width, height)
        if size not in self._scaled:
            across, down = (height, width) if self.turns % 2 else size
            pixels = self.source.reformat(
                width=across, height=down, format="rgb24"
            ).to_ndarray()
            self._scaled[size] = np.ascontiguousarray(np.rot90(pixels, self.turns))
        return self._scaled[size]

    def luma(self) -> NDArray[np.float32]:
        """Return a small grey thumbnail, cheap enough for every frame."""
        step = max(1, self.source.width // LUMA_COLUMNS)
        plane = self._luma_plane()
        half = step // 2
        # Four samples a cell: sensor noise is halved, at no copy of the frame.
        rows, columns = (side // step for side in plane.shape)
        total: NDArray[np.float32] = np.zeros((rows, columns), dtype=np.float32)
        for down, across in ((0, 0), (half, 0), (0, half), (half, half)):
            total += plane[down::step, across::step][:rows, :columns]
        total /= 4
        return total

    def _luma_plane(self) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Return the luma (rows, columns), 0..255, without converting where it is."""
        layout, first = self.source.format, self.source.format.components[0]
        rows, columns = self.source.height, self.source.width
        if layout.is_planar and not layout.is_rgb and first.bits <= 16:
            plane = self.source.planes[0]
            wide = first.bits > 8
            data = np.frombuffer(plane, np.uint16 if wide else np.uint8)
            line = plane.line_size // (2 if wide else 1)
            luma = data[: rows * line].reshape(rows, line)[:, :columns]
            if wide:
                return np.asarray(luma / 2 ** (first.bits - 8), dtype=np.float32)
            return np.asarray(luma, dtype=np.uint8)
        grey = self.source.reformat(format="gray").to_ndarray()
        return np.asarray(grey[:rows, :columns], dtype=np.uint8)


@dataclass(kw_only=True, slots=True)
class Video:
    """An open recording."""

    container: InputContainer
    stream: VideoStream
    codec: str
    width: int = 0
    height: int = 0
    """Of the first frame, upright; 0 until it came."""
    frames_decoded: int = 0
    end_s: float = 0.0
    """Where the last frame that was decoded ends."""

    @property
    def expected_s(self) -> float:
        """Return the duration as the file announces it, 0 when it does not."""
        if self.stream.duration and self.stream.time_base:
            return float(self.stream.duration * self.stream.time_base)
        return (self.container.duration or 0) / av.time_base

    def frames(self) -> Iterator[Frame]:
        """Decode to the end, or to where the file breaks off."""
        rate = float(self.stream.average_rate or self.stream.guessed_rate or 15)
        usual_s = 1 / rate if 0.1 < rate < 1000 else 1 / 15
        origin: float | None = None
        last_s = -usual_s
        for source in self._decoded():
            stamp = source.time
            if stamp is None or not math.isfinite(stamp):
                time_s = last_s + usual_s
            else:
                origin = stamp if origin is None else origin
                time_s = max(stamp - origin, last_s)
            frame = Frame(
                time_s=max(0.0, time_s),
                source=source,
                turns=_turns(source.rotation),
            )
            if self.frames_decoded == 0:
                self.width, self.height = frame.width, frame.height
            self.frames_decoded += 1
            last_s, self.end_s = frame.time_s, frame.time_s + usual_s
            yield frame
        if self.frames_decoded == 0:
            raise EngineError(ErrorCode.TRUNCATED, "not one frame could be decoded")

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Yield what can be decoded, stepping over broken packets."""
        broken = 0
        packets = self.container.demux(self.stream)
        while broken < MAX_BROKEN_PACKETS:
            try:
                packet = next(packets)
            except StopIteration, FFmpegError:
                return
            try:
                sources = packet.decode()
            except FFmpegError:
                broken += 1
                continue
            broken = 0 if sources else broken
            yield from sources


def _turns(degrees: int) -> int:
    """Return the quarter turns of a rotation; a broken one turns nothing."""
    return round(degrees / 90) % 4 if abs(degrees) <= 180 else 0


@contextmanager
def open_video(path: str, *, threads: int, key_frames: bool = False) -> Iterator[Video]:
    """Open a recording and close it at the end; `key_frames` decodes nothing else."""
    file = Path(path)
    _check_file(file)
    try:
        # An absolute path: FFmpeg would take "concat:…" or "http:…" for an address.
        # A picture's name is a name too, not a pattern of a series.
        options = {"format_whitelist": FORMATS, "pattern_type": "none"}
        container = av.open(str(file.absolute()), options=options)
    except FFmpegError as err:
        raise _cannot_open(file, err) from err
    with container:
        stream = _video_stream(container)
        stream.codec_context.thread_count = threads
        # Between key frames blocks may show a little: a quarter of the time is saved.
        stream.codec_context.options = {"skip_loop_filter": "nokey"}
        stream.thread_type = "AUTO"
        if key_frames:
            stream.codec_context.skip_frame = "NONKEY"
        yield Video(container=container, stream=stream, codec=stream.codec_context.name)


def _check_file(file: Path) -> None:
    """Fail where there is no file, or nothing in it."""
    try:
        status = file.stat()
    except (OSError, ValueError) as err:
        raise EngineError(ErrorCode.FILE_MISSING, f"{file.name} is not there") from err
    if not stat.S_ISREG(status.st_mode):
        raise EngineError(ErrorCode.FILE_MISSING, f"{file.name} is no file")
    if status.st_size == 0:
        raise EngineError(ErrorCode.FILE_EMPTY, f"{file.name} has 0 bytes")


def _cannot_open(file: Path, err: FFmpegError) -> EngineError:
    """Tell a video that breaks off from what never was one."""
    try:
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError as why:
        return EngineError(ErrorCode.FILE_MISSING, str(why))
    begins_well = head[4:8] == b"ftyp" or head.startswith(b"\x1aE\xdf\xa3")
    code = ErrorCode.TRUNCATED if begins_well else ErrorCode.NOT_MEDIA
    return EngineError(code, f"{file.name}: {err}")


def _video_stream(container: InputContainer) -> VideoStream:
    """Return the moving pictures; a cover picture of music is none."""
    streams = [
        stream
        for stream in container.streams
        if stream.type == "video" and not stream.disposition & _ATTACHED
    ]
    if not streams:
        raise EngineError(ErrorCode.NO_VIDEO, "there is no video stream")
    stream = streams[0]
    # PyAV gives a stream without a decoder no codec context.
    if not isinstance(stream, VideoStream) or stream.codec_context is None:
        raise EngineError(ErrorCode.UNSUPPORTED_CODEC, "no decoder for this codec")
    if stream.codec_context.width * stream.codec_context.height > MAX_PIXELS:
        raise EngineError(ErrorCode.UNSUPPORTED_CODEC, "frames of more than 8K")
    return stream


_ATTACHED: Final = av.stream.Disposition.attached_pic
