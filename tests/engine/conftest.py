"""Fixtures that several tests of the engine share."""

from pathlib import Path

import pytest

from tests.models import models_folder


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder with the detector's weights; mark the test `needs_models`."""
    folder = models_folder()
    assert folder is not None
    return folder
