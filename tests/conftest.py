"""Fixtures that every test of the integration shares."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sys
from unittest.mock import patch

import pytest

from .fault_matrix import FAULT_CELL, as_table

pytest_plugins: list[str] = []

if "pytest_homeassistant_custom_component.plugins" not in sys.modules:
    # The engine's and the library's suites run without Home Assistant's plugin, and
    # import their packages without the integration above them.
    from scripts import engine_alone  # noqa: F401  imported for what it registers
else:
    from homeassistant.const import CONF_TOKEN, CONF_USERNAME
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.aiohttp_client import async_get_clientsession
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.syrupy import (
        HomeAssistantSnapshotExtension,
    )
    from syrupy.assertion import SnapshotAssertion

    from custom_components.ring_vision.const import (
        CONF_BACKFILL_DAYS,
        CONF_CAMERAS,
        CONF_HARDWARE_ID,
        CONF_RECOGNIZE_FACES,
        DOMAIN,
        ENV_ENDPOINT,
    )
    from custom_components.ring_vision.engine.client import EngineClient
    from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
    from custom_components.ring_vision.ring_cloud import OwnRingCloud

    from .pictures import face_clip
    from .ring_cloud_server import CloudRecording, CloudState, RingCloudServer


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the fault matrix where it was run."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
    ]
    told = [
        value
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == FAULT_CELL
    ]
    if told:
        terminalreporter.section("Fault matrix: outcome (requests)")
        cells = {(fault, door): outcome for fault, door, outcome in told}
        for line in as_table(cells):
            terminalreporter.write_line(line)


HARDWARE_ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep files out of site-packages, where the plugin's default would put them."""
    return hass_tmp_config_dir


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots without times and ids, which differ from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def integration_can_load(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load the integration in tests that start one."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        # The plugin's media folder lies in site-packages too, and outlives the test.
        config = request.getfixturevalue("hass").config
        config.media_dirs = {"local": config.path("media")}
        request.getfixturevalue("no_weights_from_the_internet")


@pytest.fixture
def no_weights_from_the_internet() -> Generator[None]:
    """Answer a wish for weights as a machine without internet would."""
    with patch.object(
        EngineClient,
        "fetch_weights",
        side_effect=EngineError(ErrorCode.DOWNLOAD_FAILED),
    ):
        yield


@pytest.fixture
def repository() -> Path:
    """Return the top folder of the repository."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def clip_of_a_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip in which one person's face is well seen."""
    return face_clip(tmp_path_factory.mktemp("clips") / "face.mp4")


@pytest.fixture
async def cloud(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[RingCloudServer]:
    """Run a loopback Ring cloud with three cameras, and point the integration at it."""
    state = CloudState.three_cameras()
    state.two_factor = False
    async with RingCloudServer(state) as server:
        monkeypatch.setenv(ENV_ENDPOINT, server.url)
        yield server


@pytest.fixture
def one_recording(cloud: RingCloudServer, clip_of_a_face: Path) -> CloudRecording:
    """Let the first camera have recorded somebody ten minutes ago."""
    recording = CloudRecording(
        camera_id=cloud.state.cameras[0].id,
        start=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10),
        kind="ding",
        duration_s=2.0,
        file=clip_of_a_face,
    )
    cloud.state.recordings.append(recording)
    return recording


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: RingCloudServer) -> MockConfigEntry:
    """Return the account's entry, signed in and added but not set up."""
    ring = OwnRingCloud(async_get_clientsession(hass), hardware_id=HARDWARE_ID)
    await ring.async_sign_in(cloud.state.email, cloud.state.password)
    config_entry = MockConfigEntry(
        domain=DOMAIN,
        title=cloud.state.email,
        unique_id=str(cloud.state.account_id),
        data={
            CONF_USERNAME: cloud.state.email,
            CONF_TOKEN: ring.token,
            CONF_HARDWARE_ID: HARDWARE_ID,
        },
        options={
            CONF_BACKFILL_DAYS: 7,
            CONF_CAMERAS: [],
            CONF_RECOGNIZE_FACES: True,
        },
    )
    config_entry.add_to_hass(hass)
    return config_entry


@pytest.fixture
async def account(
    hass: HomeAssistant, entry: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """Set the account up, and wait until its first run is over."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
