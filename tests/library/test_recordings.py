"""Tests of the recordings' way from Ring's history to a file."""

from datetime import timedelta
import itertools

import pytest

from custom_components.ring_vision.library import asking, recordings, requeue
from custom_components.ring_vision.library.errors import LibraryError
from custom_components.ring_vision.library.models import (
    AnalysisState,
    Counts,
    RecordingFilter,
    RecordingState,
)
from custom_components.ring_vision.library.store import Library

from .samples import (
    NOON,
    add,
    add_downloaded,
    announced,
    camera,
    found,
    sightings_of,
    track,
)


def due(library: Library, **arguments: object) -> list[str]:
    """Return the ids to fetch at noon."""
    rows = library.run(recordings.due_downloads, NOON, None, **arguments)  # type: ignore[arg-type]
    return [recording.id for recording in rows]


def listed(library: Library, wanted: RecordingFilter) -> list[str]:
    """Return the ids that a filter finds."""
    rows = library.run(recordings.list_recordings, wanted)
    return [recording.id for recording in rows]


def test_cameras_are_kept_and_brought_up_to_date(library: Library) -> None:
    library.run(recordings.save_cameras, [])
    library.run(recordings.save_cameras, [camera("101"), camera("102", name="Garden")])
    renamed = camera("101", name="Zoo 🦊", connected=False, reason="offline")
    library.run(recordings.save_cameras, [renamed])
    assert library.run(recordings.list_cameras) == [
        camera("102", name="Garden"),
        renamed,
    ]


def test_adding_again_changes_nothing(library: Library) -> None:
    first = announced(1)
    assert library.run(recordings.add_recordings, [first, announced(2), first]) == [
        first.id,
        announced(2).id,
    ]
    library.run(recordings.mark_failed, first.id, "gone")
    before = found(library, first.id)
    changed = announced(1, kind="ding", skip_reason="e2ee")
    assert library.run(recordings.add_recordings, [changed]) == []
    assert found(library, first.id) == before


def test_an_announced_recording_waits_for_its_download(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    recording = found(library, recording_id)
    assert (recording.state, recording.analysis) == ("seen", "none")
    assert recording.start == announced(1).start
    assert due(library) == [recording_id]


def test_a_recording_without_media_for_us_is_skipped_at_once(library: Library) -> None:
    (recording_id,) = add(library, announced(1, skip_reason="e2ee"))
    assert found(library, recording_id).state is RecordingState.SKIPPED
    assert found(library, recording_id).reason == "e2ee"
    assert due(library) == []


def test_ids_beyond_a_double_stay_exact(library: Library) -> None:
    near = ["7000000000000000001", "7000000000000000002"]
    add(library, *(announced(1, id=recording_id) for recording_id in near))
    assert sorted(due(library)) == near
    assert library.run(recordings.get_recording, "7000000000000000000") is None


def test_an_unknown_id_is_none(library: Library) -> None:
    assert library.run(recordings.get_recording, "1") is None


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (RecordingFilter(), [1, 2, 3, 4]),
        (RecordingFilter(limit=2), [1, 2]),
        (RecordingFilter(limit=2, offset=1), [2, 3]),
        (RecordingFilter(camera_ids=("102",)), [2]),
        (RecordingFilter(camera_ids=("102", "101")), [1, 2, 3, 4]),
        (RecordingFilter(start=NOON - timedelta(minutes=2)), [1, 2]),
        (RecordingFilter(end=NOON - timedelta(minutes=2)), [3, 4]),
        (RecordingFilter(states=(RecordingState.DOWNLOADED,)), [3]),
        (RecordingFilter(states=(RecordingState.DELETED,)), [5]),
    ],
)
def test_a_filter_finds_the_newest_first(
    library: Library, wanted: RecordingFilter, numbers: list[int]
) -> None:
    add(library, announced(4), announced(1), announced(2, camera_id="102"))
    add_downloaded(library, announced(3), announced(5))
    library.run(recordings.mark_deleted, [announced(5).id])
    assert listed(library, wanted) == [announced(number).id for number in numbers]


def test_due_are_those_whose_time_has_come_newest_first(library: Library) -> None:
    ids = add(library, *(announced(number) for number in range(1, 6)))
    library.run(recordings.mark_retry, ids[0], "timeout", NOON + timedelta(seconds=1))
    library.run(recordings.mark_retry, ids[1], "timeout", NOON)
    library.run(recordings.mark_failed, ids[2], "no_media")
    assert due(library) == [ids[1], ids[3], ids[4]]
    assert library.run(recordings.due_downloads, NOON, 1)[0].id == ids[1]


def test_other_cameras_are_left_alone_when_some_are_chosen(library: Library) -> None:
    mine, other = add(library, announced(1), announced(2, camera_id="102"))
    library.run(recordings.mark_retry, mine, "timeout", NOON + timedelta(hours=2))
    library.run(recordings.mark_retry, other, "timeout", NOON + timedelta(hours=1))
    assert library.run(recordings.next_due) == NOON + timedelta(hours=1)
    assert library.run(recordings.next_due, ["101"]) == NOON + timedelta(hours=2)
    later = NOON + timedelta(hours=3)
    rows = library.run(recordings.due_downloads, later, None, ["101"])
    assert [recording.id for recording in rows] == [mine]


