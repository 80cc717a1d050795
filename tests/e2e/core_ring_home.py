"""Start a Home Assistant whose own `ring` integration talks to the loopback cloud.

Its library has Ring's addresses in it; push messages would come over Google's servers.
"""

import os
import sys

from homeassistant.__main__ import main
from ring_doorbell import Ring, RingEventListener
from ring_doorbell.const import API_URI, OAuth


async def _no_push(*_: object, **__: object) -> bool:
    """Say that push messages do not work."""
    return False


def point_at(url: str) -> None:
    """Let the library ask the loopback cloud alone."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    OAuth.ENDPOINT = f"{url}/oauth/token"
    for query in (Ring.async_query, Ring._async_query):
        query.__defaults__ = tuple(
            url if each == API_URI else each for each in query.__defaults__ or ()
        )
    RingEventListener.start = _no_push


if __name__ == "__main__":
    point_at(os.environ["RING_VISION_ENDPOINT"])
    sys.exit(main())
