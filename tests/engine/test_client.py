"""Tests of the client: real worker processes, and what they die of."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
import logging
import os
from pathlib import Path
import sys
import threading

import pytest

from custom_components.ring_vision.engine import client as client_module
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.protocol import (
    Analysis,
    AnalyzeJob,
    EmbedJob,
    GoodFace,
    IdentifyJob,
    Identity,
    Reference,
    TrackFaces,
)
from tests.pictures import face_clip, face_picture

WAIT_S = 60
PROBED = '{"objects": false, "faces": true, "reasons": {"objects": "none"}}'

type Start = Callable[[str], EngineClient]
"""Starts a client whose interpreter is a shell script."""


@pytest.fixture
def client() -> Generator[EngineClient]:
    """Return a client, and end its worker afterwards."""
    made = EngineClient(nice=0)
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path) -> Generator[Start]:
    """Return what makes clients of shell scripts, and end their workers afterwards."""
    made: list[EngineClient] = []

    def start(script: str) -> EngineClient:
        path = tmp_path / f"python-{len(made)}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        made.append(EngineClient(str(path)))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill at once what does not obey."""
    for name in ("POLL_S", "OBEY_S", "EXIT_S"):
        monkeypatch.setattr(client_module, name, 0.05)


@pytest.fixture(scope="module")
def long_job(tmp_path_factory: pytest.TempPathFactory) -> AnalyzeJob:
    """Return the job of looking at a clip that takes seconds."""
    clip = face_clip(tmp_path_factory.mktemp("clips") / "long.mp4", seconds=30)
    return AnalyzeJob(path=str(clip))


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> AnalyzeJob:
    """Return the job of looking at a short clip."""
    clip = face_clip(tmp_path_factory.mktemp("clips") / "short.mp4")
    return AnalyzeJob(path=str(clip))


@pytest.fixture
def other_thread() -> Generator[ThreadPoolExecutor]:
    """Return a thread of its own."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


def works(client: EngineClient) -> bool:
    """Tell whether the next call works."""
    return client.probe(()).faces


def failure(call: Callable[[], object]) -> EngineError:
    """Return the error that a call raises."""
    with pytest.raises(EngineError) as error:
        call()
    return error.value


def begun(
    client: EngineClient, job: AnalyzeJob, pool: ThreadPoolExecutor
) -> Future[Analysis]:
    """Begin a job in another thread and return once the worker is at it."""
    at_work = threading.Event()
    future = pool.submit(
        client.analyze, job, progress=lambda share: at_work.set(), timeout_s=WAIT_S
    )
    assert at_work.wait(WAIT_S)
    return future


def test_a_recording_is_looked_at(client: EngineClient, job: AnalyzeJob) -> None:
    told: list[float] = []
    seen = client.analyze(job, progress=told.append)
    assert [track.label for track in seen.tracks] == ["person"]
    assert told[0] == 0.0


def test_a_picture_is_embedded(client: EngineClient, tmp_path: Path) -> None:
    paths = (str(face_picture(tmp_path / "a.jpg")), str(tmp_path / "missing.jpg"))
    good, missing = client.embed(EmbedJob(paths=paths))
    assert good.face is not None
    assert len(good.face.embedding) == 128
    assert (missing.face, missing.error) == (None, ErrorCode.FILE_MISSING)


def test_an_error_of_the_worker_is_raised_and_it_goes_on(
    client: EngineClient, tmp_path: Path
) -> None:
    job = AnalyzeJob(path=str(tmp_path / "missing.mp4"))
    error = failure(lambda: client.analyze(job))
    assert error.code == ErrorCode.FILE_MISSING
    process = client._process
    assert works(client)
    assert client._process is process


def test_weights_that_cannot_be_fetched_are_an_error(
    client: EngineClient, tmp_path: Path
) -> None:
    nothing_there = (tmp_path / "nothing").as_uri() + "/"
    error = failure(
        lambda: client.fetch_weights(str(tmp_path / "models"), base_url=nothing_there)
    )
    assert error.code == ErrorCode.DOWNLOAD_FAILED


def many_tracks(count: int) -> IdentifyJob:
    """Return a job that takes megabytes of JSON."""
    faces = (GoodFace(embedding=(0.125,) * 128, weight=1.0),)
    recordings = tuple((TrackFaces(track=1, faces=faces),) for _ in range(count))
    anna = Reference(person="Anna", embedding=(0.125,) * 128)
    return IdentifyJob(recordings=recordings, gallery=(anna,))


def test_a_whole_archive_is_identified(client: EngineClient) -> None:
    """The request is many times larger than a pipe."""
    found = client.identify(many_tracks(2000))
    assert found == ({1: Identity(person="Anna", distance=0.0)},) * 2000


def test_a_worker_that_is_killed_at_work_has_crashed_and_another_comes(
    client: EngineClient, long_job: AnalyzeJob
) -> None:
    def kill(share: float) -> None:
        assert client._process is not None
        client._process.kill()

    error = failure(lambda: client.analyze(long_job, progress=kill))
    assert error.code == ErrorCode.CRASHED
    assert "SIGKILL" in str(error)
    assert works(client)


def test_a_worker_that_died_while_it_was_idle_is_replaced(client: EngineClient) -> None:
    assert works(client)
    dead = client._process
    assert dead is not None
    dead.kill()
    dead.wait()
    assert works(client)
    assert client._process is not dead


def test_what_takes_too_long_is_ended(
    client: EngineClient, long_job: AnalyzeJob
) -> None:
    error = failure(lambda: client.analyze(long_job, timeout_s=0.2))
    assert (error.code, str(error)) == (ErrorCode.TIMEOUT, "no result in 0.2 s")
    assert works(client)


def test_a_call_is_cancelled_from_another_thread(
    client: EngineClient, long_job: AnalyzeJob, other_thread: ThreadPoolExecutor
) -> None:
    future = begun(client, long_job, other_thread)
    process = client._process
    client.cancel()
    error = future.exception(WAIT_S)
    assert isinstance(error, EngineError)
    assert (error.code, str(error)) == (ErrorCode.CANCELLED, "cancelled")
    assert works(client)
    assert client._process is process, "a worker that obeys stays"


def test_cancelling_nothing_does_not_stop_the_next_call(client: EngineClient) -> None:
    client.cancel()
    assert works(client)


@pytest.mark.usefixtures("impatient")
def test_a_worker_that_does_not_obey_is_killed(
    start: Start, job: AnalyzeJob, other_thread: ThreadPoolExecutor
) -> None:
    deaf = start("""echo '{"id": 1, "progress": 0}'; exec sleep 600""")
    future = begun(deaf, job, other_thread)
    deaf.cancel()
    error = future.exception(WAIT_S)
    assert isinstance(error, EngineError)
    assert error.code == ErrorCode.CANCELLED
    assert "killed" in str(error)
    assert deaf._process is None


def test_closing_stops_a_call_and_the_next_starts_another_worker(
    client: EngineClient, long_job: AnalyzeJob, other_thread: ThreadPoolExecutor
) -> None:
    future = begun(client, long_job, other_thread)
    process = client._process
    assert process is not None
    client.close()
    error = future.exception(WAIT_S)
    assert isinstance(error, EngineError)
    assert error.code == ErrorCode.CANCELLED
    assert process.returncode == 0
    assert works(client)
    assert client._process is not process


def test_closing_what_never_began_and_closing_twice_does_nothing(
    client: EngineClient,
) -> None:
    client.close()
    assert works(client)
    client.close()
    client.close()
    assert client._process is None


@pytest.mark.usefixtures("impatient")
def test_a_worker_that_does_not_end_by_itself_is_killed(start: Start) -> None:
    stubborn = start(
        f"""read line; echo '{{"id": 1, "result": {PROBED}}}'; exec sleep 600"""
    )
    assert works(stubborn)
    process = stubborn._process
    assert process is not None
    stubborn.close()
    assert process.returncode == -9


def test_calls_from_several_threads_wait_for_each_other(
    client: EngineClient, job: AnalyzeJob, other_thread: ThreadPoolExecutor
) -> None:
    first = other_thread.submit(client.analyze, job)
    second = other_thread.submit(client.identify, many_tracks(1))
    assert len(first.result(WAIT_S).tracks) == 1
    assert second.result(WAIT_S)[0][1].person == "Anna"


def test_noise_on_stdout_is_no_answer(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, client_module.__name__)
    noisy = start(f"""
