"""Device lists and health, shaped like Ring's."""

from typing import Any

from aiohttp import web

from .state import RECORDING_FAMILIES, CloudCamera, CloudState

CHIME_ID = 1900


class Devices:
    """The doors that tell of devices."""

    def __init__(self, state: CloudState) -> None:
        self.state = state

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this topic."""
        return [
            web.get("/clients_api/ring_devices", self.ring_devices),
            web.get("/clients_api/doorbots/{camera_id:\\d+}/health", self.health),
            web.get("/device_info/v3/devices", self.v3_devices),
            web.get("/groups/v1/locations/{location}/groups", self.groups),
        ]

    async def ring_devices(self, _request: web.Request) -> web.Response:
        """List the devices by family, as an older app sees them."""
        body: dict[str, list[dict[str, Any]]] = {
            family: [self._device(c) for c in self.state.cameras if c.family == family]
            for family in RECORDING_FAMILIES
        }
        body["chimes"] = [self._chime()] if self.state.chime else []
        body["base_stations"] = []
        body["beams"] = []
        body["beams_bridges"] = []
        body["other"] = []
        return web.json_response(body)

    async def v3_devices(self, _request: web.Request) -> web.Response:
        """List every device, those of shared users too."""
        devices = [self._v3_device(camera) for camera in self.state.cameras]
        if self.state.chime:
            devices.append(self._chime() | {"operation_set": "owner"})
        return web.json_response({"devices": devices})

    async def health(self, request: web.Request) -> web.Response:
        """Tell how a camera is; those of v3 alone are unknown here."""
        camera = self.state.camera(int(request.match_info["camera_id"]))
        if camera is None or camera.family == "v3":
            return web.json_response({"error": "No device found"}, status=404)
        health = {
            "id": camera.id,
            "average_signal_category": "good",
            "average_signal_strength": -39,
            "battery_percentage": 100,
            "battery_percentage_category": None,
            "battery_voltage": None,
            "battery_voltage_category": None,
            "firmware": "cam-19.5.2800",
            "firmware_out_of_date": False,
            "latest_signal_category": "good",
            "latest_signal_strength": -44,
            "updated_at": "2026-01-01T00:00:00Z",
            "wifi_is_ring_network": False,
            "wifi_name": "home",
        }
        return web.json_response({"device_health": health})

    async def groups(self, _request: web.Request) -> web.Response:
        """List the light groups of a location: there are none."""
        return web.json_response({"device_groups": []})

    def _owner(self, camera: CloudCamera) -> dict[str, Any]:
        """Return who owns a camera."""
        return {
            "id": 999 if camera.shared else self.state.account_id,
            "first_name": "Other" if camera.shared else "Anna",
            "last_name": "Example",
            "email": "other@example.com" if camera.shared else self.state.email,
        }

    def _device(self, camera: CloudCamera) -> dict[str, Any]:
        """Return a camera as `clients_api/ring_devices` shows it."""
        return {
            "id": camera.id,
            "device_id": f"{camera.id:012x}",
            "description": camera.name,
            "kind": camera.kind,
            "location_id": camera.location_id,
            "address": "1 Test Street",
            "latitude": 0.0,
            "longitude": 0.0,
            "time_zone": camera.time_zone,
            "firmware_version": "Up to Date",
            "battery_life": 100,
            "external_connection": False,
            "motion_snooze": None,
            "owned": not camera.shared,
            "owner": self._owner(camera),
            "subscribed": camera.plan,
            "subscribed_motions": True,
            "alerts": {"connection": "online" if camera.online else "offline"},
            "features": features(camera),
            "settings": settings(camera),
        }

    def _v3_device(self, camera: CloudCamera) -> dict[str, Any]:
        """Return a camera as `device_info/v3/devices` shows it."""
        group = f"group-{camera.id}" if camera.e2ee else None
        return self._device(camera) | {
            "operation_set": "shared" if camera.shared else "owner",
            "encryption_group": {"id": group, "account_group_revision_id": None},
            "device_resource_id": f"device-{camera.id}",
            "shared_at": "2026-01-01T00:00:00Z" if camera.shared else None,
            "health": {
                "connected": camera.online,
                "rssi": -44.0,
                "rssi_category": "good",
                "firmware_version": "cam-19.5.2800",
                "firmware_avg_bitrate": "1792906",
            },
        }

    def _chime(self) -> dict[str, Any]:
        """Return the chime: a device that records nothing."""
        return {
            "id": CHIME_ID,
            "device_id": f"{CHIME_ID:012x}",
            "description": "Downstairs",
            "kind": "chime",
            "location_id": "location-1",
            "time_zone": "Europe/London",
            "firmware_version": "1.2.3",
            "owned": True,
            "alerts": {"connection": "online"},
            "features": {"ringtones_enabled": True},
            "settings": {"volume": 2},
        }


def features(camera: CloudCamera) -> dict[str, Any]:
    """Return what a camera may do."""
    records = camera.plan and camera.recording_enabled
    return {
        "show_recordings": camera.plan,
        "motions_enabled": True,
        "advanced_motion_enabled": False,
        "motion_message_enabled": False,
        "people_only_enabled": False,
        "shadow_correction_enabled": False,
        "video_recording": {
            "recording_mode": "motion_based",
            "recording_enabled": records,
            "recording_state": "active" if records else "inactive",
        },
    }


def settings(camera: CloudCamera) -> dict[str, Any]:
    """Return how a camera is set."""
    return {
        "user_specified_recording_ttl": camera.recording_ttl_days,
        "motion_detection_enabled": True,
        "live_view_disabled": False,
        "enable_audio_recording": True,
        "doorbell_volume": 1,
        "chime_settings": {"type": 0, "enable": True, "duration": 3},
        "sheila_settings": {
            "cv_processing_enabled": camera.ring_edge,
            "local_storage_enabled": camera.ring_edge,
        },
        "video_settings": {"hevc_enabled": False, "ae_level": 0},
    }
