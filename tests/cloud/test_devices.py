"""Tests of the device lists."""

from tests.ring_cloud_server import CloudCamera

from .client import Client


async def test_devices_come_by_family(client: Client) -> None:
    """Three cameras, one of a kind nobody knows, and a chime."""
    _, body = await client.get("/clients_api/ring_devices")
    kinds = {family: [item["kind"] for item in items] for family, items in body.items()}
    assert kinds["doorbots"] == ["lpd_v4"]
    assert kinds["stickup_cams"] == ["stickup_cam_v4", "osprey_next_2027"]
    assert kinds["chimes"] == ["chime"]


async def test_a_camera_says_why_nothing_comes(client: Client) -> None:
    """Plan, encryption, Ring Edge, recording and connection show in the lists."""
    client.server.state.cameras = [
        CloudCamera(
            7,
            "Old",
            "cocoa_camera_v2",
            "v3",
            plan=False,
            e2ee=True,
            ring_edge=True,
            recording_enabled=False,
            online=False,
            shared=True,
        )
    ]
    _, families = await client.get("/clients_api/ring_devices")
    assert families["stickup_cams"] == []
    _, body = await client.get("/device_info/v3/devices")
    device = body["devices"][0]
    assert device["features"]["show_recordings"] is False
    assert device["features"]["video_recording"]["recording_enabled"] is False
    assert device["settings"]["sheila_settings"]["local_storage_enabled"] is True
    assert device["alerts"]["connection"] == "offline"
    assert device["encryption_group"]["id"] is not None
    assert device["owned"] is False
    assert (await client.get("/clients_api/doorbots/7/health"))[0] == 404


async def test_health_tells_how_a_camera_is(client: Client) -> None:
    """The body is wrapped as Ring wraps it."""
    _, body = await client.get("/clients_api/doorbots/1001/health")
    assert body["device_health"]["id"] == 1001
