"""Repair issues: what the owner can mend, and how."""

from functools import partial
from typing import override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import RingVisionConfigEntry
from .issues import async_set_issue, issue_id
from .library.copies import Restored

WEIGHTS_MISSING = "weights_missing"
FACES_UNAVAILABLE = "faces_unavailable"
LIBRARY_RESTORED = "library_restored"


@callback
def async_follow_engine(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Raise an issue while a part of the engine is missing."""
    data = entry.runtime_data

    @callback
    def follow() -> None:
        async_set_issue(
            hass,
            entry,
            WEIGHTS_MISSING,
            active="objects" in data.analyzer.missing,
            fixable=True,
            placeholders={"folder": str(data.archive.models)},
        )
        async_set_issue(
            hass,
            entry,
            FACES_UNAVAILABLE,
            active="faces" in data.analyzer.missing,
        )

    entry.async_on_unload(data.analyzer.async_on_change(follow))
    # The next set-up finds out by itself what is missing then, perhaps nothing.
    for key in (WEIGHTS_MISSING, FACES_UNAVAILABLE):
        entry.async_on_unload(
            partial(ir.async_delete_issue, hass, DOMAIN, issue_id(key, entry))
        )


@callback
def async_tell_restored(
    hass: HomeAssistant, entry: RingVisionConfigEntry, restored: Restored
) -> None:
    """Say that a copy took the place of a damaged database; stays until ignored."""
    # An older one that was ignored must not hide this one.
    async_forget_restored(hass, entry)
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(LIBRARY_RESTORED, entry),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=LIBRARY_RESTORED,
        translation_placeholders={
            "account": entry.title,
            "date": str(restored.day),
            "file": str(restored.broken or "-"),
        },
    )


@callback
def async_forget_restored(hass: HomeAssistant, entry: RingVisionConfigEntry) -> None:
    """Take the message about a restored database back."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(LIBRARY_RESTORED, entry))


class FetchWeightsFlow(ConfirmRepairFlow):
    """Fetch the detector's weights again, when the owner says so."""

    def __init__(self, entry: RingVisionConfigEntry) -> None:
        """Remember whose weights are missing."""
        super().__init__()
        self._entry = entry

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Try once more; the issue stays when it fails."""
        if user_input is None:
            return await super().async_step_confirm(user_input)
        analyzer = self._entry.runtime_data.analyzer
        await analyzer.async_prepare()
        if "objects" in analyzer.missing:
            return self.async_abort(reason="still_missing")
        analyzer.async_wake()
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the dialog of an issue."""
    entry = hass.config_entries.async_get_entry(str((data or {}).get("entry_id")))
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return ConfirmRepairFlow()
    return FetchWeightsFlow(entry)
