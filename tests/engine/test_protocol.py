"""Tests of the messages: what goes through JSON comes back the same."""

import json
from typing import Any

import pytest

from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.protocol import (
    Analysis,
    Capabilities,
    EmbeddedImage,
    Face,
    GoodFace,
    Identity,
    Track,
    TrackFaces,
    to_json,
)

FACE = Face(
    time_s=1.5,
    box=(0.1, 0.2, 0.3, 0.4),
    score=0.9,
    width_px=80,
    sharpness=120.5,
    embedding=(0.25, -0.5),
    weight=0.7,
)
KNOWN = Track(
    track=1,
    label="person",
    confidence=0.8,
    start_s=0.0,
    end_s=2.0,
    frames=4,
    box=(0.0, 0.1, 0.5, 1.0),
    moving=True,
    person="Anna",
    distance=0.31,
    snapshot="7_1.jpg",
    faces=(FACE, FACE),
)
CAR = Track(
    track=2,
    label="car",
    confidence=0.5,
    start_s=0.0,
    end_s=2.0,
    frames=2,
    box=(0.5, 0.5, 1.0, 1.0),
    moving=False,
)
ANALYSIS = Analysis(
    engine="2 yolo11n+resnet",
    duration_s=2.0,
    width=1920,
    height=1080,
    codec="h264",
    seconds=1.0,
    cpu_seconds=1.5,
    peak_rss_mb=200.0,
    frames_decoded=30,
    frames_analyzed=5,
    tracks=(KNOWN, CAR),
    strangers=0,
    missing=("faces",),
    stages={"decode": 0.5},
)


def travelled(message: Any) -> Any:
    """Return a message's dict after a trip through JSON."""
    return json.loads(json.dumps(to_json(message)))


@pytest.mark.parametrize(
    "message",
    [
        ANALYSIS,
        EmbeddedImage(path="a.jpg", face=FACE),
        EmbeddedImage(
            path="b.jpg", face=None, error=ErrorCode.NO_FACE, message="no face"
        ),
        TrackFaces(
            track=3,
            faces=(GoodFace(embedding=(1.0, 2.0), weight=0.5),),
            together=(1, 2),
        ),
        TrackFaces(track=4, faces=()),
    ],
)
def test_a_nested_message_comes_back_the_same(
    message: Analysis | EmbeddedImage | TrackFaces,
) -> None:
    assert type(message).from_json(travelled(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Identity(person="Anna", distance=0.3),
        Identity(stranger=2),
        Capabilities(objects=False, faces=True, reasons={"objects": "no weights"}),
    ],
)
def test_a_flat_message_is_built_from_its_names(
    message: Identity | Capabilities,
) -> None:
    assert type(message)(**travelled(message)) == message


def test_an_error_without_words_says_its_code() -> None:
    assert str(EngineError(ErrorCode.TIMEOUT)) == "timeout"
    error = EngineError(ErrorCode.CRASHED, "it died")
    assert (error.code, str(error)) == (ErrorCode.CRASHED, "it died")
