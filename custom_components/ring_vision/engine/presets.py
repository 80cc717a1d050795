"""Presets: how closely a recording is looked at."""

from dataclasses import dataclass
from typing import Final

from .errors import EngineError, ErrorCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """How often and how closely to look; times between looks are in seconds."""

    moving_gap_s: float
    """Where something moves: no look comes sooner after the one before."""
    steady_gap_s: float
    """Where everything that moves is known and followed."""
    busy_gap_s: float
    """While somebody is in view: a face may turn to the camera without much movement."""
    still_gap_s: float
    """Where nothing happens."""
    track_gap_s: float
    """A track survives being overlooked for so long: one look."""
    long_side_px: int
    """Of the picture that the network sees."""
    key_frames: bool = False
    """Decode nothing else."""
    closer_looks_per_s: float = 0.0
    """How much closer looks at what moves and is not known may cost; one at the whole
    picture is 1, one at a cut-out 3."""


PRESETS: Final = {
    "quick": Preset(
        moving_gap_s=0.5,
        steady_gap_s=0.5,
        busy_gap_s=0.5,
        still_gap_s=1.0,
        track_gap_s=8.2,
        long_side_px=640,
        key_frames=True,
    ),
    "balanced": Preset(
        moving_gap_s=0.24,
        steady_gap_s=0.45,
        busy_gap_s=0.5,
        still_gap_s=1.0,
        track_gap_s=2.2,
        long_side_px=640,
        closer_looks_per_s=2.5,
    ),
    "thorough": Preset(
        moving_gap_s=0.19,
        steady_gap_s=0.19,
        busy_gap_s=0.19,
        still_gap_s=0.19,
        track_gap_s=2.2,
        long_side_px=640,
        closer_looks_per_s=6.0,
    ),
}


def preset_of(name: str) -> Preset:
    """Return a preset, or say that there is none of that name."""
    try:
        return PRESETS[name]
    except KeyError:
        raise EngineError(ErrorCode.INTERNAL, f"no preset {name}") from None
