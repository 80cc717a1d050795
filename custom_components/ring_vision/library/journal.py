"""The journal of long tasks, which survives a restart."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from .models import TaskRow
from .schema import tasks
from .store import reads

CUT_OFF: Final = ("queued", "running", "interrupted")
RESUMED: Final = "resumed"
"""Whether its work begins again or is done by another task anyway."""
KEPT: Final = 1000
"""Ended tasks: an account has some 600 a day, most of them looks at the history."""


def save_task(connection: Connection, task: TaskRow) -> None:
    """Insert a task, or bring it up to date."""
    values = asdict(task)
    connection.execute(
        insert(tasks)
        .values(**values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )
    _forget_oldest(connection)


@reads
def list_tasks(connection: Connection, limit: int) -> list[TaskRow]:
    """Return the newest tasks, newest first."""
    statement = (
        select(tasks).order_by(tasks.c.started.desc(), tasks.c.id.desc()).limit(limit)
    )
    return [TaskRow(**row) for row in connection.execute(statement).mappings()]


def take_interrupted(connection: Connection) -> list[TaskRow]:
    """Return, oldest first, what the end of the last run cut off; each only once."""
    rows = connection.execute(
        select(tasks)
        .where(tasks.c.state.in_(CUT_OFF))
        .order_by(tasks.c.started, tasks.c.id)
    ).mappings()
    interrupted = [TaskRow(**row) for row in rows]
    connection.execute(
        update(tasks)
        .where(tasks.c.state.in_(CUT_OFF))
        .values(state=RESUMED, finished=datetime.now(UTC))
    )
    return interrupted


def _forget_oldest(connection: Connection) -> None:
    """Keep the journal short; only tasks that have ended go."""
    newest = (
        select(tasks.c.started)
        .order_by(tasks.c.started.desc())
        .limit(1)
        .offset(KEPT - 1)
        .scalar_subquery()
    )
    connection.execute(
        delete(tasks).where(tasks.c.started < newest, tasks.c.finished.is_not(None))
    )
