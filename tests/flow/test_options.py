"""The options' section about storage: what is asked, and what becomes of it."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_CAMERAS, CONF_PRESET, CONF_STORAGE
from custom_components.ring_vision.flow.storage import (
    Keeping,
    storage_choices,
    storage_schema,
)
from custom_components.ring_vision.library.policy import Policy
from tests.forms import CHOICES, without_setup

FIELDS = {key: value for key, value in CHOICES.items() if key != CONF_CAMERAS}
"""No camera is known, so none can be chosen."""

KEPT = {**CHOICES, CONF_PRESET: "balanced"}

DEFAULTS = {
    "keep_days": 0,
    "keep_gigabytes": 0,
    "strangers_days": 30,
    "bin_days": 7,
}


async def options_of(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> dict[str, Any]:
    """Fill the options in, and return what is kept."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["step_id"] == "init"
    with without_setup():
        result = await hass.config_entries.options.async_configure(
            form["flow_id"], {**FIELDS, **fields}
        )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return dict(entry.options)


async def test_what_is_not_filled_in_keeps_its_default(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    kept = await options_of(hass, entry, storage={})
    assert kept == {**KEPT, CONF_STORAGE: DEFAULTS}


@pytest.mark.parametrize("preset", ["quick", "balanced", "thorough"])
async def test_how_closely_to_look_can_be_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, preset: str
) -> None:
    kept = await options_of(hass, entry, preset=preset)
    assert kept[CONF_PRESET] == preset


async def test_days_are_whole_and_rounded_up_to_be_safe(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    told = {"keep_days": 90.0, "keep_gigabytes": 0.5, "bin_days": 0.5}
    kept = await options_of(hass, entry, storage=told)
    assert kept[CONF_STORAGE] == DEFAULTS | {
        "keep_days": 90,
        "keep_gigabytes": 0.5,
        "bin_days": 1,
    }


async def test_a_form_without_the_section_changes_nothing_in_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    before = {**KEPT, CONF_STORAGE: DEFAULTS | {"people_days": 90}}
    hass.config_entries.async_update_entry(entry, options=before)
    assert await options_of(hass, entry) == before


async def test_the_section_shows_what_was_chosen(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    chosen = DEFAULTS | {"people_days": 90, "bin_days": 3}
    hass.config_entries.async_update_entry(
        entry, options={**CHOICES, CONF_STORAGE: chosen}
    )
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    shown = form["data_schema"].schema[CONF_STORAGE].schema.schema
    suggested = {
        str(key): (key.description or {}).get("suggested_value") for key in shown
    }
    assert suggested == {
        **DEFAULTS,
        "people_days": 90,
        "animals_days": None,
        "vehicles_days": None,
        "nothing_days": None,
        "bin_days": 3,
    }


@pytest.mark.parametrize(
    "field", [str(key) for key in storage_schema().schema if key != "keep_gigabytes"]
)
@pytest.mark.parametrize("value", [-1, 3651, "often", None])
async def test_a_number_that_makes_no_sense_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, field: str, value: Any
) -> None:
    form = await hass.config_entries.options.async_init(entry.entry_id)
    with pytest.raises(InvalidData, match=f"at '{CONF_STORAGE}.{field}'"):
        await hass.config_entries.options.async_configure(
            form["flow_id"], {**FIELDS, CONF_STORAGE: {field: value}}
        )


@pytest.mark.parametrize(
    ("storage", "keeping"),
    [
        (None, Keeping()),
        ({}, Keeping()),
        (DEFAULTS, Keeping()),
        (
            {"keep_days": 90, "keep_gigabytes": 1.5},
            Keeping(policy=Policy(keep_days=90, max_bytes=1_500_000_000)),
        ),
        (
            {"people_days": 90, "animals_days": 7, "vehicles_days": 0},
            Keeping(
                policy=Policy(label_days={"people": 90, "animals": 7, "vehicles": None})
            ),
        ),
        ({"nothing_days": 1}, Keeping(policy=Policy(label_days={"nothing": 1}))),
        (
            {"strangers_days": 0, "bin_days": 0},
            Keeping(strangers_days=0, bin_days=0),
        ),
    ],
)
def test_the_options_say_what_is_kept(
    storage: dict[str, Any] | None, keeping: Keeping
) -> None:
    assert Keeping.from_options({CONF_STORAGE: storage}) == keeping


def test_nothing_goes_by_itself_unless_the_owner_says_so() -> None:
    assert not Keeping.from_options({}).policy.says_something
    filled_in = storage_choices(storage_schema()({}))
    told = Keeping.from_options({CONF_STORAGE: filled_in})
    assert not told.policy.says_something


def test_every_field_of_the_section_has_a_text(repository: Path) -> None:
    texts = json.loads(
        (repository / "custom_components/ring_vision/translations/en.json").read_text()
    )
    section = texts["options"]["step"]["init"]["sections"][CONF_STORAGE]
    fields = {str(key) for key in storage_schema().schema}
    assert section["data"].keys() == section["data_description"].keys() == fields
