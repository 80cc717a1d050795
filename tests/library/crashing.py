"""Begin to change a library, say so, and wait: somebody kills this process."""

from pathlib import Path
import sys

from scripts import engine_alone  # noqa: F401  imported for what it registers

# isort: split
from sqlalchemy import text
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.migrations import STEPS, migrate
from custom_components.ring_vision.library.store import Library
from tests.library.samples import announced

MANY = range(100, 8_000)
"""More than SQLite's cache holds: some of it is in the -wal, not committed."""


def say_and_wait() -> None:
    """Tell the test that it is time."""
    sys.stdout.write("now\n")
    sys.stdout.flush()
    sys.stdin.read()


def write(connection: Connection) -> None:
    """Add very many rows in one transaction that does not end."""
    recordings.add_recordings(connection, (announced(number) for number in MANY))
    say_and_wait()


def add_table(connection: Connection) -> None:
    """Bring the schema halfway to a version that is to come."""
    connection.execute(text("CREATE TABLE halfway (id INTEGER)"))
    connection.execute(text("ALTER TABLE cameras ADD COLUMN colour TEXT"))
    recordings.add_recordings(connection, (announced(number) for number in MANY))
    say_and_wait()


if __name__ == "__main__":
    opened = Library.open(Path(sys.argv[2]))
    if sys.argv[1] == "write":
        opened.run(write)
    else:
        opened.run(migrate, (*STEPS, add_table))
