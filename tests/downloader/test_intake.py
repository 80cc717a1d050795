"""Tests of which rows get files, and which files get rows."""

from datetime import UTC, datetime, timedelta
import os
import re
import shutil
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.models import NewRecording, RecordingState
from custom_components.ring_vision.ring_cloud.errors import RateLimited
from tests.ring_cloud_server.clips import make_clip

from .bench import ASKS, NOW, WAITING, Bench, asked, several


async def test_a_recording_deleted_at_the_last_moment_takes_its_file_along(
    bench: Bench,
) -> None:
    recording = await bench.known()

    mark = recordings.mark_downloaded

    def too_late(
        connection: Connection, recording_id: str, *args: Any, **kw: Any
    ) -> bool:
        recordings.mark_deleted(connection, [recording_id])
        return mark(connection, recording_id, *args, **kw)

    with patch.object(recordings, "mark_downloaded", too_late):
        assert (await bench.due()).done == 0
    assert bench.names() == []
    assert bench.state(recording) == (RecordingState.DELETED, None)


async def test_a_tombstone_and_an_unknown_id_are_left_alone(bench: Bench) -> None:
    recording = await bench.known()
    bench.library.run(recordings.mark_deleted, [recording.key])
    summary = await bench.fetch(recording.key, "unknown", skip_existing=False)
    assert summary.done == 0
    assert asked(bench) == []
    assert bench.state(recording) == (RecordingState.DELETED, None)


async def test_chosen_ones_are_fetched_newest_first_whatever_their_state(
    bench: Bench,
) -> None:
    made = await several(bench, 4)
    ids = [recording.key for recording in made]
    soon = datetime.now(UTC) + timedelta(hours=1)
    bench.library.run(recordings.mark_failed, ids[0], "truncated")
    bench.library.run(recordings.mark_skipped, ids[1], "no_plan")
    bench.library.run(recordings.mark_expired, ids[2], "gone")
    bench.library.run(recordings.mark_retry, ids[3], "connection_lost", soon)
    summary = await bench.fetch(*reversed(ids), ids[0])
    assert sorted(summary.downloaded, reverse=True) == ids
    assert set(asked(bench)[:2]) == set(ids[:2])
    assert bench.progress[-1] == (4, 4, None)


async def test_what_is_here_is_skipped(bench: Bench) -> None:
    recording = await bench.known()
    await bench.due()
    summary = await bench.fetch(recording.key)
    assert summary.skipped == [recording.key]
    assert asked(bench) == [recording.key]


async def test_a_lost_file_is_fetched_again(bench: Bench) -> None:
    recording = await bench.known()
    await bench.due()
    bench.file(recording).unlink()
    assert (await bench.fetch(recording.key)).downloaded == [recording.key]
    assert bench.file(recording).read_bytes() == bench.clip.read_bytes()


async def test_a_lost_file_waits_when_the_run_does_not_come_so_far(
    bench: Bench,
) -> None:
    recording = await bench.known()
    await bench.due()
    bench.file(recording).unlink()
    bench.spoil("too_many_requests", match=ASKS)
    with pytest.raises(RateLimited):
        await bench.fetch(recording.key)
    assert bench.state(recording) == WAITING


async def test_a_new_file_replaces_the_old_one(bench: Bench) -> None:
    recording = await bench.known()
    await bench.due()
    other = make_clip(bench.files.root.parent / "other.mp4")
    recording.file = other
    await bench.fetch(recording.key, skip_existing=False)
    row = bench.row(recording)
    assert bench.file(recording).read_bytes() == other.read_bytes()
    assert row.size == other.stat().st_size
    assert bench.names() == [row.path]


@pytest.mark.parametrize(
    "name",
    ["media_html", "gone", "payment_required", "s3_no_such_key", "s3_access_denied"],
)
async def test_the_old_file_stays_where_no_whole_new_one_comes(
    bench: Bench, name: str
) -> None:
    recording = await bench.known()
    await bench.due()
    before = bench.row(recording)
    bench.spoil(name, times=-1)
    summary = await bench.fetch(recording.key, skip_existing=False)
    assert summary.downloaded == []
    assert summary.done == 1
    assert bench.row(recording) == before
    assert bench.file(recording).read_bytes() == bench.clip.read_bytes()


async def test_a_whole_file_without_its_row_is_taken_over(bench: Bench) -> None:
    """As after a crash between the two, or with a backup older than the files."""
    recording = await bench.known()
    bench.files.prepare(expect_files=False)
    bench.file(recording).parent.mkdir(parents=True)
    shutil.copy(bench.clip, bench.file(recording))
    assert (await bench.due()).downloaded == [recording.key]
    assert bench.row(recording).size == bench.clip.stat().st_size
    assert [row.id for row in bench.told] == [recording.key]
    assert asked(bench) == []


async def test_a_broken_file_under_a_final_name_is_not_taken_over(
    bench: Bench,
) -> None:
    recording = await bench.known()
    bench.files.prepare(expect_files=False)
    bench.file(recording).parent.mkdir(parents=True)
    bench.file(recording).write_bytes(bench.clip.read_bytes()[:1000])
    await bench.due()
    assert bench.file(recording).read_bytes() == bench.clip.read_bytes()


@pytest.mark.parametrize(
    ("recording_id", "kind"),
    [
        ("../../../etc/passwd", "motion"),
        ("/etc/passwd", "/"),
        ("..", "../.."),
        ("🔔", "🔔"),
        pytest.param("a" * 300, "b" * 300, id="long"),
        ("x\0y", "\n"),
        ("", ""),
    ],
)
async def test_odd_names_stay_inside_the_folder(
    bench: Bench, recording_id: str, kind: str
) -> None:
    url = await bench.cloud.async_media_url(bench.row(await bench.known()))
    odd = NewRecording(id=recording_id, camera_id="..", kind=kind, start=NOW)
    bench.library.run(recordings.add_recordings, [odd])
    with patch.object(bench.cloud, "async_media_url", AsyncMock(return_value=url)):
        assert (await bench.due(camera_ids=[".."])).downloaded == [recording_id]
    (name,) = bench.names()
    assert re.fullmatch(r"[\w-]+/\d{4}/\d{2}/[\w-]+\.mp4", name, re.ASCII)
    outside = {path.name for path in bench.files.root.parent.iterdir()}
    assert not outside & {"etc", "passwd"}


async def test_parts_that_nobody_continues_are_deleted_once_after_a_start(
    bench: Bench,
) -> None:
    bench.files.prepare(expect_files=False)
    old = bench.files.root / "1" / "old.mp4.part"
    young = bench.files.root / "1" / "young.mp4.part"
    day_ago = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    bench.files.append(old, b"1")
    bench.files.append(young, b"2")
    os.utime(old, (day_ago, day_ago))
    await bench.due()
    assert bench.names() == ["1/young.mp4.part"]
    os.utime(young, (day_ago, day_ago))
    await bench.due()
    assert bench.names() == ["1/young.mp4.part"]
