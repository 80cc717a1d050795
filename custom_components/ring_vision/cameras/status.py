"""Per camera: whether all is fine, or why nothing comes."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..library.models import Camera, Recording, RecordingState
from ..library_state import CameraState

QUIET_AFTER: Final = timedelta(days=7)
"""Without a recording; what an older one tells may no longer be true."""


class CameraStatus(StrEnum):
    """What the owner has to know of a camera: codes that translations name."""

    ALL_FINE = "all_fine"
    QUIET = "quiet"
    """Fine, but it has recorded nothing for a week."""
    WAITING = "waiting"
    """Ring has recordings that are not ready yet."""
    NO_PLAN = "no_plan"
    END_TO_END_ENCRYPTED = "end_to_end_encrypted"
    RING_EDGE = "ring_edge"
    SHARED = "shared"
    """Somebody else's, who does not let this account see recordings."""
    RECORDING_OFF = "recording_off"
    UNREACHABLE = "unreachable"
    NOT_CHOSEN = "not_chosen"
    """The owner left it out in the options."""
    SIGN_IN_NEEDED = "sign_in_needed"
    RING_UNREACHABLE = "ring_unreachable"


OF_REASON: Final = {
    "no_plan": CameraStatus.NO_PLAN,
    "e2ee": CameraStatus.END_TO_END_ENCRYPTED,
    "ring_edge": CameraStatus.RING_EDGE,
    "recording_off": CameraStatus.RECORDING_OFF,
    "offline": CameraStatus.UNREACHABLE,
}
"""Ring's reasons, of the device list and of recordings without media."""


def camera_status(
    camera: Camera,
    state: CameraState,
    *,
    trouble: CameraStatus | None,
    chosen: bool,
    now: datetime,
) -> CameraStatus:
    """Return the first of all reasons that holds; `trouble` is the account's."""
    newest = state.newest
    skipped = newest is not None and _is_without_media(newest)
    quiet = newest is None or now - newest.start > QUIET_AFTER
    if trouble is not None:
        return trouble
    if not chosen:
        return CameraStatus.NOT_CHOSEN
    if camera.shared and (newest is None or skipped):
        return CameraStatus.SHARED
    if camera.reason in OF_REASON:
        return OF_REASON[camera.reason]
    if newest and skipped and not quiet and newest.reason in OF_REASON:
        return OF_REASON[newest.reason]
    if state.waiting:
        return CameraStatus.WAITING
    return CameraStatus.QUIET if quiet else CameraStatus.ALL_FINE


def _is_without_media(recording: Recording) -> bool:
    """Return whether nothing comes; what Ring denies is asked for again, but tells why."""
    denied = (
        recording.state is RecordingState.NOT_READY and recording.reason in OF_REASON
    )
    return denied or recording.state is RecordingState.SKIPPED
