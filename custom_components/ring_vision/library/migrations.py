"""Bring an older database up to the schema of today."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.engine import Connection

from .errors import NewerSchema
from .schema import METADATA

STEPS: Final[tuple[Callable[[Connection], None], ...]] = ()
"""Step n turns version n + 1 into version n + 2; a step never changes once released."""


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
