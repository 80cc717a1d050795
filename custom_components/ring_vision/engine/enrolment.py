"""Enrolment: the one face of each picture, embedded, or the reason why not."""

from collections.abc import Callable
from typing import Final

from .errors import EngineError, ErrorCode
from .faces import FaceEmbedder
from .models import Models
from .pictures import open_photograph
from .protocol import EmbeddedImage, EmbedJob, Face
from .yunet import FaceFinder, FoundFace

LONG_SIDES_PX: Final = (160, 320, 960)
"""From a face that fills the picture to one in a group."""
MIN_SCORE: Final = 0.7
MIN_WIDTH_PX: Final = 40
BYSTANDER: Final = 0.4
"""A face narrower than this share of the largest one stands in the background."""


def embed(
    job: EmbedJob, models: Models, report: Callable[[float], None]
) -> list[EmbeddedImage]:
    """Find and embed the face of each picture."""
    embedder, finder = models.need_embedder(), models.load_finder()
    results = []
    for number, path in enumerate(job.paths):
        report(number / len(job.paths))
        try:
            face = _embed_one(path, finder, embedder)
        except EngineError as err:
            results.append(
                EmbeddedImage(path=path, face=None, error=err.code, message=str(err))
            )
        else:
            results.append(EmbeddedImage(path=path, face=face))
    return results


def _embed_one(path: str, finder: FaceFinder, embedder: FaceEmbedder) -> Face:
    """Return the one face of a picture."""
    picture = open_photograph(path)
    pixels = picture.rgb(picture.width, picture.height)
    found = _the_one(finder.find(pixels, long_sides=LONG_SIDES_PX, min_score=MIN_SCORE))
    look = embedder.look(pixels, found, size=(picture.width, picture.height))
    return Face(
        time_s=0.0,
        box=look.box,
        score=round(look.score, 4),
        width_px=look.width_px,
        sharpness=round(look.sharpness, 1),
        embedding=embedder.embed(look),
        weight=round(look.quality, 4) if look.good else 0.0,
    )


def _the_one(faces: list[FoundFace]) -> FoundFace:
    """Return the face that the picture is about, or say why there is none."""
    if not faces:
        raise EngineError(ErrorCode.NO_FACE, "no face was found")
    largest = max(faces, key=lambda face: face.width)
    near = [face for face in faces if face.width >= BYSTANDER * largest.width]
    if len(near) > 1:
        raise EngineError(ErrorCode.SEVERAL_FACES, f"{len(near)} faces were found")
    if largest.width < MIN_WIDTH_PX:
        raise EngineError(
            ErrorCode.FACE_TOO_SMALL,
            f"the face is {largest.width:.0f} px wide, {MIN_WIDTH_PX} are needed",
        )
    return largest
