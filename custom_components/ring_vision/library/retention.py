"""Delete what is too old or too much, and nothing at all when in doubt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from . import bin as binned
from .bin import Moved, list_binned
from .errors import PurgeRefused
from .faces import delete_strangers_faces, strangers_faces
from .files import RecordingFiles
from .models import RecordingState
from .policy import require_clock
from .rows import IDS_PER_STATEMENT
from .store import Library, reads

BATCH: Final = 10
"""Files between two looks at cancel, and at whether the folder is still there."""

KEPT: Final = (RecordingState.DOWNLOADED,)

type ShouldStop = Callable[[], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an account's recordings are kept."""

    library: Library
    files: RecordingFiles
    snapshots: Path

    def remove(
        self,
        whys: Mapping[str, str],
        *,
        now: datetime,
        to_bin: bool,
        states: Sequence[RecordingState] = KEPT,
        should_stop: ShouldStop = lambda: False,
    ) -> Moved:
        """Move recordings (ids and why) to the bin, or delete them for good.

        Those that are in none of `states` by then stay. Raises before anything goes when the folder is away, the database does not
        answer or the clock is wrong.
        """
        if not whys:
            return Moved()
        self._require_folder()
        self.library.run(_check_clock, now)

        def go(connection: Connection, ids: Sequence[str]) -> Moved:
            if not to_bin:
                return binned.delete(
                    connection, self.files, self.snapshots, ids, states
                )
            part = {one: whys[one] for one in ids}
            return binned.put(connection, self.files, self.snapshots, part, now)

        return self._in_batches(go, whys, should_stop)

    def restore(self, ids: Iterable[str]) -> Moved:
        """Bring recordings back from the bin."""
        self._require_folder()

        def come(connection: Connection, part: Sequence[str]) -> Moved:
            return binned.restore(connection, self.files, part)

        return self._in_batches(come, ids, lambda: False)

    def empty_bin(
        self, *, now: datetime, days: int, should_stop: ShouldStop = lambda: False
    ) -> Moved:
        """Delete for good what has been in the bin for its days."""
        old = self.library.run(list_binned, now - timedelta(days=days))
        ids = dict.fromkeys((recording.id for recording in old), "")
        return self.remove(
            ids,
            now=now,
            to_bin=False,
            states=(RecordingState.BINNED,),
            should_stop=should_stop,
        )

    def expire_strangers(self, *, now: datetime, days: int) -> int:
        """Delete the faces of people without a name after so many days."""
        found = self.library.run(strangers_faces, now - timedelta(days=days))
        if found:
            self.library.run(_check_clock, now)
        return sum(
            self.library.run(delete_strangers_faces, part)
            for part in batched(found, IDS_PER_STATEMENT, strict=False)
        )

    def _in_batches(
        self,
        move: Callable[[Connection, Sequence[str]], Moved],
        ids: Iterable[str],
        should_stop: ShouldStop,
    ) -> Moved:
        """Move some files after the others.

        Each part happens under the database's write lock: where that cannot be had
        nothing goes, and nobody locks or analyzes a recording in the middle.
        """
        moved = Moved()
        for part in batched(ids, BATCH, strict=False):
            if should_stop() or not self.files.available():
                break
            moved.add(self.library.run(move, part))
        return moved

    def _require_folder(self) -> None:
        if not self.files.available():
            raise PurgeRefused("The recordings folder is not there")


@reads
def _check_clock(connection: Connection, now: datetime) -> None:
    require_clock(connection, now)
