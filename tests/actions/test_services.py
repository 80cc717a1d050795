"""What all actions share: which account they are for, and who may ask."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.ring_vision.actions.fields import SCHEMAS
from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.services import HANDLERS
from tests.calls import act, refused

FIELDS = {
    "analyze_file": {"media": "/a.mp4"},
    "cancel_task": {"task_id": "x"},
    "enroll_person": {"name": "Anna", "images": ["/a.jpg"]},
    "delete": {"recordings": ["1"]},
    "export_people": {"path": "/media/people.json"},
    "export_recordings": {"folder": "/media"},
    "forget_person": {"person": "Anna"},
    "import_people": {"path": "/media/people.json"},
    "lock": {"recordings": ["1"]},
    "rename_person": {"person": "Anna", "new_name": "Ben"},
    "restore": {"recordings": ["1"]},
    "correct_sighting": {"sighting": 1, "correction": "not_a_face"},
    "undo": {},
}
"""What an action cannot be called without."""


async def test_every_action_is_there_without_an_account(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert set(hass.services.async_services_for_domain(DOMAIN)) == set(SCHEMAS)


@pytest.mark.parametrize("action", HANDLERS)
async def test_an_action_without_an_account_says_so(
    hass: HomeAssistant, action: str
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    error = await refused(
        hass, action, ServiceValidationError, **FIELDS.get(action, {})
    )
    assert error.translation_key == "service_found_no_config_entry_for_domain"


async def test_an_account_that_is_not_loaded_says_so(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(account.entry_id)
    assert account.state is ConfigEntryState.NOT_LOADED
    for fields in ({}, {"config_entry_id": account.entry_id}):
        error = await refused(hass, "list_people", ServiceValidationError, **fields)
        assert error.translation_key == "service_config_entry_not_loaded"


async def test_the_account_can_be_named(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    MockConfigEntry(domain=DOMAIN).add_to_hass(hass)
    error = await refused(hass, "list_people", ServiceValidationError)
    assert error.translation_key == "service_found_multiple_config_entry_for_domain"
    error = await refused(
        hass, "list_people", ServiceValidationError, config_entry_id="nobody's"
    )
    assert error.translation_key == "service_config_entry_not_found"
    response = await act(hass, "list_people", config_entry_id=account.entry_id)
    assert response == {"people": []}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("enroll_person", {"name": "Anna", "images": ["/a.jpg"]}),
        ("purge", {"keep_days": 1}),
        ("delete", {"recordings": ["1"]}),
        ("export_people", {"path": "/media/people.json"}),
        ("export_recordings", {"folder": "/media"}),
        ("forget_person", {"person": "Anna"}),
        ("import_people", {"path": "/media/people.json"}),
        ("lock", {"recordings": ["1"]}),
        ("restore", {"recordings": ["1"]}),
        ("correct_sighting", {"sighting": 1, "correction": "not_a_face"}),
        ("rename_person", {"person": "Anna", "new_name": "Ben"}),
        ("undo", {}),
    ],
)
async def test_biometrics_and_deleting_need_an_admin(
    hass: HomeAssistant,
    account: MockConfigEntry,
    hass_read_only_user: MockUser,
    action: str,
    fields: dict[str, object],
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await act(hass, action, context=context, **fields)
