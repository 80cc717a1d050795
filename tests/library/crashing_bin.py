"""Move files into or out of the bin, say so, and wait: somebody kills this process."""

from pathlib import Path
import sys

from scripts import engine_alone  # noqa: F401  imported for what it registers

# isort: split
from custom_components.ring_vision.library import bin as binned
from custom_components.ring_vision.library.files import RecordingFiles
from custom_components.ring_vision.library.store import Library
from tests.library.binned import fill, place_of, throw_away
from tests.library.samples import NOON


def main(what: str, folder: Path) -> None:
    """Stop between the file's move and its row's change."""
    library = Library.open(folder / "library")
    files = RecordingFiles(folder / "media", min_free=0)
    files.prepare(expect_files=False)
    ids = fill(library, files)

    def say_and_wait(*_: object) -> None:
        sys.stdout.write(" ".join(ids) + "\n")
        sys.stdout.flush()
        sys.stdin.read()

    if what == "bin":
        binned._mark_binned = say_and_wait
        throw_away(library, files, *ids)
    throw_away(library, files, *ids)
    if what == "restore":
        binned._mark_restored = say_and_wait
        place_of(library, files).restore(ids)
    binned._forget = say_and_wait
    place_of(library, files).empty_bin(now=NOON, days=0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
