"""Issues about cameras of which nothing comes."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import CONF_CAMERAS, DOMAIN
from tests.ring_cloud_server import FAULTS, RingCloudServer

OTHER = {"weights_missing"}


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues about cameras, by their kind."""
    return {
        str(issue.translation_key): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.translation_key not in OTHER
    }


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Ask Ring for the cameras."""
    await entry.runtime_data.account.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("broken", "key"),
    [
        ({"plan": False}, "no_plan"),
        ({"e2ee": True}, "end_to_end_encrypted"),
        ({"recording_enabled": False}, "recording_off"),
    ],
)
async def test_what_the_owner_can_mend_is_told_until_it_is_mended(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    broken: dict[str, Any],
    key: str,
) -> None:
    camera = cloud.state.cameras[1]
    assert issues(hass) == {}
    fine = {name: getattr(camera, name) for name in broken}
    for name, value in broken.items():
        setattr(camera, name, value)
    await poll(hass, account)
    assert hass.states.get("sensor.garden_status").state == key
    assert list(issues(hass)) == [key]
    assert issues(hass)[key].translation_placeholders == {"camera": "Garden"}
    assert not issues(hass)[key].is_fixable
    for name, value in fine.items():
        setattr(camera, name, value)
    await poll(hass, account)
    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ({"ring_edge": True}, "ring_edge"),
        ({"online": False}, "unreachable"),
        ({"shared": True}, "shared"),
        ({"shared": True, "plan": False}, "shared"),
        ({}, "quiet"),
    ],
)
async def test_what_nobody_here_can_mend_is_no_issue(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    broken: dict[str, Any],
    status: str,
) -> None:
    for name, value in broken.items():
        setattr(cloud.state.cameras[1], name, value)
    await poll(hass, account)
    assert hass.states.get("sensor.garden_status").state == status
    assert issues(hass) == {}


async def test_another_reason_takes_the_place_of_the_first(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    camera = cloud.state.cameras[0]
    camera.recording_enabled = False
    await poll(hass, account)
    camera.plan = False
    await poll(hass, account)
    assert list(issues(hass)) == ["no_plan"]


async def test_an_issue_stays_while_ring_is_down_and_follows_a_new_name(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[1].plan = False
    await poll(hass, account)
    cloud.add_fault(FAULTS["server_error"](times=-1))
    await poll(hass, account)
    assert list(issues(hass)) == ["no_plan"]
    cloud.clear_faults()
    cloud.state.cameras[1].name = "Lawn"
    await poll(hass, account)
    assert issues(hass)["no_plan"].translation_placeholders == {"camera": "Lawn"}


async def test_an_issue_goes_with_its_camera(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[2].plan = False
    await poll(hass, account)
    assert list(issues(hass)) == ["no_plan"]
    cloud.state.cameras.pop()
    await poll(hass, account)
    assert issues(hass) == {}


async def test_a_camera_that_is_left_out_has_no_issue(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[2].plan = False
    await poll(hass, account)
    options = {**account.options, CONF_CAMERAS: ["1001"]}
    hass.config_entries.async_update_entry(account, options=options)
    await hass.config_entries.async_reload(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("sensor.drive_status").state == "not_chosen"
    assert issues(hass) == {}


async def test_issues_go_with_the_account(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    cloud.state.cameras[2].plan = False
    await poll(hass, account)
    await hass.config_entries.async_unload(account.entry_id)
    assert issues(hass) == {}
