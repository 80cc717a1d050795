"""Tests of what the engine saw: kept once, found again, gone with its recording."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.ring_vision.library import people, recordings, sightings
from custom_components.ring_vision.library.errors import LibraryError
from custom_components.ring_vision.library.models import (
    AnalysisState,
    RecordingState,
    SightingFilter,
)
from custom_components.ring_vision.library.store import Library

from .samples import (
    NOON,
    add_downloaded,
    announced,
    count_rows,
    face,
    found,
    sightings_of,
    track,
)


@pytest.fixture
def recording_id(library: Library) -> str:
    """Return a recording whose file is here."""
    return add_downloaded(library, announced(1))[0]


def labels(library: Library, wanted: SightingFilter) -> list[str]:
    """Return the labels that a filter finds."""
    rows = library.run(sightings.list_sightings, wanted)
    return [sighting.label for sighting in rows]


def test_an_analysis_becomes_sightings(library: Library, recording_id: str) -> None:
    kept = sightings_of(library, recording_id, track(1, stranger=1, faces=(face(),)))
    start = announced(1).start
    (sighting,) = kept
    assert (sighting.recording_id, sighting.camera_id) == (recording_id, "101")
    assert (sighting.label, sighting.confidence) == ("person", 0.75)
    assert sighting.start == start + timedelta(seconds=2)
    assert sighting.end == start + timedelta(seconds=5)
    assert sighting.box == (0.1, 0.2, 0.3, 0.4)
    assert (sighting.stranger, sighting.snapshot) == (1, "101/2026/11/x_1.jpg")
    recording = found(library, recording_id)
    assert recording.analysis is AnalysisState.DONE
    assert recording.duration_s == 21.5
    assert count_rows(library, "faces") == 1


def test_an_analysis_without_sightings_is_one_too(
    library: Library, recording_id: str
) -> None:
    assert sightings_of(library, recording_id) == []
    assert found(library, recording_id).analysis is AnalysisState.DONE


def test_a_second_analysis_takes_the_place_of_the_first(
    library: Library, recording_id: str
) -> None:
    first = sightings_of(library, recording_id, track(1, faces=(face(),)), track(2))
    second = sightings_of(library, recording_id, track(1, label="dog"), seconds=9.0)
    assert [sighting.label for sighting in second] == ["dog"]
    assert count_rows(library, "sightings") == 1
    assert count_rows(library, "analyses") == 1
    assert count_rows(library, "faces") == 0
    # An event that names the old sighting must not point at another one.
    assert second[0].id not in {sighting.id for sighting in first}
    assert library.run(sightings.analysis_seconds, [recording_id]) == {
        recording_id: 9.0
    }


def test_a_broken_analysis_leaves_the_first_one(
    library: Library, recording_id: str
) -> None:
    sightings_of(library, recording_id, track(1))
    with pytest.raises(LibraryError, match="128"):
        sightings_of(
            library, recording_id, track(2, faces=(face(embedding=(1.0, 2.0)),))
        )
    (kept,) = library.run(sightings.list_sightings, SightingFilter())
    assert kept.snapshot == "101/2026/11/x_1.jpg"


def test_what_was_deleted_during_its_analysis_stays_deleted(
    library: Library, recording_id: str
) -> None:
    library.run(recordings.mark_deleted, [recording_id])
    assert sightings_of(library, recording_id, track(1, faces=(face(),))) == []
    library.run(sightings.mark_analysis_failed, recording_id, "crashed")
    assert found(library, recording_id).state is RecordingState.DELETED
    assert found(library, recording_id).analysis is AnalysisState.NONE
    assert count_rows(library, "sightings") == 0
    assert count_rows(library, "analyses") == 0
    assert sightings_of(library, "unknown", track(1)) == []


def test_deleting_a_recording_takes_what_was_seen_along(
    library: Library, recording_id: str
) -> None:
    sightings_of(library, recording_id, track(1, faces=(face(), face())))
    library.run(recordings.mark_deleted, [recording_id])
    assert count_rows(library, "sightings") == 0
    assert count_rows(library, "analyses") == 0
    assert count_rows(library, "faces") == 0


def test_a_recording_that_the_engine_cannot_do_is_set_aside(
    library: Library, recording_id: str
) -> None:
    assert library.run(sightings.note_analysis_attempt, recording_id) == 1
    assert library.run(sightings.note_analysis_attempt, recording_id) == 2
    assert library.run(sightings.note_analysis_attempt, "unknown") == 0
    library.run(sightings.mark_analysis_failed, recording_id, "crashed")
    recording = found(library, recording_id)
    assert (recording.analysis, recording.analysis_reason) == ("failed", "crashed")
    assert recording.analysis_attempts == 2
    assert library.run(recordings.waiting_analysis, None) == []
    assert library.run(recordings.count).failed == 1
    library.run(recordings.queue_analysis, [recording_id])
    assert found(library, recording_id).analysis_attempts == 0


def test_a_known_face_gives_the_sighting_its_name(
    library: Library, recording_id: str
) -> None:
    anna = library.run(people.add_person, "Anna")
    (sighting,) = sightings_of(
        library, recording_id, track(1, person=str(anna.id), distance=0.4)
    )
    assert (sighting.person_id, sighting.person_name) == (anna.id, "Anna")
    assert sighting.distance == 0.4


def test_who_was_forgotten_during_the_analysis_is_not_named(
    library: Library, recording_id: str
) -> None:
    anna = library.run(people.add_person, "Anna")
    library.run(people.forget_person, anna.id)
    (sighting,) = sightings_of(
        library, recording_id, track(1, person=str(anna.id), distance=0.4)
    )
    assert (sighting.person_id, sighting.distance) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "found_labels"),
    [
        (SightingFilter(), ["fox", "cat", "person", "dog"]),
        (SightingFilter(scenery=True), ["fox", "cat", "person", "car", "dog"]),
        (SightingFilter(labels=("car", "dog")), ["dog"]),
        (SightingFilter(labels=("car", "dog"), scenery=True), ["car", "dog"]),
        (SightingFilter(camera_ids=("102",)), ["fox"]),
        (SightingFilter(recording_id=announced(1).id), ["cat", "person", "dog"]),
        (SightingFilter(start=NOON - timedelta(seconds=56)), ["fox", "cat", "person"]),
        (SightingFilter(end=NOON - timedelta(seconds=57)), ["dog"]),
        (SightingFilter(with_snapshot=True), ["cat", "person", "dog"]),
        (SightingFilter(identified=True), ["person"]),
        (SightingFilter(person_id=1), []),
        (SightingFilter(limit=2), ["fox", "cat"]),
        (SightingFilter(limit=2, offset=3), ["dog"]),
    ],
)
def test_a_filter_finds_the_newest_sightings_first(
    library: Library, wanted: SightingFilter, found_labels: list[str]
) -> None:
    """People are told when they stand still, other things when they move."""
    here, there = add_downloaded(
        library, announced(1), announced(0, camera_id="102", start=NOON)
    )
    sightings_of(
        library,
        here,
        track(1, label="dog", start_s=1.0),
        track(2, label="car", start_s=3.0, moving=False),
        track(3, label="person", start_s=4.0, moving=False, stranger=1),
        track(4, label="cat", start_s=5.0),
    )
    sightings_of(library, there, track(1, label="fox", snapshot=None))
    assert labels(library, wanted) == found_labels


def test_a_still_person_counts_and_a_parked_car_does_not(
    library: Library, recording_id: str
) -> None:
    (other,) = add_downloaded(library, announced(2, camera_id="102"))
    still = replace(track(2), moving=False)
    sightings_of(library, recording_id, track(1, label="dog"), still)
    sightings_of(library, other, track(1, label="car", moving=False))
    hour_ago = NOON - timedelta(hours=1)
    assert library.run(sightings.sightings_since, hour_ago) == {"101": 2}
    assert library.run(sightings.sightings_since, NOON) == {}


def test_the_seconds_of_many_analyses_come_at_once(
    library: Library, recording_id: str
) -> None:
    sightings_of(library, recording_id, seconds=2.5)
    asked = [*(str(number) for number in range(1200)), recording_id]
    assert library.run(sightings.analysis_seconds, asked) == {recording_id: 2.5}
    assert library.run(sightings.analysis_seconds, []) == {}


def test_snapshots_are_those_of_the_recordings(
    library: Library, recording_id: str
) -> None:
    sightings_of(library, recording_id, track(1), track(2, snapshot=None))
    assert library.run(sightings.list_snapshots, [recording_id, "unknown"]) == [
        "101/2026/11/x_1.jpg"
    ]
    assert library.run(sightings.list_snapshots, []) == []
