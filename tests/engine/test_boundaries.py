"""Tests of the boundaries that hold the house up: who may import what."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
from runpy import run_path
import subprocess
import sys

import pytest

from tests.pictures import face_clip

REPOSITORY = Path(__file__).parents[2]
COMPONENT = REPOSITORY / "custom_components" / "ring_vision"
ENGINE = COMPONENT / "engine"
INFERENCE = {
    *("av", "numpy", "ncnn", "dlib", "_dlib_pybind11", "PIL", "cv2", "torch"),
    *("ultralytics", "face_recognition", "face_recognition_models"),
}
OUTSIDE = sorted(
    file for file in COMPONENT.rglob("*.py") if not file.is_relative_to(ENGINE)
)
OURS = sorted(
    file
    for folder in ("custom_components", "tests", "scripts")
    for file in (REPOSITORY / folder).rglob("*.py")
)

IMPORT = """
import importlib, json, pathlib, runpy, sys
engine = pathlib.Path(sys.argv[1])
package = runpy.run_path(str(engine / "__main__.py"))["register_parents"](engine)
for name in json.loads(sys.argv[2]):
    module = importlib.import_module(f"{package}.{name}")
"""
ANALYZE = """
from custom_components.ring_vision.engine.models import Models
from custom_components.ring_vision.engine.pipeline import analyze
from custom_components.ring_vision.engine.protocol import AnalyzeJob
models = Models(folders=(), name="yolo11n")
assert models.probe().faces
assert analyze(AnalyzeJob(path=sys.argv[3]), models).tracks
"""
TELL = "print(json.dumps(sorted(sys.modules)))"


def modules_after(code: str, *arguments: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running code."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code + TELL, str(ENGINE), *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def top(modules: set[str]) -> set[str]:
    """Return the packages at the top of modules."""
    return {name.split(".", maxsplit=1)[0] for name in modules}


def name_of(file: Path) -> str:
    """Return a file's place in the repository, for a test's name."""
    return str(file.relative_to(REPOSITORY))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Return the packages that import statements name, relative ones not."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return top(names)


def at_module_level(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: all but the insides of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_module_level(child)


def parsed(file: Path) -> ast.Module:
    """Return a file's syntax."""
    return ast.parse(file.read_text(encoding="utf-8"))


def engine_modules_used(file: Path) -> set[str]:
    """Return the names of the engine's modules that a file imports."""
    return {
        (node.module or "").rpartition(".")[2]
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ImportFrom)
        and node.level
        and (node.module or "").startswith("engine.")
    }


def test_the_whole_engine_runs_without_home_assistant(tmp_path: Path) -> None:
    names = [file.stem for file in ENGINE.glob("*.py") if "__" not in file.stem]
    clip = face_clip(tmp_path / "clip.mp4")
    loaded = modules_after(IMPORT + ANALYZE, json.dumps(names), str(clip))
    assert {f"custom_components.ring_vision.engine.{name}" for name in names} <= loaded
    assert "ncnn" in loaded
    assert not {"dlib", "_dlib_pybind11"} & loaded
    assert not {name for name in top(loaded) if name.startswith("homeassistant")}
    assert "custom_components.ring_vision.const" not in loaded


def test_parents_that_are_loaded_already_stay() -> None:
    register_parents = run_path(str(ENGINE / "__main__.py"))["register_parents"]
    names = ("custom_components", "custom_components.ring_vision")
    before = [sys.modules[name] for name in names]
    assert register_parents(ENGINE) == "custom_components.ring_vision.engine"
    assert [sys.modules[name] for name in names] == before


def test_an_idle_worker_has_loaded_nothing_heavy() -> None:
    loaded = modules_after(IMPORT, json.dumps(["worker"]))
    assert "custom_components.ring_vision.engine.worker" in loaded
    assert not top(loaded) & INFERENCE


def test_what_the_house_uses_of_the_engine_is_light() -> None:
    used = set().union(*map(engine_modules_used, OUTSIDE))
    assert {"client", "protocol"} <= used
    loaded = modules_after(IMPORT, json.dumps(sorted(used)))
    assert not top(loaded) & INFERENCE


def test_what_is_imported_is_told_from_what_a_function_imports_late() -> None:
    """So that the tests below see what they look for."""
    module = ast.parse(
        "import a.b\n"
        "from c import d\n"
        "from . import e\n"
        "try:\n    import f\nexcept ImportError:\n    pass\n"
        "class G:\n    import h\n    def i(self):\n        import j\n"
        "async def k():\n    from l import m\n"
    )
    assert imported(at_module_level(module)) == {"a", "c", "f", "h"}
    assert imported(ast.walk(module)) == {"a", "c", "f", "h", "j", "l"}


@pytest.mark.parametrize("file", OUTSIDE, ids=name_of)
def test_outside_the_engine_no_module_imports_inference(file: Path) -> None:
    assert not imported(at_module_level(parsed(file))) & INFERENCE


@pytest.mark.parametrize("file", sorted(ENGINE.glob("*.py")), ids=name_of)
def test_the_engine_imports_relatively_and_nothing_of_the_house(file: Path) -> None:
    names = imported(ast.walk(parsed(file)))
    assert not names & {"homeassistant", "custom_components", "ring_doorbell"}
    parents = [
        node
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]
    assert parents == []


def test_one_room_alone_knows_rings_library() -> None:
    rooms = {
        file.parent.name
        for file in COMPONENT.rglob("*.py")
        if "ring_doorbell" in imported(ast.walk(parsed(file)))
    }
    assert rooms == {"ring_cloud"}


def test_nobody_imports_voluptuous() -> None:
    users = [file for file in OURS if "voluptuous" in imported(ast.walk(parsed(file)))]
    assert users == []
