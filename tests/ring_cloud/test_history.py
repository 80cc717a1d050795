"""Tests of the history's rows: what Ring says of a recording, strictly read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.ring_vision.library.models import NewRecording
from custom_components.ring_vision.ring_cloud.history import (
    find_media,
    parse_ding,
    parse_event,
)

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLASSIC_ID = (int(START.timestamp()) << 32) | 1001

EVENT: dict[str, Any] = {
    "schema": "Event",
    "source_id": "opaque-11",
    "event_id": "opaque-12",
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "2026-01-01T00:00:29Z",
    "event_type": "on_demand",
    "source_type": None,
    "duration_ms": 29000,
    "state": "completed",
    "had_subscription": False,
    "recording_status": "ready",
    "cv": {"person_detected": None, "stream_broken": False, "detection_type": None},
    "visualizations": {
        "cloud_media_visualization": {"schema": "CloudMediaVisualization", "media": []},
        "local_media_visualization": {"schema": "LocalMediaVisualization", "media": []},
        "radar_visualization": None,
        "map_visualization": None,
    },
    "device": {
        "id": 1001,
        "description": "opaque-1",
        "type": "stickup_cam_mini_ptz_v1",
    },
    "owner_id": "opaque-13",
}
DING: dict[str, Any] = {
    "id": 7330963245622279024,
    "created_at": "2024-02-02T11:21:24.000Z",
    "answered": False,
    "events": [],
    "kind": "ding",
    "favorite": False,
    "snapshot_url": "",
    "recording": {"status": "ready"},
    "duration": 40.0,
    "cv_properties": {"person_detected": None, "stream_broken": False},
    "doorbot": {"id": 185036587, "description": "Ingresso"},
    "is_e2ee": False,
    "had_subscription": True,
    "owner_id": "762490876",
}
VIDEO = {"file_type": "VIDEO", "url": "https://cdn/v", "is_e2ee": False}
THUMBNAIL = {"file_type": "THUMBNAIL", "url": "https://cdn/t", "is_e2ee": False}


def with_media(cloud: Any = None, local: Any = None, **changes: Any) -> dict[str, Any]:
    """Return an event with these media."""
    seen = {
        "cloud_media_visualization": {"media": cloud},
        "local_media_visualization": {"media": local},
    }
    return EVENT | {"had_subscription": True, "visualizations": seen} | changes


def test_an_event_is_a_recording() -> None:
    """An id is any text; ready without media and without a plan never comes."""
    assert parse_event(EVENT) == NewRecording(
        id="opaque-12",
        camera_id="1001",
        kind="on_demand",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=29.0,
        skip_reason="no_plan",
    )


def test_a_ding_is_a_recording() -> None:
    """An id beyond 2**53 keeps every digit."""
    assert parse_ding(DING, "185036587") == NewRecording(
        id="7330963245622279024",
        camera_id="185036587",
        kind="ding",
        start=datetime(2024, 2, 2, 11, 21, 24, tzinfo=UTC),
        duration_s=40.0,
    )


def test_an_old_ding_lacks_what_came_later() -> None:
    """No duration, no subscription."""
    row = {
        "answered": False,
        "created_at": "2017-03-05T15:03:40.000Z",
        "events": [],
        "favorite": False,
        "id": 987654321,
        "kind": "motion",
        "recording": {"status": "ready"},
        "snapshot_url": "",
    }
    assert parse_ding(row, "1") == NewRecording(
        id="987654321",
        camera_id="1",
        kind="motion",
        start=datetime(2017, 3, 5, 15, 3, 40, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:00:00Z",
        "2026-11-20T12:00:00.000Z",
        "2026-11-20T12:00:00+00:00",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T12:00:00",
        "yesterday",
        "",
        None,
        1795176000000,
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_date_is_read_strictly_or_comes_from_the_id(text: Any) -> None:
    """It never becomes now."""
    event = parse_event(EVENT | {"event_id": str(CLASSIC_ID), "start_time": text})
    ding = parse_ding(DING | {"id": CLASSIC_ID, "created_at": text}, "1001")
    assert event is not None
    assert ding is not None
    assert event.start == ding.start == START
    assert event.start.tzinfo is ding.start.tzinfo is UTC


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None},
        {"event_id": ""},
        {"event_id": 1.5},
        {"event_id": True},
        {"event_type": None},
        {"device": None, "source_id": None},
        {"start_time": "yesterday"},
        {"start_time": "yesterday", "event_id": "123"},
        {"start_time": "yesterday", "event_id": "9" * 40},
        {"start_time": "yesterday", "event_id": str(4102444800 << 32)},
    ],
)
def test_a_row_that_cannot_be_understood_is_skipped(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """With a word in the debug log, and without harm to the others."""
    caplog.set_level("DEBUG")
    assert parse_event(EVENT | changes) is None
    assert "Skipping a row" in caplog.text


@pytest.mark.parametrize(
    ("changes", "duration_s"),
    [
        ({}, 29.0),
        ({"duration_ms": None}, 29.0),
        ({"duration_ms": 0}, 29.0),
        ({"duration_ms": 1500}, 1.5),
        ({"duration_ms": "long", "end_time": None}, None),
        ({"duration_ms": None, "end_time": "2025-01-01T00:00:00Z"}, None),
    ],
)
def test_a_duration_is_one_or_none(
    changes: dict[str, Any], duration_s: float | None
) -> None:
    """From the length, else from the end."""
    recording = parse_event(EVENT | changes)
    assert recording is not None
    assert recording.duration_s == duration_s


@pytest.mark.parametrize(
    ("row", "camera_id"),
    [
        (EVENT, "1001"),
        (EVENT | {"device": {"id": "1002"}}, "1002"),
        (EVENT | {"device": None, "source_id": "1003"}, "1003"),
    ],
)
def test_the_camera_is_the_device_or_else_the_source(
    row: dict[str, Any], camera_id: str
) -> None:
    """As text."""
    recording = parse_event(row)
    assert recording is not None
    assert recording.camera_id == camera_id


@pytest.mark.parametrize(
    ("row", "url", "reason"),
    [
        (with_media([THUMBNAIL, VIDEO]), "https://cdn/v", None),
        (with_media([VIDEO], [VIDEO]), "https://cdn/v", None),
        (with_media([VIDEO], had_subscription=False), "https://cdn/v", None),
        (with_media([THUMBNAIL]), None, None),
        (with_media([]), None, None),
        (with_media(None), None, None),
        (with_media([], had_subscription=None), None, None),
        (with_media([], had_subscription=False), None, "no_plan"),
        (with_media([], [VIDEO]), None, "ring_edge"),
        (with_media([VIDEO | {"is_e2ee": True}]), None, "e2ee"),
        (with_media([], is_e2ee=True), None, "e2ee"),
        (with_media([VIDEO | {"url": None}]), None, None),
        (with_media("x"), None, None),
        (EVENT | {"visualizations": None, "had_subscription": True}, None, None),
        ({}, None, None),
    ],
)
def test_media_are_there_or_the_reason_why_not(
    row: dict[str, Any], url: str | None, reason: str | None
) -> None:
    """Ready without media may be not ready, and that is no reason."""
    media = find_media(row)
    assert (media.url, media.skip_reason) == (url, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"recording": {"status": "processing"}}, None),
        ({"had_subscription": None}, None),
        ({"had_subscription": False}, "no_plan"),
        ({"is_e2ee": True}, "e2ee"),
    ],
)
def test_a_ding_says_why_nothing_comes(
    changes: dict[str, Any], reason: str | None
) -> None:
    """As far as the older history tells."""
    recording = parse_ding(DING | changes, "1")
    assert recording is not None
    assert recording.skip_reason == reason
