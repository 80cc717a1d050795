"""Both histories and the doors to a fresh media URL."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .events import ding, event
from .media import Media
from .state import CloudCamera, CloudRecording, CloudState

NOT_FOUND = {"error": "Not Found", "errors": [7050]}
DEFAULT_PAGE = 20


class History:
    """The doors that tell of recordings."""

    def __init__(self, state: CloudState, media: Media) -> None:
        self.state = state
        self.media = media

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this topic."""
        return [
            web.get("/clients_api/dings/active", self.active),
            web.get("/clients_api/doorbots/{camera_id:\\d+}/history", self.doorbot),
            web.get("/clients_api/dings/{recording_id}/share/play", self.share_play),
            web.get("/clients_api/dings/{recording_id}/recording", self.transcoded),
            web.get("/evm/v2/history/devices", self.evm_devices),
            web.get("/evm/v2/history/devices/{camera_id:\\d+}", self.evm_device),
            web.get("/evm/v2/history/events/{recording_id}", self.evm_event),
        ]

    async def active(self, _request: web.Request) -> web.Response:
        """Tell who rings right now: nobody."""
        return web.json_response([])

    async def doorbot(self, request: web.Request) -> web.Response:
        """Answer a page of one camera's history, newest first, below `older_than`."""
        camera = self.state.camera(int(request.match_info["camera_id"]))
        if camera is None or camera.family == "v3":
            return web.json_response({"error": "No device found"}, status=404)
        older_than = int(request.query.get("older_than", 1 << 80))
        rows = [
            recording
            for recording in self.state.history({camera.id})
            if recording.numeric_id < older_than
            and not recording.continuous
            and not camera.ring_edge
        ]
        limit = page_limit(request, self.state.history_page_limit)
        return web.json_response([self._ding(camera, row) for row in rows[:limit]])

    async def share_play(self, request: web.Request) -> web.Response:
        """Answer the URL of the untranscoded file, once there is one."""
        found = self._ask(request, "share_play")
        if isinstance(found, web.Response):
            return found
        return web.json_response({"url": self.media.url(request, found)})

    async def transcoded(self, request: web.Request) -> web.StreamResponse:
        """Redirect to the file that the older app downloads."""
        found = self._ask(request, "recording")
        if isinstance(found, web.Response):
            return found
        location = self.media.url(request, found)
        return web.Response(status=302, headers={"Location": location})

    def _ask(self, request: web.Request, door: str) -> CloudRecording | web.Response:
        """Return the recording if this door has its media, else Ring's refusal."""
        recording = self.state.recording(request.match_info["recording_id"])
        if recording is None or recording.continuous:
            return web.json_response(NOT_FOUND, status=404)
        camera = self.state.camera(recording.camera_id)
        if camera is None or not camera.plan:
            return web.json_response({"error": "Payment Required"}, status=402)
        if camera.ring_edge or not recording.ask(door, self.state.now()):
            return web.json_response(NOT_FOUND, status=404)
        return recording

    async def evm_devices(self, request: web.Request) -> web.Response:
        """Answer a page of the history of all cameras named in `source_ids`."""
        names = request.query.get("source_ids", "").split(",")
        return self._page(request, {int(name) for name in names if name.isdecimal()})

    async def evm_device(self, request: web.Request) -> web.Response:
        """Answer a page of one camera's history."""
        camera_id = int(request.match_info["camera_id"])
        if self.state.camera(camera_id) is None:
            return web.json_response(NOT_FOUND, status=404)
        return self._page(request, {camera_id})

    async def evm_event(self, request: web.Request) -> web.Response:
        """Answer one event, with a fresh media URL."""
        recording = self.state.recording(request.match_info["recording_id"])
        if recording is None:
            return web.json_response(NOT_FOUND, status=404)
        return web.json_response(self._event(request, recording, "event"))

    def _page(self, request: web.Request, camera_ids: set[int]) -> web.Response:
        """Answer the page behind `pagination_key`, newest first."""
        rows = self.state.history(camera_ids)
        if types := request.query.get("event_types"):
            rows = [row for row in rows if row.kind in types.split(",")]
        if key := request.query.get("pagination_key"):
            last = decode_key(key)
            if last is None:
                return web.json_response({"error": "invalid pagination"}, status=400)
            rows = [row for row in rows if (row.start, row.numeric_id) < last]
        limit = page_limit(request, self.state.evm_page_limit)
        page, more = rows[:limit], len(rows) > limit
        return web.json_response(
            {
                "items": [self._event(request, row, "history") for row in page],
                "supplemental_data": {"footages": []},
                "pagination_key": encode_key(page[-1]) if more else None,
            }
        )

    def _ding(self, camera: CloudCamera, recording: CloudRecording) -> dict[str, Any]:
        """Return a recording as clients_api shows it, and count the ask."""
        ready = recording.ask("ding", self.state.now()) or recording.file is None
        return ding(camera, recording, ready)

    def _event(
        self, request: web.Request, recording: CloudRecording, door: str
    ) -> dict[str, Any]:
        """Return a recording as evm shows it, with its media if this door has it."""
        camera = self.state.camera(recording.camera_id)
        assert camera is not None
        kept = camera.plan and camera.recording_enabled
        ready = recording.ask(door, self.state.now()) or recording.file is None
        media = self._media(request, camera, recording) if kept and ready else []
        owner_id = str(self.state.account_id)
        return event(camera, recording, ready, media) | {"owner_id": owner_id}

    def _media(
        self, request: web.Request, camera: CloudCamera, recording: CloudRecording
    ) -> list[dict[str, Any]]:
        """Return the media entries: a thumbnail and the video, with signed URLs."""
        if recording.file is None:
            return []
        e2ee = recording.e2ee or camera.e2ee
        return [
            {
                "schema": "Media",
                "file_type": file_type,
                "url": self.media.url(request, recording, suffix),
                "is_e2ee": e2ee,
                "custom_metadata": {"video_encoding": recording.video_encoding},
            }
            for file_type, suffix in (("THUMBNAIL", "jpg"), ("VIDEO", "mp4"))
        ]


def page_limit(request: web.Request, most: int) -> int:
    """Return how many rows a page has, whatever was asked for."""
    limit = request.query.get("limit", "")
    return max(1, min(int(limit) if limit.isdecimal() else DEFAULT_PAGE, most))


def encode_key(recording: CloudRecording) -> str:
    """Return the key of the page after this recording."""
    text = f"{recording.start.timestamp()}|{recording.numeric_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_key(key: str) -> tuple[datetime, int] | None:
    """Return what a key says, its padding there or not; None for nonsense."""
    try:
        text = base64.urlsafe_b64decode(
            key.rstrip("=") + "=" * (-len(key.rstrip("=")) % 4)
        )
        start, number = text.decode().split("|")
        return datetime.fromtimestamp(float(start), UTC), int(number)
    except binascii.Error, UnicodeDecodeError, ValueError:
        return None
