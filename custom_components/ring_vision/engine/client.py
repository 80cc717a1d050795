"""The client: starts the worker, hands it jobs, survives its death.

Blocking and safe to call from several threads: Home Assistant calls it through the
executor. It needs no thread of its own.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
import json
import logging
import os
from pathlib import Path
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Final

from .errors import EngineError, ErrorCode
from .protocol import (
    DEFAULT_DETECTOR,
    Analysis,
    AnalyzeJob,
    Capabilities,
    EmbeddedImage,
    EmbedJob,
    IdentifyJob,
    Identity,
    to_json,
)

LOGGER: Final = logging.getLogger(__name__)
POLL_S: Final = 0.2
"""How often a waiting call looks whether it was cancelled."""
OBEY_S: Final = 3.0
"""What does not stop by itself within this time is killed."""
EXIT_S: Final = 2.0
CHUNK_BYTES: Final = 64 * 1024
STDERR_LINES: Final = 8

type Progress = Callable[[float], None]
type Json = dict[str, Any]


class EngineClient:
    """The engine as the rest of the house sees it."""

    def __init__(self, python: str | None = None, nice: int = 10) -> None:
        """Start nothing yet: the worker comes with the first call."""
        self._python = python or sys.executable
        self._nice = nice
        self._lock = threading.Lock()
        """Held during a call: one at a time."""
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: _Streams | None = None
        self._calls = 0
        self._cancelled = threading.Event()

    def analyze(
        self,
        job: AnalyzeJob,
        *,
        progress: Progress | None = None,
        timeout_s: float = 1800,
    ) -> Analysis:
        """Look at one recording; `progress` gets the share done (0..1)."""
        request = {"do": "analyze", "job": to_json(job)}
        return Analysis.from_json(self._call(request, progress, timeout_s))

    def embed(
        self,
        job: EmbedJob,
        *,
        progress: Progress | None = None,
        timeout_s: float = 600,
    ) -> tuple[EmbeddedImage, ...]:
        """Find and embed the one face in each picture."""
        request = {"do": "embed", "job": to_json(job)}
        results = self._call(request, progress, timeout_s)
        return tuple(EmbeddedImage.from_json(result) for result in results)

    def identify(
        self,
        job: IdentifyJob,
        *,
        progress: Progress | None = None,
        timeout_s: float = 600,
    ) -> tuple[dict[int, Identity], ...]:
        """Say again who the tracks of recordings show: track -> identity."""
        request = {"do": "identify", "job": to_json(job)}
        # JSON's keys are text.
        return tuple(
            {int(track): Identity(**identity) for track, identity in found.items()}
            for found in self._call(request, progress, timeout_s)
        )

    def fetch_weights(
        self,
        folder: str,
        *,
        base_url: str | None = None,
        progress: Progress | None = None,
        timeout_s: float = 600,
    ) -> None:
        """Fetch the detector's published weights into a folder, once."""
        request = {"do": "fetch", "folder": folder, "base_url": base_url}
        self._call(request, progress, timeout_s)

    def probe(
        self,
        models: tuple[str, ...],
        *,
        detector: str = DEFAULT_DETECTOR,
        timeout_s: float = 120,
    ) -> Capabilities:
        """Load the models there are and say what can run."""
        request = {"do": "probe", "models": models, "detector": detector}
        return Capabilities(**self._call(request, None, timeout_s))

    def cancel(self) -> None:
        """Stop the call that runs in another thread: it fails with CANCELLED."""
        self._cancelled.set()

    def close(self) -> None:
        """End the worker, stopping a call that runs; the next call starts another."""
        while not self._lock.acquire(timeout=POLL_S):
            self._cancelled.set()
        try:
            self._end()
        finally:
            self._lock.release()

    def _call(self, request: Json, progress: Progress | None, timeout_s: float) -> Any:
        """Send a request and wait for its answer."""
        with self._lock:
            self._cancelled.clear()
            self._calls += 1
            number = self._calls
            try:
                streams = self._started()
                streams.send({"id": number, **request})
                return self._wait(streams, number, progress, timeout_s)
            except OSError as err:
                raise self._crashed() from err

    def _wait(
        self,
        streams: _Streams,
        number: int,
        progress: Progress | None,
        timeout_s: float,
    ) -> Any:
        """Read answers until the last one, the deadline or the cancellation."""
        deadline = time.monotonic() + timeout_s
        asked_to_stop: float | None = None
        while True:
            for answer in streams.receive(POLL_S):
                if answer.get("id") != number:
                    continue
                if "result" in answer:
                    return answer["result"]
                if "error" in answer:
                    error = answer["error"]
                    raise EngineError(ErrorCode(error["code"]), error["message"])
                if progress is not None:
                    progress(answer["progress"])
            if streams.ended:
                raise self._crashed()
            now = time.monotonic()
            if self._cancelled.is_set() and asked_to_stop is None:
                asked_to_stop = now
                streams.send({"do": "cancel", "id": number})
            if asked_to_stop is not None and now - asked_to_stop > OBEY_S:
                self._end(kill=True)
                raise EngineError(ErrorCode.CANCELLED, "cancelled, worker killed")
            if now > deadline:
                self._end(kill=True)
                raise EngineError(ErrorCode.TIMEOUT, f"no result in {timeout_s:g} s")

    def _started(self) -> _Streams:
        """Return the running worker's streams, starting it if need be."""
        if self._process is not None and self._process.poll() is not None:
            LOGGER.debug("The worker ended while it was idle")
            self._end(kill=True)
        if self._process is None or self._streams is None:
            # -P keeps the engine's own folder out of sys.path, where its module names
            # would hide others.
            command = [self._python, "-P", str(Path(__file__).parent / "__main__.py")]
            self._process = subprocess.Popen(
                [*command, "--nice", str(self._nice)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(),
            )
            self._streams = _Streams(self._process)
        return self._streams

    def _environment(self) -> dict[str, str]:
        """Return the worker's environment: our packages, few threads."""
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",
            # Threads that spin for long while they wait make a busy machine many times
            # slower; those that sleep at once make the networks half as fast.
            "GOMP_SPINCOUNT": "3000",
            # Each thread's own arena would keep what the largest frame took.
            "MALLOC_ARENA_MAX": "2",
        }
        if self._python == sys.executable:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        return environment

    def _crashed(self) -> EngineError:
        """Bury the worker that died and say what it died of."""
        process, streams = self._process, self._streams
        if process is None or streams is None:
            return EngineError(ErrorCode.CRASHED, "the worker could not be started")
        streams.drain()
        try:
            process.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        code = process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        last = "\n".join(streams.last_lines)
        self._end(kill=True)
        return EngineError(
            ErrorCode.CRASHED, f"the worker died of {how}. {last}".strip()
        )

    def _end(self, *, kill: bool = False) -> None:
        """End the worker and close its pipes."""
        process, streams = self._process, self._streams
        self._process = self._streams = None
        if process is None or streams is None:
            return
        if kill:
            process.kill()
        streams.close_stdin()
        try:
            process.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        streams.close()


