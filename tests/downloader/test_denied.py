"""Tests of recordings that Ring says it will not give."""

from datetime import UTC, datetime, timedelta

import pytest

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
