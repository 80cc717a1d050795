"""Tests of videos: times, rotation, colours, and every way to fail."""

from pathlib import Path
from typing import Any

import av
from av.video.reformatter import Colorspace
from mutagen.id3 import APIC, ID3
import numpy as np
import pytest

from custom_components.ring_vision.engine import video as video_module
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.video import Frame, open_video
from tests.pictures import ASTRONAUT, FPS, picture

from .clips import BOTTOM, TOP, flag, turn, write, write_sound

FLAG = flag(160, 96)


def frames(path: Path) -> list[Frame]:
    """Decode all of a video."""
    with open_video(str(path), threads=2) as video:
        return list(video.frames())


def code_of(path: Path | str) -> ErrorCode:
    """Return why a file cannot be decoded."""
    with (
        pytest.raises(EngineError) as error,
        open_video(str(path), threads=2) as video,
    ):
        list(video.frames())
    return error.value.code


@pytest.mark.parametrize("first_pts", [0, 7], ids=["at zero", "later"])
def test_times_count_from_the_first_frame(tmp_path: Path, first_pts: int) -> None:
    path = write(tmp_path / "a.mp4", [FLAG] * 12, first_pts=first_pts)
    with open_video(str(path), threads=2) as video:
        times = [frame.time_s for frame in video.frames()]
    assert times == pytest.approx([index / FPS for index in range(12)])
    assert (video.width, video.height, video.codec) == (160, 96, "h264")
    assert video.frames_decoded == 12
    assert video.end_s == pytest.approx(12 / FPS)


def test_the_file_says_how_long_it_is(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        path = write(tmp_path / name, [FLAG] * 12)
        with open_video(str(path), threads=2) as video:
            assert video.expected_s == pytest.approx(12 / FPS)


@pytest.mark.parametrize(
    ("name", "codec", "decoder"),
    [
        ("a.mp4", "libx264", "h264"),
        ("a.mp4", "libx265", "hevc"),
        ("a.mkv", "libx264", "h264"),
        ("a.webm", "libvpx-vp9", "vp9"),
        ("a.ts", "libx264", "h264"),
        ("a.avi", "mpeg4", "mpeg4"),
        ("a.gif", "gif", "gif"),
    ],
)
def test_what_cameras_write_is_decoded(
    tmp_path: Path, name: str, codec: str, decoder: str
) -> None:
    pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
    path = write(tmp_path / name, [FLAG] * 5, codec=codec, pix_fmt=pix_fmt)
    with open_video(str(path), threads=2) as video:
        assert len(list(video.frames())) == 5
    assert video.codec.startswith(decoder)


@pytest.mark.parametrize(
    "images", [[FLAG], [flag(3840, 2160)]], ids=["one frame", "4K"]
)
def test_a_single_frame_is_a_video(tmp_path: Path, images: list[np.ndarray]) -> None:
    (frame,) = frames(write(tmp_path / "a.mp4", images))
    height, width = images[0].shape[:2]
    assert (frame.time_s, frame.width, frame.height) == (0.0, width, height)


@pytest.mark.parametrize("name", ["a.png", "a%03d.png"])
def test_a_picture_is_a_video_of_one_frame(tmp_path: Path, name: str) -> None:
    """Also where other pictures lie beside it, of which it could name a series."""
    for number in range(3):
        write(tmp_path / f"a00{number}.png", [FLAG], codec="png", pix_fmt="rgb24")
    path = tmp_path / name
    path.write_bytes(picture(*ASTRONAUT).read_bytes())
    (frame,) = frames(path)
    assert (frame.width, frame.height) == (512, 512)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "colorspace"),
    [
        ("libx264", "yuv420p", None),
        ("libx264", "yuv420p", Colorspace.ITU709),
        ("libx264", "yuv420p10le", None),
        ("libx265", "yuv420p", None),
        ("libx265", "yuv420p10le", None),
        ("mpeg4", "yuv420p", None),
    ],
)
def test_a_frame_comes_back_in_its_colours(
    tmp_path: Path, codec: str, pix_fmt: str, colorspace: Colorspace | None
) -> None:
    path = tmp_path / "a.mp4"
    write(path, [FLAG], codec=codec, pix_fmt=pix_fmt, colorspace=colorspace)
    (frame,) = frames(path)
    assert frame.source.format.name == pix_fmt
    pixels = frame.rgb(160, 96)
    assert pixels.shape == (96, 160, 3)
    assert pixels[10, 80] == pytest.approx(TOP, abs=10)
    assert pixels[-10, 80] == pytest.approx(BOTTOM, abs=10)


@pytest.mark.parametrize(
    ("degrees", "size", "red", "blue"),
    [
        (0, (160, 96), (5, 80), (-5, 80)),
        (None, (160, 96), (5, 80), (-5, 80)),
        (90, (96, 160), (80, -5), (80, 5)),
        (180, (160, 96), (-5, 80), (5, 80)),
        (270, (96, 160), (80, 5), (80, -5)),
    ],
)
def test_a_turned_video_is_seen_upright(
    tmp_path: Path,
    degrees: int | None,
    size: tuple[int, int],
    red: tuple[int, int],
    blue: tuple[int, int],
) -> None:
    path = turn(write(tmp_path / "a.mp4", [FLAG] * 2), degrees)
    with open_video(str(path), threads=2) as video:
        frame = next(video.frames())
    assert (frame.width, frame.height) == (video.width, video.height) == size
    pixels = frame.rgb(*size)
    assert pixels[red] == pytest.approx(TOP, abs=12)
    assert pixels[blue] == pytest.approx(BOTTOM, abs=12)
    assert frame.rgb(size[0] // 2, size[1] // 2).shape == (
        size[1] // 2,
        size[0] // 2,
        3,
    )


