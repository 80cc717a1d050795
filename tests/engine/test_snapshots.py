"""Tests of snapshots: the best picture of a track, with its box."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
import pytest

from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.labels import Group
from custom_components.ring_vision.engine.protocol import Box
from custom_components.ring_vision.engine.snapshots import (
    COLORS,
    LONG_SIDE_PX,
    Snapshots,
)
from tests.pictures import ASTRONAUT

from .scenes import frame, photograph

BOX: Box = (0.25, 0.25, 0.75, 0.75)
GREY = Image.new("RGB", (640, 384), (128, 128, 128))
PORTRAIT = photograph(ASTRONAUT)


def written(snapshots: Snapshots, folder: Path, label: str = "person") -> Image.Image:
    """Write the picture of track 1 and open it."""
    snapshots.write(1, label, folder, "a.jpg")
    return Image.open(folder / "a.jpg")


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("person", Group.PEOPLE),
        ("dog", Group.ANIMALS),
        ("car", Group.VEHICLES),
        ("fox", Group.THINGS),
    ],
)
def test_the_box_is_drawn_in_the_colour_of_its_group(
    tmp_path: Path, label: str, group: Group
) -> None:
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(GREY), BOX, score=0.9, face=0)
    image = written(snapshots, tmp_path / "new" / "folder", label)
    assert (image.size, image.format) == ((640, 384), "JPEG")
    for place in ((160, 192), (479, 192), (320, 287)):
        assert image.getpixel(place) == pytest.approx(COLORS[group], abs=90)
    assert image.getpixel((320, 192)) == pytest.approx((128, 128, 128), abs=3)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["a.jpg"]


def test_the_label_stays_in_the_picture_when_its_box_is_at_the_top(
    tmp_path: Path,
) -> None:
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(GREY), (0.0, 0.0, 1.0, 1.0), score=0.9, face=0)
    corner = np.asarray(written(snapshots, tmp_path).crop((6, 6, 30, 12)))
    assert corner.reshape(-1, 3).mean(axis=0) == pytest.approx(
        COLORS[Group.PEOPLE], abs=90
    )


def test_a_large_frame_is_made_smaller(tmp_path: Path) -> None:
    snapshots = Snapshots(wanted=True)
    large = Image.new("RGB", (3840, 2160), "grey")
    snapshots.offer(1, frame(large), BOX, score=0.9, face=0)
    assert written(snapshots, tmp_path).size == (LONG_SIDE_PX, 720)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((PORTRAIT, BOX, 0.5, 0.0), (PORTRAIT, BOX, 0.9, 0.0)),
        ((PORTRAIT, (0.4, 0.4, 0.6, 0.6), 0.8, 0.0), (PORTRAIT, BOX, 0.8, 0.0)),
        ((PORTRAIT, BOX, 0.8, 0.0), (PORTRAIT, BOX, 0.8, 0.5)),
        ((PORTRAIT, (0.0, 0.2, 0.5, 0.7), 0.8, 0.0), (PORTRAIT, BOX, 0.8, 0.0)),
        (
            (PORTRAIT.filter(ImageFilter.GaussianBlur(8)), BOX, 0.8, 0.0),
            (PORTRAIT, BOX, 0.8, 0.0),
        ),
    ],
    ids=["surer", "larger", "with a face", "whole", "sharper"],
)
def test_the_better_picture_is_kept(
    first: tuple[Image.Image, Box, float, float],
    second: tuple[Image.Image, Box, float, float],
) -> None:
    forward, backward = Snapshots(wanted=True), Snapshots(wanted=True)
    for snapshots, order in ((forward, (first, second)), (backward, (second, first))):
        for time_s, (image, box, score, face) in enumerate(order):
            snapshots.offer(1, frame(image, time_s), box, score=score, face=face)
    assert forward.box(1) == backward.box(1) == second[1]
    assert forward._best[1].worth == backward._best[1].worth
    assert forward._best[1].jpeg == backward._best[1].jpeg


def test_a_picture_that_is_hardly_better_is_not_encoded() -> None:
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(PORTRAIT), BOX, score=0.80, face=0)
    snapshots.offer(
        1, frame(PORTRAIT, 1.0), (0.24, 0.25, 0.75, 0.75), score=0.81, face=0
    )
    assert snapshots.box(1) == BOX


def test_two_tracks_of_one_frame_share_its_picture() -> None:
    snapshots = Snapshots(wanted=True)
    for track in (1, 2):
        snapshots.offer(track, frame(PORTRAIT), BOX, score=0.8, face=0)
    assert snapshots._best[1].jpeg is snapshots._best[2].jpeg


def test_without_a_wish_for_pictures_the_boxes_alone_are_kept() -> None:
    snapshots = Snapshots(wanted=False)
    snapshots.offer(1, frame(PORTRAIT), BOX, score=0.8, face=0)
    assert snapshots.box(1) == BOX
    assert snapshots._best[1].jpeg == b""


@pytest.mark.parametrize(
    ("own", "others", "kept"), [(0.5, 0.9, "other"), (0.9, 0.5, "own")]
)
def test_of_two_tracks_that_are_one_the_better_picture_is_kept(
    own: float, others: float, kept: str
) -> None:
    boxes: dict[str, Box] = {"own": BOX, "other": (0.3, 0.25, 0.8, 0.75)}
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(PORTRAIT), boxes["own"], score=own, face=0)
    snapshots.offer(2, frame(PORTRAIT, 1.0), boxes["other"], score=others, face=0)
    snapshots.absorb(1, 2)
    assert snapshots.box(1) == boxes[kept]
    snapshots.absorb(1, 3)  # one without a picture
    assert snapshots.box(1) == boxes[kept]


@pytest.mark.parametrize(
    "box", [(0.5, 0.5, 0.5, 0.5), (0.0, 0.0, 1.0, 1.0), (0.999, 0.999, 1.0, 1.0)]
)
def test_a_box_of_any_size_can_be_drawn(tmp_path: Path, box: Box) -> None:
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(GREY), box, score=0.5, face=0)
    assert written(snapshots, tmp_path).size == (640, 384)


def test_a_folder_that_cannot_be_written_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    snapshots = Snapshots(wanted=True)
    snapshots.offer(1, frame(GREY), BOX, score=0.5, face=0)
    with pytest.raises(EngineError, match="snapshot") as error:
        snapshots.write(1, "person", tmp_path / "file", "a.jpg")
    assert error.value.code is ErrorCode.INTERNAL
