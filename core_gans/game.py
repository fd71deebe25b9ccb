"""The contract that carries the lab: a GAN is a game.

A game names its players (networks) and an ordered tuple of turns: who learns, from which loss, with which
optimiser, how many times, and what is done afterwards. One loop (``training.train``) plays any game.

A game is a frozen dataclass whose fields are its hyper-parameters, each with the paper's value. State that must
survive a restart is a buffer of a player, so that the players' state dicts are the whole truth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.notebook import shown
from core_gans.foundation.seeds import as_generator
from core_gans.losses.objectives import Objective
from core_gans.optimizers import Optimizer

Kind = Literal["points", "images", "clips", "tokens"]
"""What the examples of a data set are."""
Nets = Mapping[str, nn.Module]
Loss = Callable[[Nets, "Batch", torch.Generator], dict[str, Tensor]]


@dataclass(frozen=True)
class Batch:
    """What one step learns from: images (N, C, H, W) or clips (N, C, T, H, W) in [-1, 1], points (N, D), or tokens
    (N, T) int64; labels (N,).

    Where images are translated, ``real`` are those of the target domain and ``other`` (N, C', H, W) the sources. Of
    clips in which somebody acts, ``other`` (N, T, A) are the actions.
    ``text`` (N, L) int64 holds captions as the numbers of their words (``data.captions``).
    """

    real: Tensor
    label: Tensor | None = None
    other: Tensor | None = None
    text: Tensor | None = None


def nothing(nets: Nets) -> None:
    """What is done after a step of most turns."""


def always(nets: Nets) -> bool:
    """Most turns are taken in every round."""
    del nets
    return True


@dataclass(frozen=True)
class Turn:
    """One player's (or several players') move: ``times`` steps on ``loss``, each followed by ``after``.

    ``loss(nets, batch, rng)`` returns named scalars whose sum is minimised. The first step of a turn sees the
    round's batch; every further step sees a fresh one, as the k discriminator steps of the papers do.
    """

    players: tuple[str, ...]
    loss: Loss
    optimizer: Optimizer
    times: int = 1
    after: Callable[[Nets], None] = nothing
    when: Callable[[Nets], bool] = always
    """Whether it is taken in this round, by what the players keep; a game of two phases has turns of each."""


@dataclass(frozen=True)
class Game(ABC):
    """Players and turns. ``name`` is the variant's name, ``paper`` its source."""

    name: ClassVar[str]
    paper: ClassVar[str]
    takes: ClassVar[tuple[Kind, ...]] = ("points", "images")
    """The kinds of examples that it learns from."""
    usual_data: ClassVar[str] = "digits"
    """The data set that a command takes where none is named, one of those that need no file."""

    def _repr_html_(self) -> str:
        """For a notebook: the variant, its paper, and the fields that are not at their defaults."""
        own = {
            each.name: (repr(getattr(self, each.name)),)
            for each in fields(self)
            if getattr(self, each.name) != (each.default if each.default_factory is MISSING else each.default_factory())
        }
        return shown(f"{self.name} ({self.paper})", numbers=own)

    @abstractmethod
    def players(self) -> dict[str, nn.Module]:
        """Fresh networks, initialised from the global random state (see ``training.start``)."""

    def to_open(self, player: str) -> Game:
        """The game by which a saved ``player`` is built: this one, where it needs no file for the other players."""
        del player
        return self

    @abstractmethod
    def turns(self) -> tuple[Turn, ...]:
        """The moves of one round, in order."""

    def begin_round(self, nets: Nets, progress: float) -> None:
        """Adapt the players to ``progress`` in [0, 1] before a round; most games need nothing."""
        del nets, progress

    def observe(self, nets: Nets) -> dict[str, float]:
        """What a round leaves to be seen and logged besides its losses (BEGAN's k); most games have nothing."""
        del nets
        return {}


