"""The demo: a loopback Ring cloud, a real Home Assistant, and what it sees."""

import argparse
import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
import json
import os
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from scripts.demo_dashboard import show_dashboard
from scripts.demo_recordings import make_demo_recordings
from tests.e2e.account import add_account, sign_in_again
from tests.e2e.home_assistant import Client, HomeAssistant
from tests.ring_cloud_server import CloudState, RingCloudServer

NAME, PASSWORD = "demo", "demo"
REPOSITORY = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ring_vision"
TIMEOUT_S = 600
ENDED = {"done", "failed"}
NAMING = {"enroll", "reidentify"}
"""Tasks after which sightings may show others than before."""
ACTIVE = {"queued", "running"}
NEVER_LOOKED_AT = {"failed", "expired", "skipped"}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the last one")
    parser.add_argument("--json", type=Path, help="write what was seen to this file")
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models")
    parser.add_argument("--config", type=Path, help="keep the configuration here")
    parser.add_argument("--port", type=int, help="of Home Assistant")
    return parser.parse_args(arguments)


def place_models(source: Path, config: Path) -> bool:
    """Copy the weights to where an owner would put them; say whether there are any."""
    target = config / "ring_vision" / "models"
    target.mkdir(parents=True, exist_ok=True)
    found = [*source.glob("yolo11n.ncnn.*")] if source.is_dir() else []
    for path in found:
        shutil.copy(path, target / path.name)
    return bool(found)


def as_seen(sighting: dict[str, Any], start: float) -> dict[str, Any]:
    """Return a sighting in seconds from the start of its recording."""
    return {
        **{
            key: sighting[key]
            for key in ("label", "confidence", "person", "distance", "box", "moving")
        },
        "start_s": round(_seconds(sighting["start"]) - start, 2),
        "end_s": round(_seconds(sighting["end"]) - start, 2),
    }


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


async def is_naming(client: Client) -> bool:
    """Tell whether sightings may soon show others than now."""
    tasks = (await client.action("list_tasks"))["tasks"]
    return any(task["kind"] in NAMING and task["state"] in ACTIVE for task in tasks)


async def ended(client: Client) -> list[dict[str, Any]]:
    """Return the recordings of which nothing more will come, oldest first."""
    found = (await client.action("list_recordings", {"limit": 1000}))["recordings"]
    return [
        recording
        for recording in reversed(found)
        if recording["analysis"] in ENDED or recording["state"] in NEVER_LOOKED_AT
    ]


async def follow(client: Client, count: int) -> list[dict[str, Any]]:
    """Say each recording once it was looked at; return what is known at the end."""
    told: set[str] = set()
    deadline = time.monotonic() + TIMEOUT_S
    while len(told) < count or await is_naming(client):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count - len(told)} recordings did not come")
        for recording in [] if await is_naming(client) else await ended(client):
            if recording["id"] not in told:
                told.add(recording["id"])
                say(await describe(client, recording))
        await asyncio.sleep(0.5)
    return [await describe(client, recording) for recording in await ended(client)]


async def describe(client: Client, recording: dict[str, Any]) -> dict[str, Any]:
    """Return what the demo writes down of a recording."""
    answer = await client.action(
        "list_sightings", {"recording": recording["id"], "scenery": True}
    )
    start = _seconds(recording["start"])
    sightings = answer["sightings"]
    strangers = {item["stranger"] for item in sightings} - {None}
    return {
        "recording": recording["id"],
        "camera": recording["camera"],
        "kind": recording["kind"],
        "start": recording["start"],
        "seconds": recording["analysis_seconds"],
        "sightings": [as_seen(item, start) for item in sightings],
        "strangers": len(strangers),
        "error": recording["analysis_reason"] or recording["reason"],
    }


