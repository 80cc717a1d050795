"""Measure the four lists that an owner sees, on libraries of three sizes.

The recordings of a day, the newest of a camera, the sightings of a person, and the
queue of the engine: a page of 100 each, medians over many days, cameras and people.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
import json
from pathlib import Path
import random
import statistics
import sys
import tempfile
import time
from typing import Any

# Before the library, so that the integration's own code is not imported.
from scripts import engine_alone  # noqa: F401  imported for what it registers

# isort: split
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import people, recordings, schema, sightings
from custom_components.ring_vision.library.models import (
    Camera,
    RecordingFilter,
    SightingFilter,
)
from custom_components.ring_vision.library.store import Library

SIZES = (1_000, 10_000, 100_000)
CAMERAS = ("1001", "1002", "1003")
PERSONS = 10
A_DAY = 100
"""Recordings of all cameras."""
PAGE = 100
ROUNDS = 60
ROWS_A_STATEMENT = 1_000
NEWEST = datetime(2026, 11, 20, 20, tzinfo=UTC)
LABELS = ("person", "person", "person", "cat", "dog", "car")
WAITING_SHARE = 0.1
"""Of the recordings, spread over all the time."""


def recording_rows(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield recordings, newest first, spread evenly over the days."""
    for number in range(count):
        start = NEWEST - number * timedelta(days=1) / A_DAY
        camera = chance.choice(CAMERAS)
        yield {
            "id": str((int(start.timestamp()) << 32) | int(camera)),
            "camera_id": camera,
            "kind": chance.choice(("motion", "ding", "on_demand")),
            "start": start,
            "duration_s": 30.0,
            "state": "downloaded",
            "path": f"{camera}/{start:%Y/%m}/{number}.mp4",
            "size": 3_000_000,
            "downloaded": start,
            "analysis": "waiting" if chance.random() < WAITING_SHARE else "done",
        }


def sighting_rows(
    recording: dict[str, Any], chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Yield what was seen in a recording that was looked at."""
    for track in range(chance.randint(1, 3)):
        label = chance.choice(LABELS)
        person = chance.randint(1, PERSONS) if label == "person" else None
        known = chance.random() < 0.7
        yield {
            "recording_id": recording["id"],
            "camera_id": recording["camera_id"],
            "track": track,
            "label": label,
            "confidence": 0.8,
            "start": recording["start"] + timedelta(seconds=track),
            "end": recording["start"] + timedelta(seconds=track + 5),
            "frames": 12,
            **dict.fromkeys(("x1", "y1"), 0.2),
            **dict.fromkeys(("x2", "y2"), 0.6),
            "moving": chance.random() < 0.8,
            "person_id": person if known else None,
            "distance": 0.4 if person and known else None,
            "stranger": 1 if person and not known else None,
            "snapshot": f"{recording['path']}_{track}.jpg",
        }


def face_row(sighting_id: int, chance: random.Random) -> dict[str, Any]:
    """Return a look at the face of a sighting."""
    return {
        "sighting_id": sighting_id,
        "time_s": 1.0,
        **dict.fromkeys(("x1", "y1"), 0.3),
        **dict.fromkeys(("x2", "y2"), 0.4),
        "score": 0.9,
        "width_px": 80,
        "sharpness": 100.0,
        "weight": 1.0,
        "embedding": [chance.random()] * schema.EMBEDDING_LENGTH,
    }


def fill(connection: Connection, count: int, chance: random.Random) -> None:
    """Put in so many recordings, with their sightings and faces."""
    recordings.save_cameras(
        connection,
        [Camera(id=name, name=name, kind="lpd_v1", family="") for name in CAMERAS],
    )
    for number in range(PERSONS):
        people.add_person(connection, f"Person {number}")
    sighting_id = 0
    for part in batched(recording_rows(count, chance), ROWS_A_STATEMENT, strict=False):
        connection.execute(schema.recordings.insert(), part)
        seen = [
            row
            for recording in part
            if recording["analysis"] == "done"
            for row in sighting_rows(recording, chance)
        ]
        for row in seen:
            sighting_id += 1
            row["id"] = sighting_id
        connection.execute(schema.sightings.insert(), seen)
        faces = [
            face_row(row["id"], chance) for row in seen if row["label"] == "person"
        ]
        connection.execute(schema.faces.insert(), faces)


def call_ms(call: Callable[[], list[Any]]) -> float:
    """Return how long a call takes (ms); it must find something."""
    began = time.perf_counter()
    found = call()
    taken = (time.perf_counter() - began) * 1000
    if not found:
        raise RuntimeError("A list is empty: nothing was measured")
    return taken


def lists(
    library: Library, count: int, chance: random.Random
) -> dict[str, Callable[[], list[Any]]]:
    """Return the four lists, each time of another day, camera or person."""

    def day() -> list[Any]:
        start = NEWEST.replace(hour=0) - timedelta(
            days=chance.randrange(count // A_DAY)
        )
        wanted = RecordingFilter(start=start, end=start + timedelta(days=1), limit=PAGE)
        return library.run(recordings.list_recordings, wanted)

    def camera() -> list[Any]:
        wanted = RecordingFilter(camera_ids=(chance.choice(CAMERAS),), limit=PAGE)
        return library.run(recordings.list_recordings, wanted)

    def person() -> list[Any]:
        wanted = SightingFilter(person_id=chance.randint(1, PERSONS), limit=PAGE)
        return library.run(sightings.list_sightings, wanted)

    waiting = partial(library.run, recordings.waiting_analysis, PAGE)
    return {"day": day, "camera": camera, "person": person, "waiting": waiting}


def measure(folder: Path, seed: int) -> dict[int, dict[str, float]]:
    """Return the medians of the four lists in libraries of all sizes."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        asked = {}
        for count in SIZES:
            library = Library.open(folder / str(count))
            stack.callback(library.close)
            library.run(fill, count, chance)
            asked[count] = lists(library, count, chance)
        # In turns, so that whatever else the machine does slows all sizes alike; the
        # first round compiles the statements, as it is after a start.
        rounds = [
            {
                count: {name: call_ms(call) for name, call in calls.items()}
                for count, calls in asked.items()
            }
            for _ in range(ROUNDS + 1)
        ][1:]
    return {
        count: {
            f"{name}_ms": round(
                statistics.median(one[count][name] for one in rounds), 3
            )
            for name in calls
        }
        for count, calls in asked.items()
    }


def main() -> int:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="scripts/bench library", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    with tempfile.TemporaryDirectory(prefix="ring-vision-bench-") as folder:
        found = measure(Path(folder), seed)
    smaller, larger = found[10_000], found[100_000]
    growth = max(larger[name] / smaller[name] for name in smaller)
    print(json.dumps({**found, "growth_10k_to_100k": round(growth, 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
