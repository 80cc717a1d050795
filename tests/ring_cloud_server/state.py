"""What the account holds: user, cameras, recordings. Mutable, so that tests can play."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
import time
from typing import Self

RECORDING_FAMILIES = ("doorbots", "authorized_doorbots", "stickup_cams")


@dataclass(slots=True)
class CloudCamera:
    """A Ring device that records."""

    id: int
    name: str
    kind: str
    family: str
    """doorbots, authorized_doorbots, stickup_cams; v3 is in device_info/v3 alone."""
    plan: bool = True
    e2ee: bool = False
    ring_edge: bool = False
    recording_enabled: bool = True
    online: bool = True
    shared: bool = False
    location_id: str = "location-1"
    time_zone: str = "Europe/London"
    recording_ttl_days: int = 60


@dataclass(slots=True)
class CloudRecording:
    """One recording that Ring keeps, or claims to keep."""

    camera_id: int
    start: datetime
    kind: str = "motion"
    duration_s: float = 8.0
    file: Path | None = None
    """None: listed as ready, but there is no media (as without a plan)."""
    id: str | None = None
    """Default: `(unix_seconds << 32) | camera_id`, as Ring's classic ids are."""
    not_ready_requests: int = 0
    """So many first asks at each door (history, event, share/play) find no media."""
    ready_after_s: float = 0.0
    """Media appears this long after the first ask."""
    missing_object_requests: int = 0
    """So many first GETs of the media URL answer S3's NoSuchKey."""
    e2ee: bool = False
    expired: bool = False
    """No longer in any history; asking for it is a 404."""
    continuous: bool = False
    """24/7 recording: only evm shows it, clients_api does not."""
    video_encoding: str = "h264"
    cv: dict[str, object] = field(default_factory=dict)
    """Ring's own hints, such as {"person_detected": True}."""
    asks: Counter[str] = field(default_factory=Counter)
    """How often each door was asked for the media."""
    first_ask: float | None = None

    def __post_init__(self) -> None:
        """Give it the id that Ring would."""
        if self.start.tzinfo is None:
            self.start = self.start.replace(tzinfo=UTC)
        if self.id is None:
            self.id = str(int(self.start.timestamp()) << 32 | self.camera_id)

    @property
    def key(self) -> str:
        """Return its id, which is always there once it is made."""
        assert self.id is not None
        return self.id

    @property
    def numeric_id(self) -> int:
        """Return the number that clients_api shows and `older_than` compares."""
        if self.key.isdecimal():
            return int(self.key)
        return int(self.start.timestamp()) << 32 | self.camera_id

    def ask(self, door: str, now: float) -> bool:
        """Count an ask for the media at a door; say whether there is any by now."""
        self.asks[door] += 1
        if self.first_ask is None:
            self.first_ask = now
        return self.ready(door, now)

    def ready(self, door: str, now: float) -> bool:
        """Say whether a door that was asked would show media."""
        waited = now - (now if self.first_ask is None else self.first_ask)
        return (
            self.file is not None
            and self.asks[door] > self.not_ready_requests
            and waited >= self.ready_after_s
        )


@dataclass(slots=True)
class CloudState:
    """The account and everything in it."""

    email: str = "anna@example.com"
    password: str = "secret"
    two_factor: bool = True
    code: str = "123456"
    """The code that is sent whenever a sign-in asks for one."""
    phone: str = "+44xxxxxxxx89"
    tsv_state: str = "sms"
    """Where the code goes: sms, email or totp (an app, nothing is sent)."""
    account_id: int = 424242
    access_ttl_s: int = 14400
    refresh_policy: str = "rotate"
    """rotate (single use), rotate_grace (the old one works 60 s more) or reusable."""
    signed_url_ttl_s: int = 900
    redirect_media: bool = False
    """True sends every media GET over `/cdn/` first (302)."""
    history_page_limit: int = 100
    evm_page_limit: int = 100
    code_life_s: int = 600
    codes_per_window: int = 10
    code_window_s: int = 600
    cameras: list[CloudCamera] = field(default_factory=list)
    recordings: list[CloudRecording] = field(default_factory=list)
    chime: bool = True
    """Also list a chime, which is no camera."""
    clock_offset_s: float = 0.0
    """Moves the cloud's clock: tokens, codes and signed URLs age at once."""
    codes_sent: list[float] = field(default_factory=list)
    access_tokens: dict[str, float] = field(default_factory=dict)
    """Token to the time when it expires."""
    refresh_tokens: dict[str, float] = field(default_factory=dict)
    """Token to the time from which it is refused."""
    sessions: dict[str, dict[str, object]] = field(default_factory=dict)
    """hardware_id to the device of `clients_api/session`."""

    @classmethod
    def three_cameras(cls) -> Self:
        """Return an account with a doorbell, a stick-up camera and an unknown kind."""
        return cls(cameras=default_cameras())

    def load(self, folder: Path) -> None:
        """Take cameras and recordings from a folder in place of those it has."""
        # That module needs the classes of this one.
        from .folder import load_cameras, load_recordings

        self.cameras = load_cameras(folder)
        self.recordings = load_recordings(folder)

    def now(self) -> float:
        """Return the cloud's time in Unix seconds."""
        return time.time() + self.clock_offset_s

    def camera(self, camera_id: int) -> CloudCamera | None:
        """Return a camera by id."""
        return next((c for c in self.cameras if c.id == camera_id), None)

    def recording(self, recording_id: str) -> CloudRecording | None:
        """Return a recording by id, unless it expired or its camera is gone."""
        for recording in self.recordings:
            if recording_id in {recording.key, str(recording.numeric_id)}:
                gone = recording.expired or self.camera(recording.camera_id) is None
                return None if gone else recording
        return None

    def history(self, camera_ids: set[int]) -> list[CloudRecording]:
        """Return what the history of these cameras shows, newest first."""
        known = {camera.id for camera in self.cameras} & camera_ids
        shown = [r for r in self.recordings if r.camera_id in known and not r.expired]
        return sorted(shown, key=lambda r: (r.start, r.numeric_id), reverse=True)

    def expire_access_tokens(self) -> None:
        """Let every access token be refused from now on."""
        self.access_tokens.clear()

    def revoke_refresh_tokens(self) -> None:
        """Let every refresh token be unknown, as after a password change."""
        self.refresh_tokens.clear()

    def forget_sessions(self) -> None:
        """Forget every hardware id, as Ring does now and then."""
        self.sessions.clear()


def default_cameras() -> list[CloudCamera]:
    """Return the three cameras of an account without a cameras.json."""
    return [
        CloudCamera(1001, "Front Door", "lpd_v4", "doorbots"),
        CloudCamera(1002, "Garden", "stickup_cam_v4", "stickup_cams"),
        CloudCamera(1003, "Drive", "osprey_next_2027", "stickup_cams"),
    ]
