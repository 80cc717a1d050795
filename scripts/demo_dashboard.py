"""The demo's dashboard: standard cards, one section for each camera."""

from typing import Any

from tests.e2e.home_assistant import Client

URL_PATH = "ring-vision"


async def show_dashboard(client: Client) -> None:
    """Make the dashboard of the account's entities the first page."""
    registry = await client.command("config/entity_registry/list")
    devices = await client.command("config/device_registry/list")
    by_device: dict[str, dict[str, str]] = {}
    for item in registry:
        if item["platform"] == "ring_vision" and not item["disabled_by"]:
            found = by_device.setdefault(item["device_id"], {})
            found[item["translation_key"]] = item["entity_id"]
    cameras = [found for found in by_device.values() if "last_snapshot" in found]
    names = {device["id"]: device["name"] for device in devices}
    sections = [
        camera_section(names[device], found)
        for device, found in by_device.items()
        if found in cameras
    ]
    sections += [
        library_section(found) for found in by_device.values() if "recordings" in found
    ]
    sections.append(activity_section(cameras))
    await save(client, sections)


async def save(client: Client, sections: list[dict[str, Any]]) -> None:
    """Keep the dashboard, and let it be what everybody sees first."""
    dashboards = await client.command("lovelace/dashboards/list")
    if URL_PATH not in {dashboard["url_path"] for dashboard in dashboards}:
        await client.command(
            "lovelace/dashboards/create",
            url_path=URL_PATH,
            title="Ring Vision",
            icon="mdi:doorbell-video",
            show_in_sidebar=True,
            require_admin=False,
        )
    view = {"title": "Ring Vision", "type": "sections", "max_columns": 4}
    await client.command(
        "lovelace/config/save",
        url_path=URL_PATH,
        config={"views": [{**view, "sections": sections}]},
    )
    await client.command(
        "frontend/set_system_data", key="core", value={"default_panel": URL_PATH}
    )


def camera_section(name: str, entities: dict[str, str]) -> dict[str, Any]:
    """Return a camera's cards: the last picture, who and when, what happened."""
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": name, "icon": "mdi:cctv"},
            {
                "type": "picture-entity",
                "entity": entities["last_snapshot"],
                "show_name": False,
                "show_state": False,
            },
            rows(
                entities,
                "sighting",
                "last_person",
                "last_sighting",
                "sightings_today",
                "status",
                "analyzing",
            ),
        ],
    }


def library_section(entities: dict[str, str]) -> dict[str, Any]:
    """Return the account's cards: the library in numbers, and the buttons."""
    return {
        "type": "grid",
        "cards": [
            {
                "type": "heading",
                "heading": "Library",
                "icon": "mdi:filmstrip-box-multiple",
            },
            rows(
                entities,
                "recordings",
                "waiting_download",
                "waiting_analysis",
                "failed",
                "storage_used",
                "next_check",
                "active_tasks",
                "check_now",
                "analyze_waiting",
            ),
        ],
    }


def activity_section(cameras: list[dict[str, str]]) -> dict[str, Any]:
    """Return what happened, camera by camera."""
    shown = [found[key] for found in cameras for key in ("sighting", "last_person")]
    return {
        "type": "grid",
        "column_span": 2,
        "cards": [
            {"type": "heading", "heading": "Activity", "icon": "mdi:history"},
            {
                "type": "logbook",
                "hours_to_show": 24,
                "target": {"entity_id": shown},
                "grid_options": {"columns": "full"},
            },
        ],
    }


def rows(entities: dict[str, str], *keys: str) -> dict[str, Any]:
    """Return a card with a row for each entity, under its own short name."""
    return {
        "type": "entities",
        "entities": [
            {"entity": entities[key], "name": {"type": "entity"}} for key in keys
        ],
    }
