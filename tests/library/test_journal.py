"""Tests of the journal of long tasks."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import journal
from custom_components.ring_vision.library.models import TaskRow
from custom_components.ring_vision.library.store import Library

from .samples import NOON, count_rows

RUNNING = TaskRow(
    id="01",
    kind="download",
    state="running",
    current=1,
    total=3,
    message="🦊",
    started=NOON,
    finished=None,
    error=None,
)


def test_a_task_is_kept_and_brought_up_to_date(library: Library) -> None:
    ended = replace(RUNNING, state="failed", current=2, finished=NOON, error="no disk")
    library.run(journal.save_task, RUNNING)
    assert library.run(journal.list_tasks, 10) == [RUNNING]
    library.run(journal.save_task, ended)
    assert library.run(journal.list_tasks, 10) == [ended]


def test_the_newest_task_comes_first(library: Library) -> None:
    for number in range(5):
        started = NOON + timedelta(seconds=number)
        library.run(
            journal.save_task, replace(RUNNING, id=str(number), started=started)
        )
    assert [task.id for task in library.run(journal.list_tasks, 2)] == ["4", "3"]


def test_a_start_notes_what_the_last_end_cut_off(library: Library) -> None:
    finished = replace(RUNNING, id="02", state="finished", finished=NOON)
    queued = replace(RUNNING, id="03", state="queued")
    for task in (RUNNING, finished, queued):
        library.run(journal.save_task, task)
    assert library.run(journal.take_interrupted) == [RUNNING, queued]
    states = {task.id: task.state for task in library.run(journal.list_tasks, 10)}
    assert states == {"01": "resumed", "02": "finished", "03": "resumed"}
    assert library.run(journal.take_interrupted) == []
    assert all(task.finished for task in library.run(journal.list_tasks, 10))


def test_the_journal_forgets_the_oldest_that_have_ended(library: Library) -> None:
    def save_many(connection: Connection) -> None:
        journal.save_task(connection, replace(RUNNING, id="running"))
        for number in range(journal.KEPT + 20):
            started = NOON + timedelta(seconds=1 + number)
            task = replace(RUNNING, id=f"{number:04}", started=started, finished=NOON)
            journal.save_task(connection, task)

    library.run(save_many)
    kept = [task.id for task in library.run(journal.list_tasks, 9999)]
    assert kept[0] == f"{journal.KEPT + 19:04}"
    assert kept[-2:] == ["0020", "running"]
    assert count_rows(library, "tasks") == journal.KEPT + 1
