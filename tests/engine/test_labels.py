"""Tests of labels: which classes there are and which of them matter."""

import pytest

from custom_components.ring_vision.engine.labels import (
    ANIMALS,
    COCO,
    VEHICLES,
    Group,
    alike,
    group_of,
    is_reported,
)


def test_the_data_set_has_eighty_classes_in_its_own_order() -> None:
    assert len(COCO) == len(set(COCO)) == 80
    places = {0: "person", 2: "car", 15: "cat", 16: "dog", 79: "toothbrush"}
    assert {place: COCO[place] for place in places} == places
    assert all(label == label.strip() for label in COCO)


def test_what_is_grouped_is_a_class_of_the_data_set() -> None:
    assert set(COCO) >= ANIMALS | VEHICLES


@pytest.mark.parametrize(
    ("label", "group", "reported"),
    [
        ("person", Group.PEOPLE, True),
        ("dog", Group.ANIMALS, True),
        ("truck", Group.VEHICLES, True),
        ("suitcase", Group.THINGS, True),
        ("toaster", Group.THINGS, False),  # nobody cares
        ("fox", Group.THINGS, True),  # of a model of the owner's
    ],
)
def test_a_label_has_a_group_and_may_matter(
    label: str, group: Group, reported: bool
) -> None:
    assert group_of(label) is group
    assert is_reported(label) is reported


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("person", "person", True),
        ("cat", "dog", True),
        ("car", "truck", True),
        ("person", "dog", False),
        ("backpack", "suitcase", False),
        ("fox", "fox", True),
    ],
)
def test_animals_and_vehicles_are_taken_for_each_other(
    one: str, other: str, expected: bool
) -> None:
    assert alike(one, other) is expected
