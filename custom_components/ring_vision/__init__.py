"""Ring Vision: who and what was at the door, known at home."""

from collections.abc import Callable
from pathlib import Path

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType
from homeassistant.helpers.typing import ConfigType

from .access import async_access, forget_gate
from .analyzer import Analyzer, Seen
from .archive import Archive
from .cameras.devices import async_follow_camera_devices
from .cameras.issues import async_follow_camera_issues
from .const import (
    CONF_PRESET,
    CONF_RECOGNIZE_FACES,
    DOMAIN,
    EVENT_SIGHTING,
    MANUFACTURER,
)
from .coordinator import (
    AccountCoordinator,
    LibraryCoordinator,
    RingVisionConfigEntry,
    RingVisionData,
)
from .downloader import Downloader
from .engine.protocol import DEFAULT_PRESET
from .entity import account_identifier
from .expiring import async_follow_expiring
from .export import Export
from .flow.storage import Keeping
from .library import journal
from .library.files import RecordingFiles
from .people.gallery import People
from .people.reidentify import Reidentification
from .people.teaching import Teaching
from .repairs import async_follow_engine, async_forget_restored
from .resume import async_resume
from .retention import Retention
from .ring_events import RingEvents
from .services import async_setup_services
from .sightings import SightingType, describe
from .storage_guard import StorageGuard
from .tasks import TaskList
from .token_file import TokenFile
from .upkeep import async_keep_up, async_open_library

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.SENSOR,
]
CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, which exist with or without an account."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RingVisionConfigEntry) -> bool:
    """Build the pieces of an account in the order in which a recording passes them."""
    cloud = await async_access(hass, entry)
    archive = await _async_archive(hass, entry)
    tasks = TaskList(hass, entry, archive)
    library = LibraryCoordinator(hass, entry, archive)
    reidentification = Reidentification(hass, archive, tasks, library.async_changed)
    analyzer = Analyzer(
        hass,
        archive,
        tasks,
        reidentification,
        recognize_faces=entry.options.get(CONF_RECOGNIZE_FACES, False),
        preset=entry.options.get(CONF_PRESET, DEFAULT_PRESET),
    )
    account = AccountCoordinator(hass, entry, cloud, archive)
    keeping = Keeping.from_options(entry.options)
    try:
        await account.async_config_entry_first_refresh()
        await library.async_config_entry_first_refresh()
    except BaseException:
        await cloud.async_close()
        await archive.close()
        raise
    entry.runtime_data = RingVisionData(
        cloud=cloud,
        archive=archive,
        tasks=tasks,
        downloader=Downloader(hass, cloud, archive.library, archive.files),
        analyzer=analyzer,
        people=People(hass, archive, tasks, reidentification),
        teaching=Teaching(hass, entry.entry_id, archive, reidentification),
        retention=Retention(hass, archive, tasks, keeping, library.async_changed),
        export=Export(hass, archive, tasks),
        account=account,
        library=library,
    )
    _create_account_device(hass, entry)
    entry.async_on_unload(analyzer.async_on_seen(_teller(hass, entry)))
    async_follow_engine(hass, entry)
    async_follow_camera_devices(hass, entry)
    async_follow_camera_issues(hass, entry)
    async_follow_expiring(hass, entry)
    StorageGuard(hass, entry).async_follow()
    RingEvents(hass, entry).async_follow()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await _async_start(entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RingVisionConfigEntry) -> bool:
    """End the tasks, the worker and the database, in the order that loses nothing."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        data = entry.runtime_data
        await data.account.async_shutdown()
        await data.library.async_shutdown()
        await data.tasks.async_close()
        await data.analyzer.async_close()
        await data.cloud.async_close()
        await data.archive.close()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Forget the sign-in; what was recorded and learned stays."""
    forget_gate(hass, entry.entry_id)
    async_forget_restored(hass, entry)
    await TokenFile(hass, entry.entry_id).async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: RingVisionConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the owner remove a camera that the account no longer has."""
    return (
        not any(
            domain == DOMAIN and identifier in entry.runtime_data.cameras
            for domain, identifier in device.identifiers
        )
        and account_identifier(entry) not in device.identifiers
    )


async def _async_archive(hass: HomeAssistant, entry: RingVisionConfigEntry) -> Archive:
    """Open what is kept of the account.

    Recordings live under the media folder, which backups may leave out; people and
    rows under the configuration, which backups hold.
    """
    media = Path(hass.config.media_dirs.get("local") or hass.config.path("media"))
    folder = Path(hass.config.path(DOMAIN))
    return Archive(
        hass=hass,
        library=await async_open_library(
            hass, entry, folder / f"account_{entry.unique_id}"
        ),
        files=RecordingFiles(media / DOMAIN),
        snapshots=media / DOMAIN / "snapshots",
        models=folder / "models",
    )


def _create_account_device(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Create the account's device before the cameras name it as theirs."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={account_identifier(entry)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=MANUFACTURER,
        model="Ring account",
        name=entry.title,
    )


def _teller(
    hass: HomeAssistant, entry: RingVisionConfigEntry
) -> Callable[[Seen], None]:
    """Return the listener that tells Home Assistant of each sighting."""

    @callback
    def tell(seen: Seen) -> None:
        data = entry.runtime_data
        data.library.async_changed()
        event = describe(seen)
        if seen.again or event.type is SightingType.NOTHING:
            return
        camera = data.cameras.get(event.camera_id)
        hass.bus.async_fire(
            EVENT_SIGHTING,
            {
                "entry_id": entry.entry_id,
                "camera_id": event.camera_id,
                "camera": camera.name if camera else event.camera_id,
                "type": event.type.value,
                **event.as_attributes(),
            },
        )

    return tell


async def _async_start(entry: RingVisionConfigEntry) -> None:
    """Begin the first run in the background, and again with what was cut off."""
    data = entry.runtime_data
    async_resume(data, await data.archive.ask(journal.take_interrupted))
    data.account.async_start_check()
    data.analyzer.async_wake()
    data.retention.async_keep_up(entry)
    async_keep_up(data.archive.hass, entry)
