"""Score the engine on labelled media: which labels it finds, and whom it names.

`labels.json` in the media folder says what is in each clip: `must_find` (label to the
seconds in which it is clearly visible), `may_find`, `people` and `may_name`. A label
counts as found when something of that label was seen within one of its intervals,
whether it moved or not; a label in neither list is a false one, and so is a name.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import sys
from typing import Any

from scripts.analyze_run import REPOSITORY, answers, enroll, say
from scripts.engine_alone import client as engine, errors

MEDIA = REPOSITORY.parent / "shared" / "media"
MODELS = REPOSITORY.parent / "shared" / "models"
ENGINES = ("builtin", "full", "both")

type Intervals = Sequence[Sequence[float]]


@dataclass(kw_only=True)
class Score:
    """What was right and wrong in one recording."""

    recording: str
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    error: str | None = None


def overlaps(sighting: Mapping[str, Any], intervals: Intervals) -> bool:
    """Tell whether something was seen within one of the intervals (seconds)."""
    return any(
        sighting["start_s"] <= end and sighting["end_s"] >= start
        for start, end in intervals
    )


def score(
    recording: str, label: Mapping[str, Any], sightings: Iterable[Mapping[str, Any]]
) -> Score:
    """Compare what was seen in a recording with what is in it."""
    seen = list(sightings)
    must: Mapping[str, Intervals] = label["must_find"]
    found = [
        name
        for name, intervals in must.items()
        if any(one["label"] == name and overlaps(one, intervals) for one in seen)
    ]
    allowed = {*must, *label.get("may_find", ())}
    names = {one["person"] for one in seen} - {None}
    people = label.get("people", [])
    return Score(
        recording=recording,
        found=found,
        missed=[name for name in must if name not in found],
        false=sorted({one["label"] for one in seen} - allowed),
        named=[name for name in people if name in names],
        unnamed=[name for name in people if name not in names],
        wrong=sorted(names - {*people, *label.get("may_name", ())}),
    )


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Return all recordings' figures, and each one's."""

    def count(what: str) -> int:
        return sum(len(getattr(one, what)) for one in scores)

    right, missed, false = count("found"), count("missed"), count("false")
    return {
        "label_f1": _ratio(2 * right, 2 * right + missed + false),
        "precision": _ratio(right, right + false),
        "recall": _ratio(right, right + missed),
        "names_right": count("named"),
        "names_missed": count("unnamed"),
        "names_wrong": count("wrong"),
        "per_recording": [vars(one) for one in scores],
    }


def _ratio(part: int, whole: int) -> float:
    """Return a share; of nothing all is right."""
    return round(part / whole, 4) if whole else 1.0


def as_table(scores: Sequence[Score]) -> str:
    """Return a line for each recording."""
    rows = [("recording", "found", "missed", "false", "named", "not named", "wrong")]
    rows += [
        (
            one.recording,
            *(
                ", ".join(words) or "-"
                for words in (
                    *(one.found, one.missed, one.false),
                    *(one.named, one.unnamed, one.wrong),
                )
            ),
        )
        for one in scores
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def measure(arguments: argparse.Namespace) -> list[Score]:
    """Look at every labelled clip with the engine of the integration."""
    labels = json.loads((arguments.media / "labels.json").read_text())["clips"]
    client = engine.EngineClient(nice=0)
    try:
        people = arguments.media / "people"
        models = (str(arguments.models),)
        gallery = enroll(client, people, models) if people.is_dir() else ()
        arguments.clips = [str(arguments.media / "clips" / name) for name in labels]
        return [
            Score(
                recording=name,
                missed=list(label["must_find"]),
                error=str(answer["error"]),
            )
            if "error" in answer
            else score(name, label, answer["sightings"])
            for (name, label), answer in zip(
                labels.items(), answers(client, arguments, gallery), strict=True
            )
        ]
    finally:
        client.close()


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench quality", description=__doc__)
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--detector", default="yolo11n", metavar="NAME")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--engine", choices=ENGINES, default="builtin")
    parser.add_argument("--table", action="store_true", help="a table on stderr")
    return parser.parse_args()


def main() -> int:
    """Print one JSON object."""
    arguments = parse()
    if not (arguments.media / "labels.json").is_file():
        say(f"{arguments.media} has no labels.json: name a folder with --media")
        return 2
    if arguments.engine == "full":
        say("The full engine is not installed")
        return 2
    try:
        scores = measure(arguments)
    except errors.EngineError as err:
        say(str(err))
        return 1
    if arguments.table:
        say(as_table(scores))
    print(json.dumps(summary(scores), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
