"""Recordings with files and pictures, for the tests of the bin."""

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from custom_components.ring_vision.library.bin import FOLDER, bin_path
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.retention import Place
from custom_components.ring_vision.library.schema import METADATA
from custom_components.ring_vision.library.store import Library, reads

from .samples import NOON, add_downloaded, announced, face, found, sightings_of, track

SIZE = 1000


def place_of(library: Library, files: RecordingFiles) -> Place:
    """Return where an account's recordings are."""
    return Place(library=library, files=files, snapshots=files.root / "snapshots")


def fill(library: Library, files: RecordingFiles, number: int = 3) -> list[str]:
    """Put recordings in, with a person, a face and a picture of each."""
    ids = add_downloaded(library, *map(announced, range(1, number + 1)), size=SIZE)
    for recording_id in ids:
        named = files.relative_path(found(library, recording_id))
        picture = named.replace(".mp4", "_1.jpg")
        sightings_of(library, recording_id, track(1, snapshot=picture, faces=(face(),)))
        for path in (here(files, recording_id), files.root / "snapshots" / picture):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(recording_id.encode().ljust(SIZE))
    return ids


def here(files: RecordingFiles, recording_id: str) -> Path:
    """Return where a recording's file is while it is kept."""
    return files.root / f"101/{recording_id}.mp4"


def there(files: RecordingFiles, recording_id: str) -> Path:
    """Return where a recording's file is while it is in the bin."""
    return files.root / bin_path(f"101/{recording_id}.mp4")


def in_bin(files: RecordingFiles) -> set[str]:
    """Return the ids of the files in the bin."""
    return {path.stem for path in (files.root / FOLDER).rglob("*.mp4")}


def throw_away(library: Library, files: RecordingFiles, *ids: str) -> None:
    """Move recordings to the bin."""
    whys = dict.fromkeys(ids, "asked")
    moved = place_of(library, files).remove(whys, now=NOON, to_bin=True)
    assert sorted(moved.done) == sorted(ids)


def everything(library: Library, files: RecordingFiles) -> dict[str, Any]:
    """Return all rows, and all files with their contents."""

    @reads
    def dump(connection: Connection) -> dict[str, Any]:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in METADATA.tables.items()
        }

    return {
        "rows": library.run(dump),
        "files": {
            path.relative_to(files.root).as_posix(): path.read_bytes()
            for path in files.root.rglob("*")
            if path.is_file()
        },
    }


def agree(library: Library, files: RecordingFiles, ids: list[str]) -> bool:
    """Say whether each row has its one file, and each file its row."""
    expected = {
        {"downloaded": here, "binned": there}[row.state](files, row.id)
        for row in (found(library, one) for one in ids)
        if row.state != "deleted"
    }
    return expected == set(files.root.rglob("*.mp4"))
