"""What the owner's options say about keeping: days, gigabytes, and the bin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, Self

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import probatio

from ..const import CONF_STORAGE
from ..engine.labels import Group
from ..library.policy import NOTHING, Policy

CONF_KEEP_DAYS: Final = "keep_days"
CONF_KEEP_GIGABYTES: Final = "keep_gigabytes"
CONF_PEOPLE_DAYS: Final = "people_days"
CONF_ANIMALS_DAYS: Final = "animals_days"
CONF_VEHICLES_DAYS: Final = "vehicles_days"
CONF_NOTHING_DAYS: Final = "nothing_days"
CONF_STRANGERS_DAYS: Final = "strangers_days"
CONF_BIN_DAYS: Final = "bin_days"

DEFAULT_STRANGERS_DAYS: Final = 30
DEFAULT_BIN_DAYS: Final = 7
MAX_DAYS: Final = 3650
MAX_GIGABYTES: Final = 100_000
BYTES_PER_GIGABYTE: Final = 1_000_000_000
_GROUPS: Final = {
    CONF_PEOPLE_DAYS: Group.PEOPLE.value,
    CONF_ANIMALS_DAYS: Group.ANIMALS.value,
    CONF_VEHICLES_DAYS: Group.VEHICLES.value,
    CONF_NOTHING_DAYS: NOTHING,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """What goes by itself."""

    policy: Policy = field(default_factory=Policy)
    strangers_days: int = DEFAULT_STRANGERS_DAYS
    """After which the faces of people without a name go; 0: never."""
    bin_days: int = DEFAULT_BIN_DAYS
    """How long the bin keeps a recording; 0: deleted means deleted."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read an entry's options; what they do not say is kept."""
        storage: Mapping[str, Any] = options.get(CONF_STORAGE) or {}
        gigabytes = storage.get(CONF_KEEP_GIGABYTES) or 0
        return cls(
            policy=Policy(
                keep_days=storage.get(CONF_KEEP_DAYS) or None,
                max_bytes=int(gigabytes * BYTES_PER_GIGABYTE) or None,
                label_days={
                    group: storage[name] or None
                    for name, group in _GROUPS.items()
                    if storage.get(name) is not None
                },
            ),
            strangers_days=storage.get(CONF_STRANGERS_DAYS, DEFAULT_STRANGERS_DAYS),
            bin_days=storage.get(CONF_BIN_DAYS, DEFAULT_BIN_DAYS),
        )


def _days() -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=MAX_DAYS,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement="days",
            translation_key="backfill_days",
        )
    )


def storage_schema() -> probatio.Schema:
    """Return the form of the section."""
    gigabytes = NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=MAX_GIGABYTES,
            step=0.1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement="GB",
        )
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_KEEP_DAYS, default=0): _days(),
            probatio.Required(CONF_KEEP_GIGABYTES, default=0): gigabytes,
            **{probatio.Optional(name): _days() for name in _GROUPS},
            probatio.Required(
                CONF_STRANGERS_DAYS, default=DEFAULT_STRANGERS_DAYS
            ): _days(),
            probatio.Required(CONF_BIN_DAYS, default=DEFAULT_BIN_DAYS): _days(),
        }
    )


def storage_choices(storage: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a filled-in section asks for: whole days, rounded up to be safe."""
    return {
        name: value if name == CONF_KEEP_GIGABYTES else ceil(value)
        for name, value in storage.items()
    }
