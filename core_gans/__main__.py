"""``python -m core_gans``: train, resume, sample, judge, explain, explore, translate, compare, theory, data, list.

    core-gans train dcgan --data digits --seconds 60     train a variant in a new run folder
    core-gans train my_losses:mine --data digits         the same with a game or an objective of your own
    core-gans resume runs/dcgan-digits-...               continue it exactly where it stands
    core-gans explain runs/dcgan-digits-...              say in words whether it converges
    core-gans sample runs/dcgan-digits-... --count 64    draw samples from a run or a model file
    core-gans sample runs/text_to_image-... --text TEXT  draw what a text asks for
    core-gans judge runs/dcgan-digits-... --count 2000   measure it against real examples
    core-gans explore runs/dcgan-digits-...              paths between latents, nearest real examples, arithmetic
    core-gans translate runs/pix2pix-... IN OUT          translate a folder of pictures into another
    core-gans compare gan lsgan wgan_gp --data digits    several variants on one budget: table, curves, samples
    core-gans theory --out theory                        the picture of data, model and optimal discriminator
    core-gans data scenes --count 10000 --out scenes.npz write drawn scenes
    core-gans list                                       the variants, the divergences and the data sets

Every command explains its fields with --help. A run that names code of your own is opened with --trust module:name.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from core_gans import data as datasets
from core_gans.commands import compare as comparison
from core_gans.commands import explore as exploration
from core_gans.commands import judge as judging
from core_gans.commands import sample as sampling
from core_gans.commands import translate as translating
from core_gans.commands.beginning import suited
from core_gans.convergence import explain_run
from core_gans.data import scenes
from core_gans.experiment import Result, resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.pixels import write_png
from core_gans.game import Game
from core_gans.losses import f_divergences
from core_gans.runs import folder as runs
from core_gans.session import Options, friendly_errors, options_from
from core_gans.theory import taxonomy
from core_gans.theory.pictures import write_theory
from core_gans.trusted_code import require_trusted, take_trusted
from core_gans.variants import TRANSLATIONS, VARIANTS, variant

Flat = tyro.conf.OmitArgPrefixes
AGame = TypeVar("AGame", bound=Game)


@dataclass(frozen=True)
class Train(Generic[AGame]):
    """Train this variant in a new run folder."""

    game: Annotated[AGame, Flat]
    rounds: int | None = None
    """Rounds in all; by default one minute of them, or what the data set says: 8,000 on ring, 17,500 on grid."""
    seconds: float | None = None
    """Seconds of this call."""
    runs: Path = Path("runs")
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder; default: what it is, date and time."""
    options: Annotated[Options, Flat] = field(default_factory=Options)


@dataclass(frozen=True)
class Again:
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


@dataclass(frozen=True)
class Resume:
    """Continue a training exactly where its last checkpoint stands."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    rounds: int | None = None
    """Rounds in all; default: what the run was first asked for."""
    seconds: float | None = None
    """Seconds of this call; default: what the run was first asked for."""


@dataclass(frozen=True)
class Explain:
    """Say in words whether a run converges."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""


@dataclass(frozen=True)
class Theory:
    """Draw data, model and optimal discriminator while they meet (Goodfellow et al. 2014, figure 1)."""

    out: Path = Path("theory")
    """Folder of theory.png and theory.gif; existing ones are kept."""


@dataclass(frozen=True)
class Draw:
    """Draw images with exact masks and captions into an .npz."""

    count: int = 10_000
    """How many images."""
    size: int = 64
    """Side in pixels."""
    seed: int = 0
    """Image i depends on (seed, i) alone."""
    out: Path = Path("drawn.npz")
    """The file; an existing one is kept."""
    sheet: Path | None = None
    """Also a contact sheet of the first 64 images, as PNG."""


