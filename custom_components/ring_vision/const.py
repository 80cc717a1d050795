"""Names and numbers that more than one room needs."""

import logging
from typing import Final

DOMAIN: Final = "ring_vision"
LOGGER = logging.getLogger(__package__)

ENV_ENDPOINT: Final = "RING_VISION_ENDPOINT"
"""Points the integration at a loopback Ring cloud (tests and demo)."""

# entry.data
CONF_HARDWARE_ID: Final = "hardware_id"
# CONF_USERNAME and CONF_TOKEN are Home Assistant's own.
CONF_LINKED_ENTRY: Final = "linked_entry"
"""Id of core's `ring` entry whose sign-in is used; then there is nothing else."""

# entry.options
CONF_BACKFILL_DAYS: Final = "backfill_days"
CONF_CAMERAS: Final = "cameras"
CONF_RECOGNIZE_FACES: Final = "recognize_faces"
CONF_PRESET: Final = "preset"
"""How closely recordings are looked at: a preset of the engine."""
CONF_STORAGE: Final = "storage"
"""A section; its fields are in `retention_options`."""

DEFAULT_BACKFILL_DAYS: Final = 7
MAX_BACKFILL_DAYS: Final = 180
"""Ring keeps recordings 180 days at most."""

EVENT_CORRECTED: Final = "ring_vision_corrected"
EVENT_SIGHTING: Final = "ring_vision_sighting"
EVENT_TASK: Final = "ring_vision_task"

MANUFACTURER: Final = "Ring"
