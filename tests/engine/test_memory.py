"""Tests of memory: the peak is that of the job, as far as the kernel tells."""

import mmap
from pathlib import Path

import pytest

from custom_components.ring_vision.engine import memory


def test_the_peak_covers_what_was_held_since_the_reset() -> None:
    memory.reset_peak()
    before = memory.peak_rss_mb()
    # Pages of its own: the heap may have room that is resident already.
    with mmap.mmap(-1, 64_000_000) as held:
        held.write(b"x" * len(held))
        assert memory.peak_rss_mb() > before + len(held) / 2**20 - 10


def test_without_the_kernels_files_the_peak_is_the_whole_processs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = memory.peak_rss_mb()
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "missing" / "status")
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "missing" / "clear")
    memory.reset_peak()
    assert memory.peak_rss_mb() >= expected - 1


def test_a_status_without_a_peak_is_no_reason_to_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    status = tmp_path / "status"
    status.write_text("Name: worker\n")
    monkeypatch.setattr(memory, "_STATUS", status)
    assert memory.peak_rss_mb() > 0
