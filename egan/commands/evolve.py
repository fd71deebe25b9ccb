"""``egan evolve``: a variant's generators in a new run folder, or a run repeated in another one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro
from rich.console import Console

from core_gans.commands.beginning import named_in, options_for, points_in, suited, wants_paper, wants_variant
from core_gans.commands.clashes import as_kind, without_clashes
from core_gans.commands.dispatch import Command
from core_gans.commands.fitting import Fit
from core_gans.commands.flags import help_text
from core_gans.commands.options import parsed
from core_gans.commands.train_help import asked, print_help
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.paper_presets import EVALUATION_SIZE, Preset
from core_gans.runs import folder as runs
from core_gans.runs.changes import told_of_changes
from core_gans.session import Options, options_from
from core_gans.trusted_code import require_trusted
from core_gans.variants import DCGAN, GAN, from_saved, name_of, variant
from egan.experiment import run_evolution
from egan.islands.run import run_islands
from egan.islands.settings import Islands, islands_from
from egan.options import KIND, Evolution, evolution_from
from egan.settings import GAMMA_ON_POINTS, OVER_RECIPES
from egan.summary import print_islands, print_result

MATTER = ("data", "seconds", "rounds", "parents", "mutations", "gamma", "selection", "batch", "seed", "islands")
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
    preset: Preset = "default"
    """default: begin with the variant's recipe for the data; paper: with the papers' own values (docs/variants.md lists
    both); variant: with the variant's, as in Python. Your own flags come before all."""
    session: Annotated[Options, Flat] = field(default_factory=Options)
    """Data, seed, what is written when, and what computes."""
    evolution: Annotated[Evolution, Flat] = field(default_factory=Evolution)
    """The numbers of E-GAN."""
    islands: Annotated[Islands, Flat] = field(default_factory=Islands)
    """Populations apart, in processes or over Ray."""
    given: tyro.conf.Suppress[frozenset[str]] = frozenset()
    """Names that the words of the command set."""

    def run(self, console: Console) -> None:
        """Evolve, then print the summary."""
        variant, fields = name_of(self.game), asdict(self.game)
        options, evolution, islands = self.session, self.evolution, self.islands
        rounds, seconds = self.rounds, self.seconds
        fit = Fit(self.given, rounds, seconds, console, as_measured=False, over=OVER_RECIPES)
        if self.like is not None:
            config = runs.read_config(self.like)
            if config["kind"] != KIND:
                raise LabError(
                    f"{self.like} is of the kind {config['kind']}, not {KIND}: repeat it with "
                    f"`core-gans train --like {self.like}`."
                )
            if told := told_of_changes(config):
                console.print(told, highlight=False, soft_wrap=True)
            variant, options, evolution = config["variant"], options_from(config["options"]), evolution_from(config)
            require_trusted(self.like, variant, *evolution.mutations, *evolution.discriminator_mutations)
            fields = asdict(from_saved(variant, config["fields"]))
            rounds, seconds = rounds or config["rounds"], seconds or config["seconds"]
            islands = islands_from(config)
        bounds: Any = {"rounds": rounds, "seconds": seconds}
        place: Any = {"runs_folder": self.runs, "name": self.name, "console": console}
        place["fit"] = fit if self.preset == "default" and self.like is None else None
        if islands.islands > 1:
            print_islands(run_islands(variant, fields, options, evolution, islands, **bounds, **place), console)
        else:
            print_result(run_evolution(variant, fields, options, evolution, **bounds, **place), console)


def evolve(program: str, words: list[str]) -> Command:
    """The command that ``words`` make: the first may name the variant, whose fields the others set."""
    named = bool(words) and not words[0].startswith("-")
    points = points_in(words) is not None
    kind: Any = variant(words[0]) if named else GAN if points else DCGAN
    game, rounds = suited(kind, words)
    if not (points or wants_paper(words) or wants_variant(words) or {"family", "normalisation"} & named_in(words)):
        game = replace(game, **OVER_RECIPES.get(kind.name, {}))
    flags = without_clashes(kind, Evolve, Options, Evolution, Islands)
    evolution = Evolution(gamma=GAMMA_ON_POINTS) if points else Evolution()
    if wants_paper(words):
        evolution = Evolution(evaluation_size=EVALUATION_SIZE)
    begin = Evolve(game=as_kind(flags, game), rounds=rounds, session=options_for(kind, words), evolution=evolution)
    called = " ".join([program, *words[:named]])
    if asked(words):
        help = help_text(Evolve[flags], called, default=begin)  # type: ignore[valid-type]
        parts = {"evolution": Evolution, "islands": Islands}
        print_help(Console(markup=False), called, kind, help, words, matter=MATTER, parts=parts)
        raise SystemExit(0)
    command = parsed(Evolve[flags], called, words[named:], default=begin)  # type: ignore[valid-type]
    finished: Evolve[Any] = replace(command, game=as_kind(kind, command.game), given=named_in(words))
    return finished
