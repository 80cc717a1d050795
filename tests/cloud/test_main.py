"""Tests of the cloud that runs by itself."""

import asyncio
import json
from pathlib import Path
import sys

from aiohttp import ClientSession

from tests.ring_cloud_server import CloudCamera, CloudState, RingCloudServer

from .client import Client, video_of
from .conftest import START


async def test_it_runs_by_itself_from_a_folder(
    tmp_path: Path, clip_file: Path, repository: Path, socket_enabled: None
) -> None:
    """The first line is the URL; recordings, cameras and faults come from files."""
    items = [{"camera_id": 5, "kind": "motion", "age_s": 60, "file": clip_file.name}]
    camera = {"id": 5, "name": "Shed", "kind": "cocoa", "family": "stickup_cams"}
    (tmp_path / "recordings.json").write_text(json.dumps(items))
    (tmp_path / "cameras.json").write_text(json.dumps([camera]))
    (tmp_path / "faults.json").write_text('["login_406"]')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.ring_cloud_server", "--recordings", str(tmp_path),
        "--faults", str(tmp_path / "faults.json"), "--no-two-factor",
        stdout=asyncio.subprocess.PIPE, cwd=repository,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        server = RingCloudServer()
        server.url = url
        async with ClientSession() as session:
            client = Client(session, server)
            async with session.post(f"{url}/oauth/token") as response:
                assert (response.status, await response.text()) == (
                    406,
                    "406 Not Acceptable",
                )
            _, client.tokens = await client.password()
            await client.open_session()
            _, body = await client.get("/evm/v2/history/devices?source_ids=5")
            video = video_of(body["items"][0])
            assert video is not None
            assert (await client.media(video["url"]))[1] == clip_file.read_bytes()
    finally:
        process.terminate()
    assert await process.wait() == 0


def test_a_folder_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    """Without cameras.json the three default cameras come back."""
    items = [{"camera_id": 1002, "start": "2026-11-20T12:00:00+00:00", "file": "a.mp4"}]
    (tmp_path / "recordings.json").write_text(json.dumps(items))
    state = CloudState(cameras=[CloudCamera(5, "Shed", "cocoa", "stickup_cams")])
    state.load(tmp_path)
    assert [camera.name for camera in state.cameras] == [
        "Front Door",
        "Garden",
        "Drive",
    ]
    assert [(each.camera_id, each.start, each.file) for each in state.recordings] == [
        (1002, START, tmp_path / "a.mp4")
    ]
