"""The server itself: routes, the log of requests, and the faults before all else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
import json
from typing import Any, Self

from aiohttp import web

from .accounts import Accounts
from .devices import Devices
from .faults import Fault
from .history import History
from .media import Media
from .sign_in_pages import SignInPages
from .state import CloudState
from .stream import reset, stream

LOGGED_HEADERS = [
    "Authorization",
    "hardware_id",
    "User-Agent",
    "Range",
    "If-Range",
    "2fa-support",
    "2fa-code",
]
SIGNED_IN = ("/clients_api/", "/evm/", "/device_info/", "/groups/")

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(kw_only=True, slots=True)
class LoggedRequest:
    """One request that came, and what became of it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Those that tests ask about, names in lower case."""
    form: dict[str, str] = field(default_factory=dict)
    """The form of a token request, without the password."""
    at: float
    """The cloud's time, Unix seconds."""
    status: int = 0
    """0 while it runs, and when it had no answer."""
    fault: Fault | None = None


class RingCloudServer:
    """A Ring cloud on a loopback port."""

    def __init__(
        self, state: CloudState | None = None, faults: Iterable[Fault] = ()
    ) -> None:
        self.state = state or CloudState.three_cameras()
        self.faults = list(faults)
        self.requests: list[LoggedRequest] = []
        self.faults_served: list[Fault] = []
        """One entry for every request that a fault spoiled."""
        self.on_request: Callable[[LoggedRequest], None] | None = None
        """Called as soon as a request has come, before anything is answered."""
        self.url = ""
        self._accounts = Accounts(self.state)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen on a port (0: any free one) and return the URL."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        self._runner = runner
        self.url = f"http://{host}:{runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop."""
        await self.stop()

    def add_fault(self, fault: Fault) -> Fault:
        """Switch a fault on; the first that takes a request spoils it."""
        self.faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Switch every fault off."""
        self.faults.clear()

    def seen(self, method: str, prefix: str) -> list[LoggedRequest]:
        """Return the requests whose path starts so, in their order."""
        return [
            logged
            for logged in self.requests
            if logged.method == method and logged.path.startswith(prefix)
        ]

    def _app(self) -> web.Application:
        """Build the application."""
        app = web.Application(middlewares=[self._log, self._spoil, self._sign_in])
        media = Media(self.state)
        history = History(self.state, media)
        pages = SignInPages(self.state, self._accounts)
        for topic in (self._accounts, pages, Devices(self.state), history, media):
            app.add_routes(topic.routes())
        return app

    @web.middleware
    async def _log(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note what was asked and what was answered."""
        logged = LoggedRequest(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={
                name.lower(): request.headers[name]
                for name in LOGGED_HEADERS
                if name in request.headers
            },
            at=self.state.now(),
        )
        if request.path == "/oauth/token":
            form = await request.post()
            logged.form = {k: str(v) for k, v in form.items() if k != "password"}
        self.requests.append(logged)
        request["logged"] = logged
        if self.on_request is not None:
            self.on_request(logged)
        try:
            response = await handler(request)
        except web.HTTPException as err:
            logged.status = err.status
            raise
        if not request.get("dropped"):
            logged.status = response.status
        return response

    @web.middleware
    async def _spoil(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Let the first fault that takes the request have it."""
        asked = (request.method, request.path)
        fault = next((each for each in self.faults if each.takes(*asked)), None)
        if fault is None:
            return await handler(request)
        request["fault"] = request["logged"].fault = fault
        self.faults_served.append(fault)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.reset:
            request["dropped"] = True
            reset(request)
            return web.Response(status=500)
        response = answer(request, fault) if fault.answers else await handler(request)
        if not isinstance(response, web.Response):
            return response
        return await respoil(request, response, fault)

    @web.middleware
    async def _sign_in(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Refuse what needs a token and has none."""
        if request.path.startswith(SIGNED_IN):
            refused = self._accounts.refusal(request)
            if refused is not None:
                return refused
        return await handler(request)


def answer(request: web.Request, fault: Fault) -> web.Response:
    """Return a fault's own answer."""
    body, kind = fault.body, "text/plain"
    if isinstance(body, dict | list):
        body, kind = json.dumps(body), "application/json"
    if isinstance(body, str):
        hardware_id = request.headers.get("hardware_id", "")
        kind = "text/html" if body.startswith("<") else kind
        kind = "application/json" if body == "null" else kind
        body = body.replace("$hardware_id", hardware_id).encode()
    headers = {"Content-Type": kind} | fault.headers
    return web.Response(status=fault.status or 200, body=body, headers=headers)


async def respoil(
    request: web.Request, response: web.Response, fault: Fault
) -> web.StreamResponse:
    """Change the JSON of an answer and spoil the way it is sent, as the fault says."""
    body = response.body if isinstance(response.body, bytes) else b""
    if fault.json_set and response.status < 300:
        data = json.loads(body)
        for path, value in fault.json_set.items():
            set_path(data, path.split("."), value)
        body = json.dumps(data).encode()
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() != "content-length"
    } | fault.headers
    if not fault.shapes:
        return web.Response(status=response.status, body=body, headers=headers)
    stop = len(body) if fault.truncate is None else min(len(body), fault.truncate)
    return await stream(request, body, headers, response.status, 0, stop)


def set_path(data: Any, path: list[str], value: Any) -> None:
    """Set one value deep inside JSON; numbers are places in lists."""
    first, *rest = path
    key: Any = int(first) if isinstance(data, list) else first
    if isinstance(data, list) and key >= len(data):
        return
    if rest:
        set_path(data[key], rest, value)
    else:
        data[key] = value
