"""Tests of what the engine is measured with."""

from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image
import pytest

from scripts.bench_engine import means
from scripts.bench_engine_clips import FPS, HEIGHT, WIDTH, write_clip


def two_colours(seconds: float) -> Iterator[Image.Image]:
    """Yield pictures that go from red to blue."""
    count = round(seconds * FPS)
    for number in range(count):
        share = number / max(1, count - 1)
        color = (round(255 * (1 - share)), 0, round(255 * share))
        yield Image.new("RGB", (64, 36), color)


def test_a_clip_is_still_then_moves_for_a_third_then_is_still(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, two_colours, 1.5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [
            frame.to_ndarray(format="rgb24") for frame in container.decode(stream)
        ]
        size = (stream.width, stream.height, float(stream.average_rate or 0))
    assert size == (WIDTH, HEIGHT, FPS)
    assert len(frames) == 1.5 * FPS
    reds = [float(frame[..., 0].mean()) for frame in frames]
    assert reds[0] == pytest.approx(reds[9], abs=8)
    assert reds[9] > reds[14] + 50 > reds[20] + 100
    assert reds[20] == pytest.approx(reds[-1], abs=8)


def test_means_are_those_of_a_recording_and_the_ratio_is_to_decoding() -> None:
    taken = [
        {"seconds": 2.0, "cpu_seconds": 3.0, "peak_rss_mb": 300.0},
        {"seconds": 4.0, "cpu_seconds": 5.0, "peak_rss_mb": 400.0},
    ]
    decoded = [{"seconds": 1.0, "cpu_seconds": 1.0, "peak_rss_mb": 50.0}] * 2
    assert means(taken, decoded, 30.0) == {
        "seconds": 3.0,
        "ratio_to_decode": 3.0,
        "times_real_time": 10.0,
        "cpu_seconds": 4.0,
        "peak_rss_mb": 400.0,
    }
