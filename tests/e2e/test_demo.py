"""The whole, end to end: the demo on a real Home Assistant, and then a restart."""

import asyncio
import json
from pathlib import Path
import re
from typing import Any

import pytest

from scripts.demo_run import NAME, PASSWORD, parse, place_models, run
from tests.e2e.home_assistant import HomeAssistant
from tests.models import models_folder, needs_models

MODELS = models_folder() or Path("models")
BAD_LINES = re.compile(
    r"Detected blocking call|Detected that custom integration|never retrieved"
    r"|Error doing job|Setup of .* is taking over|ERROR .*ring_vision"
    r"|File .*custom_components/ring_vision"
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the configuration folder of the Home Assistant under test."""
    return tmp_path_factory.mktemp("home_assistant")


@pytest.fixture(scope="module")
def demo(config: Path) -> dict[str, Any]:
    """Run the demo to its end and return what it wrote down."""
    out = config / "out.json"
    arguments = ["--once", "--json", str(out), "--models", str(MODELS)]
    asyncio.run(run(parse(arguments), config))
    written: dict[str, Any] = json.loads(out.read_text())
    return written


def seen(demo: dict[str, Any], wanted: str) -> list[tuple[Any, Any]]:
    """Return what was expected and found for each recording that is whole."""
    return [
        (
            set(demo["expected"][recording["recording"]][wanted]),
            {
                sighting["label" if wanted == "labels" else "person"]
                for sighting in recording["sightings"]
            }
            - {None},
        )
        for recording in demo["recordings"]
        if recording["error"] is None
    ]


def test_every_recording_is_accounted_for(demo: dict[str, Any]) -> None:
    assert {one["recording"] for one in demo["recordings"]} == set(demo["expected"])
    assert len(demo["recordings"]) == 9
    assert [one["error"] for one in demo["recordings"] if one["error"]] == ["truncated"]


def test_the_enrolled_person_is_named_and_nobody_else(demo: dict[str, Any]) -> None:
    assert demo["people"] == ["Eileen"]
    assert all(expected == found for expected, found in seen(demo, "people"))


def test_a_stranger_is_told_from_the_known(demo: dict[str, Any]) -> None:
    assert {one["recording"]: one["strangers"] for one in demo["recordings"]} == {
        recording: expected["strangers"]
        for recording, expected in demo["expected"].items()
    }


@needs_models
def test_the_labels_are_the_ones_put_in(demo: dict[str, Any]) -> None:
    assert all(expected == found for expected, found in seen(demo, "labels"))


def test_the_entities_say_what_was_seen(demo: dict[str, Any]) -> None:
    states = demo["states"]
    assert states["sensor.front_door_last_person"] == "Eileen"
    assert states["event.front_door_sighting"] not in {"unknown", "unavailable"}
    assert not [
        entity_id for entity_id, state in states.items() if state == "unavailable"
    ]


def test_the_log_has_no_complaint(demo: dict[str, Any], config: Path) -> None:
    log = (config / "console.log").read_text()
    assert [line for line in log.splitlines() if BAD_LINES.search(line)] == []


async def account_state(home: HomeAssistant) -> str:
    """Return the state of the account's entry."""
    [entry] = await home.client.command("config_entries/get", domain="ring_vision")
    return str(entry["state"])


async def test_a_restart_without_ring_keeps_everything(
    demo: dict[str, Any], config: Path
) -> None:
    """Ring's cloud is gone: what was seen is still there, and nothing fires again."""
    place_models(MODELS, config)
    environment = {"RING_VISION_ENDPOINT": "http://127.0.0.1:9"}
    async with HomeAssistant(config, environment=environment) as home:
        await home.client.sign_in(NAME, PASSWORD)
        await home.until_running()
        # It tries again every few seconds: now and then one look finds it at that.
        async with asyncio.timeout(30):
            while await account_state(home) != "setup_retry":
                await asyncio.sleep(0.2)
