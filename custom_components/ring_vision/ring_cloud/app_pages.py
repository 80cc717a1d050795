"""The sign-in of Ring's own app: its pages, an authorization code, and PKCE.

The pages are not meant for us and may change: what is not as expected is PageChanged.
"""

import base64
import hashlib
import re
import secrets
from typing import Final

import aiohttp
from ring_doorbell.const import OAuth
from yarl import URL

from .api import DEVICE_MODEL
from .cloud import other_endpoint
from .errors import PageChanged
from .sign_in import exchange_error, form_error, page_error
from .tokens import Token
from .values import dict_of, text_of
from .wire import Answer, Wire

CALLBACK: Final = URL("https://ring.com/signin/callback")
"""Where Ring sends the app with the code. Never asked: the code is in the address."""
MOST_REDIRECTS: Final = 5
LONGEST_PAGE: Final = 1_000_000
CSRF: Final = (
    re.compile(r'"csrf[-_]?token"\s*:\s*"([^"]+)"', re.IGNORECASE),
    re.compile(
        r'name="csrf[-_]?token"[^>]*?value="([^"]+)"', re.IGNORECASE | re.DOTALL
    ),
)
"""In the page's JSON, or in a hidden field."""


class AppPages:
    """One sign-in on its way through the pages.

    Each begin sends a code, so the owner's next try goes on where this one is.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        hardware_id: str,
        endpoint: str | None = None,
    ) -> None:
        """Use a session of our own: its cookies are the sign-in."""
        other = other_endpoint(endpoint)
        self._session = session
        self._wire = Wire(session, hardware_id)
        self._token_url = other / "oauth/token" if other else URL(OAuth.ENDPOINT)
        self._base = self._token_url.origin()
        self._verifier = secrets.token_urlsafe(48)
        self._state = secrets.token_urlsafe(24)
        self._csrf = ""
        self._after = self._base / "oauth/v2/authorize"
        """The page that leads to the callback."""
        self._let_in = False
        self._token: Token | None = None

    def close(self) -> None:
        """Give the session up; its connections are Home Assistant's."""
        self._session.detach()

    async def async_begin(self, email: str, password: str) -> Token:
        """Enter the password; CodeRequired says where Ring sent a code."""
        page, _ = await self._follow(self._authorize_url())
        self._csrf = _csrf_of(page)
        form = {"username": email, "password": password}
        self._enter(await self._post("oauth/v2/signin", form))
        return await self._exchange()

    async def async_go_on(self, code: str) -> Token:
        """Enter the code, unless Ring has taken one, and fetch the token."""
        if not self._let_in:
            form = {"2fa_code": code, "remember_me": "false"}
            self._enter(await self._post("oauth/v2/2fa/verify", form))
        return await self._exchange()

    def _authorize_url(self) -> URL:
        """Return the first page: who asks, and the challenge."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        return (self._base / "oauth/v2/authorize").with_query(
            {
                "response_type": "code",
                "client_id": OAuth.CLIENT_ID,
                "redirect_uri": str(CALLBACK),
                "scope": " ".join(OAuth.SCOPE),
                "state": self._state,
                "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
                "code_challenge_method": "S256",
                "prompt": "login",
                "app_brand": "ring",
                "device_model": DEVICE_MODEL,
                "hardware_id": self._wire.hardware_id,
            }
        )

    async def _post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form of the page."""
        fields = form | {"csrf-token": self._csrf}
        return await self._wire.async_ask("POST", self._base / path, form=fields)

    def _enter(self, answer: Answer) -> None:
        """Heed the answer to a form; it may say where to go on."""
        if error := form_error(answer):
            raise error
        self._let_in = True
        after = text_of(dict_of(answer.body).get("redirect_url"))
        after = after or answer.headers.get("Location")
        if after:
            self._after = self._join(self._base, after)

    async def _follow(self, url: URL) -> tuple[Answer, URL]:
        """Return the page at the end of the redirects, and its address.

        A callback is such an end, and is not asked for.
        """
        for _ in range(MOST_REDIRECTS):
            answer = await self._wire.async_ask("GET", url, longest_text=LONGEST_PAGE)
            if error := page_error(answer):
                raise error
            if answer.status < 300:
                return answer, url
            url = self._join(url, answer.headers.get("Location", ""))
            if _is_callback(url):
                return answer, url
        raise PageChanged

    def _join(self, url: URL, location: str) -> URL:
        """Return where a page leads; cookies and forms are for Ring's sign-in alone."""
        try:
            target = url.join(URL(location))
            stays = target.origin() == self._base
        except ValueError:
            raise PageChanged from None
        if stays or _is_callback(target):
            return target
        raise PageChanged

    async def _exchange(self) -> Token:
        """Return the token, fetched once."""
        if self._token is None:
            self._token = await self._fetch_token(await self._code())
        return dict(self._token)

    async def _code(self) -> str:
        """Return the authorization code; only one for our own request counts."""
        end = self._after
        if not _is_callback(end):
            _, end = await self._follow(end)
        code = end.query.get("code")
        if not _is_callback(end) or end.query.get("state") != self._state or not code:
            raise PageChanged
        return code

    async def _fetch_token(self, code: str) -> Token:
        """Exchange the code; what proves that it is ours is the verifier."""
        form = {
            "grant_type": "authorization_code",
            "client_id": OAuth.CLIENT_ID,
            "redirect_uri": str(CALLBACK),
            "code": code,
            "code_verifier": self._verifier,
        }
        answer = await self._wire.async_ask("POST", self._token_url, form=form)
        if error := exchange_error(answer):
            raise error
        return {"refresh_token": answer.as_dict()["refresh_token"]}


def _csrf_of(page: Answer) -> str:
    """Return the page's own token, without which its form is refused."""
    for pattern in CSRF:
        if found := pattern.search(page.text):
            return found.group(1)
    raise PageChanged


def _is_callback(url: URL) -> bool:
    """Say whether it is the address that the app waits for."""
    return url.with_query(None).with_fragment(None) == CALLBACK
