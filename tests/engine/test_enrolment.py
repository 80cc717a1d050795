"""Tests of enrolment: one face a picture, or the reason why not."""

from pathlib import Path

from PIL import Image
import pytest

from custom_components.ring_vision.engine import models as models_module
from custom_components.ring_vision.engine.enrolment import embed
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.models import Models
from custom_components.ring_vision.engine.protocol import EmbeddedImage, EmbedJob
from tests.pictures import ASTRONAUT, CAT, TWO_MEN

from .scenes import photograph, wall

ASTRONAUT_IMAGE = photograph(ASTRONAUT)
HEAD = ASTRONAUT_IMAGE.crop((150, 30, 300, 210))


@pytest.fixture(scope="module")
def loaded() -> Models:
    """Return the models of a worker, without an object detector."""
    return Models(folders=(), name="yolo11n")


def written(path: Path, image: Image.Image) -> str:
    """Write a picture."""
    image.save(path)
    return str(path)


def embed_one(loaded: Models, path: str) -> EmbeddedImage:
    """Enrol one picture."""
    (one,) = embed(EmbedJob(paths=(path,)), loaded, lambda fraction: None)
    return one


def test_the_face_of_a_portrait_is_embedded(loaded: Models, tmp_path: Path) -> None:
    one = embed_one(loaded, written(tmp_path / "a.png", ASTRONAUT_IMAGE))
    assert (one.error, one.message) == (None, None)
    assert one.face is not None
    assert len(one.face.embedding) == 128
    assert one.face.box == pytest.approx((0.35, 0.12, 0.53, 0.35), abs=0.03)
    assert one.face.weight > 0.5


def test_a_picture_that_lies_on_its_side_is_set_upright(
    loaded: Models, tmp_path: Path
) -> None:
    """The camera notes in the picture how it was held."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    ASTRONAUT_IMAGE.rotate(90).save(path, exif=exif)
    one = embed_one(loaded, str(path))
    assert one.face is not None
    assert one.face.box == pytest.approx((0.35, 0.12, 0.53, 0.35), abs=0.03)


def test_a_bystander_in_the_background_does_not_disturb(
    loaded: Models, tmp_path: Path
) -> None:
    far = HEAD.resize((45, 54))
    image = Image.new("RGB", (1000, 700), "grey")
    image.paste(ASTRONAUT_IMAGE, (0, 100))
    image.paste(far, (800, 300))
    one = embed_one(loaded, written(tmp_path / "a.png", image))
    assert one.face is not None
    assert one.face.box[2] < 0.5


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (photograph(CAT), ErrorCode.NO_FACE),
        (wall(), ErrorCode.NO_FACE),
        (photograph(TWO_MEN), ErrorCode.SEVERAL_FACES),
        (wall((HEAD, (50, 100)), (HEAD, (400, 100))), ErrorCode.SEVERAL_FACES),
        (wall((HEAD.resize((50, 60)), (50, 100))), ErrorCode.FACE_TOO_SMALL),
    ],
    ids=["cat", "wall", "two men", "twins", "small"],
)
def test_a_picture_of_another_thing_than_one_face_says_so(
    loaded: Models, tmp_path: Path, image: Image.Image, error: ErrorCode
) -> None:
    one = embed_one(loaded, written(tmp_path / "a.png", image))
    assert (one.face, one.error) == (None, error)
    assert one.message


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", ErrorCode.FILE_EMPTY),
        (b"<html>no picture</html>", ErrorCode.NOT_MEDIA),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ErrorCode.NOT_MEDIA),
    ],
    ids=["empty", "a page", "breaks off"],
)
def test_a_file_that_is_no_picture_says_so(
    loaded: Models, tmp_path: Path, content: bytes, error: ErrorCode
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert embed_one(loaded, str(path)).error == error


def test_a_picture_that_breaks_off_half_way_is_refused(
    loaded: Models, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    ASTRONAUT_IMAGE.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert embed_one(loaded, str(path)).error == ErrorCode.NOT_MEDIA


def test_one_bad_picture_does_not_keep_the_others_out(
    loaded: Models, tmp_path: Path
) -> None:
    good = written(tmp_path / "a.png", ASTRONAUT_IMAGE)
    missing = str(tmp_path / "missing.png")
    told: list[float] = []
    found = embed(EmbedJob(paths=(missing, good)), loaded, told.append)
    assert [(one.path, one.error) for one in found] == [
        (missing, ErrorCode.FILE_MISSING),
        (good, None),
    ]
    assert told == [0.0, 0.5]


def test_where_faces_cannot_be_known_the_whole_job_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(models_module, "why_unavailable", lambda folders: "no weights")
    with pytest.raises(EngineError, match="no weights") as error:
        embed_one(Models(folders=(), name="yolo11n"), "a.png")
    assert error.value.code == ErrorCode.NO_FACE_ENGINE
