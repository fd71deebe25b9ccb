"""Where the app listens: a port of this computer's loopback interface, which no other computer can reach."""

from __future__ import annotations

import socket

ADDRESS = "127.0.0.1"
PORT = 7860


def require_port(port: int) -> None:
    """ValueError unless ``port`` is one, or 0 for any."""
    if not 0 <= port <= 65535:
        raise ValueError(f"expected a --port from 0 (any) to 65535, got {port}.")


def listen(port: int) -> socket.socket:
    """A socket on ``port``, or on any free one when that is taken. ValueError when ``port`` is none."""
    require_port(port)
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((ADDRESS, port))
    except OSError:
        door.bind((ADDRESS, 0))
    return door


def address_of(door: socket.socket) -> str:
    """What to type into a browser."""
    return f"http://{ADDRESS}:{door.getsockname()[1]}/"
