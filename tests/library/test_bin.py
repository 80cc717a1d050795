"""Tests of the bin: what goes in, is out of sight, and comes back as it was."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.ring_vision.library import (
    people,
    recordings,
    requeue,
    rows,
    sightings,
)
from custom_components.ring_vision.library.bin import list_binned
from custom_components.ring_vision.library.errors import PurgeRefused
from custom_components.ring_vision.library.files import MARKER, RecordingFiles
from custom_components.ring_vision.library.models import (
    AnalysisState,
    RecordingFilter,
    RecordingState,
    SightingFilter,
)
from custom_components.ring_vision.library.store import Library

from .binned import (
    SIZE,
    agree,
    everything,
    fill,
    here,
    in_bin,
    place_of,
    there,
    throw_away,
)
from .samples import NOON, analysis, announced, count_rows, embedding, found, track

DAY = timedelta(days=1)


def test_what_is_deleted_waits_in_the_bin(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files)
    throw_away(library, files, ids[0])
    row = found(library, ids[0])
    assert (row.state, row.binned, row.binned_why) == ("binned", NOON, "asked")
    assert in_bin(files) == {ids[0]}
    assert not here(files, ids[0]).exists()
    assert agree(library, files, ids)
    assert [row.id for row in library.run(list_binned)] == [ids[0]]
    assert count_rows(library, "sightings") == 3
    assert count_rows(library, "faces") == 3


def test_what_is_in_the_bin_is_out_of_sight(
    library: Library, files: RecordingFiles
) -> None:
    anna = library.run(people.add_person, "Anna")
    ids = fill(library, files)
    for one in ids:
        library.run(sightings.save_analysis, one, analysis(track(person=str(anna.id))))
    throw_away(library, files, *ids[:2])
    listed = library.run(recordings.list_recordings, RecordingFilter())
    assert [row.id for row in listed] == [ids[2]]
    counts = library.run(recordings.count)
    assert (counts.kept, counts.size, counts.failed) == (1, SIZE, 0)
    seen = library.run(sightings.list_sightings, SightingFilter(scenery=True))
    assert [one.recording_id for one in seen] == [ids[2]]
    assert library.run(sightings.sightings_since, NOON - DAY) == {"101": 1}
    (told,) = library.run(people.list_people)
    assert (told.sightings, told.last_seen) == (1, seen[0].start)


def test_a_restored_recording_is_exactly_as_it_was(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files)
    before = everything(library, files)
    throw_away(library, files, *ids)
    assert everything(library, files) != before
    restored = place_of(library, files).restore(ids)
    assert sorted(restored.done) == sorted(ids)
    assert everything(library, files) == before


@pytest.mark.parametrize(
    ("analysis_state", "reason"),
    [
        (AnalysisState.WAITING, None),
        (AnalysisState.FAILED, "bad_video"),
        (AnalysisState.DONE, None),
    ],
)
def test_nobody_waits_for_the_analysis_of_what_is_in_the_bin(
    library: Library,
    files: RecordingFiles,
    analysis_state: AnalysisState,
    reason: str | None,
) -> None:
    (one,) = fill(library, files, 1)
    library.run(rows.change, one, analysis=analysis_state, analysis_reason=reason)
    before = everything(library, files)
    throw_away(library, files, one)
    assert library.run(recordings.waiting_analysis, None) == []
    counts = library.run(recordings.count)
    assert (counts.waiting_analysis, counts.failed) == (0, 0)
    assert library.run(recordings.queue_analysis, [one]) == 0
    assert library.run(requeue.queue_incomplete, "objects") == 0
    place_of(library, files).restore([one])
    assert everything(library, files) == before


def test_nothing_changes_what_is_in_the_bin(
    library: Library, files: RecordingFiles
) -> None:
    (one,) = fill(library, files, 1)
    throw_away(library, files, one)
    before = everything(library, files)
    assert library.run(recordings.add_recordings, [announced(1)]) == []
    assert library.run(recordings.queue_download, [one]) == 0
    assert not library.run(recordings.mark_downloaded, one, "b.mp4", 1)
    library.run(recordings.mark_retry, one, "refused", NOON)
    library.run(recordings.mark_failed, one, "refused")
    library.run(recordings.set_locked, one, locked=True)
    library.run(sightings.mark_analysis_failed, one, "bad_video")
    assert library.run(sightings.save_analysis, one, analysis(track())) == []
    assert library.run(recordings.due_downloads, NOON + DAY, None) == []
    assert everything(library, files) == before


def test_the_bin_is_emptied_after_its_days(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files)
    place = place_of(library, files)
    throw_away(library, files, ids[0])
    place.remove({ids[1]: "age"}, now=NOON + 3 * DAY, to_bin=True)
    assert place.empty_bin(now=NOON + 6 * DAY, days=7).done == []
    emptied = place.empty_bin(now=NOON + 8 * DAY, days=7)
    assert (emptied.done, emptied.freed) == ([ids[0]], SIZE)
    assert found(library, ids[0]).state is RecordingState.DELETED
    assert found(library, ids[1]).binned_why == "age"
    assert in_bin(files) == {ids[1]}
    assert count_rows(library, "sightings") == 2
    pictures = {path.stem.split("_")[2] for path in files.root.rglob("*.jpg")}
    assert pictures == set(ids[1:])
    assert place.empty_bin(now=NOON + 8 * DAY, days=0).done == [ids[1]]
    assert not (files.root / ".bin").exists()


def test_what_came_back_meanwhile_is_not_emptied_out(
    library: Library, files: RecordingFiles
) -> None:
    (one,) = fill(library, files, 1)
    throw_away(library, files, one)
    place = place_of(library, files)

    def restore_it() -> bool:
        place.restore([one])
        return False

    emptied = place.empty_bin(now=NOON + 8 * DAY, days=7, should_stop=restore_it)
    assert emptied.done == []
    assert found(library, one).state is RecordingState.DOWNLOADED
    assert here(files, one).is_file()


@pytest.mark.parametrize("state", [RecordingState.DOWNLOADED, RecordingState.BINNED])
def test_deleted_for_good_leaves_a_tombstone(
    library: Library, files: RecordingFiles, state: RecordingState
) -> None:
    ids = fill(library, files, 2)
    throw_away(library, files, ids[1])
    one = {"downloaded": ids[0], "binned": ids[1]}[state]
    moved = place_of(library, files).remove(
        {one: "asked"}, now=NOON, to_bin=False, states=(state,)
    )
    assert (moved.done, moved.freed) == ([one], SIZE)
    row = found(library, one)
    assert (row.state, row.binned, row.binned_why) == ("deleted", None, None)
    assert agree(library, files, ids)
    restored = place_of(library, files).restore([one])
    assert (restored.done, restored.failed) == ([], {})


def test_a_restore_without_its_file_fails_and_says_so(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, 2)
    throw_away(library, files, *ids)
    there(files, ids[0]).unlink()
    restored = place_of(library, files).restore(ids)
    assert restored.done == [ids[1]]
    assert restored.failed == {ids[0]: "file_missing"}
    assert found(library, ids[0]).state is RecordingState.BINNED


def test_a_file_that_will_not_move_keeps_its_row(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, 2)
    (files.root / ".bin").write_text("in the way")
    moved = place_of(library, files).remove(
        dict.fromkeys(ids, "age"), now=NOON, to_bin=True
    )
    assert (moved.done, set(moved.failed)) == ([], set(ids))
    assert agree(library, files, ids)


def test_a_link_does_not_lead_out_of_the_folder(
    library: Library, files: RecordingFiles, tmp_path: Any
) -> None:
    (one,) = fill(library, files, 1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (files.root / ".bin").symlink_to(elsewhere)
    moved = place_of(library, files).remove({one: "age"}, now=NOON, to_bin=True)
    assert list(moved.failed) == [one]
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_is_gone_already_leaves_a_tombstone(
    library: Library, files: RecordingFiles
) -> None:
    (one,) = fill(library, files, 1)
    here(files, one).unlink()
    throw_away(library, files, one)
    assert found(library, one).state is RecordingState.DELETED
    assert list(files.root.rglob("*.jpg")) == []


def test_a_locked_recording_stays(library: Library, files: RecordingFiles) -> None:
    (one,) = fill(library, files, 1)
    library.run(recordings.set_locked, one, locked=True)
    for to_bin in (True, False):
        moved = place_of(library, files).remove({one: "age"}, now=NOON, to_bin=to_bin)
        assert (moved.done, moved.failed) == ([], {})
    assert here(files, one).is_file()


def test_nothing_moves_while_the_folder_is_away(
    library: Library, files: RecordingFiles
) -> None:
    ids = fill(library, files, 2)
    throw_away(library, files, ids[0])
    place = place_of(library, files)
    (files.root / MARKER).unlink()
    before = everything(library, files)
    with pytest.raises(PurgeRefused):
        place.remove({ids[1]: "age"}, now=NOON, to_bin=True)
    with pytest.raises(PurgeRefused):
        place.restore([ids[0]])
    with pytest.raises(PurgeRefused):
        place.empty_bin(now=NOON + 9 * DAY, days=7)
    assert everything(library, files) == before


def test_a_wrong_clock_empties_no_bin(library: Library, files: RecordingFiles) -> None:
    (one,) = fill(library, files, 1)
    throw_away(library, files, one)
    with pytest.raises(PurgeRefused, match="clock"):
        place_of(library, files).empty_bin(now=NOON + 9999 * DAY, days=7)
    assert in_bin(files) == {one}


def test_a_person_is_forgotten_in_the_bin_too(
    library: Library, files: RecordingFiles
) -> None:
    anna = library.run(people.add_person, "Anna")
    library.run(people.add_reference, anna.id, embedding(), "a.jpg")
    (one,) = fill(library, files, 1)
    library.run(sightings.save_analysis, one, analysis(track(person=str(anna.id))))
    throw_away(library, files, one)
    assert library.run(people.forget_person, anna.id).sightings == 1
    place_of(library, files).restore([one])
    (seen,) = library.run(sightings.list_sightings, SightingFilter())
    assert (seen.person_id, seen.distance) == (None, None)
