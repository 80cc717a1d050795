"""Measure the memory that downloads cost Home Assistant: its own process, no worker.

Recordings of 60 MB come from a loopback cloud in a process of its own, first one, then
three at once; the peak of resident memory is compared with what was resident before.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import struct
import sys
import tempfile
import time
from typing import Any

from scripts.bench_loop import download, until_quiet
from tests.e2e.account import add_account
from tests.e2e.home_assistant import HomeAssistant
from tests.ring_cloud_server import CloudRecording, CloudState, RingCloudServer
from tests.ring_cloud_server.clips import make_clip

SIZE_BYTES = 60_000_000
CALM_S = 5.0
"""Until what the step before left behind is gone."""
STEPS = {"one_mb": 1, "three_mb": 3}


def make_large_clip(path: Path) -> Path:
    """Write a short clip that a `free` box fills up to its size."""
    small = make_clip(path).stat().st_size
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", SIZE_BYTES - small, b"free"))
        file.truncate(SIZE_BYTES)
    return path


def memory_mb(pid: int, what: str) -> float:
    """Return a process's VmRSS or VmHWM (its peak)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(what)


def reset_peak(pid: int) -> None:
    """Let the kernel measure a process's peak anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


async def extra_mb(
    home: HomeAssistant, state: CloudState, file: Path, turn: int
) -> Any:
    """Download as many large recordings as the turn says; return the extra peak."""
    count = list(STEPS.values())[turn]
    age = timedelta(days=2 + turn)
    newest = datetime.now(UTC).replace(microsecond=0) - age
    state.recordings += [
        CloudRecording(
            camera_id=state.cameras[0].id,
            start=newest - timedelta(minutes=place),
            file=file,
        )
        for place in range(count)
    ]
    pid = home.process.pid
    before = memory_mb(pid, "VmRSS")
    reset_peak(pid)
    started = time.monotonic()
    if await download(home.client, age, 1) != count:
        raise RuntimeError("not everything was downloaded")
    peak = memory_mb(pid, "VmHWM")
    return {
        "extra_mb": round(peak - before, 1),
        "base_mb": round(before, 1),
        "seconds": round(time.monotonic() - started, 1),
    }


async def run(config: Path) -> dict[str, Any]:
    """Set everything up, warm it up with a small recording, then measure."""
    state = CloudState.three_cameras()
    large = make_large_clip(config / "large.mp4")
    small = make_clip(config / "small.mp4")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    state.recordings = [CloudRecording(camera_id=1001, start=start, file=small)]
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(RingCloudServer(state))
        home = await stack.enter_async_context(
            HomeAssistant(
                config / "home",
                environment={"RING_VISION_ENDPOINT": cloud.url},
                log_level="warning",
            )
        )
        await home.client.sign_in("bench", "bench")
        await home.until_running()
        await add_account(home.client, state)
        await until_quiet(home.client)
        measured = {}
        for turn, name in enumerate(STEPS):
            await asyncio.sleep(CALM_S)
            measured[name] = await extra_mb(home, state, large, turn)
            await until_quiet(home.client)
    return {
        **{name: found["extra_mb"] for name, found in measured.items()},
        "size_mb": SIZE_BYTES / 1e6,
        "details": measured,
    }


def main() -> int:
    """Print the JSON."""
    argparse.ArgumentParser(
        prog="scripts/bench download", description=__doc__
    ).parse_args()
    with tempfile.TemporaryDirectory(prefix="ring-vision-bench-") as folder:
        print(json.dumps(asyncio.run(run(Path(folder)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
