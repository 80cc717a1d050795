"""The models of a worker: loaded when first asked for, then kept."""

from dataclasses import dataclass, field
import os

from .detector import Detector
from .errors import EngineError, ErrorCode
from .faces import FaceEmbedder, why_unavailable
from .protocol import ENGINE_VERSION, Capabilities
from .weights import find_detector
from .yunet import FaceFinder


def guest_threads(cores: int | None = None) -> int:
    """Return how many threads a guest takes for decoding, and for looking besides."""
    cores = cores or os.cpu_count() or 1
    return max(1, cores // 4)


@dataclass(kw_only=True, slots=True)
class Models:
    """What is loaded for one set of folders."""

    folders: tuple[str, ...]
    name: str
    """The detector's."""
    threads: int = field(default_factory=guest_threads)
    detector: Detector | None = None
    finder: FaceFinder | None = None
    embedder: FaceEmbedder | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a part is missing: objects, faces."""

    def load_detector(self) -> Detector | None:
        """Return the detector; None without weights, an error with broken ones."""
        if self.detector is None:
            files = find_detector(self.folders, self.name)
            if files is None:
                self.reasons["objects"] = f"no weights of {self.name} were found"
                return None
            self.detector = Detector(files, threads=self.threads)
            self.reasons.pop("objects", None)
        return self.detector

    def load_finder(self) -> FaceFinder:
        """Return what finds faces."""
        if self.finder is None:
            self.finder = FaceFinder(threads=self.threads)
        return self.finder

    def load_embedder(self) -> FaceEmbedder | None:
        """Return what knows faces again, None where it cannot run."""
        if self.embedder is None:
            if reason := why_unavailable(self.folders):
                self.reasons["faces"] = reason
                return None
            self.embedder = FaceEmbedder(self.folders, threads=self.threads)
        return self.embedder

    def version(self) -> str:
        """Return the engine's version with the models that are loaded."""
        parts = [
            *([self.name] if self.detector else []),
            *(["resnet"] if self.embedder else []),
        ]
        return f"{ENGINE_VERSION} {'+'.join(parts)}".strip()

    def probe(self) -> Capabilities:
        """Load what there is and say what can run."""
        reasons: dict[str, str] = {}
        for part, loader in (
            ("objects", self.load_detector),
            ("faces", self.load_embedder),
        ):
            try:
                loaded = loader()
            except EngineError as err:
                reasons[part] = str(err)
            else:
                if loaded is None:
                    reasons[part] = self.reasons[part]
        return Capabilities(
            objects="objects" not in reasons,
            faces="faces" not in reasons,
            reasons=reasons,
            engine=self.version(),
        )

    def need_embedder(self) -> FaceEmbedder:
        """Return what knows faces again, or fail."""
        embedder = self.load_embedder()
        if embedder is None:
            raise EngineError(ErrorCode.NO_FACE_ENGINE, self.reasons["faces"])
        return embedder
