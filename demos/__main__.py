"""``python -m demos``: the app, the main job of ``./lab``, and ``./lab doctor``.

    gan-lab                    serve the app on this computer (loopback only)
    gan-lab main-job           evolve generators on handwritten digits, dissect the shipped one, serve the app
    gan-lab doctor             what this computer has, what is missing, and a short try of everything

All explain their options with --help.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro
from rich.console import Console

from core_gans.commands.dispatch import friendly_errors, spare_neighbours
from demos.doctor import Doctor
from demos.server_address import ADDRESS, PORT, ServerAddress, read_password

if TYPE_CHECKING:
    from demos.lab import Lab


@dataclass(frozen=True)
class App:
    """Serve the app: paint with the units of a generator, watch generators evolve."""

    port: int = PORT
    """Where to listen; any free port when it is taken, or 0."""
    runs: Path = Path("runs")
    """Where the app finds and keeps runs."""
    address: str = ADDRESS
    """The address to listen on; any but this computer's own loopback takes a password."""
    password_file: Path | None = None
    """A file whose first line is the password."""
    names: tuple[str, ...] = ()
    """Further names under which browsers may ask for the app."""
    proxy_headers: bool = False
    """Believe a proxy on this computer about who asks (X-Forwarded-For) and whether by https (X-Forwarded-Proto)."""
    root_path: str = ""
    """The path below which that proxy shows the app, such as /lab."""


@dataclass(frozen=True)
class MainJob:
    """Evolve generators on handwritten digits, dissect the scene generator, then serve the app."""

    seconds: float = 90.0
    """How long to evolve."""
    runs: Path = Path("runs")
    """Where runs are kept."""
    serve: bool = True
    """Serve the app at the end; --no-serve ends instead."""
    port: int = PORT
    """Where the app listens."""


COMMANDS: dict[str, Callable[..., Any]] = {"app": App, "main-job": MainJob, "doctor": Doctor}


def main(arguments: list[str] | None = None) -> None:
    """The command ``gan-lab``; without the name of a command it serves the app."""
    spare_neighbours()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "app")
    console = Console(markup=False)
    with friendly_errors(console):
        command = tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="gan-lab", args=words, description=__doc__)
        if isinstance(command, Doctor):
            command.run(console)
            return
        if isinstance(command, App):
            server_address = ServerAddress(
                command.port,
                command.address,
                read_password(command.password_file),
                command.names,
                command.proxy_headers,
                command.root_path,
            )
        else:
            server_address = ServerAddress(command.port)
        if isinstance(command, MainJob):
            from demos.main_job import dissect_scenes, evolve_digits

            evolve_digits(command.seconds, command.runs, console)
            dissect_scenes(command.runs, console)
            if not command.serve:
                app = shlex.join([sys.executable, "-m", "demos", "--runs", str(command.runs)])
                console.print(f"open the app, to paint and to evolve: {app}", highlight=False, soft_wrap=True)
                return
        serve_app(server_address, command.runs, console)


def serve_app(server_address: ServerAddress, runs: Path, console: Console) -> None:
    """Serve until Ctrl-C; what runs in the background then ends in order, and what is kept stays."""
    from demos.serve import serve

    def make_lab() -> Lab:
        with console.status("opening the app"):
            import torch

            from demos.lab import Lab

            # One thread for each piece of work: two torches that fight for all cores are many times slower.
            torch.set_num_threads(1)
            return Lab.at(runs)

    serve(make_lab, server_address, lambda address: console.print(f"the app is at {address} (Ctrl-C ends it)"))


if __name__ == "__main__":
    main()
