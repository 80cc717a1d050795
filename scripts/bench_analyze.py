"""Measure the engine's speed and memory against bare decoding of the same clips."""

import json
import sys
import time
from typing import Any

import av

from scripts.analyze_run import gallery_for, job_for, parser, say
from scripts.engine_alone import client as engine, errors


def decode_only(clip: str, threads: int) -> float:
    """Return the seconds in which PyAV decodes every frame of a clip."""
    begun = time.perf_counter()
    with av.open(clip) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass
    return time.perf_counter() - begun


def measure(arguments: Any) -> list[tuple[dict[str, Any], float]]:
    """Look at each clip, once everything is loaded; answers with peak memory."""
    from custom_components.ring_vision.engine.models import guest_threads

    measured = []
    client = engine.EngineClient(nice=0)
    try:
        gallery = gallery_for(client, arguments)
        for clip in arguments.clips:
            decode_only(clip, guest_threads())  # the file is in memory from now on
            decoded_s = decode_only(clip, guest_threads())
            seen = client.analyze(job_for(clip, arguments, gallery))
            told = {
                "recording": clip,
                "duration_s": seen.duration_s,
                "decode_only_s": round(decoded_s, 3),
                "seconds": seen.seconds,
                "cpu_seconds": seen.cpu_seconds,
                "stages": seen.stages,
            }
            measured.append((told, seen.peak_rss_mb))
    finally:
        client.close()
    return measured


def main() -> int:
    """Print one JSON object."""
    arguments = parser("scripts/bench analyze", __doc__).parse_args()
    try:
        measured = measure(arguments)
    except (errors.EngineError, av.FFmpegError, OSError) as err:
        say(str(err))
        return 1
    recordings = [told for told, _ in measured]
    total = {
        key: sum(told[key] for told in recordings)
        for key in ("duration_s", "decode_only_s", "seconds")
    }
    result = {
        "recordings": recordings,
        "ratio_to_decode": round(total["seconds"] / total["decode_only_s"], 2),
        "times_real_time": round(total["duration_s"] / total["seconds"], 2),
        "peak_rss_mb": max(peak for _, peak in measured),
    }
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
