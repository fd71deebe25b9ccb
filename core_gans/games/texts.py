"""What games of texts have in common: a writer that learns by likelihood and by rewards, and its judge.

The writer is the player ``generator``, its judge ``discriminator``. At first the writer learns by likelihood alone, as
in both papers; then each of its updates is by likelihood or by the policy gradient, by chance.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.data.texts.splitting import Level
from core_gans.data.texts.vocabulary import PADDING, Vocabulary
from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import require_choices
from core_gans.game import Batch, Game, Kind, Nets, Turn
from core_gans.losses.policy_gradient import policy_gradient
from core_gans.optimizers import Adam, ClippedAdam, Schedule

REMEMBERED = 0.9  # of the baseline in each update by rewards


class Judged(nn.Module):
    """A judge with what must survive a restart: the rounds played, and the moving average of the rewards."""

    rounds: Tensor
    baseline: Tensor
    rewarded: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("rounds", torch.zeros((), dtype=torch.int64))
        self.register_buffer("baseline", torch.zeros(()))
        self.register_buffer("rewarded", torch.zeros((), dtype=torch.int64))

    def forward(self, *texts: Tensor) -> Tensor:
        score: Tensor = self.net(*texts)
        return score

    @torch.no_grad()
    def above_baseline(self, rewards: Tensor, written: Tensor | None = None) -> Tensor:
        """``rewards`` (N, ...) less the mean of those before; then they join it. The first ones are their own mean.

        ``written`` (N, ...) says which are rewards at all: none is given for padding.
        """
        mean = (rewards if written is None else rewards[written]).mean()
        if not int(self.rewarded):
            self.baseline.copy_(mean)
        advantages = rewards - self.baseline
        self.baseline.lerp_(mean.to(self.baseline.dtype), 1 - REMEMBERED)
        self.rewarded += 1
        return advantages


@dataclass(frozen=True)
class TextGame(Game):
    """A writer of texts against a judge. ``likelihood_share`` of its updates are by likelihood, 1 is no adversary."""

    takes: ClassVar[tuple[Kind, ...]] = ("tokens",)
    learns_from: ClassVar[Literal["sentences", "pairs"]]

    shape: tuple[int, ...] = (12,)
    """Numbers of one text to write, its end included. Taken from the data by the commands."""
    words: tuple[str, ...] = ("a", "b", "c")
    """The vocabulary to write in. Taken from the training part of the data by the commands."""
    level: Level = "words"
    """What a text is cut into: words, or characters."""
    longest: int = 0
    """Words of a text at most, or characters with --level characters; longer texts are left out and counted. 0 for 50
    words or 300 characters."""
    least_often: int = 1
    """How often a word must stand in the training texts to be known; others are all one unknown word."""
    embedding: int = 64
    """Numbers of a word."""
    width: int = 128
    """Of the recurrent state."""
    rate: float = 1e-3
    """Learning rate of the generator (Adam)."""
    discriminator_rate: float = 1e-3
    """Learning rate of the discriminator (Adam)."""
    discriminator_steps: int = 1
    """Discriminator steps in a round."""
    beta1: float = 0.9
    """Adam's first decay."""
    beta2: float = 0.999
    """Adam's second decay."""
    clip: float = 1.0
    """The largest norm of the generator's gradient."""
    pretrain: int = 500
    """First rounds, in which the generator learns by likelihood alone."""
    lead: int = 100
    """Last rounds of these, in which the discriminator learns already."""
    likelihood_share: float = 0.5
    """Share of the generator's later updates that are by likelihood, by chance; 1 for all of them."""
    fall_rounds: int = 0
    """Rounds over which the learning rates fall; 0 for rates that stay, -1 for the rounds of the whole run."""
    fall_to: float = 0.0
    """The share of the learning rates that is left in the end."""

    def __post_init__(self) -> None:
        require_choices(self)
        if len(self.shape) != 1:
            raise LabError(f"{self.name} learns from texts, and the data are of shape {tuple(self.shape)}.")
        for name in ("embedding", "width", "discriminator_steps", "least_often"):
            if getattr(self, name) < 1:
                raise LabError(f"expected {name} of at least 1, got {getattr(self, name)}.")
        for name in ("pretrain", "lead", "longest"):
            if getattr(self, name) < 0:
                raise LabError(f"expected {name} of at least 0, got {getattr(self, name)}.")
        for name in ("rate", "discriminator_rate", "clip"):
            if not getattr(self, name) > 0:
                raise LabError(f"expected {name} above 0, got {getattr(self, name)}.")
        if not 0 <= self.likelihood_share <= 1:
            raise LabError(f"expected likelihood_share from 0 to 1, got {self.likelihood_share}.")

    @property
    def length(self) -> int:
        """Numbers of one text to write."""
        return self.shape[0]

    @property
    def vocabulary(self) -> Vocabulary:
        """What is written in."""
        return Vocabulary(tuple(self.words), self.level)

    def turns(self) -> tuple[Turn, ...]:
        if self.fall_rounds < 0:
            raise LabError("a learning rate that falls over the whole run needs its length in rounds: give --rounds.")
        fall = Schedule(self.fall_rounds, self.fall_to)
        generator = ClippedAdam(self.rate, self.beta1, self.beta2, self.clip, schedule=fall)
        discriminator = Adam(self.discriminator_rate, self.beta1, self.beta2, schedule=fall)
        return (
            Turn(
                ("discriminator",),
                self.discriminator_loss,
                discriminator,
                times=self.discriminator_steps,
                when=self._judging,
            ),
            Turn(("generator",), self.generator_loss, generator, after=_count_round),
        )

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """-log D(real) - log(1 - D(written))."""
        real, fake = self.judged(nets, batch, batch.real), self.judged(nets, batch, self.draw(nets, batch, rng))
        return {"discriminator": F.softplus(-real).mean() + F.softplus(fake).mean()}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The likelihood of the real texts, or the policy gradient on what is written, by chance."""
        judge = nets["discriminator"]
        assert isinstance(judge, Judged)
        chance = float(torch.rand((), generator=rng, device=rng.device))
        if int(judge.rounds) < self.pretrain or chance < self.likelihood_share:
            return {"likelihood": -self.likelihoods(nets, batch, batch.real).sum(1).mean()}
        drawn = self.draw(nets, batch, rng)
        rewards = self.rewards(nets, batch, drawn, rng)
        advantages = judge.above_baseline(rewards, drawn != PADDING if rewards.dim() == 2 else None)
        return {"policy": policy_gradient(self.likelihoods(nets, batch, drawn), advantages)}

    def _judging(self, nets: Nets) -> bool:
        """Whether the discriminator learns in this round: there is an adversary, and its lead has begun."""
        judge = nets["discriminator"]
        assert isinstance(judge, Judged)
        return self.likelihood_share < 1 and int(judge.rounds) >= self.pretrain - self.lead

    def observe(self, nets: Nets) -> dict[str, float]:
        """The moving average of the rewards."""
        judge = nets["discriminator"]
        assert isinstance(judge, Judged)
        return {"reward": float(judge.baseline)} if int(judge.rewarded) else {}

    @abstractmethod
    def draw(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Tensor:
        """Texts (N, T) that the generator writes by chance, for the batch's sources where there are some."""

    @abstractmethod
    def likelihoods(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        """The log-probability (N, T) of each number of ``tokens`` (N, T); 0 of padding."""

    @abstractmethod
    def judged(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        """The discriminator's raw scores (N,) of ``tokens`` (N, T)."""

    @abstractmethod
    def rewards(self, nets: Nets, batch: Batch, tokens: Tensor, rng: torch.Generator) -> Tensor:
        """What the generator gets for ``tokens`` (N, T): (N,), or (N, T) for each number."""


@dataclass(frozen=True)
class WritingGame(TextGame):
    """A game that writes texts by itself."""

    learns_from: ClassVar[Literal["sentences", "pairs"]] = "sentences"

    ends: bool = True
    """Whether texts end by themselves; otherwise all have one length. Taken from the data by the commands."""

    @abstractmethod
    def write(self, nets: Nets, count: int, rng: torch.Generator) -> Tensor:
        """Texts (count, T) as numbers, drawn by chance, in evaluation mode."""


@dataclass(frozen=True)
class SentenceTranslation(TextGame):
    """A game that translates texts."""

    learns_from: ClassVar[Literal["sentences", "pairs"]] = "pairs"

    source_words: tuple[str, ...] = ("a", "b", "c")
    """The vocabulary to translate from. Taken from the training part of the data by the commands."""
    source_length: int = 12
    """Numbers of a source, its end included. Taken from the data by the commands."""

    @property
    def sources(self) -> Vocabulary:
        """What is translated from."""
        return Vocabulary(tuple(self.source_words), self.level)

    @abstractmethod
    def translate(self, nets: Nets, texts: Sequence[str], beams: int = 1) -> list[str]:
        """The translations of ``texts``; LabError for one that is empty or longer than the model takes."""


def _count_round(nets: Nets) -> None:
    judge = nets["discriminator"]
    assert isinstance(judge, Judged)
    judge.rounds += 1
