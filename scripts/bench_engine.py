"""Measure the engine against bare decoding, and against what people use instead.

All look at the same clips in one run, with the same threads, clip by clip in turn. Each
has a process of its own; its models are loaded, and the first clip seen, before.
"""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import statistics
import subprocess
import sys
from typing import Any, Protocol

import av

from scripts.analyze_run import say
from scripts.bench_engine_clips import make_clips
from scripts.bench_quality import MEDIA, MODELS
from scripts.engine_alone import client as engine, errors, protocol

CONTENDER = Path(__file__).with_name("bench_engine_contender.py")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ring_vision"
PRESETS = ("quick", "balanced", "thorough")
FULL = ("ultralytics_2fps", "ultralytics_every", "five_frames")

type Taken = Mapping[str, float]


class Contender(Protocol):
    """Something that looks at a clip and says what it took."""

    def look(self, clip: str) -> Taken:
        """Return seconds, cpu_seconds and peak_rss_mb."""

    def close(self) -> None:
        """End the process."""


class Process:
    """A contender of `bench_engine_contender`, run by some Python."""

    def __init__(self, python: str, name: str, threads: int, weights: Path) -> None:
        """Start it and wait until its models are loaded."""
        self._process = subprocess.Popen(
            [python, str(CONTENDER), name, str(threads), str(weights)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        )
        self._answer()

    def look(self, clip: str) -> Taken:
        """Hand over a clip."""
        assert self._process.stdin
        self._process.stdin.write(f"{clip}\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> Taken:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender ended: {self._process.args!r}")
        answer: Taken = json.loads(line)
        return answer


@dataclass(kw_only=True)
class Ours:
    """The engine of the integration with one preset."""

    preset: str
    models: str
    threads: int
    client: engine.EngineClient = field(
        default_factory=lambda: engine.EngineClient(nice=0)
    )

    def look(self, clip: str) -> Taken:
        """Look at a clip as the integration does, faces and snapshots included."""
        seen = self.client.analyze(
            protocol.AnalyzeJob(
                path=clip,
                models=(self.models,),
                preset=self.preset,
                threads=self.threads,
            )
        )
        return {
            "seconds": seen.seconds,
            "cpu_seconds": seen.cpu_seconds,
            "peak_rss_mb": seen.peak_rss_mb,
        }

    def close(self) -> None:
        """End the worker."""
        self.client.close()


def full_python(wanted: str | None) -> str | None:
    """Return a Python that has Ultralytics, None where there is none."""
    made = CACHE / "full" / "bin" / "python"
    for python in filter(None, (wanted, str(made))):
        with suppress(OSError):
            asked = [python, "-c", "import ultralytics, cv2, face_recognition"]
            if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
                return python
    return None


def contenders(arguments: argparse.Namespace) -> dict[str, Contender]:
    """Start everybody who can take part."""
    weights = arguments.models / "yolo11n.pt"
    threads = arguments.threads
    found: dict[str, Contender] = {
        "decode": Process(sys.executable, "decode", threads, weights)
    }
    for preset in PRESETS:
        found[preset] = Ours(
            preset=preset, models=str(arguments.models), threads=threads
        )
    python = full_python(arguments.full_python)
    if python is None:
        say("Ultralytics is not installed: it does not take part (--full-python)")
        return found
    for name in FULL:
        found[name] = Process(python, name, threads, weights)
    return found


def length_s(clip: Path) -> float:
    """Return how long a clip is."""
    with av.open(str(clip)) as container:
        return (container.duration or 0) / av.time_base


def means(taken: Sequence[Taken], decoded: Sequence[Taken], lasts: float) -> Any:
    """Return the means of a recording, and the ratio to decoding the same ones."""
    seconds = statistics.mean(one["seconds"] for one in taken)
    return {
        "seconds": round(seconds, 3),
        "ratio_to_decode": round(
            seconds / statistics.mean(one["seconds"] for one in decoded), 2
        ),
        "times_real_time": round(lasts / seconds, 1),
        "cpu_seconds": round(statistics.mean(one["cpu_seconds"] for one in taken), 3),
        "peak_rss_mb": round(max(one["peak_rss_mb"] for one in taken), 1),
    }


def measure(clips: list[Path], arguments: argparse.Namespace) -> dict[str, Any]:
    """Let everybody look at every clip, in turn."""
    taking_part = contenders(arguments)
    taken: dict[str, list[Taken]] = {name: [] for name in taking_part}
    try:
        for contender in taking_part.values():
            contender.look(str(clips[0]))
        for clip in clips * arguments.repeat:
            for name, contender in taking_part.items():
                taken[name].append(contender.look(str(clip)))
    finally:
        for contender in taking_part.values():
            contender.close()
    lasts = statistics.mean(map(length_s, clips))
    return {
        "recordings": len(clips),
        **{
            name: means(taken[name], taken["decode"], lasts) if name in taken else None
            for name in ("decode", *PRESETS, *FULL)
        },
    }


def main() -> int:
    """Print one JSON object."""
    from custom_components.ring_vision.engine.models import guest_threads

    parser = argparse.ArgumentParser(prog="scripts/bench engine", description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path, metavar="CLIP")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument(
        "--threads",
        type=int,
        default=guest_threads(),
        help="of each: what the integration takes here",
    )
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--full-python", help="a Python that has Ultralytics")
    arguments = parser.parse_args()
    try:
        clips = arguments.clips or make_clips(CACHE / "bench", MEDIA / "clips")
        print(json.dumps(measure(clips, arguments), indent=1))
    except (errors.EngineError, av.FFmpegError, OSError, RuntimeError) as err:
        say(str(err))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
