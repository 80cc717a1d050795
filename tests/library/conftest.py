"""Fixtures of the library's suite, which runs without Home Assistant's plugin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.store import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Return a new, empty library."""
    opened = Library.open(tmp_path / "library")
    yield opened
    opened.close()


@pytest.fixture
def files(tmp_path: Path) -> RecordingFiles:
    """Return a recordings folder that is ready."""
    folder = RecordingFiles(tmp_path / "media", min_free=0)
    folder.prepare(expect_files=False)
    return folder


@pytest.fixture
def snapshots(files: RecordingFiles) -> Path:
    """Return the folder of the snapshots."""
    return files.root / "snapshots"
