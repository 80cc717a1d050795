"""Memory: how much of it a job took at most."""

from pathlib import Path
import resource
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_CLEAR: Final = Path("/proc/self/clear_refs")
_RESET_PEAK: Final = "5"
"""What the kernel takes for: begin to measure the peak anew."""


def reset_peak() -> None:
    """Begin to measure anew, where the kernel lets us."""
    try:
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        # The peak is then the one since the process began: an upper bound.
        return


def peak_rss_mb() -> float:
    """Return the peak of resident memory since the reset, in megabytes."""
    try:
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
