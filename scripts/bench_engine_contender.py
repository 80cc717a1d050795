"""What the engine is compared with: one contender, clip after clip, in its own process.

Run by path with any Python: it needs nothing of the repository. A line of stdin is a
clip, a line of stdout what it took; models are loaded before.
"""

from collections.abc import Callable, Iterator
import json
import os
import sys
import time
from typing import Any

FIVE = 5


def decode(threads: int, _: str) -> Callable[[str], None]:
    """Decode every frame with PyAV."""
    import av

    def work(clip: str) -> None:
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = threads
            stream.thread_type = "AUTO"
            for _ in container.decode(stream):
                pass

    return work


def _ultralytics(threads: int, weights: str) -> Any:
    """Return YOLO on Ultralytics, loaded and warm."""
    import numpy as np
    import torch
    from ultralytics import YOLO

    torch.set_num_threads(threads)
    model = YOLO(weights)
    model.predict(np.zeros((720, 1280, 3), np.uint8), verbose=False)
    return model


def _frames(clip: str, every_s: float) -> Iterator[Any]:
    """Yield BGR frames of a clip, so many seconds apart, with OpenCV."""
    import cv2

    video = cv2.VideoCapture(clip)
    rate = video.get(cv2.CAP_PROP_FPS) or 20
    step = max(1, round(every_s * rate)) if every_s else 1
    number = 0
    while video.grab():
        if number % step == 0:
            yield video.retrieve()[1]
        number += 1
    video.release()


def ultralytics_2fps(threads: int, weights: str) -> Callable[[str], None]:
    """Look at two frames a second."""
    model = _ultralytics(threads, weights)

    def work(clip: str) -> None:
        for frame in _frames(clip, 0.5):
            model.predict(frame, verbose=False)

    return work


def ultralytics_every(threads: int, weights: str) -> Callable[[str], None]:
    """Look at every frame."""
    model = _ultralytics(threads, weights)

    def work(clip: str) -> None:
        for frame in _frames(clip, 0):
            model.predict(frame, verbose=False)

    return work


def five_frames(threads: int, weights: str) -> Callable[[str], None]:
    """Look at five evenly spaced frames: YOLO, then HOG faces and their embeddings."""
    import cv2
    import face_recognition

    model = _ultralytics(threads, weights)

    def work(clip: str) -> None:
        video = cv2.VideoCapture(clip)
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        for number in range(FIVE):
            video.set(cv2.CAP_PROP_POS_FRAMES, number * count // FIVE)
            good, frame = video.read()
            if good:
                model.predict(frame, verbose=False)
                picture = frame[:, :, ::-1].copy()
                face_recognition.face_encodings(picture)
        video.release()

    return work


CONTENDERS = {
    each.__name__: each
    for each in (decode, ultralytics_2fps, ultralytics_every, five_frames)
}


def peak_mb() -> float:
    """Return the peak of resident memory."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Say that the models are loaded, then measure each clip that comes."""
    name, threads, weights = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Libraries print: stdout is for the answers alone.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    work = CONTENDERS[name](threads, weights)
    answers.write(json.dumps({"ready": True}) + "\n")
    for line in sys.stdin:
        begun, cpu = time.perf_counter(), time.process_time()
        work(line.strip())
        told = {
            "seconds": time.perf_counter() - begun,
            "cpu_seconds": time.process_time() - cpu,
            "peak_rss_mb": peak_mb(),
        }
        answers.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
