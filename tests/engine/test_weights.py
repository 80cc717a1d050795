"""Tests of weights: found in folders, and fetched once from a loopback server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import subprocess
import threading
from typing import override

import pytest

from custom_components.ring_vision.engine import weights as weights_module
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.weights import (
    PUBLISHED,
    fetch,
    find_detector,
    git_blob_id,
)

FILES = {"a.param": b"layers", "a.bin": bytes(range(256)) * 3000}


@dataclass(kw_only=True)
class Shelf:
    """What the server has, how it misbehaves, and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    url: str = ""
    break_off_after: int | None = None
    status: int | None = None
    ignores_ranges: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Name and the range of bytes, if there was one."""


def handler_of(shelf: Shelf) -> type[BaseHTTPRequestHandler]:
    """Return a handler that serves a shelf."""

    class Handler(BaseHTTPRequestHandler):
        """Serves files with ranges, as GitHub does."""

        def do_GET(self) -> None:
            """Answer with a file or a part of it."""
            name, wanted = self.path.lstrip("/"), self.headers.get("Range")
            shelf.asked.append((name, wanted))
            data = shelf.files.get(name, b"")
            span = "0" if shelf.ignores_ranges else wanted or "0"
            start = int(span.removeprefix("bytes=").rstrip("-"))
            beyond = 416 if start and start >= len(data) else None
            self.send_response(shelf.status or beyond or (206 if start else 200))
            rest = b"" if shelf.status or beyond else data[start:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: shelf.break_off_after])

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Serve the files over loopback."""
    made = Shelf()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def published(tmp_path: Path) -> dict[str, str]:
    """Return the files' names and git blob ids, as git itself gives them."""
    ids = {}
    for name, data in FILES.items():
        done = subprocess.run(
            ["git", "hash-object", "--stdin"],
            input=data,
            capture_output=True,
            check=True,
        )
        ids[name] = done.stdout.decode().strip()
    return ids


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def code_of_fetching(
    folder: Path, shelf: Shelf, published: dict[str, str]
) -> ErrorCode:
    """Return why the files could not be fetched."""
    with pytest.raises(EngineError) as error:
        fetch(folder, base_url=shelf.url, published=published)
    return error.value.code


