"""Why a recording has no file or no analysis, in the owner's words."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

_PREFIX: Final = f"component.{DOMAIN}.selector.reason.options."

type ReasonTexts = Mapping[str, str]
"""By the code that the library keeps."""


async def async_reason_texts(hass: HomeAssistant) -> ReasonTexts:
    """Return the texts in the language of Home Assistant."""
    texts = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )
    return {
        key.removeprefix(_PREFIX): text
        for key, text in texts.items()
        if key.startswith(_PREFIX)
    }


def reason_text(texts: ReasonTexts, reason: str | None) -> str | None:
    """Return the text of a code, the code itself where a later version made it."""
    return None if reason is None else texts.get(reason, reason)
