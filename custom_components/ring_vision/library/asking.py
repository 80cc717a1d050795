"""When Ring is asked again for media that it did not give, and when no more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from .models import RecordingState
from .recordings import give_up
from .rows import change
from .schema import recordings as table

NOT_READY_WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300, 900, 1800, 3600)
)
"""Between two questions for media that Ring has not ready; the last one repeats."""
DENIED_WAITS: Final = tuple(timedelta(hours=hours) for hours in (1, 6, 24))
"""Between two questions for media that Ring denies: a 402 or 410 of an outage passes."""
ASKING_LIMIT: Final = timedelta(hours=24)
"""After the first question; what has no media by then never will."""
REASON_NOT_READY: Final = "not_ready"
REASON_NO_MEDIA: Final = "no_media"


def mark_not_ready(
    connection: Connection, recording_id: str, now: datetime
) -> RecordingState:
    """Plan the next question for media, or give up a day after the first one.

    Returns the state that comes of it.
    """
    return _ask_again(
        connection,
        recording_id,
        now,
        waits=NOT_READY_WAITS,
        reason=REASON_NOT_READY,
        end=(RecordingState.EXPIRED, REASON_NO_MEDIA),
    )


def mark_denied(
    connection: Connection,
    recording_id: str,
    now: datetime,
    end: RecordingState,
    reason: str,
) -> RecordingState:
    """Believe that there is no media for us (`end`) only when a day does not change it.

    Returns the state that comes of it.
    """
    return _ask_again(
        connection,
        recording_id,
        now,
        waits=DENIED_WAITS,
        reason=reason,
        end=(end, reason),
    )


def _ask_again(
    connection: Connection,
    recording_id: str,
    now: datetime,
    *,
    waits: tuple[timedelta, ...],
    reason: str,
    end: tuple[RecordingState, str],
) -> RecordingState:
    """Plan the next question, or give up when a day has gone by since the first."""
    asked, since = connection.execute(
        select(table.c.asked, table.c.asked_since).where(table.c.id == recording_id)
    ).one()
    since = since or now
    if now - since >= ASKING_LIMIT:
        return give_up(connection, recording_id, *end)
    return change(
        connection,
        recording_id,
        state=RecordingState.NOT_READY,
        reason=reason,
        attempts=table.c.attempts + 1,
        asked=asked + 1,
        asked_since=since,
        # The last question comes when the day is over, not up to an hour later.
        next_try=min(
            now + waits[min(asked, len(waits) - 1)],
            since + ASKING_LIMIT,
        ),
    )
