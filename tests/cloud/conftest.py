"""A cloud with one recording, and clients of it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession
import pytest

from tests.ring_cloud_server import CloudRecording, CloudState, RingCloudServer
from tests.ring_cloud_server.clips import make_clip

from .client import Client

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def clip_file(tmp_path: Path) -> Path:
    """Return a real clip."""
    return make_clip(tmp_path / "clip.mp4")


@pytest.fixture
def recording(clip_file: Path) -> CloudRecording:
    """Return a recording of the doorbell."""
    return CloudRecording(1001, START, kind="ding", file=clip_file)


@pytest.fixture
async def server(
    recording: CloudRecording, socket_enabled: None
) -> AsyncGenerator[RingCloudServer]:
    """Run the cloud with three cameras and one recording."""
    state = CloudState.three_cameras()
    state.recordings = [recording]
    async with RingCloudServer(state) as running:
        yield running


@pytest.fixture
async def stranger(server: RingCloudServer) -> AsyncGenerator[Client]:
    """Return a client that has not signed in."""
    async with ClientSession() as session:
        yield Client(session, server)


@pytest.fixture
async def client(stranger: Client) -> Client:
    """Return a client that has signed in."""
    await stranger.sign_in()
    return stranger
