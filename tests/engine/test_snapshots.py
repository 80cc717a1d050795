"""Tests of snapshots: the best picture of a track, with its box and its label."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
import pytest

from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.labels import Group
from custom_components.ring_vision.engine.protocol import Box
from custom_components.ring_vision.engine.snapshots import COLORS, Snapshots
from custom_components.ring_vision.engine.video import Frame, Pixels
from tests.pictures import CAT

from .scenes import SIZE, frame, photograph, wall

SHARP = photograph(CAT).resize(SIZE)
BLURRED = SHARP.filter(ImageFilter.GaussianBlur(6))
WALL = wall().resize((1280, 768))
"""As large as pictures are: thin lines lose their colour to compression."""
CENTER: Box = (0.4, 0.4, 0.6, 0.6)
LARGE: Box = (0.2, 0.2, 0.8, 0.8)
CUT_OFF: Box = (0.0, 0.2, 0.6, 0.8)


def offered(
    *frames: tuple[Image.Image, Box, float, float], wanted: bool = True
) -> Snapshots:
    """Offer pictures of one track: picture, box, score, quality of a face."""
    snapshots = Snapshots(wanted=wanted)
    for time_s, (image, box, score, face) in enumerate(frames):
        snapshots.offer(1, frame(image, time_s), box, score=score, face=face)
    return snapshots


def written(snapshots: Snapshots, folder: Path, label: str = "cat") -> Pixels:
    """Write the track's picture and return its pixels (rows, columns, 3)."""
    snapshots.write(1, label, folder, "1.jpg")
    with Image.open(folder / "1.jpg") as opened:
        return np.asarray(opened.convert("RGB"))


def like(pixels: Pixels, color: tuple[int, int, int]) -> np.ndarray:
    """Return which pixels have a colour, but for what compression does to it."""
    return np.less(np.abs(pixels.astype(int) - color).max(axis=-1), 50)


@pytest.mark.parametrize(
    "worse",
    [
        (SHARP, CENTER, 0.8, 0.0),
        (SHARP, LARGE, 0.4, 0.0),
        (BLURRED, LARGE, 0.8, 0.0),
        (SHARP, CUT_OFF, 0.8, 0.0),
    ],
    ids=["small", "unsure", "blurred", "cut off"],
)
@pytest.mark.parametrize("best_first", [True, False])
def test_the_best_picture_is_kept(
    worse: tuple[Image.Image, Box, float, float], best_first: bool
) -> None:
    best = (SHARP, LARGE, 0.8, 0.0)
    snapshots = offered(*([best, worse] if best_first else [worse, best]))
    assert snapshots.box(1) == LARGE


def test_a_face_is_worth_more_than_a_larger_box() -> None:
    near: Box = (0.25, 0.25, 0.75, 0.75)
    assert offered((SHARP, LARGE, 0.8, 0.0), (SHARP, near, 0.8, 0.8)).box(1) == near


def test_a_picture_that_is_hardly_better_is_not_worth_the_work() -> None:
    little: Box = (0.2, 0.2, 0.8, 0.81)
    assert offered((SHARP, LARGE, 0.7, 0), (SHARP, little, 0.75, 0)).box(1) == LARGE


def test_a_track_without_a_worthy_picture_has_one_all_the_same(tmp_path: Path) -> None:
    snapshots = offered((SHARP, (0.5, 0.5, 0.5, 0.5), 0.8, 0.0))
    assert written(snapshots, tmp_path).shape == (384, 640, 3)


def test_each_track_has_its_own_picture() -> None:
    snapshots = Snapshots(wanted=False)
    snapshots.offer(1, frame(SHARP), LARGE, score=0.8, face=0)
    snapshots.offer(2, frame(SHARP), CENTER, score=0.8, face=0)
    assert (snapshots.box(1), snapshots.box(2)) == (LARGE, CENTER)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(LARGE, CENTER, LARGE), (CENTER, LARGE, LARGE)],
    ids=["its own is better", "the other is better"],
)
def test_joined_tracks_have_the_better_picture(
    one: Box, other: Box, expected: Box
) -> None:
    snapshots = Snapshots(wanted=False)
    snapshots.offer(1, frame(SHARP), one, score=0.8, face=0)
    snapshots.offer(2, frame(SHARP), other, score=0.8, face=0)
    snapshots.absorb(1, 2)
    snapshots.absorb(1, 3)
    assert snapshots.box(1) == expected


