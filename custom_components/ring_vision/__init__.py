"""Ring Vision: who and what was at the door, known at home."""

from collections.abc import Callable
from pathlib import Path

from homeassistant.const import CONF_TOKEN, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntryType
from homeassistant.helpers.typing import ConfigType

from .analyzer import Analyzer, Seen
from .archive import Archive
from .const import (
    CONF_HARDWARE_ID,
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
from .entity import account_identifier
from .library import journal
from .library.files import RecordingFiles
from .library.store import Library, LibraryError
from .people import People
from .reidentify import Reidentification
from .repairs import async_follow_engine
from .retention import Retention
from .ring_cloud import RingCloud
from .services import async_setup_services
from .sightings import SightingType, describe
from .tasks import TaskList

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
    cloud = _ring_cloud(hass, entry)
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
    )
    account = AccountCoordinator(hass, entry, cloud, archive)
    try:
        await account.async_config_entry_first_refresh()
        await library.async_config_entry_first_refresh()
    except BaseException:
        await archive.close()
        raise
    entry.runtime_data = RingVisionData(
        cloud=cloud,
        archive=archive,
        tasks=tasks,
        downloader=Downloader(hass, cloud, archive.library, archive.files),
        analyzer=analyzer,
        people=People(hass, archive, tasks, reidentification),
        retention=Retention(hass, archive, tasks),
        account=account,
        library=library,
    )
    _create_account_device(hass, entry)
    entry.async_on_unload(analyzer.async_on_seen(_teller(hass, entry)))
    async_follow_engine(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    _start(entry)
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
        await data.archive.close()
    return unloaded


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


def _ring_cloud(hass: HomeAssistant, entry: RingVisionConfigEntry) -> RingCloud:
    """Return the account's client; a new token is kept before it is used."""

    async def save_token(token: dict[str, object]) -> None:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_TOKEN: token}
        )

    return RingCloud(
        async_get_clientsession(hass),
        hardware_id=entry.data[CONF_HARDWARE_ID],
        token=entry.data[CONF_TOKEN],
        save_token=save_token,
    )


async def _async_archive(hass: HomeAssistant, entry: RingVisionConfigEntry) -> Archive:
    """Open what is kept of the account.

    Recordings live under the media folder, which backups may leave out; people and
    rows under the configuration, which backups hold.
    """
    media = Path(hass.config.media_dirs.get("local") or hass.config.path("media"))
    folder = Path(hass.config.path(DOMAIN))
    try:
        library = await hass.async_add_executor_job(
            Library.open, folder / f"account_{entry.unique_id}"
        )
    except LibraryError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="library_broken",
            translation_placeholders={"reason": str(err)},
        ) from err
    archive = Archive(
        hass=hass,
        library=library,
        files=RecordingFiles(media / DOMAIN),
        snapshots=media / DOMAIN / "snapshots",
        models=folder / "models",
    )
    await archive.ask(journal.interrupt_running)
    return archive


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


@callback
def _start(entry: RingVisionConfigEntry) -> None:
    """Begin the first run in the background: history, downloads, then the analysis."""
    data = entry.runtime_data

    data.account.async_start_check()
    data.analyzer.async_wake()
