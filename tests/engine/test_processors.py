"""Tests that the engine runs on processors that lack what dlib's wheel needs."""

import json
from pathlib import Path
import platform
import shutil
import subprocess
import sys

import pytest

from tests.pictures import face_picture

QEMU = shutil.which("qemu-x86_64")
EMBED = """
import json, sys
sys.path[:0] = json.loads(sys.argv[2])
from scripts.engine_alone import protocol
from custom_components.ring_vision.engine import enrolment, models
loaded = models.Models(folders=(), name="yolo11n", threads=1)
job = protocol.EmbedJob(paths=(sys.argv[1],))
(found,) = enrolment.embed(job, loaded, lambda fraction: None)
print(json.dumps([found.face.embedding, "dlib" in sys.modules]))
"""


@pytest.mark.skipif(
    QEMU is None or platform.machine() != "x86_64",
    reason="qemu-x86_64 (Debian's qemu-user) is not installed",
)
def test_a_face_is_embedded_without_avx(tmp_path: Path, repository: Path) -> None:
    picture = face_picture(tmp_path / "face.png")
    python = str(Path(sys.executable).resolve())
    path = json.dumps([str(repository), *filter(None, sys.path)])
    answers = [
        json.loads(
            subprocess.run(
                [*emulator, python, "-c", EMBED, str(picture), path],
                capture_output=True,
                check=True,
                timeout=300,
                cwd=repository,
            ).stdout
        )
        for emulator in ([], [str(QEMU), "-cpu", "Nehalem"])
    ]
    (here, dlib_here), (there, dlib_there) = answers
    assert here == pytest.approx(there, abs=0.002)
    assert not dlib_here
    assert not dlib_there