echo Welcome
echo 5
echo '{{"id": 99, "result": "of somebody else"}}'
echo '{{'
read line
echo '{{"id": 1, "result": {PROBED}}}'
read line
""")
    assert works(noisy)
    noise = [record.getMessage() for record in caplog.records]
    assert [f"worker: {line}" for line in ("Welcome", "5", "{")] == noise


def test_an_answer_that_comes_in_pieces_is_put_together(start: Start) -> None:
    slow = start(f"""
read line
printf '{{"id": 1, "res'
sleep 0.3
echo 'ult": {PROBED}}}'
read line
""")
    assert works(slow)


def test_a_worker_that_talks_much_on_stderr_is_not_held_up(start: Start) -> None:
    talker = start(f"""
read line
head -c 1000000 /dev/zero | tr '\\0' '\\n' >&2
echo '{{"id": 1, "result": {PROBED}}}'
read line
""")
    assert works(talker)


def test_a_worker_that_ends_tells_what_it_said_last(start: Start) -> None:
    dying = start("for n in $(seq 20); do echo line $n >&2; done; exit 3")
    error = failure(lambda: dying.probe(()))
    assert error.code == ErrorCode.CRASHED
    assert "exit status 3" in str(error)
    assert "line 20" in str(error)
    assert "line 1\n" not in str(error)


def test_last_words_without_an_end_of_line_are_told_too(start: Start) -> None:
    dying = start("printf 'Illegal instruction' >&2; exit 132")
    assert "Illegal instruction" in str(failure(lambda: dying.probe(())))


def test_a_worker_that_is_gone_before_it_read_its_request_has_crashed(
    start: Start,
) -> None:
    deaf = start("exec <&-; exit 0")
    error = failure(lambda: deaf.identify(many_tracks(2000)))
    assert error.code == ErrorCode.CRASHED


@pytest.mark.usefixtures("impatient")
def test_a_worker_that_closes_its_answers_is_as_good_as_dead(start: Start) -> None:
    mute = start("exec >&-; exec sleep 600")
    error = failure(lambda: mute.probe(()))
    assert (error.code, "SIGKILL" in str(error)) == (ErrorCode.CRASHED, True)


def test_an_interpreter_that_is_not_there_is_told(tmp_path: Path) -> None:
    client = EngineClient(str(tmp_path / "python"))
    error = failure(lambda: client.probe(()))
    assert error.code == ErrorCode.CRASHED
    assert str(error) == "the worker could not be started"
    client.close()


def test_another_interpreter_runs_the_same_worker(start: Start) -> None:
    """It brings its own packages: ours are not handed over."""
    other = start(f'echo "path: $PYTHONPATH" >&2; exec {sys.executable} "$@"')
    assert works(other)
    assert "PYTHONPATH" not in other._environment()


def test_the_worker_lets_others_go_first() -> None:
    client = EngineClient(nice=3)
    assert works(client)
    assert client._process is not None
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, client._process.pid) == ours + 3
    client.close()
