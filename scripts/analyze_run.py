"""Look at clips with the engine by itself: who and what is there."""

import argparse
from collections import Counter
from collections.abc import Iterator
import json
from pathlib import Path
import sys
from typing import Any

from scripts.engine_alone import client as engine, errors, protocol

REPOSITORY = Path(__file__).parents[1]
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def parser(prog: str, description: str | None) -> argparse.ArgumentParser:
    """Return what reads the command line: clips, people, models."""
    made = argparse.ArgumentParser(prog=prog, description=description)
    made.add_argument("clips", nargs="+", metavar="CLIP")
    made.add_argument("--people", type=Path, help="who is known: DIR/<name>/*.jpg")
    made.add_argument("--models", type=Path, default=REPOSITORY / "models")
    made.add_argument("--detector", default=protocol.DEFAULT_DETECTOR, metavar="NAME")
    made.add_argument("--preset", default=protocol.DEFAULT_PRESET)
    return made


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    ours = parser("scripts/analyze", __doc__)
    ours.add_argument("--json", action="store_true", help="one JSON object a line")
    return ours.parse_args(arguments)


def say(text: str) -> None:
    """Tell what is no answer on stderr."""
    print(text, file=sys.stderr, flush=True)


def pictures_of_people(folder: Path) -> dict[str, str]:
    """Return every picture in the people's folders: path -> name."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    return {
        str(picture): person.name
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for picture in sorted(person.iterdir())
        if picture.suffix.lower() in PICTURES
    }


def enroll(
    client: engine.EngineClient, people: Path, models: tuple[str, ...]
) -> tuple[protocol.Reference, ...]:
    """Return the gallery; say which pictures cannot be part of it."""
    pictures = pictures_of_people(people)
    gallery = []
    for image in client.embed(protocol.EmbedJob(paths=tuple(pictures), models=models)):
        if image.face is None:
            say(f"{image.path} cannot be enrolled: {image.error}: {image.message}")
        else:
            person = pictures[image.path]
            gallery.append(
                protocol.Reference(person=person, embedding=image.face.embedding)
            )
    return tuple(gallery)


def gallery_for(
    client: engine.EngineClient, arguments: argparse.Namespace
) -> tuple[protocol.Reference, ...]:
    """Return the gallery; say what cannot run here."""
    models = (str(arguments.models),)
    ready = client.probe(models, detector=arguments.detector)
    if not ready.objects:
        reason = ready.reasons["objects"]
        say(f"No objects are looked for, faces alone tell who was there: {reason}")
    if not ready.faces:
        say(f"Nobody can be named: {ready.reasons['faces']}")
    if arguments.people is None or not ready.faces:
        return ()
    return enroll(client, arguments.people, models)


def as_sighting(track: protocol.Track) -> dict[str, Any]:
    """Return what is told of a track."""
    return {
        "label": track.label,
        "confidence": track.confidence,
        "start_s": track.start_s,
        "end_s": track.end_s,
        "person": track.person,
        "distance": track.distance,
        "box": track.box,
        "moving": track.moving,
    }


def as_answer(clip: str, analysis: protocol.Analysis) -> dict[str, Any]:
    """Return what is told of a clip."""
    return {
        "recording": clip,
        "duration_s": analysis.duration_s,
        "width": analysis.width,
        "height": analysis.height,
        "codec": analysis.codec,
        "seconds": analysis.seconds,
        "cpu_seconds": analysis.cpu_seconds,
        "peak_rss_mb": analysis.peak_rss_mb,
        "frames_decoded": analysis.frames_decoded,
        "frames_analyzed": analysis.frames_analyzed,
        "sightings": [as_sighting(track) for track in analysis.tracks],
        "strangers": analysis.strangers,
        "engine": analysis.engine,
    }


def job_for(
    clip: str, arguments: argparse.Namespace, gallery: tuple[protocol.Reference, ...]
) -> protocol.AnalyzeJob:
    """Return the job of looking at one clip."""
    return protocol.AnalyzeJob(
        path=clip,
        gallery=gallery,
        models=(str(arguments.models),),
        detector=arguments.detector,
        preset=arguments.preset,
    )


def answers(
    client: engine.EngineClient,
    arguments: argparse.Namespace,
    gallery: tuple[protocol.Reference, ...],
) -> Iterator[dict[str, Any]]:
    """Look at clip after clip; a bad one has an error instead of sightings."""
    for clip in arguments.clips:
        try:
            yield as_answer(clip, client.analyze(job_for(clip, arguments, gallery)))
        except errors.EngineError as err:
            error = {"code": err.code.value, "message": str(err)}
            yield {"recording": clip, "error": error}


def as_line(answer: dict[str, Any]) -> str:
    """Return a clip's answer for a reader."""
    if "error" in answer:
        return f"{answer['recording']}: {answer['error']['message']}"
    counts = Counter(one["person"] or one["label"] for one in answer["sightings"])
    seen = [
        f"{count} x {what}" if count > 1 else what for what, count in counts.items()
    ]
    if strangers := answer["strangers"]:
        seen.append(f"{strangers} stranger{'s' if strangers > 1 else ''}")
    what = ", ".join(seen) or "nobody and nothing"
    return (
        f"{answer['recording']}: {what} "
        f"({answer['duration_s']:.1f} s looked at in {answer['seconds']:.1f} s)"
    )


def main() -> int:
    """Look at the clips; 1 when one of them could not be looked at."""
    arguments = parse()
    failed = False
    client = engine.EngineClient(nice=0)
    try:
        for answer in answers(client, arguments, gallery_for(client, arguments)):
            failed |= "error" in answer
            print(json.dumps(answer) if arguments.json else as_line(answer), flush=True)
    except (errors.EngineError, OSError) as err:
        say(str(err))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        client.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