def main(arguments: list[str] | None = None) -> None:
    """The command ``core-gans``."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(markup=False)
    commands = {
        "train": _train,
        "resume": _resume,
        "explain": _explain,
        "judge": judging.main,
        "explore": exploration.main,
        "translate": translating.main,
        "compare": comparison.main,
        "sample": sampling.main,
        "theory": _theory,
        "data": _data,
        "list": _list,
    }
    if not words or words[0] in ("-h", "--help"):
        console.print(__doc__, highlight=False, markup=False)
        return
    with friendly_errors(console):
        words = take_trusted(words)
        if not words or words[0] not in commands:
            raise unknown_name("command", words[0] if words else "", commands)
        commands[words[0]](words[1:], console)


def _train(words: list[str], console: Console) -> None:
    if words and words[0].startswith("--like"):
        again = tyro.cli(Again, prog="core-gans train", args=words)
        config = runs.read_config(again.like)
        require_trusted(again.like, config["variant"])
        result = run_training(
            config["variant"],
            config["fields"],
            options_from(config["options"]),
            rounds=again.rounds or config["rounds"],
            seconds=again.seconds or config["seconds"],
            runs_folder=again.runs,
            name=again.name,
            console=console,
        )
    elif not words or words[0] in ("-h", "--help"):
        console.print(
            f"core-gans train VARIANT [options], with VARIANT one of {', '.join((*VARIANTS, *TRANSLATIONS))}; "
            "core-gans train VARIANT --help explains them. core-gans train --like RUN repeats a run.",
            highlight=False,
        )
        return
    else:
        kind: Any = variant(words[0])
        game, rounds = suited(kind, words)
        begin = Train(game=game, rounds=rounds)
        command = tyro.cli(Train[kind], prog=f"core-gans train {words[0]}", args=words[1:], default=begin)
        fields = {f.name: getattr(command.game, f.name) for f in dataclasses.fields(kind)}
        result = run_training(
            words[0],
            fields,
            command.options,
            rounds=command.rounds,
            seconds=command.seconds,
            runs_folder=command.runs,
            name=command.name,
            console=console,
        )
    _tell(result, console)


def _resume(words: list[str], console: Console) -> None:
    command = tyro.cli(Resume, prog="core-gans resume", args=words)
    _tell(resume_training(command.run, rounds=command.rounds, seconds=command.seconds, console=console), console)


def _explain(words: list[str], console: Console) -> None:
    command = tyro.cli(Explain, prog="core-gans explain", args=words)
    for sentence in explain_run(command.run):
        console.print(sentence, highlight=False, soft_wrap=True)


def _theory(words: list[str], console: Console) -> None:
    command = tyro.cli(Theory, prog="core-gans theory", args=words)
    with console.status("the model meets the data"):
        for path in write_theory(command.out):
            console.print(str(path), highlight=False, soft_wrap=True)
    console.print(taxonomy.as_markdown(), highlight=False, soft_wrap=True)


def _data(words: list[str], console: Console) -> None:
    drawn_here = {each.name: each.with_masks for each in datasets.KNOWN.values() if each.with_masks}
    draw = drawn_here.get(words[0]) if words else None
    if draw is None:
        given = words[0] if words else "nothing"
        raise LabError(f"expected `data {' or '.join(drawn_here)}`, got {given!r}: the other data sets need no file.")
    name = words[0]
    begin = Draw(size=datasets.KNOWN[name].size, out=Path(f"{name}.npz"))
    command = tyro.cli(Draw, prog=f"core-gans data {name}", args=words[1:], default=begin)
    for path in (command.out, command.sheet):
        if path is not None and path.exists():
            raise FileExistsError(f"{path} exists already and is kept: choose another name.")
    with Progress(console=console) as bar:
        task = bar.add_task("drawing", total=command.count)
        drawn = draw(
            datasets.Wanted(
                command.size,
                command.count,
                seed=command.seed,
                progress=lambda done, _: bar.update(task, completed=done),
            )
        )
    scenes.write(command.out, drawn)
    console.print(
        f"{command.count} {name} of {command.size}x{command.size} pixels: {command.out}",
        highlight=False,
        soft_wrap=True,
    )
    if command.sheet is not None:
        write_png(
            command.sheet,
            scenes.contact_sheet(scenes.SceneSet(drawn.images[:64], drawn.masks[:64], drawn.captions[:64])),
        )
        console.print(f"contact sheet: {command.sheet}", highlight=False, soft_wrap=True)


def _list(words: list[str], console: Console) -> None:
    if words:
        raise LabError(f"`list` takes no options, got {' '.join(words)}.")
    table = Table("variant", "paper", "what it is")
    for name, kind in {**VARIANTS, **TRANSLATIONS}.items():
        table.add_row(name, kind.paper, (sys.modules[kind.__module__].__doc__ or "").split(": ", 1)[-1].split(". ")[0])
    console.print(table)
    console.print(f"f-divergences (fgan --divergence ...): {', '.join(f_divergences.NAMES)}", highlight=False)
    console.print(f"data sets: {', '.join(datasets.NAMES)}, or a path", highlight=False)


def _tell(result: Result, console: Console) -> None:
    table = Table("judge", "before", "after", title=f"{result.state.round} rounds in {result.state.seconds:.0f} s")
    for name, value in result.after.items():
        table.add_row(name, f"{result.before[name]:.3f}", f"{value:.3f}")
    console.print(table)
    console.print(f"samples: {result.folder / 'samples'}", highlight=False, soft_wrap=True)
    console.print(f"film: {result.folder / 'training.gif'}", highlight=False, soft_wrap=True)
    console.print(f"continue with: core-gans resume {result.folder}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
