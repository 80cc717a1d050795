"""Repair issues of an account: raised while something holds, gone afterwards."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import RingVisionConfigEntry


def issue_id(key: str, entry: RingVisionConfigEntry, of: str | None = None) -> str:
    """Return the id of an account's issue, or of the one `of` a camera."""
    return "_".join(filter(None, (key, entry.entry_id, of)))


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: RingVisionConfigEntry,
    key: str,
    *,
    active: bool,
    placeholders: dict[str, str] | None = None,
    fixable: bool = False,
    of: str | None = None,
) -> None:
    """Raise an issue, bring it up to date, or delete it."""
    if not active:
        ir.async_delete_issue(hass, DOMAIN, issue_id(key, entry, of))
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(key, entry, of),
        data={"entry_id": entry.entry_id},
        is_fixable=fixable,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=placeholders,
    )
