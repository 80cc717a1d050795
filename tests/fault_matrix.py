"""The table of the fault matrix: read what is expected, print what happened."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

FAULT_CELL: Final = "fault_matrix"
"""Name of the property with which a test tells (fault, door, outcome)."""
UNEXPECTED: Final = "unexpected"

type Cells = Mapping[tuple[str, str], str]
"""(fault, door) to what came of it."""


def read_matrix(path: Path) -> Cells:
    """Return the cells of a Markdown table; the first row names the doors."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in path.read_text().splitlines()
        if line.startswith("|")
    ]
    (_, *doors), _, *faults = rows
    return {
        (name, door): cell
        for name, *cells in faults
        for door, cell in zip(doors, cells, strict=True)
        if cell
    }


def as_table(cells: Cells) -> list[str]:
    """Return the lines of a Markdown table."""
    doors = list(dict.fromkeys(door for _, door in cells))
    names = list(dict.fromkeys(name for name, _ in cells))
    rows = [["fault", *doors], *_rows(cells, names, doors)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def _rows(cells: Cells, names: Iterable[str], doors: list[str]) -> Iterable[list[str]]:
    return ([name, *(cells.get((name, door), "") for door in doors)] for name in names)
