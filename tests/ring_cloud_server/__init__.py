"""A loopback Ring cloud: every host of Ring's that the integration needs, at one URL."""

from .faults import FAULTS, Fault
from .server import LoggedRequest, RingCloudServer
from .state import CloudCamera, CloudRecording, CloudState

__all__ = [
    "FAULTS",
    "CloudCamera",
    "CloudRecording",
    "CloudState",
    "Fault",
    "LoggedRequest",
    "RingCloudServer",
]
