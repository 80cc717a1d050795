"""Tests of the presets."""

import pytest

from custom_components.ring_vision.engine.errors import EngineError
from custom_components.ring_vision.engine.presets import PRESETS, preset_of


def test_there_are_three_from_quick_to_thorough() -> None:
    quick, balanced, thorough = map(preset_of, ("quick", "balanced", "thorough"))
    assert list(PRESETS) == ["quick", "balanced", "thorough"]
    assert quick.key_frames
    assert quick.moving_gap_s > balanced.moving_gap_s > thorough.moving_gap_s
    assert (
        quick.closer_looks_per_s
        < balanced.closer_looks_per_s
        < thorough.closer_looks_per_s
    )


@pytest.mark.parametrize("name", ["", "fast", "Balanced"])
def test_another_name_is_an_error(name: str) -> None:
    with pytest.raises(EngineError, match="no preset"):
        preset_of(name)
