"""Weights: where they are found, and how they are fetched once."""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
from http import HTTPStatus
from http.client import HTTPException
import os
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .errors import EngineError, ErrorCode

BASE_URL: Final = (
    "https://raw.githubusercontent.com/nihui/ncnn-assets/"
    "393fb85f68be7b6d2923ecb684ef60e823aea3a7/models/"
)
PUBLISHED: Final = {
    "yolo11n.ncnn.param": "515736714f1094ffac4b4562994ccd3f0d762bd2",
    "yolo11n.ncnn.bin": "7e967f82e9d69c7a6794b5bf7c63cfe766f741f9",
}
"""File name -> git blob id."""
EXPORT: Final = "_ncnn_model"
"""End of the name that Ultralytics gives to an export's folder."""
CHUNK_BYTES: Final = 256 * 1024
SOCKET_TIMEOUT_S: Final = 30

YUNET: Final = Path(__file__).parent / "yunet_weights"
"""The face finder's, which come with the engine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFiles:
    """The two files of an ncnn model, and what may lie beside them."""

    param: Path
    weights: Path
    metadata: Path | None = None
    """Ultralytics' `metadata.yaml`."""


def find_detector(folders: tuple[str, ...], name: str) -> ModelFiles | None:
    """Find a detector: `<name>.ncnn.param` or an Ultralytics export's folder.

    That folder may also be named itself, in place of the one that it is in.
    """
    for folder in map(Path, folders):
        export = folder / f"{name.removesuffix(EXPORT)}{EXPORT}"
        if folder.name == export.name:
            export = folder
        for param, weights, metadata in (
            (folder / f"{name}.ncnn.param", folder / f"{name}.ncnn.bin", None),
            (
                export / "model.ncnn.param",
                export / "model.ncnn.bin",
                export / "metadata.yaml",
            ),
        ):
            if param.is_file() and weights.is_file():
                return ModelFiles(param=param, weights=weights, metadata=metadata)
    return None


def fetch(
    folder: Path,
    *,
    base_url: str = BASE_URL,
    published: dict[str, str] = PUBLISHED,
    report: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Fetch the published detector into a folder, unless it is there already.

    `report` gets the share done (0..1) and may raise to stop.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (name, blob) in enumerate(published.items()):
            path = folder / name
            if not (path.is_file() and git_blob_id(path) == blob):
                part = _part_of(report, number, len(published))
                _fetch_file(base_url + name, path, blob, part)
            report((number + 1) / len(published))
    except HTTPError as err:
        raise _failed(f"HTTP {err.code} for {err.url}") from err
    except (URLError, HTTPException, OSError) as err:
        raise _failed(str(err)) from err


def _part_of(
    report: Callable[[float], None], number: int, count: int
) -> Callable[[float], None]:
    """Return what reports the share of one of several files as a share of all."""
    return lambda share: report((number + share) / count)


def git_blob_id(path: Path) -> str:
    """Return the id that git gives to the content of a file."""
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _fetch_file(
    url: str, path: Path, blob: str, report: Callable[[float], None]
) -> None:
    """Fetch one file beside its place, check it and move it there."""
    part = path.with_name(path.name + ".part")
    _download(url, part, report)
    if (found := git_blob_id(part)) != blob:
        part.unlink()
        raise _failed(f"{path.name} has the blob id {found} instead of {blob}")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _download(url: str, part: Path, report: Callable[[float], None]) -> None:
    """Download to the end, from where an earlier try stopped."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        response = urlopen(  # noqa: S310 - the address is ours or a test's
            Request(url, headers=headers),  # noqa: S310
            timeout=SOCKET_TIMEOUT_S,
        )
    except HTTPError as err:
        if err.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            # Everything was there already: the check of the blob id decides.
            return
        raise
    with response:
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        have = have if resumed else 0
        total = have + int(response.headers.get("Content-Length") or 0)
        with part.open("ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                have += len(chunk)
                report(min(1.0, have / total) if total else 0.0)
    if have < total:
        # The part stays: the next try goes on from here.
        raise _failed(f"{part.name} broke off after {have} of {total} bytes")


def _failed(why: str) -> EngineError:
    """Say why the weights could not be fetched."""
    return EngineError(ErrorCode.DOWNLOAD_FAILED, why)
