"""Ring's cloud: the account, its cameras, its history, and the way to each file."""

from .cloud import Account, RingCloud
from .linked import LinkedRingCloud
from .own import OwnRingCloud
from .pages import HistoryPage
from .tokens import Token

__all__ = [
    "Account",
    "HistoryPage",
    "LinkedRingCloud",
    "OwnRingCloud",
    "RingCloud",
    "Token",
]
