"""The pages of the app's sign-in: authorize, signin, 2fa/verify."""

from dataclasses import dataclass
import secrets

from aiohttp import web

from .accounts import ACCESS_DENIED, CLIENT_ID, WRONG_CODE, Accounts
from .state import CloudState

COOKIE = "oauth_session"
CALLBACK = "https://ring.com/signin/callback"
PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>"
    '<script id="oauth-args" type="application/json">{{"csrf-token":"{csrf}"}}</script>'
    "</body></html>"
)


@dataclass(slots=True)
class Visit:
    """One browser, or app, on its way through the pages."""

    challenge: str
    state: str
    csrf: str
    knows_password: bool = False
    let_in: bool = False


class SignInPages:
    """The pages, which know a visitor by the cookie."""

    def __init__(self, state: CloudState, accounts: Accounts) -> None:
        self.state = state
        self.accounts = accounts
        self.visits: dict[str, Visit] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this topic."""
        return [
            web.get("/oauth/v2/authorize", self.authorize),
            web.get("/oauth/v2/signin", self.page),
            web.post("/oauth/v2/signin", self.sign_in),
            web.post("/oauth/v2/2fa/verify", self.verify),
        ]

    def visit(self, request: web.Request) -> Visit | None:
        """Return whose cookie it is."""
        return self.visits.get(request.cookies.get(COOKIE, ""))

    async def authorize(self, request: web.Request) -> web.Response:
        """Send a new visitor to the page, and one who is let in to the callback."""
        visit = self.visit(request)
        if visit is not None and visit.let_in:
            code = self.accounts.authorization_code(visit.challenge)
            location = f"{CALLBACK}?code={code}&state={visit.state}"
            return web.Response(status=302, headers={"Location": location})
        asked = request.query
        if (asked.get("client_id"), asked.get("code_challenge_method")) != (
            CLIENT_ID,
            "S256",
        ):
            return web.json_response({"error": "invalid_request"}, status=400)
        name = secrets.token_urlsafe(16)
        self.visits[name] = Visit(
            challenge=asked.get("code_challenge", ""),
            state=asked.get("state", ""),
            csrf=secrets.token_urlsafe(16),
        )
        answer = web.Response(status=302, headers={"Location": "/oauth/v2/signin"})
        answer.set_cookie(COOKIE, name, path="/oauth")
        return answer

    async def page(self, request: web.Request) -> web.Response:
        """Show the form, whose token only the page knows."""
        visit = self.visit(request)
        if visit is None:
            return web.Response(status=403)
        text = PAGE.format(csrf=visit.csrf)
        return web.Response(text=text, content_type="text/html")

    async def sign_in(self, request: web.Request) -> web.Response:
        """Take the password."""
        visit, form = self.visit(request), await request.post()
        if visit is None or form.get("csrf-token") != visit.csrf:
            return web.json_response({"error": "Invalid CSRF token"}, status=403)
        given = (str(form.get("username", "")).lower(), form.get("password"))
        if given != (self.state.email.lower(), self.state.password):
            return web.json_response(ACCESS_DENIED, status=401)
        visit.knows_password = True
        if self.state.two_factor:
            return self.accounts.send_code()
        visit.let_in = True
        return web.Response(status=204)

    async def verify(self, request: web.Request) -> web.Response:
        """Take the code."""
        visit, form = self.visit(request), await request.post()
        if visit is None or form.get("csrf-token") != visit.csrf:
            return web.json_response({"error": "Invalid CSRF token"}, status=403)
        if not visit.knows_password or form.get("2fa_code") != self.state.code:
            return web.json_response(WRONG_CODE, status=400)
        visit.let_in = True
        body = {"redirect_url": "/oauth/v2/authorize", "status": "auth-completed"}
        return web.json_response(body, status=201)
