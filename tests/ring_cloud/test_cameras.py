"""Tests of the cameras: every device that records, and why nothing may come of it."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.ring_vision.library.models import Camera
from custom_components.ring_vision.ring_cloud import OwnRingCloud
from custom_components.ring_vision.ring_cloud.cameras import parse_camera, parse_cameras
from custom_components.ring_vision.ring_cloud.errors import (
    DEFAULT_RETRY_AFTER_S,
    CannotConnect,
    RateLimited,
)
from tests.ring_cloud_server import FAULTS, CloudCamera, Fault, RingCloudServer

DOORBELL = {
    "alerts": {"connection": "online"},
    "battery_life": 4081,
    "description": "Front Door",
    "device_id": "aacdef123",
    "features": {"motions_enabled": True, "show_recordings": True},
    "firmware_version": "1.4.26",
    "id": 987652,
    "kind": "lpd_v1",
    "location_id": "mock-location-id",
    "motion_snooze": None,
    "owned": True,
    "owner": {"email": "foo@bar.org", "id": 999999},
    "settings": {"enable_vod": True},
    "subscribed": True,
    "time_zone": "America/New_York",
}
V3_CAMERA = {
    "id": 1000,
    "kind": "stickup_cam_mini_ptz_v1",
    "description": "opaque-1",
    "location_id": "location-1",
    "operation_set": "owner",
    "encryption_group": {"id": None, "account_group_revision_id": None},
    "time_zone": "America/Los_Angeles",
    "firmware_version": "Up to Date",
    "owned": True,
    "shared_at": None,
    "health": {"connected": True, "firmware_version": "cam-19.5.2800"},
    "subscribed": False,
    "alerts": {"connection": "online"},
    "features": {
        "show_recordings": False,
        "video_recording": {
            "recording_mode": "motion_based",
            "recording_enabled": False,
            "recording_state": "inactive",
        },
    },
    "settings": {"user_specified_recording_ttl": 60},
}


def names(cameras: list[Camera]) -> dict[str, str]:
    """Return the cameras' families by name."""
    return {camera.name: camera.family for camera in cameras}


def test_a_doorbell_of_the_older_list_is_a_camera() -> None:
    """Its fields are Ring's, its id is text."""
    assert parse_cameras({"doorbots": [DOORBELL]}, []) == [
        Camera(
            id="987652",
            name="Front Door",
            kind="lpd_v1",
            family="doorbots",
            location_id="mock-location-id",
            firmware="1.4.26",
            time_zone="America/New_York",
        )
    ]


def test_a_camera_of_the_newer_list_is_a_camera() -> None:
    """One that the older list lacks; without a plan, which outlasts recording off."""
    assert parse_cameras({}, [V3_CAMERA]) == [
        Camera(
            id="1000",
            name="opaque-1",
            kind="stickup_cam_mini_ptz_v1",
            family="v3",
            location_id="location-1",
            firmware="cam-19.5.2800",
            time_zone="America/Los_Angeles",
            has_plan=False,
            reason="no_plan",
            ttl_days=60,
        )
    ]


def test_a_camera_in_both_lists_is_one() -> None:
    """The newer list knows more of it, but nulls there tell nothing."""
    more = {
        "id": DOORBELL["id"],
        "time_zone": None,
        "encryption_group": {"id": "group-1"},
    }
    (camera,) = parse_cameras({"doorbots": [DOORBELL]}, [more])
    assert (camera.family, camera.time_zone) == ("doorbots", "America/New_York")
    assert camera.reason == "e2ee"


def test_an_id_in_two_families_is_one_camera() -> None:
    """The first one counts."""
    devices = {
        "doorbots": [DOORBELL],
        "stickup_cams": [DOORBELL | {"description": "Front", "kind": "hp_cam_v1"}],
    }
    assert names(parse_cameras(devices, [])) == {"Front Door": "doorbots"}


@pytest.mark.parametrize(
    "family", [None, {}, "", 1, [None], ["x"], [{}], [{"id": True}]]
)
def test_a_broken_family_does_not_lose_the_others(family: Any) -> None:
    """Ring sends null or an object now and then."""
    devices = {"stickup_cams": family, "doorbots": [DOORBELL], "chimes": None}
    assert names(parse_cameras(devices, [])) == {"Front Door": "doorbots"}


