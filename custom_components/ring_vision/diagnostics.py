"""Diagnostics: what helps to find a fault, without anything private."""

from collections import Counter
from typing import Any

from homeassistant.core import HomeAssistant

from .coordinator import RingVisionConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: RingVisionConfigEntry
) -> dict[str, Any]:
    """Return the account in numbers: no names, addresses, tokens or faces."""
    data = entry.runtime_data
    counts = data.library.data.counts
    return {
        "options": {
            key: value for key, value in entry.options.items() if key != "cameras"
        },
        "cameras": [
            {
                "kind": camera.kind,
                "family": camera.family,
                "firmware": camera.firmware,
                "shared": camera.shared,
                "connected": camera.connected,
                "reason": camera.reason,
            }
            for camera in data.cameras.values()
        ],
        "library": {
            "kept": counts.kept,
            "waiting_download": counts.waiting_download,
            "waiting_analysis": counts.waiting_analysis,
            "failed": counts.failed,
            "size_bytes": counts.size,
        },
        "engine": {"missing": list(data.analyzer.missing)},
        "tasks": dict(
            Counter(f"{task.kind} {task.state}" for task in data.tasks.tasks)
        ),
    }