def say(seen: dict[str, Any]) -> None:
    """Print a line about a recording: camera, time, who and what, seconds."""
    people = [item["person"] for item in seen["sightings"] if item["person"]]
    people += ["a stranger"] * seen["strangers"]
    labels = [item["label"] for item in seen["sightings"]]
    words = list(dict.fromkeys(people + labels)) or ["nobody and nothing"]
    what = seen["error"] or ", ".join(words)
    seconds = f"{seen['seconds']:.1f} s" if seen["seconds"] is not None else ""
    print(
        f"{seen['camera']:<12} {seen['start'][:19]}  {what:<50} {seconds}", flush=True
    )


async def run(arguments: argparse.Namespace, config: Path) -> dict[str, Any]:
    """Sign in, enrol, watch; return what was seen."""
    demo = await asyncio.to_thread(make_demo_recordings, CACHE / "demo")
    has_models = place_models(arguments.models, config)
    state = CloudState.three_cameras()
    state.load(demo.folder)
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(RingCloudServer(state))
        home = await stack.enter_async_context(
            HomeAssistant(
                config,
                port=arguments.port,
                environment={"RING_VISION_ENDPOINT": cloud.url},
                log_level="info",
            )
        )
        client = home.client
        await client.sign_in(NAME, PASSWORD)
        await home.until_running()
        if not await client.command("config_entries/get", domain="ring_vision"):
            await add_account(client, state)
        await until_loaded(client, state)
        people = await enroll(client, demo.people, config)
        if not has_models:
            print(
                "No weights of the object detector here and none from the internet, "
                "maybe: then faces alone tell who was there."
            )
        recordings = await follow(client, len(state.recordings))
        await show_dashboard(client)
        states = await client.states()
        seen_all = {
            "recordings": recordings,
            "people": people,
            "states": await our_states(client, states),
            "expected": demo.expected,
        }
        if arguments.json:
            arguments.json.write_text(json.dumps(seen_all, indent=1))
        if not arguments.once:
            print(
                f"\nOpen {home.url} and sign in as {NAME} with the password {PASSWORD}."
            )
            print("Ctrl-C ends it.", flush=True)
            await home.process.wait()
    return seen_all


async def until_loaded(client: Client, state: CloudState) -> None:
    """Wait for the account; of an earlier demo it has to sign in again."""
    async with asyncio.timeout(60):
        while True:
            [entry] = await client.command("config_entries/get", domain="ring_vision")
            if entry["state"] == "loaded":
                return
            await sign_in_again(client, state)
            await asyncio.sleep(0.5)


async def enroll(
    client: Client, people: dict[str, list[Path]], config: Path
) -> list[str]:
    """Put the pictures into the media folder and enrol whom they show."""
    names = []
    for name, pictures in people.items():
        folder = config / "media" / "people" / name
        folder.mkdir(parents=True, exist_ok=True)
        copies = [str(shutil.copy(picture, folder)) for picture in pictures]
        answer = await client.action("enroll_person", {"name": name, "images": copies})
        print(f"Enrolled {name} from {len(answer['enrolled'])} pictures", flush=True)
        names.append(answer["name"])
    return names


async def our_states(client: Client, states: dict[str, Any]) -> dict[str, str]:
    """Return the states of the integration's entities."""
    registry = await client.command("config/entity_registry/list")
    ours = {item["entity_id"] for item in registry if item["platform"] == "ring_vision"}
    return {
        entity_id: state["state"]
        for entity_id, state in sorted(states.items())
        if entity_id in ours
    }


async def until_told_to_end(work: Coroutine[Any, Any, Any]) -> None:
    """Do the work; SIGTERM ends it as Ctrl-C does, Home Assistant included."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def main() -> int:
    """Run the demo in a configuration folder that goes with it."""
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="ring-vision-demo-") as temporary:
        config = arguments.config or Path(temporary)
        try:
            asyncio.run(until_told_to_end(run(arguments, config)))
        except KeyboardInterrupt, asyncio.CancelledError:
            return 0
        except Exception as err:  # noqa: BLE001  the demo says why it failed
            print(f"The demo failed: {type(err).__name__}: {err}", file=sys.stderr)
            log = config / "console.log"
            if log.exists():
                print(log.read_text(errors="replace")[-6000:], file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
