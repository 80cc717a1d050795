"""Tests of the scores of labelled media."""

from typing import Any

import pytest

from scripts.bench_quality import as_table, overlaps, score, summary

LABEL: dict[str, Any] = {
    "must_find": {"person": [[0, 4], [8, 9]], "cat": [[2, 3]]},
    "may_find": ["handbag"],
    "people": ["anna", "ben"],
    "may_name": ["carl"],
}


def seen(
    label: str, start_s: float = 0, end_s: float = 1, person: str | None = None
) -> dict[str, Any]:
    """Return a sighting."""
    return {"label": label, "start_s": start_s, "end_s": end_s, "person": person}


@pytest.mark.parametrize(
    ("start_s", "end_s", "within"),
    [(0, 1, True), (4, 5, True), (4.1, 7.9, False), (5, 8, True), (9.1, 10, False)],
)
def test_a_sighting_counts_within_an_interval(
    start_s: float, end_s: float, within: bool
) -> None:
    assert overlaps(seen("person", start_s, end_s), [[0, 4], [8, 9]]) is within


def test_labels_are_found_missed_or_false() -> None:
    told = score("a", LABEL, [seen("person"), seen("handbag"), seen("dog")])
    assert (told.found, told.missed, told.false) == (["person"], ["cat"], ["dog"])


def test_names_are_right_missing_or_wrong() -> None:
    told = score(
        "a",
        LABEL,
        [seen("person", person=name) for name in ("anna", "carl", "dora")],
    )
    assert (told.named, told.unnamed, told.wrong) == (["anna"], ["ben"], ["dora"])


def test_the_figures_are_those_of_all_recordings() -> None:
    scores = [
        score("a", LABEL, [seen("person", person="anna"), seen("dog")]),
        score("b", {"must_find": {}, "may_find": []}, []),
    ]
    told = summary(scores)
    assert told["label_f1"] == 0.5
    assert (told["precision"], told["recall"]) == (0.5, 0.5)
    names = (told["names_right"], told["names_missed"], told["names_wrong"])
    assert names == (1, 1, 0)
    assert [one["recording"] for one in told["per_recording"]] == ["a", "b"]


def test_of_nothing_all_is_right() -> None:
    assert summary([score("b", {"must_find": {}}, [])])["label_f1"] == 1.0


def test_the_table_has_a_line_for_each_recording() -> None:
    table = as_table([score("porch", LABEL, [seen("dog")])])
    assert [line.split()[0] for line in table.splitlines()] == ["recording", "porch"]
