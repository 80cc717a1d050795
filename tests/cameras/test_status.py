"""What is said of a camera, of all that the account, Ring and the library know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.ring_vision.cameras.status import CameraStatus, camera_status
from custom_components.ring_vision.library.models import (
    AnalysisState,
    Camera,
    Recording,
    RecordingState,
)
from custom_components.ring_vision.library_state import CameraState

NOW = datetime(2027, 3, 4, 20, tzinfo=UTC)
FINE = {"id": "1", "name": "Front Door", "kind": "lpd_v4", "family": "doorbots"}


def state(
    days_ago: float, recording: RecordingState, reason: str | None = None
) -> CameraState:
    """Return what the library knows of a camera whose newest recording is this."""
    newest = Recording(
        id="1",
        camera_id="1",
        kind="motion",
        start=NOW - timedelta(days=days_ago),
        duration_s=None,
        state=recording,
        reason=reason,
        attempts=0,
        next_try=None,
        path=None,
        size=None,
        analysis=AnalysisState.NONE,
        analysis_reason=None,
        analysis_attempts=0,
    )
    return CameraState(newest=newest, waiting=recording is RecordingState.NOT_READY)


NOTHING = CameraState()
TODAY = state(0.1, RecordingState.DOWNLOADED)
SKIPPED = RecordingState.SKIPPED


@pytest.mark.parametrize(
    ("camera", "known", "status"),
    [
        ({}, TODAY, "all_fine"),
        ({}, state(1, RecordingState.SEEN), "all_fine"),
        ({}, state(6.9, RecordingState.DOWNLOADED), "all_fine"),
        ({}, state(1, RecordingState.DELETED), "all_fine"),
        ({}, state(7.1, RecordingState.DOWNLOADED), "quiet"),
        ({}, NOTHING, "quiet"),
        ({}, state(0.1, RecordingState.NOT_READY, "not_ready"), "waiting"),
        ({"reason": "no_plan"}, TODAY, "no_plan"),
        ({"reason": "no_plan"}, NOTHING, "no_plan"),
        ({"reason": "no_plan"}, state(0.1, RecordingState.NOT_READY), "no_plan"),
        ({"reason": "e2ee"}, TODAY, "end_to_end_encrypted"),
        ({"reason": "ring_edge"}, TODAY, "ring_edge"),
        ({"reason": "recording_off"}, TODAY, "recording_off"),
        ({"reason": "offline"}, TODAY, "unreachable"),
        ({"reason": "something_new"}, TODAY, "all_fine"),
        ({}, state(1, SKIPPED, "no_plan"), "no_plan"),
        ({}, state(1, SKIPPED, "e2ee"), "end_to_end_encrypted"),
        ({}, state(1, SKIPPED, "ring_edge"), "ring_edge"),
        ({}, state(1, SKIPPED, "something_new"), "all_fine"),
        ({}, state(8, SKIPPED, "no_plan"), "quiet"),
        ({}, state(0.1, RecordingState.NOT_READY, "no_plan"), "no_plan"),
        ({}, state(0.1, RecordingState.NOT_READY, "gone"), "waiting"),
        ({"shared": True}, state(0.1, RecordingState.NOT_READY, "no_plan"), "shared"),
        ({"shared": True}, state(0.1, RecordingState.NOT_READY), "waiting"),
        ({"shared": True}, TODAY, "all_fine"),
        ({"shared": True}, NOTHING, "shared"),
        ({"shared": True}, state(1, SKIPPED, "e2ee"), "shared"),
        ({"shared": True, "reason": "no_plan"}, NOTHING, "shared"),
        ({"shared": True, "reason": "recording_off"}, TODAY, "recording_off"),
    ],
)
def test_a_camera_has_a_status(
    camera: dict[str, Any], known: CameraState, status: str
) -> None:
    found = camera_status(
        Camera(**FINE | camera), known, trouble=None, chosen=True, now=NOW
    )
    assert found.value == status


@pytest.mark.parametrize("camera", [{}, {"reason": "no_plan"}, {"shared": True}])
@pytest.mark.parametrize(
    ("trouble", "chosen", "status"),
    [
        (CameraStatus.SIGN_IN_NEEDED, True, "sign_in_needed"),
        (CameraStatus.RING_UNREACHABLE, False, "ring_unreachable"),
        (None, False, "not_chosen"),
    ],
)
def test_what_holds_for_the_account_goes_before(
    camera: dict[str, Any], trouble: CameraStatus | None, chosen: bool, status: str
) -> None:
    found = camera_status(
        Camera(**FINE | camera), TODAY, trouble=trouble, chosen=chosen, now=NOW
    )
    assert found.value == status
