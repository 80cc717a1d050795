"""The engine by itself: imported without the integration above it, as its worker is."""

from pathlib import Path
from runpy import run_path

ENGINE = Path(__file__).parents[1] / "custom_components" / "ring_vision" / "engine"
run_path(str(ENGINE / "__main__.py"))["register_parents"](ENGINE)

# After the parents, which keep the integration's own code from being imported.
from custom_components.ring_vision.engine import client, errors, protocol  # noqa: E402

__all__ = ["client", "errors", "protocol"]
