"""The library as the event loop asks it: every question goes through the executor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Concatenate

from homeassistant.core import HomeAssistant
from sqlalchemy.engine import Connection

from .library.files import RecordingFiles
from .library.store import Library


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """Everything kept of one account: rows, recordings and snapshots."""

    hass: HomeAssistant
    library: Library
    files: RecordingFiles
    snapshots: Path
    """Folder of the snapshots: `<camera id>/<year>/<month>/<recording id>_<track>.jpg`."""
    models: Path
    """Folder of the weights, which the owner may fill; what the worker prepares of them
    is kept there too."""

    async def ask[**P, T](
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query of `library` in the executor, in one transaction."""
        return await self.hass.async_add_executor_job(
            partial(self.library.run, query, *args, **kwargs)
        )

    async def close(self) -> None:
        """Close the database."""
        await self.hass.async_add_executor_job(self.library.close)
