"""Fixtures of the downloader's tests."""

from collections.abc import AsyncGenerator
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from custom_components.ring_vision.downloader import Downloader, transfer
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.store import Library
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from tests.conftest import HARDWARE_ID
from tests.ring_cloud_server import RingCloudServer
from tests.ring_cloud_server.clips import make_clip

from .bench import Bench


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.0)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip of a second and a half, 165 KB."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return make_clip(path, size=(1280, 720), frames=23)


@pytest.fixture
async def bench(
    hass: HomeAssistant, cloud: RingCloudServer, clip: Path, tmp_path: Path
) -> AsyncGenerator[Bench]:
    """Return a downloader that is signed in and has fetched nothing yet."""
    ring = OwnRingCloud(async_get_clientsession(hass), hardware_id=HARDWARE_ID)
    await ring.async_sign_in(cloud.state.email, cloud.state.password)
    library = await hass.async_add_executor_job(Library.open, tmp_path / "rows")
    files = RecordingFiles(tmp_path / "kept", min_free=0)
    yield Bench(
        hass=hass,
        server=cloud,
        cloud=ring,
        library=library,
        files=files,
        clip=clip,
        downloader=Downloader(hass, ring, library, files),
    )
    await hass.async_add_executor_job(library.close)
