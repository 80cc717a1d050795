"""What went wrong in the engine, in the owner's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .engine.errors import EngineError


@contextmanager
def engine_failures() -> Iterator[None]:
    """Tell an owner why the engine could not do what was asked."""
    try:
        yield
    except EngineError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="engine_failed",
            translation_placeholders={"reason": err.code.value},
        ) from err