class _Streams:
    """The worker's three pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Watch what the worker writes."""
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._stderr = process.stderr
        self._poll = select.poll()
        for stream in (process.stdout, process.stderr):
            os.set_blocking(stream.fileno(), False)
            self._poll.register(stream, select.POLLIN)
        self._partial: dict[int, bytes] = {}
        self.last_lines: deque[str] = deque(maxlen=STDERR_LINES)
        """What the worker said last on stderr."""
        self.ended = False
        """The worker closed its answers: it died."""

    def send(self, request: Json) -> None:
        """Write one line; the worker always reads, so this does not block for long."""
        self._stdin.write(json.dumps(request).encode() + b"\n")
        self._stdin.flush()

    def receive(self, timeout_s: float) -> list[Json]:
        """Return the answers that came; stderr goes to the log."""
        answers: list[Json] = []
        for descriptor, _ in self._poll.poll(timeout_s * 1000):
            lines = self._lines(descriptor)
            if descriptor == self._stdout.fileno():
                answers += [answer for line in lines if (answer := self._parsed(line))]
            else:
                self._log(lines)
        return answers

    def drain(self) -> None:
        """Read what is left on stderr after the end, whole lines or not."""
        descriptor = self._stderr.fileno()
        self._log([*self._lines(descriptor), self._partial.pop(descriptor, b"")])

    def close_stdin(self) -> None:
        """Tell the worker to end."""
        try:
            self._stdin.close()
        except OSError:
            LOGGER.debug("The worker was gone before it was told to end")

    def close(self) -> None:
        """Close the rest."""
        self._stdout.close()
        self._stderr.close()

    def _lines(self, descriptor: int) -> list[bytes]:
        """Read what is there; answers whole lines."""
        data = self._partial.pop(descriptor, b"")
        while True:
            try:
                chunk = os.read(descriptor, CHUNK_BYTES)
            except BlockingIOError:
                break
            if not chunk:
                # Draining reads once more where the end was seen already.
                with suppress(KeyError):
                    self._poll.unregister(descriptor)
                self.ended |= descriptor == self._stdout.fileno()
                break
            data += chunk
        *lines, rest = data.split(b"\n")
        if rest:
            self._partial[descriptor] = rest
        return lines

    def _parsed(self, line: bytes) -> Json | None:
        """Return an answer; what else an interpreter prints goes to the log."""
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            return answer
        self._log([line])
        return None

    def _log(self, lines: list[bytes]) -> None:
        """Put the worker's stderr into the log."""
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text:
                self.last_lines.append(text)
                LOGGER.debug("worker: %s", text)
