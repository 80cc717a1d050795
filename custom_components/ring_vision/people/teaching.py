"""Teaching: what the owner says about a sighting changes the past and what comes."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from sqlalchemy.engine import Connection

from ..archive import Archive
from ..const import DOMAIN, EVENT_CORRECTED
from ..library import corrections, people
from ..library.corrections import Correction, CorrectionKind, NothingToCorrect
from .gallery import clean_name
from .reidentify import Reidentification


class Teaching:
    """Corrections of one account, each of which can be taken back."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        archive: Archive,
        reidentification: Reidentification,
    ) -> None:
        """Change nothing before somebody says so."""
        self._hass = hass
        self._entry_id = entry_id
        self._archive = archive
        self._reidentification = reidentification

    async def async_correct(
        self, sighting_id: int, kind: CorrectionKind, name: str | None
    ) -> dict[str, Any]:
        """Keep what the owner says, and read the past again: seconds."""
        if kind is CorrectionKind.THIS_IS:
            name = clean_name(name or "")
        made = await self._async_ask(corrections.correct, sighting_id, kind, name)
        return await self._async_read_again(made, undone=False)

    async def async_undo(self, correction_id: int | None) -> dict[str, Any]:
        """Take a correction back, the last one without an id."""
        taken_back = await self._async_ask(corrections.undo, correction_id)
        return await self._async_read_again(taken_back, undone=True)

    async def async_rename(self, name: str, new_name: str) -> dict[str, Any]:
        """Give somebody another name."""
        new_name = clean_name(new_name)
        person = await self._archive.ask(people.find_person, name)
        if person is None:
            raise _invalid("unknown_person", person=name)
        try:
            await self._archive.ask(people.rename_person, person.id, new_name)
        except people.NameTaken as err:
            raise _invalid("name_taken", name=new_name) from err
        return {"person_id": person.id, "name": new_name}

    async def _async_ask[**P](
        self,
        query: Callable[Concatenate[Connection, P], Correction],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Correction:
        """Ask the library, and say in the owner's words why it cannot."""
        try:
            return await self._archive.ask(query, *args, **kwargs)
        except NothingToCorrect as err:
            raise _invalid(err.why) from err

    async def _async_read_again(
        self, correction: Correction, *, undone: bool
    ) -> dict[str, Any]:
        """Say again who all kept faces show, and tell what changed."""
        result = await self._reidentification.async_start().wait()
        told: Mapping[str, Any] = {
            "correction_id": correction.id,
            "correction": correction.kind.value,
            "sighting_id": correction.sighting_id,
            "person_id": correction.person_id,
            "undone": undone,
            "changed": result["changed"],
        }
        self._hass.bus.async_fire(EVENT_CORRECTED, {"entry_id": self._entry_id, **told})
        return dict(told)


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )
