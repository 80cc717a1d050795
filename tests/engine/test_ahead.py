"""Tests of what is made ahead in a thread of its own."""

from collections.abc import Iterator
import threading
import time

import pytest

from custom_components.ring_vision.engine.ahead import Ahead


def count(made: list[int], most: int = 100) -> Iterator[int]:
    """Yield numbers, and note each that was made."""
    for number in range(most):
        made.append(number)
        yield number


def threads() -> list[str]:
    """Return the names of the threads that run."""
    return [thread.name for thread in threading.enumerate()]


def test_everything_comes_in_its_order() -> None:
    with Ahead(count([], 20), depth=3) as ahead:
        assert list(ahead) == list(range(20))
    assert "ahead" not in threads()


def test_no_more_is_made_than_there_is_room_for() -> None:
    made: list[int] = []
    with Ahead(count(made), depth=2) as ahead:
        assert next(iter(ahead)) == 0
        time.sleep(0.2)
        assert len(made) <= 4
    assert "ahead" not in threads()


def test_an_error_there_is_raised_here() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"), Ahead(broken(), depth=2) as ahead:
        got.extend(iter(ahead))
    assert got == [1]
    assert "ahead" not in threads()


def test_an_error_here_ends_the_thread_there() -> None:
    made: list[int] = []

    def fail() -> None:
        with Ahead(count(made), depth=2) as ahead:
            for _ in ahead:
                raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fail()
    assert "ahead" not in threads()
    assert len(made) < 10


def test_it_goes_on_while_this_thread_is_busy() -> None:
    made: list[int] = []
    with Ahead(count(made, 3), depth=3):
        deadline = time.monotonic() + 5
        while len(made) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert made == [0, 1, 2]
