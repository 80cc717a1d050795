"""A real, headless Home Assistant of our own on loopback, and a client of it."""

import asyncio
import contextlib
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, Self

import aiohttp

REPOSITORY = Path(__file__).parents[2]
COMPONENT = REPOSITORY / "custom_components" / "ring_vision"

CONFIGURATION = """\
homeassistant:
  name: Ring Vision demo
  latitude: 52.0
  longitude: 5.0
  elevation: 0
  unit_system: metric
  time_zone: {time_zone}
  currency: EUR
  country: GB
  media_dirs:
    local: {config}/media
  allowlist_external_dirs:
    - {config}/media
# default_config would also start what looks for devices in the network.
history:
logbook:
media_source:
recorder:
logger:
  default: warning
  logs:
    custom_components.ring_vision: {level}
"""

# Only the `user` step of the onboarding stays open: the others would start flows of
# integrations that ask the internet.
ONBOARDING = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}

STOP_TIMEOUT_S = 45


def _http_storage(port: int) -> dict[str, Any]:
    """Return `.storage/http`: YAML would be a five-minute trial before a restart."""
    return {
        "version": 2,
        "minor_version": 2,
        "key": "http",
        "data": {
            "stable": {
                "server_host": ["127.0.0.1"],
                "server_port": port,
                "cors_allowed_origins": [],
                "login_attempts_threshold": -1,
                "ip_ban_enabled": False,
                "ssl_profile": "modern",
                "use_x_frame_options": True,
                "created_at": datetime.now(UTC).isoformat(),
                "error": None,
                "error_message": None,
            },
            "pending": None,
            "yaml_migration_done": True,
        },
    }


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def check_free(port: int) -> None:
    """Fail where somebody else listens: the client would talk to them."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError as err:
            raise HomeAssistantError(f"port {port} is in use") from err


def lay_out(
    config: Path,
    port: int,
    *,
    log_level: str,
    time_zone: str = "UTC",
    component: Path = COMPONENT,
) -> None:
    """Make a configuration folder with the integration in it."""
    storage = config / ".storage"
    for folder in (config / "media", storage, config / "custom_components"):
        folder.mkdir(parents=True, exist_ok=True)
    (config / "configuration.yaml").write_text(
        CONFIGURATION.format(config=config, level=log_level, time_zone=time_zone)
    )
    (storage / "http").write_text(json.dumps(_http_storage(port)))
    if not (storage / "onboarding").exists():
        (storage / "onboarding").write_text(json.dumps(ONBOARDING))
    shutil.copytree(
        component,
        config / "custom_components" / COMPONENT.name,
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )


class HomeAssistantError(Exception):
    """Home Assistant did not do what the client asked."""


class Client:
    """A signed-in REST and websocket client."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self.token: str | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0
        self._lock = asyncio.Lock()

    async def rest(
        self, method: str, path: str, body: Any = None, *, ok: tuple[int, ...] = (200,)
    ) -> Any:
        """Make a request; return the JSON, or the bytes of anything else."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._session.request(
            method, self.url + path, json=body, headers=headers
        ) as response:
            content = await response.read()
            if response.status not in ok:
                raise HomeAssistantError(
                    f"{method} {path}: {response.status} {content[:500]!r}"
                )
            if response.content_type == "application/json":
                return json.loads(content)
            return content

    async def command(self, kind: str, **payload: Any) -> Any:
        """Send a websocket command and return its result."""
        async with self._lock:
            connection = await self._connected()
            self._last_id += 1
            await connection.send_json({"id": self._last_id, "type": kind, **payload})
            while True:
                reply = await connection.receive_json()
                if reply.get("id") != self._last_id or reply["type"] == "event":
                    continue
                if reply["type"] == "pong":
                    return None
                if not reply["success"]:
                    raise HomeAssistantError(f"{kind}: {reply['error']}")
                return reply["result"]

    async def action(
        self,
        action: str,
        data: dict[str, Any] | None = None,
        *,
        domain: str = "ring_vision",
    ) -> Any:
        """Perform an action and return its response."""
        result = await self.command(
            "call_service",
            domain=domain,
            service=action,
            service_data=data or {},
            return_response=True,
        )
        return result["response"]

    async def states(self) -> dict[str, dict[str, Any]]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.command("get_states")}

    async def flow(self, path: str, body: Any) -> Any:
        """Start or continue a config flow; a form with errors is an answer too."""
        return await self.rest(
            "POST", f"/api/config/config_entries/{path}", body, ok=(200, 400)
        )

    async def sign_in(self, name: str, password: str) -> None:
        """Create the owner where there is none yet, else sign in."""
        client_id = f"{self.url}/"
        async with self._session.get(self.url + "/auth/providers") as response:
            fresh = response.status == 400
        if fresh:
            user = {"name": name.title(), "username": name, "password": password}
            answer = await self.rest(
                "POST",
                "/api/onboarding/users",
                {**user, "client_id": client_id, "language": "en"},
            )
            code = answer["auth_code"]
        else:
            flow = await self.rest(
                "POST",
                "/auth/login_flow",
                {
                    "client_id": client_id,
                    "handler": ["homeassistant", None],
                    "redirect_uri": client_id,
                },
            )
            answer = await self.rest(
                "POST",
                f"/auth/login_flow/{flow['flow_id']}",
                {"client_id": client_id, "username": name, "password": password},
            )
            code = answer["result"]
        await self._take_token(code, client_id)

    async def _take_token(self, code: str, client_id: str) -> None:
        async with self._session.post(
            self.url + "/auth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": client_id,
            },
        ) as response:
            response.raise_for_status()
            self.token = (await response.json())["access_token"]
        # The access token ends after half an hour; a demo may stay for days.
        self.token = await self.command(
            "auth/long_lived_access_token",
            client_name=f"client {time.time_ns()}",
            lifespan=365,
        )

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None or self._socket.closed:
            self._socket = await self._session.ws_connect(
                self.url.replace("http", "ws", 1) + "/api/websocket", max_msg_size=0
            )
            await self._socket.receive_json()
            await self._socket.send_json({"type": "auth", "access_token": self.token})
            reply = await self._socket.receive_json()
            if reply["type"] != "auth_ok":
                raise HomeAssistantError(f"websocket: {reply}")
        return self._socket

    async def close(self) -> None:
        """Close the websocket."""
        if self._socket is not None:
            await self._socket.close()


class HomeAssistant:
    """A Home Assistant process: `async with` starts and stops it."""

    def __init__(
        self,
        config: Path,
        *,
        environment: dict[str, str] | None = None,
        port: int | None = None,
        log_level: str = "debug",
        time_zone: str = "UTC",
        program: tuple[str, ...] = ("-m", "homeassistant"),
        component: Path = COMPONENT,
    ) -> None:
        self.config = config
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment or {}
        self._log_level = log_level
        self._time_zone = time_zone
        self._program = program
        self._component = component

    @property
    def log(self) -> str:
        """Return what it said so far."""
        return (self.config / "console.log").read_text(errors="replace")

    async def __aenter__(self) -> Self:
        """Start the process and wait until it answers."""
        check_free(self.port)
        lay_out(
            self.config,
            self.port,
            log_level=self._log_level,
            time_zone=self._time_zone,
            component=self._component,
        )
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "ring-vision-pyc"),
            "TZ": self._time_zone,
            **self._environment,
        }
        for name in ("PYTHONPATH", "SUPERVISOR", "SUPERVISOR_TOKEN", "SETUP_PORT"):
            environment.pop(name, None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with (self.config / "console.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *(*self._program, "--config", str(self.config)),
                *("--skip-pip", "--log-no-color"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                cwd=self.config,
                start_new_session=True,
            )
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=900), trust_env=False
        )
        self.client = Client(self.session, self.url)
        try:
            await self._until_it_answers(180)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def _until_it_answers(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if self.process.returncode is not None:
                    raise HomeAssistantError(f"it ended:\n{self.log[-4000:]}")
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with self.session.get(self.url + "/auth/providers") as answer:
                        if answer.status in {200, 400}:
                            return
                await asyncio.sleep(0.1)

    async def until_running(self) -> None:
        """Wait until everything is set up (after signing in)."""
        async with asyncio.timeout(180):
            while (await self.client.rest("GET", "/api/config"))["state"] != "RUNNING":
                await asyncio.sleep(0.1)

    async def __aexit__(self, *_: object) -> None:
        """Stop it with SIGTERM; what is left of it after a while with SIGKILL."""
        await self.client.close()
        await self.session.close()
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await self.process.wait()
            except TimeoutError:
                os.killpg(self.process.pid, signal.SIGKILL)
                await self.process.wait()
