"""Long tasks that the end of Home Assistant cut off begin again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
import json
from pathlib import Path
from typing import Any, Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from .const import LOGGER
from .coordinator import RingVisionData
from .library.models import TaskRow
from .tasks import TaskKind

type Arguments = Mapping[str, Any]


def _backfill(data: RingVisionData, arguments: Arguments) -> None:
    start, end = (
        datetime.fromisoformat(arguments[key]) if arguments[key] else None
        for key in ("start", "end")
    )
    data.account.async_start_backfill(
        arguments["camera_ids"],
        start=start,
        end=end,
        limit=arguments["limit"],
        skip_existing=arguments["skip_existing"],
        resume=True,
    )


def _enroll(data: RingVisionData, arguments: Arguments) -> None:
    data.people.async_enroll(
        arguments["name"], [Path(path) for path in arguments["paths"]]
    )


def _reidentify(data: RingVisionData, _: Arguments) -> None:
    data.people.async_reidentify()


def _purge(data: RingVisionData, arguments: Arguments) -> None:
    data.retention.async_resume(arguments)


def _export(data: RingVisionData, arguments: Arguments) -> None:
    data.export.async_resume(arguments)


RESUMED: Final[Mapping[str, Callable[[RingVisionData, Arguments], None]]] = {
    TaskKind.BACKFILL: _backfill,
    TaskKind.ENROLL: _enroll,
    TaskKind.EXPORT: _export,
    TaskKind.PURGE: _purge,
    TaskKind.REIDENTIFY: _reidentify,
}
"""What is not here begins with every start: looks at the history, downloads, analyses."""


@callback
def async_resume(data: RingVisionData, interrupted: Sequence[TaskRow]) -> None:
    """Begin again with what the journal tells of."""
    for task in interrupted:
        resume = RESUMED.get(task.kind)
        if resume is None or task.arguments is None:
            continue
        LOGGER.info("Task %s was cut off and begins again", task.kind)
        try:
            resume(data, json.loads(task.arguments))
        except (HomeAssistantError, KeyError, TypeError, ValueError) as err:
            LOGGER.warning("Task %s cannot begin again: %s", task.kind, err)