@dataclass(frozen=True)
class NoiseGame(Game):
    """A game whose player ``generator`` turns latents into examples, and whose ``discriminator`` scores them.

    Its losses can also be asked for apart from its turns, from scores or from given fakes: that is how evolution
    tries other objectives on the same networks.
    """

    scores_suffice: ClassVar[bool] = True
    """Whether ``score_loss`` is all that the discriminator learns from; a game that needs labels says no."""
    beside_scores: ClassVar[tuple[str, ...]] = ()
    """Fields that weigh what the generator learns from beside its scores; an evolution leaves these terms out."""

    @property
    @abstractmethod
    def objective(self) -> Objective:
        """From scores to the scalars that the two players minimise."""

    @abstractmethod
    def score_loss(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """All terms of the discriminator, scalars, on real and on generated examples (N, ...), penalties included."""

    @abstractmethod
    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """Latents (count, ...) on the device of ``rng``."""

    @property
    def askable_classes(self) -> int:
        """Classes that latents can ask for, by the ``label`` of ``latents``; 0 where they ask for none."""
        return 0

    def asked(self, latents: Tensor) -> Tensor | None:
        """The classes (N,) that ``latents`` ask for; None where they ask for none."""
        del latents
        return None

    def unasked(self, latents: Tensor) -> Tensor:
        """The part of ``latents`` (N, ...) that is noise, as a view; the rest says what is asked for."""
        return latents

    def with_condition(self, batch: Batch) -> Tensor:
        """The real examples (N, ...) of ``batch`` as the discriminator sees them; conditional games add the class."""
        return batch.real

    def without_condition(self, shown: Tensor) -> Tensor:
        """Examples (N, ...) as the discriminator sees them, real or generated, without what was added."""
        return shown

    def sample(self, nets: Nets, count: int, rng: torch.Generator | int, label: Tensor | None = None) -> Tensor:
        """Examples (count, ...) drawn in evaluation mode, without gradients; images lie in [-1, 1].

        ``rng`` may be a seed; LabError for anything else.
        """
        return generate(nets["generator"], self.latents(count, as_generator(rng), label))


@dataclass(frozen=True)
class TranslationGame(Game):
    """A game whose player ``generator`` turns images into images of another domain."""

    learns_from: ClassVar[Literal["pairs", "domains", "labels"]]
    """Sources with their targets, two domains without partners, or images whose labels are their domains."""

    shape: tuple[int, ...] = (3, 64, 64)
    """One image to translate, (C, H, W). Taken from the data by the commands."""

    @property
    @abstractmethod
    def targets(self) -> tuple[str, ...]:
        """The names of the domains to which it translates; the first is the one meant where none is asked for."""

    @abstractmethod
    def translate(self, nets: Nets, images: Tensor, target: int = 0, rng: torch.Generator | None = None) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] as they would look in ``targets[target]``: (N, C', H, W) in [-1, 1].

        In evaluation mode, without gradients; a game with noise draws it from ``rng`` and has none without it.
        LabError for images of other channels, and for a domain that is not there.
        """


@dataclass(frozen=True)
class HeldOutGame(Game):
    """A game that answers given examples, such as what comes next, and is judged on examples held out from it.

    The player that answers is called ``generator``: it is averaged, and it is what a model file holds.
    """

    @abstractmethod
    def measure(self, nets: Nets, held: Batch, rng: torch.Generator) -> dict[str, float]:
        """Named numbers of its answers to ``held``, beside those of a baseline; in evaluation mode, by no player."""

    @abstractmethod
    def show(self, nets: Nets, held: Batch, rng: torch.Generator) -> Tensor:
        """A few of its answers as pictures (N, 3, H, W) or clips (N, 3, T, H, W) in [-1, 1], in evaluation mode."""


@torch.no_grad()
def generate(generator: nn.Module, latents: Tensor, batch_size: int = 256) -> Tensor:
    """The generator's answer (N, ...) to ``latents`` (N, ...) in evaluation mode, in float32, batch by batch.

    Its mode is restored afterwards.
    """
    was_training = generator.training
    generator.eval()
    try:
        return torch.cat([generator(part).float() for part in latents.split(batch_size)])
    finally:
        generator.train(was_training)
