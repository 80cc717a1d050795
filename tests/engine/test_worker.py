"""Tests of the worker over pipes: lines of JSON in, lines of JSON out."""

from collections.abc import Generator
import io
import json
import logging
import os
from pathlib import Path
import threading
from typing import Any

import pytest

from custom_components.ring_vision.engine import worker as worker_module
from custom_components.ring_vision.engine.protocol import (
    AnalyzeJob,
    EmbedJob,
    GoodFace,
    IdentifyJob,
    Reference,
    TrackFaces,
    to_json,
)
from custom_components.ring_vision.engine.worker import Worker
from tests.pictures import face_clip, face_picture

type Json = dict[str, Any]

WAIT_S = 60


class Line:
    """A worker in a thread, and the other ends of its pipes."""

    def __init__(self) -> None:
        """Start it."""
        requests, ours = os.pipe()
        theirs, answers = os.pipe()
        self.requests = os.fdopen(ours, "wb")
        self.answers = os.fdopen(theirs, "rb")
        self.worker = Worker(os.fdopen(requests, "rb"), os.fdopen(answers, "wb"))
        self.thread = threading.Thread(target=self.worker.run, daemon=True)
        self.thread.start()

    def send(self, **request: Any) -> None:
        """Write a request."""
        self.requests.write(json.dumps(request).encode() + b"\n")
        self.requests.flush()

    def receive(self) -> Json:
        """Read the next line, whatever it is."""
        return dict(json.loads(self.answers.readline()))

    def answer(self) -> Json:
        """Read the next answer that is no progress."""
        return next(
            answer for answer in iter(self.receive, None) if "progress" not in answer
        )

    def ask(self, **request: Any) -> Json:
        """Send a request and read its answer."""
        self.send(**request)
        return self.answer()

    def has_ended(self) -> bool:
        """Tell whether the worker comes to its end."""
        self.thread.join(WAIT_S)
        return not self.thread.is_alive()


