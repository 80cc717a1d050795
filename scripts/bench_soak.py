"""Torment a real Home Assistant: faults, kills, renames; then count what was lost.

The loopback cloud goes on recording while Home Assistant and its worker are killed at
random moments and every answer may be spoiled. At the end everything is well again, and
all that Ring ever had must be in the library once, byte for byte.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from typing import Any

import aiohttp

from tests.e2e.account import add_account, sign_in_again
from tests.e2e.home_assistant import (
    COMPONENT,
    Client,
    HomeAssistant,
    HomeAssistantError,
)
from tests.ring_cloud_server import FAULTS, CloudRecording, CloudState, RingCloudServer
from tests.ring_cloud_server.clips import make_clip

NAME, PASSWORD = "soak", "soak"
ZONES = ("America/New_York", "Asia/Tokyo", "Australia/Sydney")
LIFE_S = (8.0, 30.0)
"""Shortest and longest life of a Home Assistant between two kills."""
RECORD_EVERY_S = 4.0
SPOIL_EVERY_S = 0.7
GATE_SHARE = 0.05
"""Share of the faults after which Ring is not asked for minutes or hours."""
SETTLE_S = 300.0
"""How long everything may take to become well at the end."""
ENDED = {"done", "failed"}
GATE_CLOSING = {406, 429, 503}
# A slow answer would only make the run longer; the others come as they are.
TOO_SLOW = {"login_slow", "api_slow", "media_slow"}


@dataclass(kw_only=True)
class Soak:
    """The cloud, the Home Assistant and what was done to them."""

    random: random.Random
    config: Path
    component: Path
    """The integration as it was when the soak began."""
    cloud: RingCloudServer
    clips: list[Path]
    ends: float
    """When the torment is over, on the monotonic clock."""
    home: HomeAssistant | None = None
    kills: int = 0
    hidden: list[Any] = field(default_factory=list)
    """Cameras that are out of the account for a while."""

    @property
    def state(self) -> CloudState:
        """Return the account at Ring."""
        return self.cloud.state

    def record(self) -> None:
        """Let a camera of the account have recorded something just now."""
        camera = self.random.choice(self.state.cameras)
        self.state.recordings.append(
            CloudRecording(
                camera_id=camera.id,
                start=datetime.now(UTC).replace(microsecond=0)
                - timedelta(seconds=self.random.randrange(5)),
                kind=self.random.choice(("motion", "ding", "on_demand")),
                duration_s=2.0,
                file=self.random.choice(self.clips),
                not_ready_requests=self.random.choice((0, 0, 0, 1)),
            )
        )
        keys = Counter(recording.key for recording in self.state.recordings)
        if keys[self.state.recordings[-1].key] > 1:
            self.state.recordings.pop()

    def spoil(self) -> None:
        """Switch a fault of the whole catalogue on."""
        closing = self.random.random() < GATE_SHARE
        name = self.random.choice(
            sorted(
                name
                for name in FAULTS.keys() - TOO_SLOW
                if (FAULTS[name]().status in GATE_CLOSING) == closing
            )
        )
        self.cloud.add_fault(FAULTS[name](times=self.random.choice((1, 1, 2))))
        if len(self.cloud.faults) > 40:
            self.cloud.faults = self.cloud.faults[-20:]

    def change_cameras(self) -> None:
        """Rename a camera, or take one out of the account for a while."""
        if self.hidden:
            self.state.cameras.append(self.hidden.pop())
        elif self.random.random() < 0.5 and len(self.state.cameras) > 1:
            at = self.random.randrange(len(self.state.cameras))
            self.hidden.append(self.state.cameras.pop(at))
        else:
            camera = self.random.choice(self.state.cameras)
            camera.name = f"Camera {self.random.randrange(100)}"

    def kill_worker(self) -> None:
        """Kill a worker process of the Home Assistant that runs, if there is one."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError, ProcessLookupError):
                command = path.read_bytes()
                if str(self.config).encode() in command and b"__main__.py" in command:
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    self.kills += 1
                    return


async def torment(soak: Soak) -> None:
    """Spoil, record, rename and kill workers until it is over."""
    due = {soak.record: 0.0, soak.spoil: 0.0, soak.change_cameras: 20.0}
    due[soak.kill_worker] = 10.0
    every = {
        soak.record: RECORD_EVERY_S,
        soak.spoil: SPOIL_EVERY_S,
        soak.change_cameras: 30.0,
        soak.kill_worker: 20.0,
    }
    begun = time.monotonic()
    while time.monotonic() < soak.ends:
        now = time.monotonic() - begun
        for act, at in due.items():
            if now >= at:
                act()
                due[act] = now + every[act] * soak.random.uniform(0.5, 1.5)
        await asyncio.sleep(0.2)


def home(soak: Soak) -> HomeAssistant:
    """Return a Home Assistant somewhere in the world."""
    return HomeAssistant(
        soak.config,
        environment={"RING_VISION_ENDPOINT": soak.cloud.url},
        log_level="warning",
        component=soak.component,
        time_zone=soak.random.choice(ZONES),
    )


