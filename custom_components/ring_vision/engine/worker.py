"""The worker: takes requests as lines of JSON, answers with lines of JSON.

A request is `{"id", "do", …}`; the answers to it are `{"id", "progress"}` any number
of times, then one `{"id", "result"}` or `{"id", "error": {"code", "message"}}`.
`{"do": "cancel", "id"}` stops the request with that id at its next step.
"""

from collections.abc import Callable
import json
import logging
from pathlib import Path
import queue
import threading
import time
from typing import Any, BinaryIO, Final

from .errors import EngineError, ErrorCode
from .protocol import (
    DEFAULT_DETECTOR,
    AnalyzeJob,
    EmbedJob,
    Reference,
    TrackFaces,
    to_json,
)

LOGGER: Final = logging.getLogger("ring_vision.worker")
PROGRESS_EVERY_S: Final = 0.5

type Json = dict[str, Any]


class Worker:
    """One worker process: a queue of requests and the models that are loaded."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        """Take requests from one stream, answer on the other."""
        self._requests = requests
        self._answers = answers
        self._queue: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._gone = threading.Event()
        """The other side closed the stream, or died."""
        self._models: Any = None
        self._told_s = 0.0

    def run(self) -> None:
        """Work until the other side closes the stream."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while (request := self._queue.get()) is not None:
            self._answer(request)

    def _read(self) -> None:
        """Read requests, also while one is being worked on."""
        try:
            for line in self._requests:
                request = json.loads(line)
                if request["do"] == "cancel":
                    self._cancelled.add(request["id"])
                else:
                    self._queue.put(request)
        except ValueError:
            # Half a line: the other side died while it wrote.
            LOGGER.warning("A request could not be read")
        finally:
            self._gone.set()
            self._queue.put(None)

    def _answer(self, request: Json) -> None:
        """Do what is asked and answer with the result or the error."""
        try:
            answer: Json = {"result": self._do(request)}
        except EngineError as err:
            answer = {"error": {"code": err.code, "message": str(err)}}
        except Exception as err:
            LOGGER.warning("Request %s failed", request["do"], exc_info=True)
            message = f"{type(err).__name__}: {err}"
            code = ErrorCode.INTERNAL
            answer = {"error": {"code": code, "message": message}}
        self._cancelled.discard(request["id"])
        self._send({"id": request["id"], **answer})

    def _do(self, request: Json) -> Any:
        """Do one request; the heavy modules come with the first that needs them."""
        match request["do"]:
            case "analyze":
                return self._analyze(request)
            case "embed":
                return self._embed(request)
            case "identify":
                return self._identify(request)
            case "fetch":
                return self._fetch(request)
            case "probe":
                folders = tuple(request["models"])
                return to_json(self._load(folders, request["detector"]).probe())
            case unknown:
                raise EngineError(ErrorCode.INTERNAL, f"unknown request {unknown}")

    def _analyze(self, request: Json) -> Json:
        """Look at a recording."""
        from .pipeline import analyze

        data = request["job"]
        gallery, rejections = _gallery(data), _gallery(data, "rejections")
        models = tuple(data["models"])
        known = {"gallery": gallery, "rejections": rejections}
        job = AnalyzeJob(**{**data, **known, "models": models})
        loaded = self._load(models, job.detector, job.threads)
        return to_json(analyze(job, loaded, self._reporter(request)))

    def _embed(self, request: Json) -> list[Json]:
        """Find and embed the one face in each picture."""
        from .enrolment import embed

        paths = tuple(request["job"]["paths"])
        models = tuple(request["job"]["models"])
        job = EmbedJob(paths=paths, models=models)
        found = embed(job, self._load(models), self._reporter(request))
        return [to_json(one) for one in found]

    def _identify(self, request: Json) -> list[dict[int, Json]]:
        """Say again who the tracks of recordings show."""
        from .matching import identify

        report, data = self._reporter(request), request["job"]
        gallery, rejections = _gallery(data), _gallery(data, "rejections")
        recordings = data["recordings"]
        found = []
        for number, tracks in enumerate(recordings):
            report(number / len(recordings))
            faces = [TrackFaces.from_json(one) for one in tracks]
            named = identify(faces, gallery, rejections)
            found.append({track: to_json(one) for track, one in named.items()})
        return found

    def _fetch(self, request: Json) -> None:
        """Fetch the detector's weights."""
        from .weights import BASE_URL, fetch

        base_url = request.get("base_url") or BASE_URL
        report = self._reporter(request)
        fetch(Path(request["folder"]), base_url=base_url, report=report)

    def _reporter(self, request: Json) -> Callable[[float], None]:
        """Return what tells how far a request is, or stops it."""
        return lambda fraction: self._report(request["id"], fraction)

    def _load(
        self, folders: tuple[str, ...], detector: str | None = None, threads: int = 0
    ) -> Any:
        """Return the models of these folders; those of other ones are let go."""
        from .models import Models, guest_threads

        threads = threads or guest_threads()

        if (
            self._models is None
            or self._models.folders != folders
            or self._models.threads != threads
            or detector not in {None, self._models.name}
        ):
            self._models = Models(
                folders=folders, name=detector or DEFAULT_DETECTOR, threads=threads
            )
        return self._models

    def _report(self, number: int, fraction: float) -> None:
        """Tell how far a request is, now and then; stop it when it is cancelled."""
        if self._gone.is_set() or number in self._cancelled:
            raise EngineError(ErrorCode.CANCELLED, "cancelled")
        now = time.monotonic()
        if now - self._told_s >= PROGRESS_EVERY_S:
            self._told_s = now
            self._send({"id": number, "progress": round(fraction, 4)})

    def _send(self, answer: Json) -> None:
        """Write one line."""
        try:
            self._answers.write(json.dumps(answer).encode() + b"\n")
            self._answers.flush()
        except BrokenPipeError:
            self._gone.set()


def _gallery(job: Json, of: str = "gallery") -> tuple[Reference, ...]:
    """Build a job's gallery, or its rejections, from JSON."""
    return tuple(
        Reference(person=one["person"], embedding=tuple(one["embedding"]))
        for one in job[of]
    )
