"""Bring an older database up to the schema of today."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.engine import Connection

from .errors import NewerSchema
from .schema import METADATA


def _add_arguments_and_bin(connection: Connection) -> None:
    """Let tasks be begun again after a restart, and recordings wait in the bin."""
    for statement in (
        "ALTER TABLE tasks ADD COLUMN arguments VARCHAR",
        "ALTER TABLE recordings ADD COLUMN binned INTEGER",
        "ALTER TABLE recordings ADD COLUMN binned_why VARCHAR",
        "ALTER TABLE sightings ADD COLUMN hidden BOOLEAN DEFAULT 0 NOT NULL",
        "DROP INDEX sightings_by_person",
        "CREATE INDEX sightings_by_person ON sightings (person_id, hidden, start)",
    ):
        connection.exec_driver_sql(statement)


def _add_walks_and_corrections(connection: Connection) -> None:
    """Note how far the walks through Ring's history are, and what the owner corrected."""
    for statement in (
        """CREATE TABLE walks (
            name VARCHAR NOT NULL, camera_ids VARCHAR NOT NULL, floor INTEGER,
            cursor VARCHAR, reached INTEGER, complete BOOLEAN NOT NULL,
            PRIMARY KEY (name)
        )""",
        """CREATE TABLE rejections (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, person_id INTEGER,
            embedding BLOB NOT NULL,
            FOREIGN KEY(person_id) REFERENCES persons (id) ON DELETE CASCADE
        )""",
        """CREATE TABLE corrections (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, made INTEGER NOT NULL,
            kind VARCHAR NOT NULL, sighting_id INTEGER NOT NULL, person_id INTEGER,
            began_person BOOLEAN NOT NULL, reference_ids VARCHAR NOT NULL,
            rejection_ids VARCHAR NOT NULL,
            FOREIGN KEY(person_id) REFERENCES persons (id) ON DELETE CASCADE
        )""",
        "CREATE INDEX ix_rejections_person_id ON rejections (person_id)",
        "CREATE INDEX ix_corrections_person_id ON corrections (person_id)",
    ):
        connection.exec_driver_sql(statement)


STEPS: Final[tuple[Callable[[Connection], None], ...]] = (
    _add_arguments_and_bin,
    _add_walks_and_corrections,
)
"""Step n turns version n + 1 into version n + 2; a step never changes once released.

Foreign keys are on: a step that drops a table loses all that refers to its rows.
"""
LATEST: Final = len(STEPS) + 1
"""The version that `schema` describes."""


def schema_version(connection: Connection) -> int:
    """Return the version of a database's schema, 0 for an empty one."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def migrate(
    connection: Connection,
    steps: tuple[Callable[[Connection], None], ...] = STEPS,
) -> None:
    """Create or update the schema, within the caller's transaction."""
    latest = len(steps) + 1
    version = schema_version(connection)
    if version > latest:
        raise NewerSchema(
            f"The library has schema {version}; this version knows up to {latest}"
        )
    if version == latest:
        return
    if version == 0:
        METADATA.create_all(connection)
    else:
        for step in steps[version - 1 :]:
            step(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {latest}")
