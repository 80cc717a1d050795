"""Signs an account in through the config flow, as a user's clicks would."""

from typing import Any

from tests.ring_cloud_server import CloudState

from .home_assistant import Client, HomeAssistantError


def expect_step(answer: dict[str, Any], step: str) -> None:
    """Make sure that the flow shows a form, without errors."""
    if answer.get("step_id") != step or answer.get("errors"):
        raise HomeAssistantError(f"expected the step {step}, got {answer}")


async def add_account(
    client: Client, state: CloudState, **choices: Any
) -> dict[str, Any]:
    """Add the account of a loopback cloud, the 2FA code included; return the entry."""
    answer = await client.flow(
        "flow", {"handler": "ring_vision", "show_advanced_options": False}
    )
    expect_step(answer, "user")
    path = f"flow/{answer['flow_id']}"
    answer = await client.flow(
        path, {"username": state.email, "password": state.password}
    )
    if state.two_factor:
        expect_step(answer, "code")
        answer = await client.flow(path, {"code": state.code})
    expect_step(answer, "setup")
    answer = await client.flow(
        path, {"backfill_days": 7, "cameras": [], "recognize_faces": True, **choices}
    )
    if answer.get("type") != "create_entry":
        raise HomeAssistantError(f"the account was not added: {answer}")
    entry: dict[str, Any] = answer["result"]
    return entry


async def sign_in_again(client: Client, state: CloudState) -> bool:
    """Answer the dialog that asks to sign in again; False when there is none."""
    flows = await client.command("config_entries/flow/progress")
    for flow in flows:
        if flow["handler"] != "ring_vision" or flow["context"]["source"] != "reauth":
            continue
        path = f"flow/{flow['flow_id']}"
        answer = await client.flow(path, {"password": state.password})
        if answer.get("step_id") == "code":
            await client.flow(path, {"code": state.code})
        return True
    return False
