"""Media behind signed URLs, as an object store serves it."""

from datetime import UTC, datetime
import hashlib
import hmac
from pathlib import Path
import random
import re
import secrets
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from aiohttp import web

from .state import CloudRecording, CloudState
from .stream import Source, shape_of, size_of, stream

SIGNATURE = "&X-Amz-Signature="
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
CIPHERTEXT_BYTES = 65536
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Media:
    """The store: signs URLs and serves what they name."""

    def __init__(self, state: CloudState) -> None:
        self.state = state
        self._secret = secrets.token_bytes(32)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this topic."""
        return [
            web.get("/video/{name}", self.serve, allow_head=False),
            web.get("/cdn/{name}", self.redirect, allow_head=False),
            web.head("/video/{name}", self.refuse_head),
            web.head("/cdn/{name}", self.refuse_head),
        ]

    def url(
        self, request: web.Request, recording: CloudRecording, suffix: str = "mp4"
    ) -> str:
        """Return a fresh signed URL of a recording's file."""
        folder = "cdn" if self.state.redirect_media else "video"
        return self._sign(request, f"/{folder}/{recording.key}.{suffix}")

    def _sign(self, request: web.Request, path: str) -> str:
        """Return a URL that is signed byte for byte, escapes included."""
        now = datetime.fromtimestamp(self.state.now(), UTC)
        signed = (
            f"{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=AKIALOOPBACK%2F{now:%Y%m%d}%2Fus-east-1%2Fs3%2Faws4_request"
            f"&X-Amz-Date={now.strftime(DATE_FORMAT)}"
            f"&X-Amz-Expires={self.state.signed_url_ttl_s}"
            "&X-Amz-SignedHeaders=host&x-id=Get%3AObject%7Efull"
        )
        return f"http://{request.host}{signed}{SIGNATURE}{self._hmac(signed)}"

    def _hmac(self, signed: str) -> str:
        """Return the signature of a path with its query."""
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return why a signed URL is refused: rewritten, expired, two ways to sign in."""
        if "Authorization" in request.headers:
            return xml_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        signed, _, signature = request.raw_path.partition(SIGNATURE)
        if not signature:
            return xml_error(403, "AccessDenied", "Access Denied")
        if not hmac.compare_digest(self._hmac(signed), signature):
            return xml_error(403, "SignatureDoesNotMatch", "The signature is wrong")
        query = parse_qs(signed.partition("?")[2])
        issued = datetime.strptime(query["X-Amz-Date"][0], DATE_FORMAT)
        expires = issued.replace(tzinfo=UTC).timestamp() + int(
            query["X-Amz-Expires"][0]
        )
        if self.state.now() >= expires:
            return xml_error(403, "AccessDenied", "Request has expired")
        return None

    async def refuse_head(self, _request: web.Request) -> web.Response:
        """Refuse HEAD: a URL signed for GET is good for GET alone."""
        return web.Response(status=403)

    async def redirect(self, request: web.Request) -> web.Response:
        """Send a good URL on to the store itself."""
        if refused := self._refusal(request):
            return refused
        location = self._sign(request, f"/video/{request.match_info['name']}")
        return web.Response(status=302, headers={"Location": location})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve a file, or the range of it that was asked for."""
        if refused := self._refusal(request):
            return refused
        key, _, suffix = request.match_info["name"].rpartition(".")
        recording = self.state.recording(key)
        missing = xml_error(404, "NoSuchKey", "The specified key does not exist.")
        if recording is None or recording.file is None:
            return missing
        recording.asks["object"] += 1
        if recording.asks["object"] <= recording.missing_object_requests:
            return missing
        source = self._source(request, recording, suffix)
        if isinstance(source, Path) and not source.is_file():
            return missing
        return await self._send(request, source, suffix)

    def _source(
        self, request: web.Request, recording: CloudRecording, suffix: str
    ) -> Source:
        """Return what to serve: a fault's file, ciphertext, or the recording."""
        if (other := shape_of(request).file) is not None:
            return other
        if suffix == "jpg":
            return THUMBNAIL
        camera = self.state.camera(recording.camera_id)
        assert recording.file is not None
        assert camera is not None
        if recording.e2ee or camera.e2ee:
            return random.Random(recording.key).randbytes(CIPHERTEXT_BYTES)
        return recording.file

    async def _send(
        self, request: web.Request, source: Source, suffix: str
    ) -> web.StreamResponse:
        """Answer 200, 206 or 416 as Range and If-Range say."""
        fault = shape_of(request)
        size = size_of(source)
        total = size if fault.truncate is None else min(size, fault.truncate)
        etag = fault.etag or etag_of(source, total)
        headers = {
            "ETag": etag,
            "Accept-Ranges": "bytes",
            "Content-Type": "image/jpeg" if suffix == "jpg" else "video/mp4",
        }
        wanted = request.headers.get("Range")
        if wanted is None or request.headers.get("If-Range", etag) != etag:
            return await stream(request, source, headers, 200, 0, total)
        span = parse_range(wanted, total)
        if span is None:
            headers = {"Content-Range": f"bytes */{total}"}
            return xml_error(416, "InvalidRange", "Not satisfiable", headers)
        start, stop = span
        headers["Content-Range"] = (
            fault.content_range or f"bytes {start}-{stop - 1}/{total}"
        )
        return await stream(request, source, headers, 206, start, stop)


def parse_range(value: str, total: int) -> tuple[int, int] | None:
    """Return start and stop of a byte range, None when it cannot be satisfied."""
    match = RANGE.fullmatch(value.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, total - int(last)), total
    else:
        start = int(first)
        stop = min(total, int(last) + 1) if last else total
    return (start, stop) if start < stop else None


def etag_of(source: Source, total: int) -> str:
    """Return a strong ETag that changes whenever the object does."""
    what = source if isinstance(source, bytes) else f"{source}".encode()
    if isinstance(source, Path):
        what += str(source.stat().st_mtime_ns).encode()
    return f'"{hashlib.md5(what + str(total).encode(), usedforsecurity=False).hexdigest()}"'


def xml_error(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> web.Response:
    """Return an error as S3 words it."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{secrets.token_hex(8).upper()}</RequestId></Error>"
    )
    return web.Response(
        status=status, text=text, content_type="application/xml", headers=headers
    )


THUMBNAIL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b1716171e"
    "1c1b2028422b28252528513a3d3042605565645f555d5b6a7899816a7190735b5d85b586"
    "909ea3abadab6780bcc9baa6c799a8aba4ffc0000b080010001001011100ffc400140001"
    "00000000000000000000000000000000ffc4001410010000000000000000000000000000"
    "0000ffda0008010100003f0000ffd9"
)
"""A grey JPEG of 16x16 pixels."""
