"""A file on its way: what came of it so far, on the disk."""

from contextlib import suppress
import json

from ..library.errors import StorageReason, StorageUnavailable
from ..library.files import RecordingFiles


class Part:
    """A file that is not whole yet, on the disk; blocking, for the executor."""

    def __init__(self, files: RecordingFiles, relative: str) -> None:
        """Go on with what an earlier run left, where it can be trusted."""
        self._files = files
        self.path = files.part_path(relative)
        self.final = files.resolve(relative)
        self._notes = self.path.with_name(f"{self.path.name}.json")
        self.size = 0
        self.etag: str | None = None
        self.total: int | None = None
        self._load()

    @property
    def complete(self) -> bool:
        """Return whether every byte is here, so that nothing need be asked for."""
        return 0 < self.size == self.total

    def begin(self, etag: str | None, total: int | None) -> None:
        """Start anew with a file of the store, of which `total` bytes will come."""
        self.drop()
        self._files.require_space(total or 0)
        self._files.append(self.path, b"")
        self._files.append(
            self._notes, json.dumps({"etag": etag, "total": total}).encode()
        )
        self.etag, self.total = etag, total

    def append(self, data: bytearray) -> None:
        """Write what came; never below the mount point of a disk that went away."""
        self._files.require_space(len(data))
        self.size = self._files.append(self.path, data)

    def finish(self) -> int:
        """Give it its final name and return its size, or raise `BrokenFile`."""
        size = self._files.finish(self.path, self.final, self.total)
        # Should this fail, a note without its part means nothing to anybody.
        with suppress(OSError):
            self._notes.unlink()
        return size

    def drop(self) -> None:
        """Forget what came."""
        self.size, self.etag, self.total = 0, None, None
        try:
            self.path.unlink(missing_ok=True)
            self._notes.unlink(missing_ok=True)
        except OSError as err:
            raise StorageUnavailable(StorageReason.NOT_WRITABLE) from err

    def _load(self) -> None:
        """Read how far an earlier run came; without a strong ETag nothing is sure."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            size = self.path.stat().st_size
            notes = json.loads(self._notes.read_text())
            etag, total = notes["etag"], notes["total"]
            known = isinstance(etag, str) and isinstance(total, int | None)
            if known and (total is None or size <= total):
                self.size, self.etag, self.total = size, etag, total
                return
        self.drop()