def test_nothing_is_due_in_an_empty_library(library: Library) -> None:
    assert library.run(recordings.next_due) is None


def test_a_downloaded_recording_waits_for_its_analysis(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(recordings.mark_retry, recording_id, "timeout", NOON)
    library.run(recordings.mark_downloaded, recording_id, "101/a.mp4", 1234)
    recording = found(library, recording_id)
    assert (recording.state, recording.analysis) == ("downloaded", "waiting")
    assert (recording.path, recording.size) == ("101/a.mp4", 1234)
    assert (recording.reason, recording.next_try) == (None, None)
    assert library.run(recordings.next_due) is None


def test_what_is_not_ready_is_asked_for_ever_more_seldom(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    now, waits = NOON, []
    for _ in range(11):
        library.run(asking.mark_not_ready, recording_id, now)
        next_try = found(library, recording_id).next_try
        assert next_try is not None
        waits.append((next_try - now).total_seconds())
        now = next_try
    assert waits == [15, 30, 60, 120, 300, 900, 1800, 3600, 3600, 3600, 3600]


def test_what_is_not_ready_after_a_day_has_expired(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    now = NOON
    states = []
    for _ in itertools.repeat(None, 40):
        states.append(library.run(asking.mark_not_ready, recording_id, now))
        now = found(library, recording_id).next_try or now
    assert now == NOON + timedelta(hours=24)
    assert states[-1] is RecordingState.EXPIRED
    recording = found(library, recording_id)
    assert (recording.reason, recording.next_try) == ("no_media", None)


def test_what_is_denied_is_asked_for_three_times_in_a_day(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    now, waits, states = NOON, [], []
    for _ in range(4):
        states.append(
            library.run(
                asking.mark_denied, recording_id, now, RecordingState.EXPIRED, "gone"
            )
        )
        next_try = found(library, recording_id).next_try or now
        waits.append((next_try - now) / timedelta(hours=1))
        now = next_try
    assert waits == [1, 6, 17, 0]
    assert states == ["not_ready", "not_ready", "not_ready", "expired"]
    assert found(library, recording_id).reason == "gone"


def test_other_failures_do_not_climb_the_ladder(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    for _ in range(5):
        library.run(recordings.mark_retry, recording_id, "timeout", NOON)
    library.run(asking.mark_not_ready, recording_id, NOON)
    recording = found(library, recording_id)
    assert recording.next_try == NOON + timedelta(seconds=15)
    assert recording.attempts == 6


def test_asking_for_a_recording_that_never_was_is_an_error(library: Library) -> None:
    with pytest.raises(LibraryError):
        library.run(asking.mark_not_ready, "1", NOON)


@pytest.mark.parametrize(
    ("give_up", "state"),
    [
        (recordings.mark_failed, RecordingState.FAILED),
        (recordings.mark_skipped, RecordingState.SKIPPED),
        (recordings.mark_expired, RecordingState.EXPIRED),
    ],
)
def test_what_is_given_up_is_not_due_until_it_is_asked_for(
    library: Library, give_up: object, state: RecordingState
) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(give_up, recording_id, "a_reason")  # type: ignore[arg-type]
    recording = found(library, recording_id)
    assert (recording.state, recording.reason) == (state, "a_reason")
    assert due(library) == []
    assert library.run(recordings.queue_download, [recording_id, "unknown"]) == 1
    assert due(library) == [recording_id]
    assert found(library, recording_id).attempts == 0


def test_the_ladder_begins_anew_when_a_download_is_asked_for(library: Library) -> None:
    (recording_id,) = add(library, announced(1))
    library.run(asking.mark_not_ready, recording_id, NOON)
    library.run(asking.mark_not_ready, recording_id, NOON + timedelta(days=2))
    assert found(library, recording_id).state is RecordingState.EXPIRED
    library.run(recordings.queue_download, [recording_id])
    later = NOON + timedelta(days=2)
    library.run(asking.mark_not_ready, recording_id, later)
    assert found(library, recording_id).next_try == later + timedelta(seconds=15)


def test_a_file_that_cannot_be_fetched_anew_stays_the_one_it_was(
    library: Library,
) -> None:
    (recording_id,) = add_downloaded(library, announced(1))
    library.run(asking.mark_not_ready, recording_id, NOON)
    assert found(library, recording_id).state is RecordingState.NOT_READY
    library.run(recordings.mark_expired, recording_id, "no_media")
    recording = found(library, recording_id)
    assert recording.state is RecordingState.DOWNLOADED
    assert recording.path == f"101/{recording_id}.mp4"
    assert library.run(recordings.count).kept == 1


def test_a_lost_file_that_ring_no_longer_has_is_not_kept(library: Library) -> None:
    (recording_id,) = add_downloaded(library, announced(1))
    library.run(recordings.queue_download, [recording_id])
    assert due(library) == [recording_id]
    assert library.run(recordings.waiting_analysis, None) == []
    library.run(recordings.mark_expired, recording_id, "no_media")
    assert found(library, recording_id).state is RecordingState.EXPIRED
    assert library.run(recordings.count).kept == 0
    assert library.run(recordings.queue_analysis, [recording_id]) == 0


def test_a_tombstone_never_comes_back(library: Library) -> None:
    (recording_id,) = add_downloaded(library, announced(1))
    library.run(recordings.mark_deleted, [recording_id])
    tombstone = found(library, recording_id)
    assert tombstone.state is RecordingState.DELETED
    assert (tombstone.path, tombstone.size, tombstone.analysis) == (None, None, "none")
    assert library.run(recordings.add_recordings, [announced(1)]) == []
    assert library.run(recordings.queue_download, [recording_id]) == 0
    assert library.run(recordings.queue_analysis, [recording_id]) == 0
    assert not library.run(recordings.mark_downloaded, recording_id, "101/a.mp4", 1)
    assert library.run(asking.mark_not_ready, recording_id, NOON) == "deleted"
    library.run(recordings.mark_retry, recording_id, "timeout", NOON)
    library.run(recordings.mark_failed, recording_id, "no_media")
    assert found(library, recording_id) == tombstone


def test_the_engine_gets_the_newest_first(library: Library) -> None:
    ids = add_downloaded(library, announced(3), announced(1), announced(2))
    waiting = library.run(recordings.waiting_analysis, 2)
    assert [recording.id for recording in waiting] == [ids[1], ids[2]]
    assert len(library.run(recordings.waiting_analysis, None)) == 3


def test_only_recordings_with_a_file_wait_for_the_engine(library: Library) -> None:
    (here,) = add_downloaded(library, announced(1))
    (coming,) = add(library, announced(2))
    sightings_of(library, here)
    assert library.run(recordings.waiting_analysis, None) == []
    assert library.run(recordings.queue_analysis, [here, coming, "unknown"]) == 1
    (waiting,) = library.run(recordings.waiting_analysis, None)
    assert waiting.id == here


def test_what_was_seen_without_a_part_waits_again_when_it_is_there(
    library: Library,
) -> None:
    blind, faceless, both, whole, gone = add_downloaded(
        library, *(announced(number) for number in range(1, 6))
    )
    sightings_of(library, blind, missing=("objects",))
    sightings_of(library, faceless, missing=("faces",))
    sightings_of(library, both, missing=("objects", "faces"))
    sightings_of(library, whole)
    sightings_of(library, gone, missing=("objects",))
    library.run(recordings.mark_deleted, [gone])
    assert library.run(requeue.queue_incomplete, "objects") == 2
    assert library.run(requeue.queue_incomplete, "object") == 0
    waiting = library.run(recordings.waiting_analysis, None)
    assert [recording.id for recording in waiting] == [blind, both]
    assert library.run(requeue.queue_incomplete, "faces") == 1
    assert found(library, whole).analysis is AnalysisState.DONE


def test_what_another_engine_or_preset_looked_at_waits_again(library: Library) -> None:
    engines = ("2 yolo11n balanced", "1 yolo11n", "20 yolo11n balanced", "2 fox quick")
    ids = add_downloaded(library, *(announced(number) for number in range(1, 5)))
    for recording_id, engine in zip(ids, engines, strict=True):
        sightings_of(library, recording_id, engine=engine)
    assert library.run(requeue.queue_outdated, "2", "balanced") == 3
    waiting = library.run(recordings.waiting_analysis, None)
    assert {recording.id for recording in waiting} == set(ids[1:])
    assert library.run(requeue.queue_outdated, "2", "balanced") == 0


def test_the_library_in_numbers(library: Library) -> None:
    assert library.run(recordings.count) == Counts()
    add(library, announced(1), announced(2), announced(9, skip_reason="no_plan"))
    library.run(asking.mark_not_ready, announced(2).id, NOON)
    add_downloaded(library, announced(3), announced(4), announced(5), size=700)
    sightings_of(library, announced(4).id, track())
    library.run(recordings.mark_failed, add(library, announced(6))[0], "timeout")
    add_downloaded(library, announced(7))
    library.run(recordings.mark_deleted, [announced(7).id])
    assert library.run(recordings.count) == Counts(
        kept=3,
        waiting_download=2,
        waiting_analysis=2,
        failed=1,
        size=2100,
        oldest=announced(5).start,
    )


def test_a_recording_can_be_locked_and_unlocked(library: Library) -> None:
    (recording_id,) = add_downloaded(library, announced(1))
    library.run(recordings.set_locked, recording_id, locked=True)
    assert found(library, recording_id).locked
    library.run(recordings.set_locked, recording_id, locked=False)
    assert not found(library, recording_id).locked
