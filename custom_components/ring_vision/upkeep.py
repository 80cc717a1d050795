"""The care of the library: opened or restored, copied each day, rows and files agreeing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .coordinator import RingVisionConfigEntry, RingVisionData
from .library.copies import copy_if_due, open_library
from .library.errors import BusyLibrary, CorruptLibrary, LibraryError
from .library.reconcile import Reconciled, reconcile
from .library.settle import Settled, settle
from .library.store import Library
from .repairs import async_tell_restored

COPY_INTERVAL: Final = timedelta(days=1)


async def async_open_library(
    hass: HomeAssistant, entry: RingVisionConfigEntry, folder: Path
) -> Library:
    """Open the rows of an account; tell the owner when a copy took their place."""
    try:
        library, restored = await hass.async_add_executor_job(
            open_library, folder, dt_util.utcnow()
        )
    except BusyLibrary as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="library_busy"
        ) from err
    except LibraryError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="library_broken",
            translation_placeholders={"reason": str(err)},
        ) from err
    if restored is not None:
        LOGGER.error(
            "The database was damaged; the copy of %s took its place, and the damaged "
            "file is kept as %s",
            restored.day,
            restored.broken,
        )
        async_tell_restored(hass, entry, restored)
    return library


@callback
def async_keep_up(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Copy the database every day, and make rows and files agree after the start."""
    data = entry.runtime_data

    @callback
    def copy(_: datetime | None = None) -> None:
        entry.async_create_background_task(
            hass, _async_copy(hass, entry, data.archive.library), f"{DOMAIN} copy"
        )

    entry.async_on_unload(async_track_time_interval(hass, copy, COPY_INTERVAL))
    copy()
    entry.async_create_background_task(
        hass, _async_reconcile(hass, entry, data), f"{DOMAIN} reconcile"
    )


async def _async_copy(
    hass: HomeAssistant, entry: RingVisionConfigEntry, library: Library
) -> None:
    """Copy the database; a failure today is no reason to stop tomorrow."""
    try:
        await hass.async_add_executor_job(copy_if_due, library, dt_util.utcnow())
    except LibraryError as err:
        _async_failed(hass, entry, library, err)


async def _async_reconcile(
    hass: HomeAssistant, entry: RingVisionConfigEntry, data: RingVisionData
) -> None:
    """Make rows and files agree, then do what they wait for."""
    archive = data.archive
    try:
        # First the bin: what lies there by mistake would be taken for lost.
        settled = await hass.async_add_executor_job(
            settle, archive.library, archive.files
        )
        done = await hass.async_add_executor_job(
            reconcile, archive.library, archive.files, archive.snapshots
        )
    except LibraryError as err:
        _async_failed(hass, entry, archive.library, err)
        return
    _tell_settled(settled)
    _tell(done)
    if archive.library.closed:
        return
    if done.lost or done.adopted:
        data.library.async_changed()
    if done.lost:
        data.account.async_start_download()
    if done.adopted:
        data.analyzer.async_wake()


@callback
def _async_failed(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    library: Library,
    err: LibraryError,
) -> None:
    """Say what went wrong; a new start restores a database that is damaged."""
    if library.closed:
        return
    LOGGER.warning("The library of %s needs care: %s", entry.title, err)
    if isinstance(err, CorruptLibrary) and entry.state is ConfigEntryState.LOADED:
        hass.config_entries.async_schedule_reload(entry.entry_id)


def _tell_settled(done: Settled) -> None:
    """Log what a crash had left between the bin and its place."""
    if done.moved or done.removed or done.lost:
        LOGGER.warning(
            "The bin was put in order: %s files moved to where their rows say, %s "
            "deleted, %s recordings have lost their file there",
            len(done.moved),
            len(done.removed),
            len(done.lost),
        )


def _tell(done: Reconciled) -> None:
    """Log what did not agree, where anything did not."""
    if done.lost or done.adopted or done.pictures:
        LOGGER.warning(
            "%s recordings had lost their file and wait for it again, %s files had no "
            "row and have one now, %s pictures that nothing shows were deleted",
            len(done.lost),
            len(done.adopted),
            done.pictures,
        )
    if done.deleted or done.strange:
        LOGGER.info(
            "Files left alone: of deleted recordings %s, broken or unknown %s",
            done.deleted,
            done.strange,
        )
