"""When a camera is taken to have left the account."""

import pytest

from custom_components.ring_vision.cameras.presence import CameraPresence

WITH = (["1", "2"], True)
WITHOUT = (["1"], True)
PARTIAL = (["1"], False)
EMPTY: tuple[list[str], bool] = ([], True)


@pytest.mark.parametrize(
    ("lists", "left"),
    [
        ([], False),
        ([WITH], False),
        ([WITH, WITHOUT, WITHOUT], False),
        ([WITH, WITHOUT, WITHOUT, WITHOUT], True),
        ([WITHOUT, WITHOUT, WITHOUT], True),
        ([WITHOUT, WITHOUT, WITH, WITHOUT, WITHOUT], False),
        ([WITH, WITHOUT, WITHOUT, WITHOUT, WITH], False),
        ([WITH, *[PARTIAL] * 9], False),
        ([WITH, *[EMPTY] * 9], False),
        ([WITH, WITHOUT, EMPTY, PARTIAL, WITHOUT, EMPTY, WITHOUT], True),
    ],
)
def test_a_camera_leaves_after_three_whole_lists_without_it(
    lists: list[tuple[list[str], bool]], left: bool
) -> None:
    presence = CameraPresence()
    for listed, complete in lists:
        presence.note(listed, complete=complete)
    assert presence.has_left("2") is left
    assert presence.has_left("1") is False
