"""Issues about missing parts of the engine, and how they are mended."""

from collections.abc import Generator
from typing import Any
from unittest.mock import patch

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.ring_vision.const import CONF_RECOGNIZE_FACES, DOMAIN
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.protocol import Capabilities
from custom_components.ring_vision.repairs import async_create_fix_flow
from tests.ring_cloud_server import CloudRecording

FIX = "/api/repairs/issues/fix"
NETWORK = "7767517\n2 2\nInput in 0 1 in0\nSigmoid out 1 1 in0 out0\n"
"""The smallest network that loads: it has no weights."""


@pytest.fixture
def no_faces() -> Generator[None]:
    """Run on a machine that cannot know faces, which is not at hand."""
    found = Capabilities(objects=False, faces=False)
    with patch.object(EngineClient, "probe", return_value=found):
        yield


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues of the integration that are active, by their kind."""
    return {
        str(issue.translation_key): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def begin(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, issue_id: str
) -> tuple[Any, dict[str, Any]]:
    """Open the dialog of an issue; return the client and the form."""
    assert await async_setup_component(hass, REPAIRS, {})
    client = await hass_client()
    answer = await client.post(FIX, json={"handler": DOMAIN, "issue_id": issue_id})
    assert answer.status == 200
    return client, await answer.json()


async def test_missing_weights_are_told_and_leave_with_the_account(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    found = issues(hass)
    assert list(found) == ["weights_missing"]
    issue = found["weights_missing"]
    assert issue.is_fixable
    assert issue.translation_placeholders == {
        "folder": str(account.runtime_data.archive.models)
    }
    await hass.config_entries.async_unload(account.entry_id)
    assert issues(hass) == {}


async def test_the_dialog_says_when_the_weights_are_still_missing(
    hass: HomeAssistant, account: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    issue_id = issues(hass)["weights_missing"].issue_id
    client, form = await begin(hass, hass_client, issue_id)
    assert (form["type"], form["step_id"]) == ("form", "confirm")
    assert form["description_placeholders"] == {
        "folder": str(account.runtime_data.archive.models)
    }
    answer = await client.post(f"{FIX}/{form['flow_id']}", json={})
    result = await answer.json()
    assert (result["type"], result["reason"]) == ("abort", "still_missing")
    assert "weights_missing" in issues(hass)


async def test_weights_that_came_mend_the_issue_and_old_recordings(
    hass: HomeAssistant,
    one_recording: CloudRecording,
    account: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    data = account.runtime_data
    client, form = await begin(
        hass, hass_client, issues(hass)["weights_missing"].issue_id
    )
    data.archive.models.mkdir(parents=True, exist_ok=True)
    (data.archive.models / "yolo11n.ncnn.param").write_text(NETWORK)
    (data.archive.models / "yolo11n.ncnn.bin").write_bytes(b"")
    answer = await client.post(f"{FIX}/{form['flow_id']}", json={})
    assert (await answer.json())["type"] == "create_entry"
    assert issues(hass) == {}
    # What was looked at without them is looked at again, by itself.
    (task,) = (task for task in data.tasks.active if task.kind == "analyze")
    result = await task.wait()
    assert [*result["analyzed"], *result["failed"]] == [one_recording.key]


async def test_faces_that_cannot_be_known_are_told(
    hass: HomeAssistant, no_faces: None, account: MockConfigEntry
) -> None:
    found = issues(hass)
    assert set(found) == {"faces_unavailable", "weights_missing"}
    assert not found["faces_unavailable"].is_fixable


async def test_turning_faces_off_ends_their_issue(
    hass: HomeAssistant, no_faces: None, account: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        account, options={**account.options, CONF_RECOGNIZE_FACES: False}
    )
    await hass.config_entries.async_reload(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(issues(hass)) == {"weights_missing"}


@pytest.mark.parametrize("data", [None, {}, {"entry_id": "gone"}])
async def test_an_issue_of_an_account_that_is_gone_only_wants_to_be_confirmed(
    hass: HomeAssistant, data: dict[str, Any] | None
) -> None:
    flow = await async_create_fix_flow(hass, "weights_missing_gone", data)
    flow.hass = hass
    assert (await flow.async_step_confirm({}))["type"] == "create_entry"  # type: ignore[attr-defined]
