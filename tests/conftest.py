"""Fixtures that every test of the integration shares."""

from pathlib import Path

import pytest

try:
    from pytest_homeassistant_custom_component.syrupy import (
        HomeAssistantSnapshotExtension,
    )
    from syrupy.assertion import SnapshotAssertion
except ImportError:  # the engine's suite runs without the Home Assistant plugin
    SnapshotAssertion = object  # type: ignore[misc,assignment]


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep files out of site-packages, where the plugin's default would put them."""
    return hass_tmp_config_dir


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots without times and ids, which differ from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load the integration in tests that start one."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def repository() -> Path:
    """Return the top folder of the repository."""
    return Path(__file__).parent.parent
