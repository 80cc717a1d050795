"""Where the object detector's weights may lie; they are not in the repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


def models_folder() -> Path | None:
    """Return a folder with the weights of yolo11n, if there is one here."""
    named = os.environ.get("RING_VISION_MODELS")
    for folder in (
        *([Path(named)] if named else []),
        REPOSITORY / "models",
        REPOSITORY.parent / "shared" / "models",
    ):
        if (folder / "yolo11n.ncnn.bin").is_file():
            return folder
    return None


needs_models = pytest.mark.skipif(
    models_folder() is None,
    reason="no weights of the object detector: see CONTRIBUTING.md",
)
