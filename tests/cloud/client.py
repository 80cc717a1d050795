"""A client of the loopback cloud, and what its tests ask again and again."""

import json
from typing import Any

from aiohttp import ClientResponse, ClientSession
from yarl import URL

from tests.ring_cloud_server import CloudRecording, RingCloudServer

HARDWARE_ID = "11111111-2222-3333-4444-555555555555"


class Client:
    """The least that talks to the cloud as an app does."""

    def __init__(self, session: ClientSession, server: RingCloudServer) -> None:
        self.session = session
        self.server = server
        self.tokens: dict[str, Any] = {}

    async def token(
        self, form: dict[str, str], code: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask for tokens; return status and body."""
        headers = {"hardware_id": HARDWARE_ID, "2fa-support": "true"}
        async with self.session.post(
            f"{self.server.url}/oauth/token",
            data={"client_id": "ring_official_android", "scope": "client"} | form,
            headers=headers | ({"2fa-code": code} if code else {}),
        ) as response:
            return response.status, await response.json()

    async def password(
        self, password: str = "secret", code: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Sign in with the password."""
        form = {"username": "anna@example.com", "password": password}
        return await self.token({"grant_type": "password"} | form, code)

    async def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """Sign in with a refresh token."""
        return await self.token({"grant_type": "refresh_token", "refresh_token": token})

    async def sign_in(self) -> None:
        """Sign in with code, and open a session."""
        await self.password()
        _, self.tokens = await self.password(code=self.server.state.code)
        await self.open_session()

    async def open_session(self) -> int:
        """Register the hardware id."""
        device = {"hardware_id": HARDWARE_ID, "os": "android", "metadata": {}}
        async with self.session.post(
            f"{self.server.url}/clients_api/session",
            json={"device": device},
            headers=self.headers,
        ) as response:
            return response.status

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the API."""
        token = self.tokens.get("access_token", "")
        return {"Authorization": f"Bearer {token}", "hardware_id": HARDWARE_ID}

    async def get(self, path: str) -> tuple[int, Any]:
        """GET a path of the API; return status and JSON."""
        url = URL(f"{self.server.url}{path}", encoded=True)
        async with self.session.get(url, headers=self.headers) as response:
            text = await response.text()
            return response.status, json.loads(text)

    async def media(self, url: str, **headers: str) -> tuple[ClientResponse, bytes]:
        """GET a signed URL as it is."""
        async with self.session.get(
            URL(url, encoded=True), headers=headers
        ) as response:
            return response, await response.read()


def video_of(event: dict[str, Any]) -> dict[str, Any] | None:
    """Return the video among an event's media."""
    media = event["visualizations"]["cloud_media_visualization"]["media"]
    return next((item for item in media if item["file_type"] == "VIDEO"), None)


async def url_of(client: Client, recording: CloudRecording) -> str:
    """Return a fresh signed URL."""
    _, event = await client.get(f"/evm/v2/history/events/{recording.key}")
    video = video_of(event)
    assert video is not None
    return str(video["url"])


async def pages_of_the_old_history(client: Client, camera_id: int) -> list[list[int]]:
    """Return the ids of each page, the empty one at the end too."""
    pages: list[list[int]] = []
    path = f"/clients_api/doorbots/{camera_id}/history?limit=500"
    query = ""
    while not pages or pages[-1]:
        _, rows = await client.get(path + query)
        pages.append([row["id"] for row in rows])
        query = f"&older_than={rows[-1]['id'] if rows else 0}"
    return pages


async def pages_of_the_new_history(client: Client, source_ids: str) -> list[list[str]]:
    """Return the ids of each page; the key goes without its padding."""
    pages: list[list[str]] = []
    path = f"/evm/v2/history/devices?source_ids={source_ids}&limit=100"
    key: str | None = ""
    while key is not None:
        query = f"&pagination_key={key.rstrip('=')}" if key else ""
        _, body = await client.get(path + query)
        pages.append([item["event_id"] for item in body["items"]])
        key = body["pagination_key"]
    return pages
