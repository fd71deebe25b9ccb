"""``python -m egan``: evolve, resume."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from core_gans import runs
from core_gans.adversarial import AdversarialGame
from core_gans.session import Options, friendly_errors, options_from
from core_gans.variants.dcgan import DCGAN
from egan.experiment import Evolution, run_evolution

Flat = tyro.conf.OmitArgPrefixes


@dataclass(frozen=True)
class Evolve:
    """Evolve a population of generators (E-GAN, Wang et al. 2019)."""

    rounds: int | None = None
    """Generations in all; one minute when neither rounds nor seconds are given."""
    seconds: float | None = None
    """Seconds of this call."""
    runs: Path = Path("runs")
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder; default: what it is, date and time."""
    like: Path | None = None
    """Repeat the run in this folder: its configuration takes the place of every option below."""
    options: Annotated[Options, Flat] = field(default_factory=Options)
    evolution: Annotated[Evolution, Flat] = field(default_factory=Evolution)
    game: Annotated[DCGAN, Flat] = field(default_factory=DCGAN)


@dataclass(frozen=True)
class Resume:
    """Continue an evolution exactly where its last checkpoint stands."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    rounds: int | None = None
    """Generations in all; default: what the run was first asked for."""
    seconds: float | None = None
    """Seconds of this call; default: what the run was first asked for."""


def main(arguments: list[str] | None = None) -> None:
    """The command ``egan``."""
    console = Console(markup=False)
    with friendly_errors(console):
        command = tyro.extras.subcommand_cli_from_dict(
            {"evolve": Evolve, "resume": Resume}, prog="egan", args=arguments, description=__doc__
        )
        evolve(command, console) if isinstance(command, Evolve) else resume(command, console)


def evolve(command: Evolve, console: Console) -> None:
    game, options, evolution = command.game, command.options, command.evolution
    rounds, seconds = command.rounds, command.seconds
    fields: dict[str, Any] = {f.name: getattr(game, f.name) for f in dataclasses.fields(AdversarialGame) if f.init}
    fields |= {"rate": game.rate, "beta1": game.beta1}
    variant = game.name
    if command.like is not None:
        config = runs.read_config(command.like)
        variant, fields, options = config["variant"], config["fields"], options_from(config["options"])
        evolution = Evolution(**config["evolution"])
        rounds, seconds = rounds or config["rounds"], seconds or config["seconds"]
    run_evolution(
        variant,
        fields,
        options,
        evolution,
        rounds=rounds,
        seconds=seconds,
        runs_folder=command.runs,
        name=command.name,
        console=console,
    )


def resume(command: Resume, console: Console) -> None:
    from egan.experiment import resume_evolution

    resume_evolution(command.run, rounds=command.rounds, seconds=command.seconds, console=console)


if __name__ == "__main__":
    main(sys.argv[1:])
