"""Labels: what the detector's classes are called and which of them matter."""

from enum import StrEnum
from typing import Final

PERSON: Final = "person"

# The order is the one of the COCO data set: a class's number is its place.
COCO: Final = tuple(
    """person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light
    |fire hydrant|stop sign|parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant
    |bear|zebra|giraffe|backpack|umbrella|handbag|tie|suitcase|frisbee|skis|snowboard
    |sports ball|kite|baseball bat|baseball glove|skateboard|surfboard|tennis racket
    |bottle|wine glass|cup|fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli
    |carrot|hot dog|pizza|donut|cake|chair|couch|potted plant|bed|dining table|toilet|tv
    |laptop|mouse|remote|keyboard|cell phone|microwave|oven|toaster|sink|refrigerator
    |book|clock|vase|scissors|teddy bear|hair drier|toothbrush""".replace(
        "\n    ", ""
    ).split("|")
)


class Group(StrEnum):
    """What kind of thing a label is."""

    PEOPLE = "people"
    ANIMALS = "animals"
    VEHICLES = "vehicles"
    THINGS = "things"


ANIMALS: Final = frozenset(
    {
        *("bird", "cat", "dog", "horse", "sheep", "cow"),
        *("elephant", "bear", "zebra", "giraffe"),
    }
)
# No airplane comes to a door; what is taken for one is a bird or a cat from above.
VEHICLES: Final = frozenset(
    {
        *("bicycle", "car", "motorcycle", "bus", "train", "truck", "boat"),
    }
)
_GROUPS: Final = {
    Group.PEOPLE: frozenset({PERSON}),
    Group.ANIMALS: ANIMALS,
    Group.VEHICLES: VEHICLES,
    Group.THINGS: frozenset({"backpack", "umbrella", "handbag", "suitcase"}),
}
_BY_LABEL: Final = {
    label: group for group, labels in _GROUPS.items() for label in labels
}
LIVING: Final = frozenset({Group.PEOPLE, Group.ANIMALS})


def group_of(label: str) -> Group:
    """Return the label's group; what a user's own model names is a thing."""
    return _BY_LABEL.get(label, Group.THINGS)


def is_reported(label: str) -> bool:
    """Tell whether owners care: furniture and kitchenware are left out.

    A label that COCO does not know comes from a user's own model and always counts.
    """
    return label in _BY_LABEL or label not in COCO


def alike(one: str, other: str) -> bool:
    """Tell whether one object may be taken for the other between two frames."""
    if one == other:
        return True
    group = group_of(one)
    return group is group_of(other) and group in {Group.ANIMALS, Group.VEHICLES}
