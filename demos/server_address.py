"""Where the app listens, and to which names it answers: this computer alone, unless it is asked for more.

Beside listening on loopback, requests must name this computer as their host: a page elsewhere whose name is made to
point here (DNS rebinding) is refused. Where other computers are to reach it, there must be a password.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demos.password import require_password

ADDRESS = "127.0.0.1"
PORT = 7860
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class ServerAddress:
    """An address to listen on, and who is let in.

    ValueError for a port that is none, for an address that others reach without a ``password``, and for a short one.
    """

    port: int = PORT
    """Any free port when it is taken, or 0."""
    address: str = ADDRESS
    password: str | None = None
    names: tuple[str, ...] = ()
    """Further names under which the app may be asked for."""
    proxy_headers: bool = False
    """Whether a proxy on this computer says by X-Forwarded-For and X-Forwarded-Proto who asks, and how."""
    root_path: str = ""
    """The path below which a proxy shows the app, and which it takes away before it asks."""

    def __post_init__(self) -> None:
        require_port(self.port)
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise ValueError(f"expected a --root-path like /lab, got {self.root_path!r}.")
        if self.password is not None:
            require_password(self.password)
        elif not _is_loopback(self.address):
            raise ValueError(
                f"{self.address} is reached by other computers, so it takes a password: put one in a file that only "
                "you can read, and give --password-file FILE."
            )

    @property
    def hosts(self) -> list[str]:
        """The names to which the app answers."""
        return hosts_of(self.address, self.names)

    def listen(self) -> socket.socket:
        """A socket on the port, or on any free one when that is taken. ValueError for an address that is not ours."""
        # Only where the protocol is named does asyncio send small answers at once, instead of 40 ms later.
        server_address = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        server_address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server_address.bind((self.address, self.port))
        except OSError:
            try:
                server_address.bind((self.address, 0))
            except OSError as error:
                server_address.close()
                raise ValueError(f"{self.address} is no address of this computer: {error.strerror}.") from error
        return server_address


def hosts_of(address: str, names: Sequence[str] = ()) -> list[str]:
    """The names to which an app answers that listens on ``address``, with further ``names``."""
    if _is_loopback(address):
        return [*LOOPBACK, *names]
    own = [] if address in ("0.0.0.0", "::") else [address]
    return [*LOOPBACK, socket.gethostname(), *own, *names]


def require_port(port: int) -> None:
    """ValueError unless ``port`` is one, or 0 for any."""
    if not 0 <= port <= 65535:
        raise ValueError(f"expected a --port from 0 (any) to 65535, got {port}.")


def read_password(path: Path | None) -> str | None:
    """The first line of the file at ``path``. ValueError where it cannot be read or is too short a password."""
    if path is None:
        return None
    try:
        password = path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"expected a password in the first line of {path}, which cannot be read.") from error
    require_password(password)
    return password


def address_of(server_address: socket.socket) -> str:
    """What to type into a browser on this computer."""
    host, port = server_address.getsockname()[:2]
    return f"http://{ADDRESS if host == '0.0.0.0' else host}:{port}/"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
