"""``python -m egan``: evolve generators (E-GAN, Wang et al. 2019).

    egan evolve --data digits --seconds 90     evolve dcgan's networks in a new run folder
    egan evolve wgan_gp --data ring            evolve another variant's
    egan evolve --like runs/egan-digits-...    repeat a run in another new one
    egan resume runs/egan-digits-...           continue a run exactly where it stands
    egan experiment ring --seeds 10            does selection help? against each mutation alone, and against chance

Every command explains its fields with --help.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro
from rich.console import Console

from core_gans.commands.beginning import points_in, suited
from core_gans.foundation.names import unknown_name
from core_gans.game import NoiseGame
from core_gans.runs import folder as runs
from core_gans.session import Options, friendly_errors, options_from
from core_gans.trusted_code import require_trusted, take_trusted
from core_gans.variants import DCGAN, GAN
from core_gans.variants import variant as variant_called
from egan.experiment import Evolution, Result, evolution_from, resume_evolution, run_evolution
from egan.experiments import command as experiments
from egan.experiments.subjects import GAMMA_ON_POINTS
from egan.summary import summary_table

Flat = tyro.conf.OmitArgPrefixes
AGame = TypeVar("AGame", bound=NoiseGame)


@dataclass(frozen=True)
class Evolve(Generic[AGame]):
    """Evolve a population of generators in a new run folder (E-GAN, Wang et al. 2019)."""

    game: Annotated[AGame, Flat]
    """The networks, their optimisers, and the discriminator's steps. Points take the family mlp by themselves."""
    rounds: int | None = None
    """Generations in all; by default one minute of them, 8,000 on ring, 17,500 on grid."""
    seconds: float | None = None
    """Seconds of this call."""
    runs: Path = Path("runs")
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder; default: what it is, date and time."""
    like: Path | None = None
    """Repeat the run in this folder: its configuration takes the place of every option below."""
    session: Annotated[Options, Flat] = field(default_factory=Options)
    """Data, seed, what is written when, and what computes."""
    evolution: Annotated[Evolution, Flat] = field(default_factory=Evolution)
    """The numbers of E-GAN."""


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
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(markup=False)
    if not words or words[0] in ("-h", "--help"):
        console.print(__doc__, highlight=False, soft_wrap=True)
        return
    with friendly_errors(console):
        words = take_trusted(words)
        commands = {"evolve": evolve, "resume": resume, "experiment": experiments.main}
        if not words or words[0] not in commands:
            raise unknown_name("command", words[0] if words else "", commands)
        commands[words[0]](words[1:], console)


def evolve(words: list[str], console: Console) -> None:
    named = bool(words) and not words[0].startswith("-")
    points = points_in(words) is not None
    kind: Any = variant_called(words[0]) if named else GAN if points else DCGAN
    game, most = suited(kind, words)
    begin = Evolve(game=game, rounds=most, evolution=Evolution(gamma=GAMMA_ON_POINTS) if points else Evolution())
    command = tyro.cli(Evolve[kind], prog=" ".join(["egan evolve", *words[:named]]), args=words[named:], default=begin)
    options, evolution = command.session, command.evolution
    rounds, seconds = command.rounds, command.seconds
    variant, fields = kind.name, {f.name: getattr(command.game, f.name) for f in dataclasses.fields(kind)}
    if command.like is not None:
        config = runs.read_config(command.like)
        variant, fields, options = config["variant"], config["fields"], options_from(config["options"])
        evolution = evolution_from(config)
        require_trusted(command.like, variant, *evolution.mutations, *evolution.discriminator_mutations)
        rounds, seconds = rounds or config["rounds"], seconds or config["seconds"]
    result = run_evolution(
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
    tell(result, console)


def resume(words: list[str], console: Console) -> None:
    command = tyro.cli(Resume, prog="egan resume", args=words)
    tell(resume_evolution(command.run, rounds=command.rounds, seconds=command.seconds, console=console), console)


def tell(result: Result, console: Console) -> None:
    """The summary, and how to go on."""
    console.print(summary_table(result))
    console.print(f"all of it is in {result.folder}", highlight=False, soft_wrap=True)
    console.print(f"continue with: egan resume {result.folder}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
