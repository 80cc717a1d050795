"""The engine's errors: one class, told apart by a code that translations name."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why the engine could not do a job."""

    FILE_MISSING = "file_missing"
    FILE_EMPTY = "file_empty"
    NOT_MEDIA = "not_media"
    """Neither a video nor a picture (an HTML page, say)."""
    NO_VIDEO = "no_video"
    """Media without a picture, such as audio alone."""
    TRUNCATED = "truncated"
    """The container breaks off before any frame could be read."""
    UNSUPPORTED_CODEC = "unsupported_codec"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"
    NO_FACE_ENGINE = "no_face_engine"
    """The weights of the face model are missing."""
    WEIGHTS_MISSING = "weights_missing"
    WEIGHTS_INVALID = "weights_invalid"
    DOWNLOAD_FAILED = "download_failed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    """The worker process died during the job."""
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class EngineError(Exception):
    """A job that failed; `code` says why, the text says it to a developer."""

    def __init__(self, code: ErrorCode, message: str = "") -> None:
        super().__init__(message or code.value)
        self.code = code
