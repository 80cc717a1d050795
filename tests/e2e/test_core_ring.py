"""Beside core's `ring`: one click, and not one sign-in of ours."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.account import expect_step
from tests.e2e.home_assistant import Client, HomeAssistant
from tests.ring_cloud_server import CloudRecording, CloudState, RingCloudServer
from tests.ring_cloud_server.clips import clip

PROGRAM = Path(__file__).parent / "core_ring_home.py"


async def sign_core_in(client: Client, state: CloudState) -> None:
    """Add core's `ring` as its owner does, the code included."""
    answer = await client.flow("flow", {"handler": "ring"})
    path = f"flow/{answer['flow_id']}"
    answer = await client.flow(
        path, {"username": state.email, "password": state.password}
    )
    expect_step(answer, "2fa")
    answer = await client.flow(path, {"2fa": state.code})
    assert answer["type"] == "create_entry"
    async with asyncio.timeout(60):
        while (await client.command("config_entries/get", domain="ring"))[0][
            "state"
        ] != "loaded":
            await asyncio.sleep(0.2)


async def link(client: Client) -> dict[str, Any]:
    """Add our account by core's sign-in."""
    answer = await client.flow("flow", {"handler": "ring_vision"})
    assert answer["type"] == "menu"
    path = f"flow/{answer['flow_id']}"
    answer = await client.flow(path, {"next_step_id": "link"})
    expect_step(answer, "setup")
    answer = await client.flow(
        path, {"backfill_days": 7, "cameras": [], "recognize_faces": False}
    )
    assert answer["type"] == "create_entry"
    entry: dict[str, Any] = answer["result"]
    return entry


async def test_one_click_is_enough_beside_core(tmp_path: Path) -> None:
    state = CloudState.three_cameras()
    now = datetime.now(UTC).replace(microsecond=0)
    state.recordings.append(
        CloudRecording(camera_id=1001, start=now, file=clip("libx264", "first"))
    )
    async with RingCloudServer(state) as cloud:
        environment = {"RING_VISION_ENDPOINT": cloud.url}
        async with HomeAssistant(
            tmp_path, environment=environment, program=(str(PROGRAM),)
        ) as home:
            await home.client.sign_in("owner", "owner")
            await home.until_running()
            await sign_core_in(home.client, state)
            signed_in = len(cloud.seen("POST", "/"))
            await link(home.client)
            async with asyncio.timeout(60):
                while not (await home.client.action("list_recordings"))["recordings"]:
                    await asyncio.sleep(0.2)
            answer = await home.client.action("download", {"hours": 1, "wait": True})
            kept = (await home.client.action("list_recordings"))["recordings"]
            assert [one["state"] for one in kept] == ["downloaded"], answer
            assert cloud.seen("POST", "/")[signed_in:] == []