@pytest.mark.parametrize(
    "kind",
    [
        "chime",
        "chime_pro_v2",
        "base_station_v1",
        "beams_ct200_transformer",
        "beams_bridge_v1",
        "motion_sensor",
        "security-alarm",
        "lock",
        "hub.redsky",
        "intercom_handset_audio",
    ],
)
def test_what_records_no_video_is_no_camera(kind: str) -> None:
    """Of the newer list, which holds everything."""
    assert not parse_cameras({}, [V3_CAMERA | {"kind": kind}])


@pytest.mark.parametrize("kind", ["cocoa_camera_v2", "osprey_floodlight", "", None, 7])
def test_an_unknown_kind_is_a_camera(kind: Any) -> None:
    """New models come without a word."""
    (camera,) = parse_cameras({}, [V3_CAMERA | {"kind": kind}])
    assert camera.id == "1000"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"features": {"show_recordings": False}}, "no_plan"),
        ({"features": {"show_recordings": None}}, None),
        ({"features": None}, None),
        ({"encryption_group": {"id": "group-1"}}, "e2ee"),
        (
            {"settings": {"sheila_settings": {"local_storage_enabled": True}}},
            "ring_edge",
        ),
        ({"settings": {"sheila_settings": None}}, None),
        (
            {"features": {"video_recording": {"recording_enabled": False}}},
            "recording_off",
        ),
        ({"features": {"video_recording": {"recording_state": "inactive"}}}, None),
        ({"alerts": {"connection": "offline"}}, "offline"),
        ({"health": {"connected": False}}, "offline"),
        ({"health": {"connected": True}, "alerts": {"connection": "offline"}}, None),
        ({"health": None, "alerts": None}, None),
    ],
)
def test_it_says_why_nothing_may_come(
    changes: dict[str, Any], reason: str | None
) -> None:
    """As far as the device list tells."""
    camera = parse_camera("1", DOORBELL | changes, "doorbots")
    assert camera.reason == reason
    assert camera.connected == (reason != "offline")
    assert camera.has_plan == (reason != "no_plan")


@pytest.mark.parametrize(
    ("changes", "family", "shared"),
    [
        ({}, "doorbots", False),
        ({}, "authorized_doorbots", True),
        ({"owned": False}, "stickup_cams", True),
        ({"owned": None}, "stickup_cams", False),
        ({"operation_set": "shared"}, "v3", True),
        ({"operation_set": "owner"}, "v3", False),
    ],
)
def test_a_shared_camera_is_told(
    changes: dict[str, Any], family: str, shared: bool
) -> None:
    """Its owner may see other things."""
    assert parse_camera("1", DOORBELL | changes, family).shared is shared


@pytest.mark.parametrize(
    ("settings", "days"),
    [
        ({"user_specified_recording_ttl": 30}, 30),
        ({"recording_ttl": 180}, 180),
        ({"user_specified_recording_ttl": 7, "recording_ttl": 180}, 7),
        ({"user_specified_recording_ttl": None, "recording_ttl": 60}, 60),
        ({"user_specified_recording_ttl": 0}, None),
        ({"user_specified_recording_ttl": "60"}, None),
        ({"user_specified_recording_ttl": 1e300}, None),
        ({"user_specified_recording_ttl": True}, None),
        ({}, None),
        (None, None),
    ],
)
def test_it_says_how_long_ring_keeps_recordings(
    settings: dict[str, Any] | None, days: int | None
) -> None:
    """What is no number of days says nothing."""
    camera = parse_camera("1", DOORBELL | {"settings": settings}, "doorbots")
    assert camera.ttl_days == days


def test_a_camera_without_words_has_a_name() -> None:
    """An id is all that it needs."""
    camera = parse_camera("1", {"id": 1}, "v3")
    assert (camera.name, camera.kind) == ("Camera 1", "unknown")


