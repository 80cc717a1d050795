"""Sampling: which frames are worth a closer look, by a cheap look at all."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .presets import PRESETS, Preset

type Luma = NDArray[np.float32]
"""Grey thumbnail (rows, columns), 0..255."""

CHANGED_LEVELS: Final = 18
"""A cell has changed when it is so much lighter or darker: above noise."""
MOVED_SHARE: Final = 0.001
"""Share of changed cells that is movement: 15 of 14,400, a cat across the street."""
CUT_SHARE: Final = 0.35
UNLIKE: Final = 0.3
"""Another scene: so much changed, and nothing is where it was (correlation). Measured:
cuts 0.39 and 0.24, people who walk through the picture 0.2 and 0.6. When the infrared
light goes on, everything changes, but it stays where it was."""


def changed(before: Luma, after: Luma) -> NDArray[np.bool_]:
    """Return the cells that changed, but for the light that changed everywhere."""
    difference = after - before
    return np.asarray(np.abs(difference - np.median(difference)) > CHANGED_LEVELS)


def is_cut(before: Luma, after: Luma, cells: NDArray[np.bool_]) -> bool:
    """Tell whether another scene is shown; `cells` are those that changed."""
    if float(cells.mean()) <= CUT_SHARE:
        return False
    one, other = before - before.mean(), after - after.mean()
    alike = float((one * other).sum())
    return alike < UNLIKE * float(np.sqrt((one**2).sum() * (other**2).sum()))


class Sampler:
    """Decides frame by frame, over the whole recording."""

    def __init__(self, preset: Preset = PRESETS["balanced"]) -> None:
        """Begin before the first frame."""
        self._preset = preset
        self._last_s: float | None = None
        self._last: Luma | None = None
        self._before: Luma | None = None
        """Of the last frame that came into question, looked at or not."""
        self._passed_cut = False
        self.busy = False
        """Somebody is in view."""
        self.steady = False
        """Everything that moves is known and followed."""
        self.cut = False
        """The last close look showed another scene than the one before."""

    def wants(self, time_s: float, luma: Luma) -> bool:
        """Tell whether to look closely."""
        if self._last_s is None or self._last is None:
            return True
        gap = time_s - self._last_s
        preset = self._preset
        if gap < (preset.steady_gap_s if self.steady else preset.moving_gap_s) - 1e-6:
            return False
        if gap >= (preset.busy_gap_s if self.busy else preset.still_gap_s) - 1e-6:
            return True
        if luma.shape != self._last.shape:
            return True
        return float(changed(self._last, luma).mean()) > MOVED_SHARE

    def passed(self, luma: Luma) -> None:
        """Take a frame into account that is not looked at: it may show another scene."""
        before, self._before = self._before, luma
        if before is not None and before.shape == luma.shape:
            cells = changed(before, luma)
            self._passed_cut = self._passed_cut or is_cut(before, luma, cells)

    def looked(self, time_s: float, luma: Luma) -> NDArray[np.bool_] | None:
        """Note a close look; answers what changed since the one before."""
        last = self._last
        self._last_s, self._last = time_s, luma
        # From frame to frame: who is near changes everything within a second.
        self.passed(luma)
        self.cut, self._passed_cut = self._passed_cut, False
        if last is None or last.shape != luma.shape:
            self.cut = last is not None
            return None
        return changed(last, luma)
