"""What an owner wants to keep, and which recordings have to go for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from ..engine.labels import group_of
from .errors import PurgeRefused
from .models import AnalysisState, Recording, RecordingState
from .rows import COLUMNS, IDS_PER_STATEMENT, read
from .schema import NEWS, recordings as table, sightings
from .store import reads

NOTHING: Final = "nothing"
"""Stands for a label where a recording was looked at, and nothing was seen in it."""
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""A clock may be set back a little without being wrong."""
QUIET_LIMIT: Final = timedelta(days=2 * 365)
"""Without any recording for longer, the clock is more likely wrong than the account
quiet: a year must be possible, and clocks that lose their battery jump by decades."""
_DAY: Final = timedelta(days=1)


class PurgeReason(StrEnum):
    """Why a recording goes."""

    AGE = "age"
    SIZE = "size"
    LABEL = "label"
    """For what was seen in it, or for the age that such things are kept."""
    KIND = "kind"
    """For why Ring recorded it."""
    ASKED = "asked"
    """Somebody named it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What to keep; all that is not said is kept."""

    keep_days: int | None = None
    """None: for ever; 0: nothing."""
    max_bytes: int | None = None
    """Of all files but those in the bin."""
    label_days: Mapping[str, int | None] = field(default_factory=dict)
    """Days by group of labels, or `NOTHING`; None: for ever. In place of `keep_days`."""
    kinds: tuple[str, ...] = ()
    """Only recordings of these kinds go."""
    labels: tuple[str, ...] = ()
    """Only recordings go in which nothing but these was seen."""

    @property
    def says_something(self) -> bool:
        """Return whether anything may have to go."""
        return (
            self.keep_days is not None
            or self.max_bytes is not None
            or any(days is not None for days in self.label_days.values())
            or bool(self.kinds or self.labels)
        )

    def concerns(self, recording: Recording, seen: frozenset[str] | None) -> bool:
        """Return whether a recording is one that may go; `seen`: None, not looked at."""
        return (
            not recording.locked
            and recording.kind in (self.kinds or (recording.kind,))
            and (not self.labels or bool(seen and seen.issubset(self.labels)))
        )

    def why(self, seen: frozenset[str] | None, age_days: float) -> PurgeReason | None:
        """Return why a recording goes, whatever the size of all; None: it may stay."""
        if self.keep_days is None and self.max_bytes is None and not self.label_days:
            return PurgeReason.LABEL if self.labels else PurgeReason.KIND
        groups = _groups(seen)
        days = [self.label_days.get(one, self.keep_days) for one in groups]
        known = [one for one in days or [self.keep_days] if one is not None]
        if len(known) < len(days) or not known or age_days <= max(known):
            return None  # of several things in it, the one kept longest counts
        own = {self.label_days.get(one) for one in groups}
        return PurgeReason.LABEL if max(known) in own else PurgeReason.AGE


@dataclass(frozen=True, kw_only=True, slots=True)
class Purgeable:
    """A recording that has to go, and why."""

    recording: Recording
    why: PurgeReason


@reads
def plan_purge(
    connection: Connection, now: datetime, policy: Policy
) -> list[Purgeable]:
    """Return what goes by itself and then the oldest of too much; locked ones stay."""
    statement = select(*COLUMNS).where(table.c.state == RecordingState.DOWNLOADED)
    kept = read(connection, statement.order_by(table.c.start, table.c.id))
    if not kept or not policy.says_something:
        return []
    require_clock(connection, now)
    seen: Mapping[str, frozenset[str]] = {}
    if policy.labels or policy.label_days:
        seen = _seen_in(connection, kept)
    total = sum(recording.size or 0 for recording in kept)
    return _plan(kept, seen, total, now, policy)


def require_clock(connection: Connection, now: datetime) -> None:
    """Refuse a clock that is behind the last download, or years ahead of everything."""
    downloaded = connection.execute(
        select(func.max(table.c.downloaded)).where(table.c.downloaded.is_not(None))
    ).scalar_one()
    if downloaded and now < downloaded - CLOCK_TOLERANCE:
        raise PurgeRefused(f"The clock says {now}; a download came in at {downloaded}")
    recorded = connection.execute(select(func.max(table.c.start))).scalar_one()
    known = [moment for moment in (downloaded, recorded) if moment]
    if known and now > max(known) + QUIET_LIMIT:
        raise PurgeRefused(f"The clock says {now}; the last recording is of {recorded}")


def _plan(
    kept: Iterable[Recording],
    seen: Mapping[str, frozenset[str]],
    total: int,
    now: datetime,
    policy: Policy,
) -> list[Purgeable]:
    """Return what goes of all, oldest first; `total` is their size."""
    whys: dict[str, PurgeReason | None] = {}
    for recording in kept:
        if policy.concerns(recording, seen.get(recording.id)):
            age_days = (now - recording.start) / _DAY
            whys[recording.id] = policy.why(seen.get(recording.id), age_days)
            total -= (recording.size or 0) if whys[recording.id] else 0
    plan: list[Purgeable] = []
    for recording in kept:
        if recording.id not in whys:
            continue
        why = whys[recording.id]
        if why is None and policy.max_bytes is not None and total > policy.max_bytes:
            why = PurgeReason.SIZE
            total -= recording.size or 0
        if why is not None:
            plan.append(Purgeable(recording=recording, why=why))
    return plan


def _groups(seen: frozenset[str] | None) -> set[str]:
    """Return the groups of labels; of what nobody looked at there are none."""
    if seen is None:
        return set()
    return {NOTHING if label == NOTHING else group_of(label).value for label in seen}


def _seen_in(
    connection: Connection, found: Sequence[Recording]
) -> dict[str, frozenset[str]]:
    """Return what was seen in each recording that the engine has looked at."""
    labels: dict[str, set[str]] = defaultdict(set)
    looked_at = [one.id for one in found if one.analysis is AnalysisState.DONE]
    for part in batched(looked_at, IDS_PER_STATEMENT, strict=False):
        statement = select(sightings.c.recording_id, sightings.c.label).where(
            sightings.c.recording_id.in_(part), NEWS
        )
        for recording_id, label in connection.execute(statement):
            labels[recording_id].add(label)
    return {one: frozenset(labels.get(one) or {NOTHING}) for one in looked_at}