def test_the_picture_shows_the_frame_of_the_best_look(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", SIZE, (200, 0, 0)), Image.new("RGB", SIZE, (0, 0, 200))
    snapshots = offered((red, CENTER, 0.8, 0), (blue, LARGE, 0.8, 0))
    assert like(written(snapshots, tmp_path), (0, 0, 200)).mean() > 0.9


def test_two_tracks_of_one_frame_share_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    scaled = Frame.rgb

    def spy(seen: Frame, width: int, height: int) -> Pixels:
        sizes.append((width, height))
        return scaled(seen, width, height)

    monkeypatch.setattr(Frame, "rgb", spy)
    large = frame(SHARP.resize((1280, 768)))
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, large, LARGE, score=0.8, face=0)
    snapshots.offer(2, large, CENTER, score=0.8, face=0)
    assert sizes.count((1280, 768)) == 1
    for track in (1, 2):
        snapshots.write(track, "cat", tmp_path, f"{track}.jpg")
    assert (tmp_path / "1.jpg").read_bytes() != (tmp_path / "2.jpg").read_bytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((2560, 1440), (1280, 720)), ((720, 1280), (720, 1280)), ((64, 48), (64, 48))],
)
def test_a_picture_is_at_most_1280_pixels_long(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    pixels = written(offered((SHARP.resize(size), LARGE, 0.8, 0)), tmp_path)
    assert pixels.shape == (expected[1], expected[0], 3)


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("person", Group.PEOPLE),
        ("cat", Group.ANIMALS),
        ("truck", Group.VEHICLES),
        ("backpack", Group.THINGS),
    ],
)
def test_the_box_is_drawn_in_the_colour_of_its_group(
    tmp_path: Path, label: str, group: Group
) -> None:
    drawn = like(
        written(offered((WALL, CENTER, 0.8, 0)), tmp_path, label), COLORS[group]
    )
    # The box is 512..768 across and 307..461 down; the label is above.
    assert all(drawn[380, column - 4 : column + 5].any() for column in (512, 768))
    assert drawn[457:465, 640].any()
    assert not drawn[320:450, 525:755].any()
    assert not drawn[470:].any()
    assert not drawn[:, 780:].any()
    assert drawn[:300].any(axis=1).sum() > 20


@pytest.mark.parametrize(
    "box",
    [
        (0.0, 0.0, 0.3, 0.5),
        (0.97, 0.4, 1.0, 0.6),
        (0.0, 0.0, 1.0, 1.0),
        (0.5, 0.5, 0.5, 0.5),
        (0.99, 0.99, 1.0, 1.0),
    ],
    ids=["at the top", "at the right", "everywhere", "a point", "in the corner"],
)
def test_the_label_lies_inside_the_picture(tmp_path: Path, box: Box) -> None:
    """The word is some 80 pixels wide, and is white."""
    pixels = written(offered((WALL, box, 0.8, 0)), tmp_path, "person")
    letters = like(pixels, (255, 255, 255))
    assert np.ptp(np.flatnonzero(letters.any(axis=0))) == pytest.approx(78, abs=8)
    assert np.ptp(np.flatnonzero(letters.any(axis=1))) >= 14


def test_a_picture_replaces_an_older_one_and_leaves_nothing_beside(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new" / "snapshots"
    written(offered((SHARP, LARGE, 0.8, 0)), folder)
    written(offered((wall(), LARGE, 0.8, 0)), folder)
    assert [path.name for path in folder.iterdir()] == ["1.jpg"]


def test_where_nothing_can_be_written_the_job_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    snapshots = offered((SHARP, LARGE, 0.8, 0))
    with pytest.raises(EngineError, match="snapshot") as error:
        snapshots.write(1, "cat", tmp_path / "file" / "snapshots", "1.jpg")
    assert error.value.code is ErrorCode.INTERNAL


def test_no_picture_is_made_where_none_is_wanted() -> None:
    snapshots = offered((SHARP, LARGE, 0.8, 0), wanted=False)
    assert snapshots.box(1) == LARGE
    assert snapshots._best[1].jpeg == b""
