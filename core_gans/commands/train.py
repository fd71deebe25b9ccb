"""``core-gans train``: a variant in a new run folder, or a run repeated in another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro
from rich.console import Console

from core_gans import shipped
from core_gans.commands.beginning import named_in, options_for, suited, to_measure
from core_gans.commands.clashes import as_kind, without_clashes
from core_gans.commands.dispatch import Command
from core_gans.commands.fitting import Fit
from core_gans.commands.flags import help_text
from core_gans.commands.options import parsed
from core_gans.commands.train_help import asked, print_help
from core_gans.commands.trained import print_result
from core_gans.experiment import Training, run_training
from core_gans.foundation.errors import LabError
from core_gans.game import Game
from core_gans.paper_presets import Preset
from core_gans.runs import folder as runs
from core_gans.runs.changes import told_of_changes
from core_gans.runs.fine_tuning import TrainedPlayers
from core_gans.runs.fitting import fitting
from core_gans.runs.folder import NEWEST
from core_gans.session import Options, options_from
from core_gans.translation.extent import Choice
from core_gans.trusted_code import require_trusted
from core_gans.variants import DCGAN, SEQUENCES, TRANSLATIONS, VARIANTS, from_saved, name_of, variant

AGame = TypeVar("AGame", bound=Game)


@dataclass(frozen=True)
class Train(Generic[AGame]):
    """Train this variant in a new run folder."""

    game: Annotated[AGame, tyro.conf.OmitArgPrefixes]
    rounds: int | None = None
    """Rounds in all; by default one minute of them, or what the data set says: 8,000 on ring, 17,500 on grid."""
    seconds: float | None = None
    """Seconds of this call."""
    runs: Path = Path("runs")
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder; default: what it is, date and time."""
    start: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """A run's folder, a model file or a shipped model (scenes-generator): begin with its networks, as far as they fit,
    and learn from these data instead (fine-tuning)."""
    checkpoint: str = NEWEST
    """Of that run: newest, best (by the judge, where --judge-every was given), or a round that was kept."""
    preset: Preset = "default"
    """default: begin with the recipe for the data, which draws within minutes; paper: with the paper's own values where
    the variant's differ from them (docs/variants.md lists both); variant: with the variant's, as in Python. Your own
    flags come before all."""
    options: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    measured: tyro.conf.Suppress[tuple[Choice, ...]] = ()
    """What is chosen by a few rounds on this machine before it begins."""
    given: tyro.conf.Suppress[frozenset[str]] = frozenset()
    """Names that the words of the command set."""

    def run(self, console: Console) -> None:
        """Train, then print the judge's numbers before and after."""
        result = run_training(
            name_of(self.game),
            asdict(self.game),
            self.options,
            rounds=self.rounds,
            seconds=self.seconds,
            runs_folder=self.runs,
            name=self.name,
            console=console,
            measured=self.measured,
            start_from=None if self.start is None else TrainedPlayers.of(shipped.placed(self.start), self.checkpoint),
            fit=self._fit(console),
        )
        print_result(result, console)

    def _fit(self, console: Console) -> Fit | None:
        """How the recipe is fitted; networks that are begun with keep their width, however slow the machine is."""
        if self.preset != "default":
            return None
        return Fit(self.given, self.rounds, self.seconds, console, as_measured=self.start is None)


@dataclass(frozen=True)
class Repeat:
    """Repeat the run in a folder, in a new one: same configuration, same seed, same weights."""

    like: Path
    """The run to repeat."""
    rounds: int | None = None
    """Rounds in all; default: the run's."""
    seconds: float | None = None
    """Seconds of this call; default: the run's."""
    runs: Path = Path("runs")
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder."""

    def run(self, console: Console) -> None:
        """Train as that run was trained."""
        config = runs.read_config(self.like)
        if config["kind"] != Training.kind:
            raise LabError(
                f"{self.like} is of the kind {config['kind']}, not {Training.kind}: repeat it with "
                f"`{Training.other_program} evolve --like {self.like}`."
            )
        if told := told_of_changes(config):
            console.print(told, highlight=False, soft_wrap=True)
        require_trusted(self.like, config["variant"])
        result = run_training(
            config["variant"],
            asdict(from_saved(config["variant"], config["fields"])),
            options_from(config["options"]),
            rounds=self.rounds or config["rounds"],
            seconds=self.seconds or config["seconds"],
            runs_folder=self.runs,
            name=self.name,
            console=console,
            start_from=_origin(config.get("begun_from")),
        )
        print_result(result, console)


def _origin(told: dict[str, Any] | None) -> TrainedPlayers | None:
    """The networks with which a run began, as its config.json tells."""
    if told is None:
        return None
    with fitting("begun_from of config.json"):
        return TrainedPlayers.of(told["run"], int(told["round"]))


@dataclass(frozen=True)
class Variants:
    """The help of ``train`` before a variant is named."""

    program: str
    words: tuple[str, ...] = ()

    def run(self, console: Console) -> None:
        """Print the names that may follow, and the flags of dcgan, most of which the others have, too."""
        names = ", ".join((*VARIANTS, *TRANSLATIONS, *SEQUENCES))
        console.print(
            f"{self.program} VARIANT [options], with VARIANT one of {names}; "
            f"{self.program} VARIANT --help explains them. {self.program} --like RUN repeats a run.\n",
            highlight=False,
        )
        explain(self.program, [DCGAN.name, *self.words], console)


def train(program: str, words: list[str]) -> Command:
    """The command that ``words`` make: the first names the variant, whose fields the others set."""
    if not words or asked(words[:1]):
        return Variants(program, tuple(words))
    if words[0].startswith("--like"):
        repeat: Repeat = parsed(Repeat, program, words)
        return repeat
    if asked(words):
        explain(program, words, Console(markup=False))
        raise SystemExit(0)
    kind, flags, begin = _beginning(words)
    command = parsed(Train[flags], f"{program} {words[0]}", words[1:], default=begin)  # type: ignore[valid-type]
    measured, given = to_measure(kind, words), named_in(words)
    finished: Train[Any] = replace(command, game=as_kind(kind, command.game), measured=measured, given=given)
    return finished


def explain(program: str, words: Sequence[str], console: Console) -> None:
    """Print the help that ``words`` ask for, of the variant that the first names and of the data that others name."""
    kind, flags, begin = _beginning(words)
    called = f"{program} {words[0]}"
    help = help_text(Train[flags], called, default=begin)  # type: ignore[valid-type]
    print_help(console, called, kind, help, words)


def _beginning(words: Sequence[str]) -> tuple[Any, Any, Train[Any]]:
    """The variant, the class whose fields are its flags, and the command before its other words are read."""
    kind: Any = variant(words[0])
    game, rounds = suited(kind, words)
    flags = without_clashes(kind, Train, Options)
    return kind, flags, Train(game=as_kind(flags, game), rounds=rounds, options=options_for(kind, words))