def test_files_are_fetched_once(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "models"
    told: list[float] = []
    fetch(folder, base_url=shelf.url, published=published, report=told.append)
    assert contents(folder) == FILES
    assert told == sorted(told)
    assert told[-1] == 1.0
    fetch(folder, base_url=shelf.url, published=published)
    assert shelf.asked == [("a.param", None), ("a.bin", None)]


def test_a_file_that_is_another_one_is_fetched_again(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.param").write_bytes(b"old")
    (tmp_path / "a.bin").write_bytes(FILES["a.bin"])
    fetch(tmp_path, base_url=shelf.url, published=published)
    assert contents(tmp_path) == FILES
    assert shelf.asked == [("a.param", None)]


def test_a_download_goes_on_where_it_broke_off(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    shelf.break_off_after = 1000
    assert code_of_fetching(tmp_path, shelf, published) is ErrorCode.DOWNLOAD_FAILED
    assert contents(tmp_path) == {
        "a.param": FILES["a.param"],
        "a.bin.part": FILES["a.bin"][:1000],
    }
    shelf.break_off_after = None
    fetch(tmp_path, base_url=shelf.url, published=published)
    assert contents(tmp_path) == FILES
    assert shelf.asked[-1] == ("a.bin", "bytes=1000-")


def test_a_server_that_cannot_go_on_begins_anew(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    shelf.ignores_ranges = True
    (tmp_path / "a.bin.part").write_bytes(b"what came before")
    fetch(tmp_path, base_url=shelf.url, published=published)
    assert contents(tmp_path) == FILES


def test_a_part_that_is_whole_already_is_checked_and_kept(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.bin.part").write_bytes(FILES["a.bin"])
    fetch(tmp_path, base_url=shelf.url, published=published)
    assert contents(tmp_path) == FILES


def test_another_content_never_gets_the_files_name(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    shelf.files["a.bin"] = b"<html>sign in to the hotel's network</html>"
    assert code_of_fetching(tmp_path, shelf, published) is ErrorCode.DOWNLOAD_FAILED
    assert contents(tmp_path) == {"a.param": FILES["a.param"]}


def test_bad_content_leaves_what_was_there(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.param").write_bytes(b"old, but the owner's")
    shelf.files["a.param"] = b"bad"
    assert code_of_fetching(tmp_path, shelf, published) is ErrorCode.DOWNLOAD_FAILED
    assert contents(tmp_path) == {"a.param": b"old, but the owner's"}


@pytest.mark.parametrize("status", [404, 416, 500])
def test_a_server_that_refuses_is_named(
    shelf: Shelf, published: dict[str, str], tmp_path: Path, status: int
) -> None:
    shelf.status = status
    with pytest.raises(EngineError, match=f"HTTP {status}") as error:
        fetch(tmp_path, base_url=shelf.url, published=published)
    assert error.value.code is ErrorCode.DOWNLOAD_FAILED
    assert contents(tmp_path) == {}


def test_without_a_server_the_download_fails(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    shelf.url = "http://127.0.0.1:1/"
    assert code_of_fetching(tmp_path, shelf, published) is ErrorCode.DOWNLOAD_FAILED


def test_a_folder_that_cannot_be_made_is_a_failed_download(
    shelf: Shelf, published: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code = code_of_fetching(tmp_path / "file" / "models", shelf, published)
    assert code is ErrorCode.DOWNLOAD_FAILED


def test_who_stops_the_download_keeps_the_part(
    shelf: Shelf,
    published: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights_module, "CHUNK_BYTES", 1000)
    (tmp_path / "a.param").write_bytes(FILES["a.param"])
    patience = iter(range(3))

    def stop(fraction: float) -> None:
        next(patience)

    with pytest.raises(StopIteration):
        fetch(
            tmp_path,
            base_url=shelf.url,
            published=published,
            report=stop,
        )
    assert contents(tmp_path) == {
        "a.param": FILES["a.param"],
        "a.bin.part": FILES["a.bin"][:3000],
    }


def test_a_blob_id_is_the_one_of_git(published: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(FILES["a.bin"])
    assert git_blob_id(path) == published["a.bin"]
    assert {len(blob) for blob in PUBLISHED.values()} == {40}


@pytest.mark.parametrize(
    ("folders", "name", "found"),
    [
        (("raw", "export"), "yolo11n", "raw/yolo11n.ncnn.param"),
        (("missing", "raw"), "yolo11n", "raw/yolo11n.ncnn.param"),
        (("half", "export"), "yolo11n", "export/yolo11n_ncnn_model/model.ncnn.param"),
        (
            ("export",),
            "yolo11n_ncnn_model",
            "export/yolo11n_ncnn_model/model.ncnn.param",
        ),
        # The export's own folder.
        (
            ("export/yolo11n_ncnn_model",),
            "yolo11n",
            "export/yolo11n_ncnn_model/model.ncnn.param",
        ),
        (("raw", "export"), "foxes", None),
        (("half",), "yolo11n", None),
        ((), "yolo11n", None),
    ],
)
def test_a_detector_is_found_in_the_first_folder_that_has_it(
    tmp_path: Path, folders: tuple[str, ...], name: str, found: str | None
) -> None:
    for file in (
        *("raw/yolo11n.ncnn.param", "raw/yolo11n.ncnn.bin", "half/yolo11n.ncnn.param"),
        "export/yolo11n_ncnn_model/model.ncnn.param",
        "export/yolo11n_ncnn_model/model.ncnn.bin",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    files = find_detector(tuple(str(tmp_path / one) for one in folders), name)
    assert (files and files.param) == (found and tmp_path / found)


def test_an_export_has_a_description_beside_it(tmp_path: Path) -> None:
    export = tmp_path / "foxes_ncnn_model"
    export.mkdir()
    for name in ("model.ncnn.param", "model.ncnn.bin", "metadata.yaml"):
        (export / name).write_text("")
    files = find_detector((str(tmp_path),), "foxes")
    assert files is not None
    assert files.metadata == export / "metadata.yaml"