async def test_all_cameras_of_the_account_come(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Those of the newer list too, and no chime."""
    cloud.state.cameras += [
        CloudCamera(1004, "Neighbour", "lpd_v2", "authorized_doorbots", shared=True),
        CloudCamera(1005, "Shared", "cocoa_camera_v2", "v3", shared=True),
        CloudCamera(1006, "Locked", "lpd_v4", "doorbots", e2ee=True),
        CloudCamera(1007, "Edge", "lpd_v4", "doorbots", ring_edge=True),
        CloudCamera(1008, "Poor", "lpd_v4", "doorbots", plan=False),
        CloudCamera(1009, "Off", "lpd_v4", "doorbots", recording_enabled=False),
        CloudCamera(1010, "Gone", "lpd_v4", "doorbots", online=False),
    ]
    cameras = {camera.id: camera for camera in await signed_in.async_cameras()}
    assert {each: camera.reason for each, camera in cameras.items()} == {
        "1001": None,
        "1002": None,
        "1003": None,
        "1004": None,
        "1005": None,
        "1006": "e2ee",
        "1007": "ring_edge",
        "1008": "no_plan",
        "1009": "recording_off",
        "1010": "offline",
    }
    assert {each for each, camera in cameras.items() if camera.shared} == {
        "1004",
        "1005",
    }
    assert cameras["1005"].family == "v3"


@pytest.mark.parametrize(
    ("fault", "lost"), [("null_family", "doorbots"), ("dict_family", "stickup_cams")]
)
async def test_a_family_that_is_lost_is_found_in_the_newer_list(
    signed_in: OwnRingCloud, cloud: RingCloudServer, fault: str, lost: str
) -> None:
    """All three are there."""
    cloud.add_fault(FAULTS[fault]())
    cameras = await signed_in.async_cameras()
    assert [camera.id for camera in cameras if camera.family == lost] == []
    assert {camera.id for camera in cameras} == {"1001", "1002", "1003"}


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 404, "body": {}},
        {"status": 429, "body": {}},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": "null"},
        {"json_set": {"devices": None}},
        {"reset": True},
    ],
)
async def test_trouble_with_the_newer_list_loses_no_camera(
    signed_in: OwnRingCloud,
    cloud: RingCloudServer,
    freezer: FrozenDateTimeFactory,
    trouble: dict[str, Any],
) -> None:
    """The older one is enough; a shared camera stays as it was."""
    shared = CloudCamera(1005, "Shared", "cocoa_camera_v2", "v3", shared=True)
    cloud.add_fault(Fault("GET /device_info/", times=2, **trouble))
    assert len(await signed_in.async_cameras()) == 3
    assert not signed_in.listed_all
    cloud.faults.clear()
    freezer.tick(2 * DEFAULT_RETRY_AFTER_S)
    cloud.state.cameras.append(shared)
    assert len(await signed_in.async_cameras()) == 4
    assert signed_in.listed_all
    cloud.add_fault(Fault("GET /device_info/", times=2, **trouble))
    assert len(await signed_in.async_cameras()) == 4
    assert not signed_in.listed_all


async def test_a_camera_that_is_new_or_gone_is_noticed(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Nothing is remembered that Ring does not say any more."""
    await signed_in.async_cameras()
    cloud.state.cameras[0] = CloudCamera(1004, "Shed", "lpd_v4", "doorbots")
    cameras = await signed_in.async_cameras()
    assert {camera.name for camera in cameras} == {"Shed", "Garden", "Drive"}


@pytest.mark.parametrize("body", ["<html>", "null", []])
async def test_an_older_list_that_is_none_is_trouble(
    signed_in: OwnRingCloud, cloud: RingCloudServer, body: Any
) -> None:
    """It must not look like an account without cameras."""
    cloud.add_fault(Fault("GET /clients_api/ring_devices", status=200, body=body))
    with pytest.raises(CannotConnect):
        await signed_in.async_cameras()


async def test_the_older_list_says_when_to_wait(
    signed_in: OwnRingCloud, cloud: RingCloudServer
) -> None:
    """Nothing is asked after that."""
    cloud.add_fault(FAULTS["too_many_requests"](match="GET /clients_api/ring_devices"))
    with pytest.raises(RateLimited):
        await signed_in.async_cameras()
    assert cloud.requests[-1].path == "/clients_api/ring_devices"
