"""Ahead: something that is made in a thread of its own while it is used in this one."""

from collections.abc import Iterator
import queue
import threading
from types import TracebackType
from typing import Final, Self

PATIENCE_S: Final = 0.1
"""How often a full queue looks whether anybody still wants what is in it."""


class Ahead[T]:
    """Goes some items ahead of who iterates over it; `with` ends the thread."""

    def __init__(self, items: Iterator[T], depth: int) -> None:
        """Make no item before the `with` begins."""
        self._items = items
        self._queue: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread, wherever it is, and wait for it: it uses what is closed next."""
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        """Yield the items; raises here what was raised there."""
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]

    def _run(self) -> None:
        """Make the items until they end or nobody wants them."""
        end: BaseException | None = None
        try:
            for item in self._items:
                if not self._put((item,)):
                    return
        except BaseException as err:  # noqa: BLE001 - it is raised in the other thread
            end = err
        self._put(end)

    def _put(self, item: tuple[T] | BaseException | None) -> bool:
        """Hand an item over; False when nobody wants it any more."""
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=PATIENCE_S)
            except queue.Full:
                continue
            return True
        return False
