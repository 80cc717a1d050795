"""Run the loopback Ring cloud by itself; its URL is the first line of stdout."""

import argparse
import asyncio
from pathlib import Path
import signal

from .faults import load_faults
from .server import RingCloudServer
from .state import CloudState


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--recordings", type=Path, help="folder with recordings.json")
    parser.add_argument("--faults", type=Path, help="JSON list of faults")
    parser.add_argument("--email", default="anna@example.com")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--code", default="123456")
    parser.add_argument("--no-two-factor", action="store_true")
    return parser.parse_args()


def build(arguments: argparse.Namespace) -> RingCloudServer:
    """Return the server that the command line asks for."""
    state = CloudState.three_cameras()
    state.email, state.password = arguments.email, arguments.password
    state.code, state.two_factor = arguments.code, not arguments.no_two_factor
    if arguments.recordings:
        state.load(arguments.recordings)
    faults = load_faults(arguments.faults) if arguments.faults else []
    return RingCloudServer(state, faults)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until somebody says stop."""
    server = build(arguments)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print(await server.start(arguments.port, arguments.host), flush=True)  # noqa: T201
    try:
        await stopped.wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(parse_arguments()))
