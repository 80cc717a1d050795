"""Measure how long a real Home Assistant's event loop keeps others waiting.

A websocket ping every 20 ms, first while nothing happens, then while it downloads 20
recordings, analyses 10, enrols 20 photos and cleans up, all at once.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import shutil
import statistics
import sys
import tempfile
import time
from typing import Any

import aiohttp

from scripts.demo_recordings import make_demo_recordings
from scripts.demo_run import CACHE, REPOSITORY, place_models
from tests.e2e.account import add_account
from tests.e2e.home_assistant import Client, HomeAssistant
from tests.ring_cloud_server import CloudRecording, CloudState, RingCloudServer

PING_INTERVAL_S = 0.02
IDLE_S = 10.0
LOADED_S = 20.0
"""The load is repeated until it has lasted at least that long."""
ANALYZED, DOWNLOADED, ENROLLED, PURGED = 10, 20, 20, 5
OLD = timedelta(days=30)
"""Age of the recordings that the clean-up deletes."""


async def ping(home: HomeAssistant, stop: asyncio.Event) -> list[float]:
    """Ping over a websocket of its own until told to stop; milliseconds each."""
    times: list[float] = []
    url = home.url.replace("http", "ws", 1) + "/api/websocket"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as connection,
    ):
        await connection.receive_json()
        await connection.send_json({"type": "auth", "access_token": home.client.token})
        await connection.receive_json()
        while not stop.is_set():
            started = time.perf_counter()
            await connection.send_json({"id": len(times) + 1, "type": "ping"})
            await connection.receive_json()
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(PING_INTERVAL_S)
    return times


def summary(times: list[float]) -> dict[str, float]:
    """Return the percentiles in milliseconds."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49], 2),
        "p99_ms": round(cuts[98], 2),
        "max_ms": round(max(times), 2),
        "pings": len(times),
    }


def record(state: CloudState, files: list[Path], count: int, age: timedelta) -> None:
    """Let Ring have so many more recordings, a minute apart."""
    newest = datetime.now(UTC).replace(microsecond=0) - age
    state.recordings += [
        CloudRecording(
            camera_id=state.cameras[place % len(state.cameras)].id,
            start=newest - timedelta(minutes=place),
            file=files[place % len(files)],
        )
        for place in range(count)
    ]


async def download(client: Client, age: timedelta, hours: float) -> int:
    """Fetch the recordings of some hours that ended so long ago; return how many."""
    end = datetime.now(UTC) - age + timedelta(minutes=1)
    answer = await client.action(
        "download",
        {
            "start": (end - timedelta(hours=hours)).isoformat(),
            "end": end.isoformat(),
            "wait": True,
        },
    )
    return len(answer["downloaded"])


async def load(
    client: Client, state: CloudState, files: list[Path], photos: list[str], turn: int
) -> dict[str, int]:
    """Do everything at once; return how much of it was really done."""
    age = timedelta(days=2, hours=3 * turn)
    record(state, files, PURGED, OLD + age)
    await download(client, OLD + age, 1)
    record(state, files, DOWNLOADED, age)
    listed = (await client.action("list_recordings", {"limit": 1000}))["recordings"]
    kept = [item["id"] for item in listed if item["analysis"] == "done"][:ANALYZED]
    analyze, fetched, enrolled, purged = await asyncio.gather(
        client_action(client, "analyze", {"recordings": kept, "wait": True}),
        client_call(client, download, age, 2.5),
        client_action(client, "enroll_person", {"name": "Load", "images": photos}),
        client_action(client, "purge", {"keep_days": OLD.days - 1}),
    )
    return {
        "downloaded": fetched,
        "analyzed": len(analyze["analyzed"]),
        "enrolled": len(enrolled["enrolled"]),
        "purged": len(purged["deleted"]),
    }


async def client_action(client: Client, name: str, data: dict[str, Any]) -> Any:
    """Perform an action on a connection of its own: they run side by side."""
    return await client_call(client, lambda own: own.action(name, data))


async def client_call(client: Client, call: Any, *args: Any) -> Any:
    """Call something with a connection of its own."""
    async with aiohttp.ClientSession() as session:
        own = Client(session, client.url)
        own.token = client.token
        try:
            return await call(own, *args)
        finally:
            await own.close()


async def measure(home: HomeAssistant, work: Any) -> tuple[dict[str, float], Any]:
    """Ping while some work goes on; return the percentiles and the work's result."""
    stop = asyncio.Event()
    pings = asyncio.create_task(ping(home, stop))
    result = await work
    stop.set()
    return summary(await pings), result


async def run(models: Path, config: Path) -> dict[str, Any]:
    """Set everything up, then measure idle and loaded in one run."""
    demo = await asyncio.to_thread(make_demo_recordings, CACHE / "demo")
    place_models(models, config)
    files = sorted(
        path for path in demo.folder.glob("*.mp4") if "broken" not in path.name
    )
    photos = enrolment_photos(demo.people, config)
    state = CloudState.three_cameras()
    record(state, files, ANALYZED, timedelta(hours=1))
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(RingCloudServer(state))
        home = await stack.enter_async_context(
            HomeAssistant(
                config,
                environment={"RING_VISION_ENDPOINT": cloud.url},
                log_level="info",
            )
        )
        client = home.client
        await client.sign_in("bench", "bench")
        await home.until_running()
        await add_account(client, state)
        await until_quiet(client)
        idle, _ = await measure(home, asyncio.sleep(IDLE_S))
        loaded, during = await measure(home, load_long(client, state, files, photos))
    return {"idle": idle, "loaded": loaded, "during": during}


async def load_long(
    client: Client, state: CloudState, files: list[Path], photos: list[str]
) -> dict[str, Any]:
    """Repeat the load until it lasted long enough; return all that was done."""
    done: dict[str, Any] = {"downloaded": 0, "analyzed": 0, "enrolled": 0, "purged": 0}
    started = time.monotonic()
    turn = 0
    while time.monotonic() - started < LOADED_S:
        for key, count in (await load(client, state, files, photos, turn)).items():
            done[key] += count
        turn += 1
    done["seconds"] = round(time.monotonic() - started, 1)
    return done


def enrolment_photos(people: dict[str, list[Path]], config: Path) -> list[str]:
    """Put enough copies of the pictures into the media folder."""
    folder = config / "media" / "photos"
    folder.mkdir(parents=True)
    pictures = [path for found in people.values() for path in found]
    return [
        str(shutil.copy(pictures[place % len(pictures)], folder / f"{place}.jpg"))
        for place in range(ENROLLED)
    ]


async def until_quiet(client: Client) -> None:
    """Wait until the first run is over, with recordings to delete in the library."""
    async with asyncio.timeout(300):
        while True:
            tasks = (await client.action("list_tasks"))["tasks"]
            listed = (await client.action("list_recordings"))["recordings"]
            active = {"running", "queued"} & {task["state"] for task in tasks}
            done = listed and all(item["analysis"] == "done" for item in listed)
            if done and not active:
                return
            await asyncio.sleep(0.5)


def main() -> int:
    """Print the JSON."""
    parser = argparse.ArgumentParser(prog="scripts/bench loop", description=__doc__)
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ring-vision-bench-") as folder:
        print(json.dumps(asyncio.run(run(arguments.models, Path(folder)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
