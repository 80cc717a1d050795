"""The demo's dashboard: standard cards, one section for each camera."""

from typing import Any

from tests.e2e.home_assistant import Client


async def show_dashboard(client: Client) -> None:
    """Make the dashboard of the account's entities the first page."""
    registry = await client.command("config/entity_registry/list")
    devices = {
        device["id"]: device
        for device in await client.command("config/device_registry/list")
    }
    by_device: dict[str, dict[str, str]] = {}
    for item in registry:
        if item["platform"] == "ring_vision" and not item["disabled_by"]:
            found = by_device.setdefault(item["device_id"], {})
            found[item["translation_key"]] = item["entity_id"]
    sections = [
        camera_section(devices[device]["name"], entities)
        for device, entities in by_device.items()
        if "last_snapshot" in entities
    ]
    sections += [
        account_section(entities)
        for entities in by_device.values()
        if "recordings" in entities
    ]
    view = {"title": "Ring Vision", "type": "sections", "max_columns": 4}
    await client.command(
        "lovelace/config/save",
        url_path=None,
        config={"views": [{**view, "sections": sections}]},
    )


def camera_section(name: str, entities: dict[str, str]) -> dict[str, Any]:
    """Return a camera's cards: the last picture, who and when, what happened."""
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": name, "icon": "mdi:cctv"},
            {"type": "picture-entity", "entity": entities["last_snapshot"]},
            {
                "type": "entities",
                "entities": [
                    entities[key]
                    for key in (
                        "sighting",
                        "last_person",
                        "last_sighting",
                        "sightings_today",
                        "analyzing",
                    )
                ],
            },
        ],
    }


def account_section(entities: dict[str, str]) -> dict[str, Any]:
    """Return the account's cards: the library in numbers, and the buttons."""
    return {
        "type": "grid",
        "cards": [
            {
                "type": "heading",
                "heading": "Library",
                "icon": "mdi:filmstrip-box-multiple",
            },
            {
                "type": "entities",
                "entities": [
                    entities[key]
                    for key in (
                        "recordings",
                        "waiting_download",
                        "waiting_analysis",
                        "storage_used",
                        "next_check",
                        "check_now",
                        "analyze_waiting",
                    )
                ],
            },
            {
                "type": "logbook",
                "hours_to_show": 24,
                "target": {"entity_id": list(entities.values())},
            },
        ],
    }
