"""Tests of photographs: upright, in RGB, of a bounded size."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
import pytest

from custom_components.ring_vision.engine import pictures
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.pictures import open_photograph

RED, BLUE = (230, 20, 20), (20, 20, 230)


def flag() -> Image.Image:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", (80, 40), RED)
    image.paste(BLUE, (40, 0, 80, 40))
    return image


def assert_color(pixel: Any, color: tuple[int, int, int]) -> None:
    """Assert that a pixel has a colour, but for what compression does to it."""
    assert np.abs(pixel.astype(int) - color).max() < 40


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "bmp", "gif", "tiff"])
def test_a_picture_is_read_in_rgb(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"flag.{ending}"
    flag().save(path)
    photograph = open_photograph(str(path))
    assert (photograph.width, photograph.height) == (80, 40)
    pixels = photograph.rgb(80, 40)
    assert pixels.shape == (40, 80, 3)
    assert_color(pixels[20, 10], RED)
    assert_color(pixels[20, 70], BLUE)


def test_a_picture_is_scaled_to_what_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "flag.png"
    flag().save(path)
    assert open_photograph(str(path)).rgb(20, 10).shape == (10, 20, 3)


@pytest.mark.parametrize(
    ("orientation", "size", "first", "last"),
    [
        (1, (80, 40), RED, BLUE),
        (3, (80, 40), BLUE, RED),  # upside down
        (6, (40, 80), RED, BLUE),  # on its side
        (8, (40, 80), BLUE, RED),
    ],
)
def test_a_picture_is_turned_as_its_camera_says(
    tmp_path: Path,
    orientation: int,
    size: tuple[int, int],
    first: tuple[int, int, int],
    last: tuple[int, int, int],
) -> None:
    path = tmp_path / "flag.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    flag().save(path, exif=exif, quality=95)
    photograph = open_photograph(str(path))
    assert (photograph.width, photograph.height) == size
    pixels = photograph.rgb(*size)
    assert_color(pixels[5, 5], first)
    assert_color(pixels[-5, -5], last)


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "L", "LA"])
def test_every_kind_of_pixels_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "flag.tiff"
    flag().convert(mode).save(path)
    assert open_photograph(str(path)).rgb(80, 40).shape == (40, 80, 3)


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(65535, 128), (255, 128)],
    ids=["sixteen bits", "eight bits in a wide file"],
)
def test_more_than_eight_bits_keep_their_brightness(
    tmp_path: Path, peak: int, expected: int
) -> None:
    values = np.full((40, 80), peak // 2, dtype=np.int32)
    values[0] = peak
    path = tmp_path / "wide.tiff"
    Image.fromarray(values).save(path)
    assert open_photograph(str(path)).rgb(80, 40)[20, 40] == pytest.approx(
        [expected] * 3, abs=2
    )


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (5000, 2500), RED).save(path)
    photograph = open_photograph(str(path))
    assert (photograph.width, photograph.height) == (1920, 960)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.jpg", b"", ErrorCode.FILE_EMPTY),
        ("page.jpg", b"<html>403 Forbidden</html>", ErrorCode.NOT_MEDIA),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ErrorCode.NOT_MEDIA),
    ],
)
def test_what_is_no_picture_is_named(
    tmp_path: Path, name: str, content: bytes, code: ErrorCode
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EngineError) as error:
        open_photograph(str(path))
    assert error.value.code is code


@pytest.mark.parametrize("name", ["missing.jpg", "."])
def test_what_is_no_file_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(EngineError) as error:
        open_photograph(str(tmp_path / name))
    assert error.value.code is ErrorCode.FILE_MISSING


def test_a_picture_of_too_many_pixels_is_refused_before_it_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    path = tmp_path / "bomb.png"
    flag().save(path)
    with pytest.raises(EngineError, match="too many") as error:
        open_photograph(str(path))
    assert error.value.code is ErrorCode.NOT_MEDIA
