"""What two processes of torchrun play, and one alone, in float64."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from core_gans.data import Examples, batches
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.game import Game
from core_gans.parallel import joined, team
from core_gans.runs import checkpoints
from core_gans.session import Options
from core_gans.training import train
from tests.tiny import pictures, points, small

PLAIN = {"normalisation": "none", "generator_normalisation": "none"}
GAMES: dict[str, tuple[str, Examples, dict[str, Any]]] = {
    "points": ("gan", points(), {"discriminator_steps": 2}),
    "without batch norm": ("dcgan", pictures(), PLAIN),
    "batch norm": ("dcgan", pictures(), {"normalisation": "batch"}),
    "penalty": ("wgan_gp", pictures(), {}),
    "spectral norm": ("hinge", pictures(), {}),
    "balance": ("began", pictures(), {}),
    "changes of images": ("dcgan", pictures(), PLAIN | {"augment": ("translation", "colour")}),
    "classes": ("cgan", pictures(), {"classes": 2}),
}
REFUSED: dict[str, tuple[str, Examples, dict[str, Any], int]] = {
    "a relativistic average": ("relativistic", pictures(), {}, 8),
    "minibatch discrimination": ("dcgan", pictures(), PLAIN | {"minibatch_discrimination": 2}, 8),
    "an odd batch": ("dcgan", pictures(), PLAIN, 9),
}
RUN: dict[str, Any] = {"family": "mlp", "width": 8, "depth": 1, "latent": 2}
OPTIONS = Options(data="ring", count=200, batch=16, log_every=1, samples_every=10**6)
ROUNDS = 5


@contextmanager
def exact() -> Iterator[None]:
    """Networks, latents and data in float64."""
    before, as_float = torch.get_default_dtype(), batches.as_float
    torch.set_default_dtype(torch.float64)
    batches.as_float = lambda images: as_float(images).double()  # type: ignore[attr-defined]  # imported there
    try:
        yield
    finally:
        torch.set_default_dtype(before)
        batches.as_float = as_float  # type: ignore[attr-defined]


def played(name: str) -> dict[str, Any]:
    """The state after a few rounds of one of ``GAMES``."""
    variant, examples, fields = GAMES[name]
    state = train(game_of(variant, examples, fields), batches.Batches(examples, 8), ROUNDS, rng=0, progress=False)
    return state.state_dict()


def game_of(variant: str, examples: Examples, fields: dict[str, Any]) -> Game:
    return small(variant, examples, rate=0.003, **fields)


def refused(name: str) -> str:
    """What is said of a game that cannot be played by several."""
    variant, examples, fields, size = REFUSED[name]
    try:
        train(game_of(variant, examples, fields), batches.Batches(examples, size), 1, rng=0, progress=False)
    except LabError as error:
        return str(error)
    return ""


def main(out: Path) -> None:
    """Play everything; the leader writes what came of it into ``out``, the others are told a folder of their own."""
    console = Console(quiet=True)
    with exact(), joined("cpu", console):
        own = out if team().leads else out / "of-a-follower"
        for name in GAMES:
            found = played(name)
            if team().leads:
                checkpoints.save(out / f"{name}.safetensors", found)
        told = [refused(name) for name in REFUSED]
        if team().leads:
            (out / "refused.txt").write_text("\n".join(told), encoding="utf-8")
        run_training("gan", RUN, OPTIONS, rounds=ROUNDS, runs_folder=own, name="by-two", console=console)
        team().wait()
        resume_training(out / "by-one", rounds=2 * ROUNDS, console=console)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
