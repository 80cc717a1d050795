"""Start the worker: `python -P …/engine/__main__.py [--nice N]`.

By path, not with `-m`: that would import the integration above this package, and with
it Home Assistant.
"""

import argparse
import logging
import os
from pathlib import Path
import sys
from types import ModuleType


def register_parents(engine: Path) -> str:
    """Make empty modules of the packages above, for relative imports; answer ours.

    A package that is there already stays.
    """
    component = engine.parent
    for name, folder in (
        (component.parent.name, component.parent),
        (f"{component.parent.name}.{component.name}", component),
    ):
        if name not in sys.modules:
            module = ModuleType(name)
            module.__path__ = [str(folder)]
            sys.modules[name] = module
    return f"{component.parent.name}.{component.name}.{engine.name}"


def main() -> None:
    """Work for whoever holds the other ends of stdin and stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nice", type=int, default=0)
    nice = parser.parse_args().nice
    if nice:
        os.nice(nice)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Inference libraries print: what they print must not land among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    package = register_parents(Path(__file__).resolve().parent)
    from importlib import import_module

    import_module(f"{package}.worker").Worker(sys.stdin.buffer, answers).run()


if __name__ == "__main__":
    main()
