"""The library as the event loop asks it."""

import threading

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy.engine import Connection

from custom_components.ring_vision.archive import Archive
from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.errors import LibraryError


def thread_of(connection: Connection) -> int:
    """Tell where a query runs."""
    return threading.get_ident()


async def test_a_question_is_answered_outside_the_event_loop(
    account: MockConfigEntry,
) -> None:
    archive: Archive = account.runtime_data.archive
    assert await archive.ask(thread_of) != threading.get_ident()


async def test_a_closed_library_answers_nothing(account: MockConfigEntry) -> None:
    archive: Archive = account.runtime_data.archive
    await archive.close()
    with pytest.raises(LibraryError):
        await archive.ask(recordings.list_cameras)