async def live_and_die(soak: Soak) -> None:
    """Start Home Assistant again and again, and kill it at random moments."""
    while time.monotonic() < soak.ends:
        running = home(soak)
        await running.__aenter__()
        life = asyncio.create_task(act_as_owner(running.client, soak))
        await asyncio.sleep(soak.random.uniform(*LIFE_S))
        life.cancel()
        with suppress(asyncio.CancelledError, HomeAssistantError, aiohttp.ClientError):
            await life
        os.killpg(running.process.pid, signal.SIGKILL)
        soak.kills += 1
        await running.process.wait()
        await running.__aexit__(None, None, None)


async def act_as_owner(client: Client, soak: Soak) -> None:
    """Sign in again when asked to, and ask for recordings now and then."""
    await client.sign_in(NAME, PASSWORD)
    while True:
        with suppress(HomeAssistantError, aiohttp.ClientError):
            await sign_in_again(client, soak.state)
            await client.action("download", {"hours": 24})
        await asyncio.sleep(soak.random.uniform(2, 6))


async def settle(soak: Soak) -> list[str]:
    """Make everything well, wait until nothing is left to do; return what is stuck."""
    soak.cloud.clear_faults()
    soak.state.cameras += soak.hidden
    soak.hidden = []
    async with home(soak) as last:
        client = last.client
        await client.sign_in(NAME, PASSWORD)
        await last.until_running()
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            await sign_in_again(client, soak.state)
            with suppress(HomeAssistantError):
                await client.action("download", {"hours": 24, "wait": True})
                await client.action("analyze", {"wait": True})
                if await is_done(client, soak):
                    break
            await asyncio.sleep(2)
        active = (await client.action("list_tasks"))["tasks"]
        await asyncio.sleep(1)
        return [task["id"] for task in active if task["state"] in {"running", "queued"}]


async def is_done(client: Client, soak: Soak) -> bool:
    """Tell whether all recordings are here and were looked at."""
    done: set[str] = set()
    offset = 0
    while True:
        page = await client.action("list_recordings", {"limit": 500, "offset": offset})
        found = page["recordings"]
        done |= {one["id"] for one in found if one["analysis"] in ENDED}
        offset += len(found)
        if not found:
            return {recording.key for recording in soak.state.recordings} <= done


def count(soak: Soak) -> dict[str, int]:
    """Compare the library with what the cloud ever had."""
    [database] = soak.config.glob("ring_vision/account_*/library.db")
    with sqlite3.connect(database) as connection:
        rows = dict(
            connection.execute(
                "SELECT id, path FROM recordings WHERE state = 'downloaded'"
            ).fetchall()
        )
    root = soak.config / "media" / "ring_vision"
    files = {
        str(path.relative_to(root))
        for path in root.rglob("*.mp4")
        if not path.relative_to(root).parts[0].startswith(".")
    }
    ids = Counter(name.rsplit("_", 1)[1] for name in files)
    # Some faults serve a whole recording of another make: that is what Ring had then.
    served = [fault.file for fault in soak.cloud.faults_served]
    others = {file.read_bytes() for file in served if isinstance(file, Path)}
    lost = corrupt = 0
    for recording in soak.state.recordings:
        path = rows.get(recording.key)
        if path is None or path not in files:
            lost += 1
        elif recording.file is not None:
            whole = {recording.file.read_bytes(), *others}
            corrupt += (root / path).read_bytes() not in whole
    return {
        "recordings": len(soak.state.recordings),
        "kills": soak.kills,
        "faults": len(soak.cloud.faults_served),
        "lost": lost,
        "doubled": sum(number - 1 for number in ids.values()),
        "corrupt": corrupt,
        "orphans": len(files - set(rows.values())) + len(set(rows.values()) - files),
    }


async def run(minutes: float, seed: int, folder: Path) -> dict[str, Any]:
    """Torment for so long, make all well, and count."""
    config = folder / "config"
    config.mkdir()
    clips = [make_clip(folder / f"{n}.mp4", frames=20 + 10 * n) for n in range(3)]
    state = CloudState.three_cameras()
    for make in FAULTS.values():
        make()  # some have to encode a clip first, which takes seconds
    async with RingCloudServer(state) as cloud:
        soak = Soak(
            random=random.Random(seed),
            config=config,
            component=shutil.copytree(COMPONENT, folder / COMPONENT.name),
            cloud=cloud,
            clips=clips,
            ends=0,
        )
        soak.record()
        async with home(soak) as first:
            await first.client.sign_in(NAME, PASSWORD)
            await first.until_running()
            await add_account(first.client, state)
        soak.ends = time.monotonic() + minutes * 60
        await asyncio.gather(torment(soak), live_and_die(soak))
        stuck = await settle(soak)
        counted = await asyncio.to_thread(count, soak)
    return {"seed": seed, "minutes": minutes, **counted, "stuck": len(stuck)}


def main() -> int:
    """Print the JSON; 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="scripts/bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ring-vision-soak-") as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = asyncio.run(run(arguments.minutes, arguments.seed, folder))
    print(json.dumps(result))
    return int(any(result[key] for key in ("lost", "doubled", "corrupt", "stuck")))


if __name__ == "__main__":
    sys.exit(main())
