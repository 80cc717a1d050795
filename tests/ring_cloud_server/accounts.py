"""Sign-in, tokens and sessions as Ring answers them."""

import base64
import binascii
import hashlib
import secrets

from aiohttp import web

from .state import CloudState

CLIENT_ID = "ring_official_android"
GRACE_S = 60
UNAUTHORIZED = {"error": "Unauthorized", "status_code": 401}
INVALID_GRANT = {
    "error": "invalid_grant",
    "error_description": "token is invalid or does not exists",
}
ACCESS_DENIED = {
    "error": "access_denied",
    "error_description": "invalid user credentials",
}
TOO_MANY_CODES = {
    "error": "error requesting 2fa service to send code",
    "error_description": "too many requests from dependency service",
}
WRONG_CODE = {"error": "Verification Code is invalid or expired"}


class Accounts:
    """The doors that know who asks."""

    def __init__(self, state: CloudState) -> None:
        self.state = state
        self.authorization_codes: dict[str, str] = {}
        """Code of the pages to the challenge that it was asked with."""

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this topic."""
        return [
            web.post("/oauth/token", self.token),
            web.post("/clients_api/session", self.session),
            web.patch("/clients_api/device", self.device),
        ]

    async def token(self, request: web.Request) -> web.Response:
        """Answer both grants; the outcomes are Ring's."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        if CLIENT_ID not in {form.get("client_id"), basic_user(request)}:
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        if form.get("grant_type") == "password":
            return self._password(form, request.headers.get("2fa-code"))
        if form.get("grant_type") == "authorization_code":
            return self._exchange(form)
        return web.json_response({"error": "unsupported_grant_type"}, status=400)

    def authorization_code(self, challenge: str) -> str:
        """Return a code that the pages hand out, good for one exchange."""
        code = secrets.token_urlsafe(16)
        self.authorization_codes[code] = challenge
        return code

    def _exchange(self, form: dict[str, str]) -> web.Response:
        """Take a code of the pages, if the verifier fits the challenge.

        Ring's API refuses this access token, and takes the one of the first refresh.
        """
        challenge = self.authorization_codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if challenge != base64.urlsafe_b64encode(digest).decode().rstrip("="):
            return web.json_response(INVALID_GRANT, status=400)
        before = dict(self.state.access_tokens)
        answer = self._tokens()
        self.state.access_tokens = before
        return answer

    def _password(self, form: dict[str, str], code: str | None) -> web.Response:
        """Check email and password, then the code."""
        state = self.state
        given = (form.get("username", "").lower(), form.get("password"))
        if given != (state.email.lower(), state.password):
            return web.json_response(ACCESS_DENIED, status=401)
        if not state.two_factor:
            return self._tokens()
        if not code:
            return self.send_code()
        if code != state.code or not self._code_alive():
            return web.json_response(WRONG_CODE, status=400)
        state.codes_sent.clear()
        return self._tokens()

    def send_code(self) -> web.Response:
        """Send a code, unless too many were sent lately."""
        state, now = self.state, self.state.now()
        lately = [at for at in state.codes_sent if now - at < state.code_window_s]
        if len(lately) >= state.codes_per_window:
            return web.json_response(TOO_MANY_CODES, status=429)
        state.codes_sent = [*lately, now]
        body = {
            "next_time_in_secs": 60,
            "phone": state.phone,
            "tsv_state": state.tsv_state,
        }
        return web.json_response(body, status=412)

    def _code_alive(self) -> bool:
        """Say whether a code that was sent is still good; an app's always is."""
        state = self.state
        if state.tsv_state == "totp":
            return True
        return any(state.now() - at < state.code_life_s for at in state.codes_sent)

    def _refresh(self, token: str) -> web.Response:
        """Answer the refresh grant by the account's policy."""
        state, now = self.state, self.state.now()
        if now >= state.refresh_tokens.get(token, 0.0):
            return web.json_response(INVALID_GRANT, status=401)
        if state.refresh_policy == "rotate":
            del state.refresh_tokens[token]
        if state.refresh_policy == "rotate_grace":
            until = min(state.refresh_tokens[token], now + GRACE_S)
            state.refresh_tokens[token] = until
        return self._tokens()

    def _tokens(self) -> web.Response:
        """Hand out a new pair."""
        state = self.state
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        state.access_tokens[access] = state.now() + state.access_ttl_s
        state.refresh_tokens[refresh] = float("inf")
        return web.json_response(
            {
                "access_token": access,
                "expires_in": state.access_ttl_s,
                "refresh_token": refresh,
                "scope": "client",
                "token_type": "Bearer",
            }
        )

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return why a request of the API is refused: no token, or no session."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        expires = self.state.access_tokens.get(token, 0.0)
        if scheme != "Bearer" or self.state.now() >= expires:
            return web.json_response(UNAUTHORIZED, status=401)
        hardware_id = request.headers.get("hardware_id", "")
        needs_session = request.path.startswith("/clients_api/")
        opens_one = request.path == "/clients_api/session"
        if needs_session and not opens_one and hardware_id not in self.state.sessions:
            error = f"Session with hardware_id {hardware_id} not found"
            return web.json_response({"error": error}, status=404)
        return None

    async def session(self, request: web.Request) -> web.Response:
        """Register the hardware id as an authorized client device."""
        device = (await request.json()).get("device", {})
        self.state.sessions[str(device.get("hardware_id"))] = device
        profile = {
            "id": self.state.account_id,
            "email": self.state.email,
            "first_name": "Anna",
            "last_name": "Example",
            "authentication_token": secrets.token_hex(8),
            "features": {"subscriptions_enabled": True, "video_search_enabled": False},
        }
        return web.json_response({"profile": profile}, status=201)

    async def device(self, _request: web.Request) -> web.Response:
        """Accept a push registration; nothing is ever pushed."""
        return web.Response(status=204)


def basic_user(request: web.Request) -> str | None:
    """Return the user name of HTTP Basic authentication."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except binascii.Error, UnicodeDecodeError:
        return None
