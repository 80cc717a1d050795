"""Tests of boxes: pure functions on arrays of corners."""

import numpy as np
import pytest

from custom_components.ring_vision.engine import boxes
from custom_components.ring_vision.engine.boxes import Letterbox
from custom_components.ring_vision.engine.protocol import Box

UNIT = (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("box", "area"),
    [
        (UNIT, 1.0),
        ((0.25, 0.25, 0.75, 0.5), 0.125),
        ((0.5, 0.5, 0.5, 0.9), 0.0),  # no width
        ((0.9, 0.9, 0.1, 0.1), 0.0),  # inside out
    ],
)
def test_the_area_is_width_times_height(box: Box, area: float) -> None:
    assert boxes.area(boxes.as_array([box]))[0] == pytest.approx(area)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (UNIT, UNIT, 1.0),
        ((0, 0, 0.5, 1), (0.5, 0, 1, 1), 0.0),  # side by side
        ((0, 0, 0.5, 1), (0.25, 0, 0.75, 1), 1 / 3),  # half of each
        ((0, 0, 1, 1), (0.25, 0.25, 0.75, 0.75), 0.25),  # one in the other
        ((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5), 0.0),  # two points
    ],
)
def test_the_overlap_is_a_share_of_both(one: Box, other: Box, expected: float) -> None:
    assert boxes.pair_iou(one, other) == pytest.approx(expected)
    assert boxes.pair_iou(other, one) == pytest.approx(expected)


def test_every_box_is_compared_with_every_other() -> None:
    many = boxes.as_array([UNIT, (0, 0, 0.5, 0.5)])
    few = boxes.as_array([UNIT])
    assert boxes.iou(many, few) == pytest.approx(np.array([[1.0], [0.25]]))
    assert boxes.intersection(few, many) == pytest.approx(np.array([[1.0, 0.25]]))


def test_no_boxes_are_an_array_too() -> None:
    none = boxes.as_array([])
    assert none.shape == (0, 4)
    assert boxes.iou(none, none).shape == (0, 0)
    assert boxes.nms(none, np.zeros(0, dtype=np.float32), 0.5) == []


def test_of_boxes_that_overlap_the_best_is_kept() -> None:
    found = boxes.as_array([(0, 0, 0.5, 0.5), (0.01, 0, 0.5, 0.5), (0.6, 0.6, 1, 1)])
    scores = np.array([0.5, 0.9, 0.4], dtype=np.float32)
    assert boxes.nms(found, scores, 0.6) == [1, 2]


def test_boxes_that_overlap_a_little_are_all_kept_best_first() -> None:
    found = boxes.as_array([(0, 0, 0.5, 1), (0.4, 0, 0.9, 1)])
    assert boxes.nms(found, np.array([0.3, 0.8], dtype=np.float32), 0.6) == [1, 0]


def test_what_hangs_over_the_border_is_cut_off() -> None:
    assert boxes.clip((-0.2, 0.1, 1.3, 0.9)) == (0.0, 0.1, 1.0, 0.9)


def test_a_box_grows_on_every_side() -> None:
    grown = boxes.grow((0.2, 0.2, 0.4, 0.6), 0.5)
    assert grown == pytest.approx((0.1, 0.0, 0.5, 0.8))


@pytest.mark.parametrize(
    ("width", "height", "size", "inner"),
    [
        (1920, 1080, (640, 352), (626, 352)),  # a hair smaller
        (1080, 1920, (352, 640), (352, 626)),
        (1600, 1000, (640, 416), (640, 400)),
        (640, 640, (640, 640), (640, 640)),
        (320, 240, (640, 480), (640, 480)),  # enlarged
        (5000, 10, (640, 32), (640, 1)),  # a line
    ],
)
def test_a_picture_is_fitted_into_whole_strides(
    width: int, height: int, size: tuple[int, int], inner: tuple[int, int]
) -> None:
    box = boxes.fit(width, height, 640)
    assert (box.width, box.height) == size
    assert (box.inner_width, box.inner_height) == inner
    assert box.left == (size[0] - inner[0]) // 2
    assert box.top == (size[1] - inner[1]) // 2


@pytest.mark.parametrize(
    ("width", "height", "inner"),
    [(1920, 1080, (640, 360)), (1080, 1920, (360, 640)), (100, 100, (640, 640))],
)
def test_a_picture_is_fitted_into_a_given_size(
    width: int, height: int, inner: tuple[int, int]
) -> None:
    box = boxes.fit_fixed(width, height, (640, 640))
    assert (box.width, box.height) == (640, 640)
    assert (box.inner_width, box.inner_height) == inner


def test_boxes_of_the_input_become_fractions_of_the_picture() -> None:
    box = Letterbox(
        width=640, height=384, inner_width=640, inner_height=360, left=0, top=12
    )
    found = np.array([[0, 12, 320, 192], [-5, 0, 700, 384]], dtype=np.float32)
    expected = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1]])
    assert box.to_fractions(found) == pytest.approx(expected)
