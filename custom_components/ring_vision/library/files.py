"""The recordings folder: names, parts, and whole files under their final names."""

from contextlib import suppress
from datetime import UTC, datetime
import errno
import hashlib
import os
from pathlib import Path
import re
import shutil
from stat import S_ISREG
from typing import Final

from .errors import (
    BrokenFile,
    BrokenReason,
    OutsideFolder,
    StorageReason,
    StorageUnavailable,
)
from .models import NewRecording, Recording
from .mp4 import check_mp4

MARKER: Final = ".ring_vision"
"""Lies in the folder once it is ours; a disk that is not mounted does not have it."""
MIN_FREE_BYTES: Final = 500 * 1024 * 1024
"""Left for Home Assistant itself."""
PART_SUFFIX: Final = ".part"
MAX_NAME_LENGTH: Final = 40
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class RecordingFiles:
    """The files of all recordings kept."""

    def __init__(self, root: Path, *, min_free: int = MIN_FREE_BYTES) -> None:
        """Keep them below `root`; refuse new ones when less than `min_free` bytes are left."""
        self.root = root
        self._min_free = min_free

    def prepare(self, *, expect_files: bool) -> None:
        """Make the folder ours, or raise `StorageUnavailable`.

        With `expect_files` an empty or missing folder is a disk that is not
        mounted: nothing is made, so that nobody writes below the mount point.
        """
        if self.available():
            return
        if expect_files and not _has_entries(self.root):
            raise StorageUnavailable(StorageReason.FOLDER_MISSING)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / MARKER).touch()
        except OSError as err:
            raise _storage_error(err) from err

    def available(self) -> bool:
        """Return whether the folder is there and is ours."""
        try:
            return (self.root / MARKER).is_file()
        except OSError:
            return False

    def free_space(self) -> int:
        """Return the bytes left on the folder's disk."""
        try:
            return shutil.disk_usage(self.root).free
        except OSError as err:
            raise _storage_error(err) from err

    def require_space(self, needed: int = 0) -> None:
        """Raise `StorageUnavailable` unless `needed` bytes fit and enough is left."""
        if not self.available():
            raise StorageUnavailable(StorageReason.FOLDER_MISSING)
        if self.free_space() - needed < self._min_free:
            raise StorageUnavailable(StorageReason.DISK_FULL)

    def relative_path(self, recording: Recording | NewRecording) -> str:
        """Return where a recording's file belongs, made of ids and times alone."""
        start = recording.start.astimezone(UTC)
        return (
            f"{_safe_id(recording.camera_id)}/{start:%Y/%m}/{start:%Y%m%dT%H%M%SZ}"
            f"_{_safe_word(recording.kind)}_{_safe_id(recording.id)}.mp4"
        )

    def camera_folder(self, camera_id: str) -> str:
        """Return where a camera's files belong."""
        return _safe_id(camera_id)

    def resolve(self, relative: str) -> Path:
        """Return the absolute path of a name of ours; raise where it leads outside."""
        return resolve_below(self.root, relative)

    def part_path(self, relative: str) -> Path:
        """Return where a download grows, in the folder of its final name."""
        final = self.resolve(relative)
        return final.with_name(final.name + PART_SUFFIX)

    def append(self, part: Path, data: bytes | bytearray) -> int:
        """Append to a part and return its size (bytes)."""
        if not self.available():  # or its folders would be made below a mount point
            raise StorageUnavailable(StorageReason.FOLDER_MISSING)
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                file.write(data)
                return file.tell()
        except OSError as err:
            raise _storage_error(err) from err

    def finish(self, part: Path, final: Path, expected_size: int | None) -> int:
        """Give a checked part its final name, durably; return its size (bytes).

        A file under its final name is whole: it gets there in one step, after its
        data are on the disk.
        """
        try:
            size = part.stat().st_size
            if expected_size is not None and 0 < size != expected_size:
                raise BrokenFile(
                    BrokenReason.TRUNCATED, f"{size} bytes instead of {expected_size}"
                )
            check_mp4(part)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(final)
            _sync_folder(final.parent)
        except OSError as err:
            raise _storage_error(err) from err
        return size

    def remove(self, relative: str) -> bool:
        """Delete a file and the folders that it leaves empty; False when it was gone."""
        return remove_below(self.root, relative)

    def move(self, source: str, target: str) -> bool:
        """Give a file another name, in one step; False when it was gone.

        Folders that it leaves empty go.
        """
        origin, path = self.resolve(source), self.resolve(target)
        if not self.available():  # or a folder would be made below a mount point
            raise StorageUnavailable(StorageReason.FOLDER_MISSING)
        try:
            if not S_ISREG(origin.stat().st_mode):
                raise StorageUnavailable(StorageReason.NOT_WRITABLE)
        except FileNotFoundError, NotADirectoryError:
            return False
        except OSError as err:
            raise _storage_error(err) from err
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            origin.replace(path)
            _sync_folder(path.parent)
        except OSError as err:
            raise _storage_error(err) from err
        _remove_empty(origin, self.root)
        return True

    def clean_parts(self, older_than: datetime) -> int:
        """Delete the parts that nobody continued since then; return how many."""
        removed = 0
        for pattern in (f"*{PART_SUFFIX}", f"*{PART_SUFFIX}.json"):
            for path in self.root.rglob(pattern):
                with suppress(OSError):
                    if path.stat().st_mtime < older_than.timestamp():
                        path.unlink()
                        removed += 1
        return removed


def resolve_below(root: Path, relative: str) -> Path:
    """Return `root / relative`, links followed; raise where that is not below `root`."""
    top = root.resolve()
    try:
        path = (top / relative).resolve()
    except (ValueError, OSError) as err:
        raise OutsideFolder(relative) from err
    if path == top or not path.is_relative_to(top):
        raise OutsideFolder(relative)
    return path


def remove_below(root: Path, relative: str) -> bool:
    """Delete a file below `root` and the folders that it leaves empty."""
    path = resolve_below(root, relative)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as err:
        raise _storage_error(err) from err
    _remove_empty(path, root)
    return True


def _remove_empty(path: Path, root: Path) -> None:
    """Delete the folders that a file has left empty, up to `root`."""
    top = root.resolve()
    for folder in path.parents:
        if folder == top:
            break
        try:
            folder.rmdir()
        except OSError:
            break


def _safe_word(word: str) -> str:
    """Return a word that is harmless in a file name."""
    return _UNSAFE.sub("-", word)[:MAX_NAME_LENGTH].strip("-") or "unknown"


def _safe_id(identity: str) -> str:
    """Return an id for a file name; other ids give other names, on any file system."""
    if identity.isascii() and identity.isdigit() and len(identity) <= MAX_NAME_LENGTH:
        return identity
    # Letters may differ in nothing but their case, which some disks do not tell apart.
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_safe_word(identity)}-{digest[:12]}"


def _has_entries(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; network disks may refuse, having their own ways."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _storage_error(err: OSError) -> StorageUnavailable:
    if err.errno in _FULL:
        return StorageUnavailable(StorageReason.DISK_FULL)
    if isinstance(err, FileNotFoundError | NotADirectoryError):
        return StorageUnavailable(StorageReason.FOLDER_MISSING)
    return StorageUnavailable(StorageReason.NOT_WRITABLE)
