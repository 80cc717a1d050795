"""The demo account's recordings: what is in each of them is known beforehand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from PIL import Image

from scripts.demo_scenes import (
    BUS_PASSES,
    CAT_COMES,
    EILEEN,
    STRANGER,
    TWO,
    Actor,
    write_video,
)
from tests.pictures import ASTRONAUT, picture
from tests.ring_cloud_server import CloudRecording
from tests.ring_cloud_server.state import default_cameras

SCENES_VERSION = "1"
"""Raised whenever the scenes change: videos that were made before are made anew."""
ENROLLED = "Eileen"
BROKEN_BYTES = 40_000
"""What is left of the recording that breaks off: its head without its data."""

FRONT_DOOR, GARDEN, DRIVE = (camera.id for camera in default_cameras())


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One recording: what is put into it, and what Ring says of it."""

    name: str
    camera_id: int
    kind: str
    age_min: int
    actors: tuple[Actor, ...] = ()
    labels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    strangers: int = 0
    """Unknown people whose face is turned to the camera and over 40 px wide."""
    not_ready_requests: int = 0
    broken: bool = False
    seconds: float = 6.0


SCENES = (
    Scene(
        name="known_person",
        camera_id=FRONT_DOOR,
        kind="ding",
        age_min=12,
        actors=(EILEEN,),
        labels=("person",),
        people=(ENROLLED,),
    ),
    Scene(
        name="known_person_with_stranger",
        camera_id=FRONT_DOOR,
        kind="motion",
        age_min=47,
        actors=(EILEEN, STRANGER),
        labels=("person",),
        people=(ENROLLED,),
        strangers=1,
    ),
    Scene(
        name="stranger",
        camera_id=FRONT_DOOR,
        kind="ding",
        age_min=125,
        actors=(STRANGER,),
        labels=("person",),
        strangers=1,
    ),
    Scene(
        name="cat",
        camera_id=GARDEN,
        kind="motion",
        age_min=33,
        actors=(CAT_COMES,),
        labels=("cat",),
    ),
    Scene(name="empty_street", camera_id=GARDEN, kind="motion", age_min=190),
    Scene(
        name="not_ready_at_first",
        camera_id=GARDEN,
        kind="motion",
        age_min=3,
        actors=(EILEEN,),
        labels=("person",),
        people=(ENROLLED,),
        not_ready_requests=1,
    ),
    Scene(
        name="bus",
        camera_id=DRIVE,
        kind="motion",
        age_min=61,
        actors=(BUS_PASSES,),
        labels=("bus", "person"),
    ),
    Scene(
        name="two_people",
        camera_id=DRIVE,
        kind="motion",
        age_min=240,
        actors=(TWO,),
        labels=("person",),
        # The other one is seen in profile, and shouting.
        strangers=1,
    ),
    Scene(
        name="broken",
        camera_id=DRIVE,
        kind="on_demand",
        age_min=300,
        actors=(EILEEN,),
        broken=True,
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoRecordings:
    """The demo account on the disk."""

    folder: Path
    people: dict[str, list[Path]]
    """Name to the pictures to enrol."""
    expected: dict[str, dict[str, Any]]
    """Recording id to what was put into the recording: labels, people, strangers."""


def make_demo_recordings(folder: Path) -> DemoRecordings:
    """Make the videos that are not there yet, and an account that was busy lately."""
    folder.mkdir(parents=True, exist_ok=True)
    _make_videos(folder)
    now = datetime.now(UTC).replace(microsecond=0)
    rows, expected = [], {}
    for scene in SCENES:
        start = now - timedelta(minutes=scene.age_min)
        recording = CloudRecording(camera_id=scene.camera_id, start=start)
        rows.append(
            {
                "id": recording.key,
                "camera_id": scene.camera_id,
                "kind": scene.kind,
                "start": start.isoformat(),
                "duration_s": scene.seconds,
                "file": f"{scene.name}.mp4",
                "not_ready_requests": scene.not_ready_requests,
            }
        )
        expected[recording.key] = {
            "labels": list(scene.labels),
            "people": list(scene.people),
            "strangers": scene.strangers,
        }
    (folder / "recordings.json").write_text(json.dumps(rows, indent=1))
    return DemoRecordings(
        folder=folder, people={ENROLLED: [_portrait(folder)]}, expected=expected
    )


def _make_videos(folder: Path) -> None:
    """Draw the videos, unless these very ones are there."""
    stamp = folder / "version"
    if stamp.exists() and stamp.read_text() == SCENES_VERSION:
        return
    for scene in SCENES:
        path = folder / f"{scene.name}.mp4"
        write_video(path, scene.actors, scene.seconds)
        if scene.broken:
            path.write_bytes(path.read_bytes()[:BROKEN_BYTES])
    stamp.write_text(SCENES_VERSION)


def _portrait(folder: Path) -> Path:
    """Return a picture of the enrolled person, as an owner would have one."""
    path = folder / "eileen.jpg"
    Image.open(picture(*ASTRONAUT)).convert("RGB").crop((60, 0, 420, 360)).save(
        path, quality=95
    )
    return path
