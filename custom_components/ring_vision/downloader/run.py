"""One run over recordings, and what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..library.models import Recording
from .history import Progress

type Downloaded = Callable[[Recording], None]
"""Called in the event loop with the fresh row of each recording whose file came."""
type Take = Callable[[frozenset[str]], Recording | None]
"""Blocking: return the next recording that is not among those under way."""


@dataclass(kw_only=True, slots=True)
class DownloadSummary:
    """What became of the recordings of one run, by their ids."""

    downloaded: list[str] = field(default_factory=list)
    not_ready: list[str] = field(default_factory=list)
    """Ring has no media yet; they are asked for again later."""
    skipped: list[str] = field(default_factory=list)
    """Here already, or without media for this account."""
    failed: dict[str, str] = field(default_factory=dict)
    """Id to the reason, a code that translations name."""

    @property
    def done(self) -> int:
        """Return how many recordings this tells of."""
        return sum(
            map(len, (self.downloaded, self.not_ready, self.skipped, self.failed))
        )

    def forget(self, recording_id: str) -> None:
        """Leave out what a new try makes untrue."""
        if recording_id in self.not_ready:
            self.not_ready.remove(recording_id)
        self.failed.pop(recording_id, None)

    def as_response(self) -> dict[str, Any]:
        """Return it as an action answers."""
        return {
            "downloaded": self.downloaded,
            "not_ready": self.not_ready,
            "skipped": self.skipped,
            "failed": self.failed,
        }


@dataclass(kw_only=True, slots=True)
class Run:
    """One run over the recordings that `take` gives, one after the other."""

    take: Take
    total: int
    live: bool
    """Of what is due, before which all that somebody chose steps back."""
    again: bool
    """Fetch even what lies whole under its final name."""
    progress: Progress
    on_downloaded: Downloaded
    summary: DownloadSummary
    under_way: set[str] = field(default_factory=set)
    """Not to be taken now; those passed over stay in."""
    passed_over: dict[str, Recording] = field(default_factory=dict)
    """Recordings at which Ring could not be reached."""
    strikes: int = 0
    """How often in a row it could not."""
    reached: bool = False
    """Whether Ring answered at all."""
    stopped: bool = False

    def tell(self, recording_id: str | None = None) -> None:
        """Tell how far the run is."""
        done = self.summary.done
        self.total = max(self.total, done + len(self.under_way))
        self.progress(done, self.total, recording_id)
