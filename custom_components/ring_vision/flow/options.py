"""The dialog of the options, and the choices that it has in common with the setup."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio

from ..const import (
    CONF_BACKFILL_DAYS,
    CONF_CAMERAS,
    CONF_PRESET,
    CONF_RECOGNIZE_FACES,
    CONF_STORAGE,
    DEFAULT_BACKFILL_DAYS,
    DOMAIN,
    MAX_BACKFILL_DAYS,
)
from ..coordinator import RingVisionConfigEntry
from ..engine.protocol import DEFAULT_PRESET, PRESETS
from .storage import storage_choices, storage_schema


def choices_schema(cameras: Mapping[str, str]) -> probatio.Schema:
    """Return the form of the choices; `cameras` are names by id."""
    fields: dict[probatio.Marker, Any] = {
        probatio.Required(
            CONF_BACKFILL_DAYS, default=DEFAULT_BACKFILL_DAYS
        ): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=MAX_BACKFILL_DAYS,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement="days",
                translation_key=CONF_BACKFILL_DAYS,
            )
        )
    }
    if cameras:
        fields[probatio.Optional(CONF_CAMERAS, default=list)] = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=camera_id, label=name)
                    for camera_id, name in cameras.items()
                ],
                multiple=True,
            )
        )
    fields[probatio.Required(CONF_RECOGNIZE_FACES, default=False)] = BooleanSelector()
    return probatio.Schema(fields)


def choices(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a form asks for."""
    return {
        CONF_BACKFILL_DAYS: int(user_input[CONF_BACKFILL_DAYS]),
        CONF_CAMERAS: user_input.get(CONF_CAMERAS, []),
        CONF_RECOGNIZE_FACES: user_input[CONF_RECOGNIZE_FACES],
    }


class RingVisionOptionsFlow(OptionsFlowWithReload):
    """Changes the choices; a change sets the account up anew."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the choices as they are, and keep them as they become."""
        before = self.config_entry.options
        if user_input is not None:
            options = choices(user_input)
            options[CONF_PRESET] = user_input[CONF_PRESET]
            if CONF_STORAGE in user_input:
                options[CONF_STORAGE] = storage_choices(user_input[CONF_STORAGE])
            elif CONF_STORAGE in before:
                options[CONF_STORAGE] = before[CONF_STORAGE]
            return self.async_create_entry(data=options)
        schema = choices_schema(self._camera_names()).extend(
            {
                probatio.Required(CONF_PRESET, default=DEFAULT_PRESET): SelectSelector(
                    SelectSelectorConfig(
                        options=list(PRESETS), translation_key=CONF_PRESET
                    )
                ),
                probatio.Optional(CONF_STORAGE): section(
                    storage_schema(), {"collapsed": True}
                ),
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, before),
        )

    def _camera_names(self) -> dict[str, str]:
        """Return names by id: the account's cameras, and chosen ones that are gone."""
        entry: RingVisionConfigEntry = self.config_entry
        names: dict[str, str] = {}
        if entry.state is ConfigEntryState.LOADED:
            names = {
                camera.id: camera.name for camera in entry.runtime_data.cameras.values()
            }
        registry = dr.async_get(self.hass)
        for camera_id in entry.options.get(CONF_CAMERAS, []):
            device = registry.async_get_device_by_identifier(
                (DOMAIN, camera_id), entry.entry_id
            )
            name = (device and (device.name_by_user or device.name)) or camera_id
            names.setdefault(camera_id, name)
        return names