def test_a_scaled_frame_is_made_once(tmp_path: Path) -> None:
    (frame,) = frames(write(tmp_path / "a.mp4", [FLAG]))
    assert frame.rgb(80, 48) is frame.rgb(80, 48)


@pytest.mark.parametrize("layout", ["yuv420p", "yuv420p10le", "nv12", "rgb24", "gray"])
def test_the_thumbnail_is_the_brightness_of_any_layout(layout: str) -> None:
    pixels = np.zeros((192, 320, 3), dtype=np.uint8)
    pixels[:, 160:] = 200
    source = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=layout)
    luma = Frame(time_s=0, source=source, turns=0).luma()
    assert luma.shape == (96, 160)
    left, right = luma[:, 5].mean(), luma[:, -5].mean()
    # Black is 16 and white 235 where the range is that of television.
    assert 0 <= left <= 17
    assert 183 <= right <= 202


def test_the_thumbnail_of_a_small_frame_is_the_frame() -> None:
    source = av.VideoFrame.from_ndarray(flag(64, 48), format="rgb24")
    assert Frame(time_s=0, source=source, turns=0).luma().shape == (48, 64)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.FILE_EMPTY),
        (b"<!DOCTYPE html><html><body>403 Forbidden</body></html>", "not_media"),
        (b"\0" * 5000, ErrorCode.NOT_MEDIA),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", ErrorCode.NOT_MEDIA),
        (b"ffconcat version 1.0\nfile a.mp4\n", ErrorCode.NOT_MEDIA),
        (b"\0\0\0\x18ftypmp42", ErrorCode.TRUNCATED),
    ],
    ids=["empty", "a page", "zeros", "playlist", "concat", "head alone"],
)
def test_what_is_no_video_is_named(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    write(tmp_path / "a.mp4", [FLAG])
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    assert code_of(path) == code


@pytest.mark.parametrize(
    "name", ["missing.mp4", "", "concat:a.mp4", "http://127.0.0.1/a.mp4", "a\0.mp4"]
)
def test_what_is_no_file_is_missing(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.mp4", [FLAG])
    assert code_of(f"{tmp_path}/{name}") is ErrorCode.FILE_MISSING
    assert code_of(name) is ErrorCode.FILE_MISSING


def test_a_recording_that_is_deleted_meanwhile_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp4", [FLAG])
    really_open = av.open

    def too_late(file: str, **options: Any) -> Any:
        path.unlink()
        return really_open(file, **options)

    monkeypatch.setattr(av, "open", too_late)
    assert code_of(path) is ErrorCode.FILE_MISSING


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    assert code_of(write_sound(tmp_path / "a.m4a")) is ErrorCode.NO_VIDEO


def test_a_cover_picture_of_music_is_no_video(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mp3", "libmp3lame")
    tags = ID3()
    cover = picture(*ASTRONAUT).read_bytes()
    tags.add(APIC(mime="image/png", type=3, desc="cover", data=cover))
    tags.save(path)
    assert code_of(path) is ErrorCode.NO_VIDEO


def test_a_recording_without_its_end_is_truncated(tmp_path: Path) -> None:
    """The index of an MP4 is at its end, unless it was written for the net."""
    path = write(tmp_path / "a.mp4", [FLAG] * 20)
    path.write_bytes(path.read_bytes()[:-400])
    assert code_of(path) is ErrorCode.TRUNCATED


def test_of_a_recording_that_breaks_off_the_beginning_is_seen(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (20, 96, 160, 3), dtype=np.uint8)
    options = {"movflags": "faststart"}
    path = write(tmp_path / "a.mp4", list(noise), options=options)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    assert 3 < len(frames(path)) < 20


def test_a_recording_of_which_no_frame_is_left_is_truncated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [FLAG] * 20, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 4])
    assert code_of(path) is ErrorCode.TRUNCATED


def test_broken_packets_are_stepped_over(tmp_path: Path) -> None:
    """Each frame stands for itself, so that one alone breaks."""
    path = write(tmp_path / "a.mov", [FLAG] * 10, codec="png", pix_fmt="rgb24")
    data = path.read_bytes()
    at = [place for place in range(len(data)) if data.startswith(b"\x89PNG", place)]
    path.write_bytes(data[: at[4]] + b"BAD!" + data[at[4] + 4 :])
    assert len(frames(path)) == 9


def test_a_recording_of_nothing_but_broken_packets_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_module, "MAX_BROKEN_PACKETS", 3)
    path = write(tmp_path / "a.mov", [FLAG] * 10, codec="png", pix_fmt="rgb24")
    path.write_bytes(path.read_bytes().replace(b"\x89PNG", b"BAD!"))
    assert code_of(path) is ErrorCode.TRUNCATED


def test_a_codec_without_a_decoder_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [FLAG] * 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    assert code_of(path) is ErrorCode.UNSUPPORTED_CODEC


def test_frames_that_would_take_all_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_module, "MAX_PIXELS", 160 * 96 - 1)
    path = write(tmp_path / "a.mp4", [FLAG])
    assert code_of(path) is ErrorCode.UNSUPPORTED_CODEC


def test_frames_without_a_time_come_one_after_the_other(tmp_path: Path) -> None:
    """A bare stream of a camera has no clock."""
    path = tmp_path / "a.h264"
    times = [frame.time_s for frame in frames(write(path, [FLAG] * 6))]
    assert len(times) == 6
    assert times == sorted(times)
    assert times[-1] > times[0]
