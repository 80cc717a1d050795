"""Buttons: ask Ring now, look at what waits now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RingVisionConfigEntry, RingVisionData
from .entity import RingVisionEntity
from .tasks import Task

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class RingVisionButtonDescription(ButtonEntityDescription):
    """A button: which task it starts."""

    press_fn: Callable[[RingVisionData], Task]


BUTTONS: tuple[RingVisionButtonDescription, ...] = (
    RingVisionButtonDescription(
        key="check_now", press_fn=lambda data: data.account.async_start_check()
    ),
    RingVisionButtonDescription(
        key="analyze_waiting", press_fn=lambda data: data.analyzer.async_wake()
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's buttons."""
    async_add_entities(RingVisionButton(entry, description) for description in BUTTONS)


class RingVisionButton(RingVisionEntity, ButtonEntity):
    """Starts a task in the background; pressing twice joins the one under way."""

    entity_description: RingVisionButtonDescription

    def __init__(
        self, entry: RingVisionConfigEntry, description: RingVisionButtonDescription
    ) -> None:
        """Start what the description says."""
        super().__init__(entry, description.key)
        self.entity_description = description

    @override
    async def async_press(self) -> None:
        """Start the task."""
        self.entity_description.press_fn(self.entry.runtime_data)
