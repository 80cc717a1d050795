"""The fault matrix: every fault at every door of Ring's, and what comes of it.

`fault_matrix.md` beside this file says what has to happen; what happened is printed at
the end of the run. A fault lasts here until the end of the question: that one which
passes costs nothing is what follows each of them.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from custom_components.ring_vision.downloader import transfer
from custom_components.ring_vision.library.models import RecordingState
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.errors import RingError
from custom_components.ring_vision.ring_cloud.wire import Wire
from tests.conftest import HARDWARE_ID
from tests.fault_matrix import FAULT_CELL, UNEXPECTED, read_matrix
from tests.ring_cloud_server import FAULTS, CloudRecording, Fault
from tests.ring_cloud_server.faults import (
    DEVICES,
    DOORBOT_HISTORY,
    EVM,
    MEDIA_DOORS,
    SHARE_PLAY,
    TOKEN,
    VIDEO,
)

from .bench import CAMERAS, NOW, Bench

EXPECTED = read_matrix(Path(__file__).with_name("fault_matrix.md"))
HISTORY = "GET /(evm/v2/history/devices|clients_api/doorbots/)"
IMPATIENT = {"login_slow": {"delay_s": 0.6}, "api_slow": {"delay_s": 0.6}}
"""Slower than the patience of these tests."""


async def sign_in(bench: Bench) -> str:
    """Sign another installation in."""
    fresh = OwnRingCloud(async_get_clientsession(bench.hass), hardware_id=HARDWARE_ID)
    await fresh.async_sign_in(bench.server.state.email, bench.server.state.password)
    return "ok"


async def devices(bench: Bench) -> str:
    """Ask for the cameras."""
    return f"{len(await bench.cloud.async_cameras())} cameras"


async def refresh(bench: Bench) -> str:
    """Ask for the cameras with a token that is too old.

    When an answer with a new token is lost on its way, the old one has to do.
    """
    bench.server.state.refresh_policy = "rotate_grace"
    bench.server.state.expire_access_tokens()
    return await devices(bench)


async def history(bench: Bench) -> str:
    """Read what is new."""
    found = await bench.downloader.async_check(CAMERAS, since=NOW.replace(year=2020))
    return f"{len(found)} new"


async def media(bench: Bench) -> str:
    """Fetch the recording that is due."""
    await bench.due()
    (recording,) = bench.server.state.recordings
    state, reason = bench.state(recording)
    return " ".join(filter(None, (state, reason)))


DOORS: dict[str, tuple[str, Callable[[Bench], Awaitable[str]]]] = {
    "sign-in": (TOKEN, sign_in),
    "refresh": (TOKEN, refresh),
    "devices": (DEVICES, devices),
    "history": (HISTORY, history),
    "media URL": (MEDIA_DOORS, media),
    "media": (VIDEO, media),
}


OWN_DOOR = {
    TOKEN: ("sign-in", "refresh"),
    DEVICES: ("devices",),
    DOORBOT_HISTORY: ("history",),
    EVM: ("history",),
    SHARE_PLAY: ("media URL",),
    VIDEO: ("media",),
}
"""Where what changes something that only these answers have can be tried."""


def fault_at(name: str, door: str) -> Fault | None:
    """Return a fault at a door, None where it cannot be."""
    fault = FAULTS[name](times=-1, **IMPATIENT.get(name, {}))
    if fault.json_set or fault.file is not None or fault.content_range or fault.etag:
        return fault if door in OWN_DOOR[fault.match] else None
    fault.match, _ = DOORS[door]
    if door == "media" and fault.cut_after is not None:
        # Else chance says how much the reader has of it: aiohttp drops its buffer.
        fault.bps = 500_000
    return fault


CELLS = [
    (name, door)
    for name in FAULTS
    for door in DOORS
    if fault_at(name, door) is not None
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer longer than a moment."""
    monkeypatch.setattr(Wire, "timeout_s", 0.3)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=0.3)
    monkeypatch.setattr(transfer, "TIMEOUT", timeout)


async def outcome(bench: Bench, door: str, fault: Fault) -> str:
    """Return what comes of a fault, and how many requests it took."""
    _, ask = DOORS[door]
    bench.server.add_fault(fault)
    if fault.match == DOORBOT_HISTORY:
        # That door is asked when the other one is of no use.
        bench.spoil("evm_not_found", times=-1)
    before = len(bench.server.requests)
    try:
        told = await ask(bench)
    except RingError as err:
        told = type(err).__name__
    except Exception as err:  # noqa: BLE001 - what the matrix is there to find
        told = f"{UNEXPECTED} {type(err).__name__}"
    if door == "media" and fault.cut_after is not None:
        return told
    return f"{told} ({len(bench.server.requests) - before})"


async def recovers(
    bench: Bench, door: str, recording: CloudRecording, fault: Fault
) -> bool:
    """Tell whether all is well when the fault is over and the gate is open again."""
    bench.server.clear_faults()
    bench.cloud.gate._opens_at = 0.0
    _, ask = DOORS[door]
    await ask(bench)
    await bench.backfill()
    before = bench.state(recording)
    await bench.fetch(recording.key)
    if isinstance(fault.file, Path) and before == (RecordingState.DOWNLOADED, None):
        # Another video, but a whole one.
        return bench.file(recording).read_bytes() == fault.file.read_bytes()
    return bench.is_whole(recording)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("name", "door"), CELLS)
async def test_a_fault_ends_as_expected_and_costs_nothing_once_it_is_over(
    bench: Bench, name: str, door: str, record_property: Callable[[str, object], None]
) -> None:
    recording = bench.record() if door == "history" else await bench.known()
    fault = fault_at(name, door)
    assert fault is not None
    told = await outcome(bench, door, fault)
    record_property(FAULT_CELL, (name, door, told))
    assert UNEXPECTED not in told
    expired = told.startswith("SignInExpired")
    assert expired or await recovers(bench, door, recording, fault)
    assert told == EXPECTED.get((name, door))