@pytest.fixture
def line() -> Generator[Line]:
    """Return a worker that waits for requests, and end it afterwards."""
    made = Line()
    yield made
    made.requests.close()
    assert made.has_ended()
    made.answers.close()


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip in which one person moves."""
    return face_clip(tmp_path_factory.mktemp("clips") / "face.mp4")


def embedding(x: float) -> tuple[float, ...]:
    """Return 128 numbers of which all but one are nought."""
    return (x, *[0.0] * 127)


def recording_of(*faces: float) -> tuple[TrackFaces, ...]:
    """Return a recording of tracks with one face each."""
    return tuple(
        TrackFaces(track=number, faces=(GoodFace(embedding=embedding(x), weight=1.0),))
        for number, x in enumerate(faces, 1)
    )


IDENTIFY = to_json(
    IdentifyJob(
        recordings=(recording_of(0.25, 9.0), recording_of(9.0)),
        gallery=(Reference(person="Anna", embedding=embedding(0.0)),),
    )
)


def test_an_unknown_request_is_an_error_and_the_next_is_answered(line: Line) -> None:
    error = line.ask(id=1, do="dance")["error"]
    assert error == {"code": "internal", "message": "unknown request dance"}
    assert line.ask(id=2, do="dance")["id"] == 2


def test_a_request_that_lacks_something_is_told_to_a_developer(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    job: dict[str, list[str]] = {"gallery": [], "rejections": [], "models": []}
    error = line.ask(id=1, do="analyze", job=job)["error"]
    assert error["code"] == "internal"
    assert error["message"].startswith("TypeError: ")
    assert "Request analyze failed" in caplog.text


def test_a_probe_tells_what_can_run(line: Line, tmp_path: Path) -> None:
    answer = line.ask(id=7, do="probe", models=[str(tmp_path)], detector="fox")
    assert answer["id"] == 7
    assert answer["result"]["faces"] is True
    assert answer["result"]["reasons"] == {"objects": "no weights of fox were found"}


def test_an_analysis_is_answered_after_its_progress(line: Line, face: Path) -> None:
    line.send(id=1, do="analyze", job=to_json(AnalyzeJob(path=str(face))))
    assert line.receive() == {"id": 1, "progress": 0.0}
    (track,) = line.answer()["result"]["tracks"]
    assert (track["label"], track["stranger"]) == ("person", 1)


def test_progress_is_told_now_and_then(
    line: Line, face: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PROGRESS_EVERY_S", 0)
    line.send(id=1, do="analyze", job=to_json(AnalyzeJob(path=str(face))))
    answers = [line.receive()]
    while "result" not in answers[-1]:
        answers.append(line.receive())
    told = [answer["progress"] for answer in answers[:-1]]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 0.98)
    assert len(told) > 5


def test_a_bad_recording_is_answered_with_its_reason(
    line: Line, tmp_path: Path
) -> None:
    job = to_json(AnalyzeJob(path=str(tmp_path / "missing.mp4")))
    error = line.ask(id=1, do="analyze", job=job)["error"]
    assert error == {"code": "file_missing", "message": "missing.mp4 is not there"}


def test_pictures_are_embedded(line: Line, tmp_path: Path) -> None:
    good, missing = str(face_picture(tmp_path / "a.jpg")), str(tmp_path / "b.jpg")
    answer = line.ask(id=1, do="embed", job=to_json(EmbedJob(paths=(good, missing))))
    first, second = answer["result"]
    assert len(first["face"]["embedding"]) == 128
    assert (second["face"], second["error"]) == (None, "file_missing")


def test_tracks_are_identified_without_a_video(line: Line) -> None:
    first, second = line.ask(id=1, do="identify", job=IDENTIFY)["result"]
    assert first["1"] == {"person": "Anna", "distance": 0.25, "stranger": None}
    assert first["2"] == {"person": None, "distance": None, "stranger": 1}
    assert second["1"]["stranger"] == 1


def test_weights_that_are_not_the_published_ones_are_refused(
    line: Line, tmp_path: Path
) -> None:
    (tmp_path / "yolo11n.ncnn.param").write_text("another network")
    error = line.ask(
        id=1,
        do="fetch",
        folder=str(tmp_path / "models"),
        base_url=tmp_path.as_uri() + "/",
    )["error"]
    assert error["code"] == "download_failed"
    assert "blob id" in error["message"]
    assert list((tmp_path / "models").iterdir()) == []


def test_a_request_is_cancelled_while_it_is_worked_on(line: Line, face: Path) -> None:
    line.send(id=1, do="analyze", job=to_json(AnalyzeJob(path=str(face))))
    assert "progress" in line.receive()
    line.send(id=1, do="cancel")
    assert line.answer()["error"] == {"code": "cancelled", "message": "cancelled"}
    assert "result" in line.ask(id=2, do="identify", job=IDENTIFY)


def test_a_request_is_cancelled_before_its_turn(line: Line) -> None:
    line.send(id=5, do="cancel")
    assert line.ask(id=5, do="identify", job=IDENTIFY)["error"]["code"] == "cancelled"
    assert "result" in line.ask(id=6, do="identify", job=IDENTIFY)


def test_the_worker_stops_when_the_other_side_closes_the_stream(
    line: Line, face: Path
) -> None:
    line.send(id=1, do="analyze", job=to_json(AnalyzeJob(path=str(face))))
    assert "progress" in line.receive()
    line.requests.close()
    assert line.answer()["error"]["code"] == "cancelled"
    assert line.has_ended()


def test_the_worker_stops_when_nobody_reads_its_answers(line: Line, face: Path) -> None:
    line.answers.close()
    line.send(id=1, do="analyze", job=to_json(AnalyzeJob(path=str(face))))
    line.requests.close()
    assert line.has_ended()
    with pytest.raises(BrokenPipeError):
        line.worker._answers.close()


def test_half_a_request_ends_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    answers = io.BytesIO()
    Worker(io.BytesIO(b'{"id": 1, "do": "pro'), answers).run()
    assert answers.getvalue() == b""
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_models_are_kept_until_others_are_asked_for() -> None:
    worker = Worker(io.BytesIO(), io.BytesIO())
    first = worker._load((), "yolo11n")
    assert worker._load((), "yolo11n") is first
    # Faces need no detector, whichever it is.
    assert worker._load(()) is first
    fox = worker._load((), "fox")
    assert fox is not first
    assert worker._load(()) is fox
    assert worker._load(("/models",)).name == "yolo11n"
