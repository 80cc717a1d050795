"""Tests of recordings that Ring will not give, or only broken: for how long it is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.ring_vision.downloader import MAX_BROKEN_ATTEMPTS
from custom_components.ring_vision.library.models import RecordingState

from .bench import Bench


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("payment_required", RecordingState.SKIPPED, "no_plan"),
        ("gone", RecordingState.EXPIRED, "gone"),
    ],
)
async def test_a_no_of_ring_is_believed_when_a_day_does_not_change_it(
    bench: Bench, name: str, state: RecordingState, reason: str
) -> None:
    recording = await bench.known()
    bench.spoil(name, times=-1)
    first = await bench.due()
    assert first.not_ready == [recording.key]
    assert bench.state(recording) == (RecordingState.NOT_READY, reason)
    assert (await bench.due()).done == 0
    bench.change(
        recording, asked_since=datetime.now(UTC) - timedelta(hours=25), next_try=None
    )
    last = await bench.due()
    assert [*last.skipped, *last.failed] == [recording.key]
    assert bench.state(recording) == (state, reason)
    bench.change(recording, next_try=None)
    assert (await bench.due()).done == 0


@pytest.mark.parametrize("name", ["payment_required", "gone"])
async def test_a_no_that_passes_costs_no_recording(bench: Bench, name: str) -> None:
    recording = await bench.known()
    bench.spoil(name)
    await bench.due()
    bench.change(recording, next_try=None)
    assert (await bench.due()).downloaded == [recording.key]
    assert bench.is_whole(recording)


async def test_what_came_broken_is_fetched_again_later(bench: Bench) -> None:
    """As after an hour of maintenance; until then the owner sees the reason."""
    recording = await bench.known()
    bench.spoil("media_html", times=-1)
    await bench.due()
    assert bench.state(recording) == (RecordingState.FAILED, "html")
    assert (await bench.due()).done == 0
    bench.server.clear_faults()
    bench.change(recording, next_try=datetime.now(UTC))
    assert (await bench.due()).downloaded == [recording.key]
    assert bench.is_whole(recording)


async def test_what_came_broken_again_and_again_is_given_up(bench: Bench) -> None:
    recording = await bench.known()
    waits = []
    for name in ("media_html", "media_truncated", "media_zero_bytes") * 3:
        bench.server.clear_faults()
        bench.spoil(name, times=-1)
        await bench.due()
        row = bench.row(recording)
        waits.append(row.next_try is not None)
        bench.change(recording, next_try=row.next_try and datetime.now(UTC))
    assert waits == [True] * MAX_BROKEN_ATTEMPTS + [False, False]
    assert bench.state(recording) == (RecordingState.FAILED, "truncated")


async def test_tries_of_another_kind_are_not_counted(bench: Bench) -> None:
    recording = await bench.known()
    bench.change(recording, attempts=99, reason="not_ready")
    bench.spoil("media_html", times=-1)
    await bench.due()
    row = bench.row(recording)
    assert (row.state, row.attempts) == (RecordingState.FAILED, 1)
    assert row.next_try is not None
