"""Which recordings have to be looked at again, by what was wrong with the look before."""

import json

from sqlalchemy import and_, func, not_, select
from sqlalchemy.engine import Connection

from . import schema
from .models import AnalysisState
from .recordings import queue_where
from .schema import recordings as table


def queue_incomplete(connection: Connection, part: str) -> int:
    """Let recordings wait again that were looked at without a part of the engine."""
    # The quotes belong to the word in the JSON list, so no longer word is meant.
    without = func.instr(schema.analyses.c.missing, json.dumps(part)) > 0
    return queue_where(
        connection,
        table.c.analysis == AnalysisState.DONE,
        table.c.id.in_(select(schema.analyses.c.recording_id).where(without)),
    )


def queue_outdated(connection: Connection, version: str, preset: str) -> int:
    """Let recordings wait again that another engine or preset looked at."""
    engine = schema.analyses.c.engine
    current = and_(
        engine.startswith(f"{version} ", autoescape=True),
        engine.endswith(f" {preset}", autoescape=True),
    )
    return queue_where(
        connection,
        table.c.analysis == AnalysisState.DONE,
        table.c.id.in_(select(schema.analyses.c.recording_id).where(not_(current))),
    )
