"""The library's errors: what went wrong with the rows or with the files."""

from enum import StrEnum
from typing import override


class LibraryError(Exception):
    """The library could not do what it was asked."""


class NewerSchema(LibraryError):  # noqa: N818
    """The database was written by a later version."""


class CorruptLibrary(LibraryError):  # noqa: N818
    """The database file is damaged, or no database at all."""


class BusyLibrary(LibraryError):  # noqa: N818
    """Another program kept the database locked for too long; later it may work."""


class OutsideFolder(LibraryError):  # noqa: N818
    """A path leads out of the folder that it belongs to."""


class PurgeRefused(LibraryError):  # noqa: N818
    """Nothing was deleted, because something does not add up."""


class BrokenReason(StrEnum):
    """What is wrong with a downloaded file: codes that translations name."""

    EMPTY = "empty"
    HTML = "html"
    """A page (or an XML error) instead of a video."""
    TRUNCATED = "truncated"
    NOT_MP4 = "not_mp4"


class BrokenFile(LibraryError):  # noqa: N818
    """A file is not a whole MP4; `reason` says why."""

    def __init__(self, reason: BrokenReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    @override
    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason.value


class StorageReason(StrEnum):
    """Why no file can be written: codes that translations name."""

    FOLDER_MISSING = "folder_missing"
    NOT_WRITABLE = "not_writable"
    DISK_FULL = "disk_full"


class StorageUnavailable(LibraryError):  # noqa: N818
    """The recordings folder cannot take files now; `reason` says why."""

    def __init__(self, reason: StorageReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
