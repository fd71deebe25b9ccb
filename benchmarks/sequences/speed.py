"""``python -m benchmarks.sequences speed [NAMES] [--pairs N]``: rounds a second of the five games at default size.

Beside each stands a plain PyTorch loop of the very same step, written by hand: the same networks, but its own batches
out of tensors, its own optimisers and the losses typed out. The two take turns, a round each; figures are medians.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import tyro
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.timing import chosen, heading, in_turn
from core_gans.data import Batches, load
from core_gans.data.driven import Driven
from core_gans.data.texts.vocabulary import trimmed
from core_gans.networks.translating import written as translated
from core_gans.texts import read_texts
from core_gans.training import fresh_players, play_round, start
from core_gans.variants import make

FILMS, TEXTS = 8, 64  # examples of a batch
Play = Callable[..., None]  # one round of a plain loop, from the tensors of a batch


@dataclass(frozen=True)
class Options:
    """Hold the lab's loop against a plain one."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which games; default: all five."""
    pairs: int = 15
    """Rounds of each that are timed."""


class Learner:
    """A network that minimises losses by Adam, while another one is frozen."""

    def __init__(
        self, net: nn.Module, frozen: nn.Module, rate: float, betas: tuple[float, float], clip: float = 0.0
    ) -> None:
        self.net, self.frozen, self.clip = net, frozen, clip
        self.adam = torch.optim.Adam(net.parameters(), lr=rate, betas=betas)

    def begin(self) -> None:
        self.net.requires_grad_(True)
        self.frozen.requires_grad_(False)

    def minimise(self, loss: Tensor) -> None:
        self.adam.zero_grad()
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.clip)
        self.adam.step()
        loss.item()


def prediction(game: Any, generator: Any, discriminator: Any) -> Play:
    """Mathieu et al. 2016: all scales of frames and of windows of frames."""
    judge = Learner(discriminator, generator, game.discriminator_rate, (game.beta1, 0.999))
    drawing = Learner(generator, discriminator, game.rate, (game.beta1, 0.999))

    def halves(pictures: Tensor) -> list[Tensor]:
        found = [pictures]
        while len(found) < game.scales:
            found.append(F.avg_pool2d(found[-1], 2))
        return found[::-1]

    def window(clips: Tensor) -> tuple[Tensor, Tensor]:
        begin = int(torch.randint(clips.shape[2] - game.given, ()))
        given = clips[:, :, begin : begin + game.given].transpose(1, 2).flatten(1, 2)
        return given, clips[:, :, begin + game.given]

    def seen(given: Tensor, frames: list[Tensor]) -> list[Tensor]:
        return [torch.cat(pair, dim=1) for pair in zip(halves(given), frames, strict=True)]

    def play(clips: Tensor) -> None:
        judge.begin()
        given, true = window(clips)
        with torch.no_grad():
            drawn = generator.at_scales(given)
        real, fake = discriminator(seen(given, halves(true))), discriminator(seen(given, drawn))
        each = [F.softplus(-r).mean() + F.softplus(f).mean() for r, f in zip(real, fake, strict=True)]
        judge.minimise(torch.stack(each).sum())
        drawing.begin()
        given, true = window(clips)
        drawn = generator.at_scales(given)
        loss = torch.zeros(())
        for ours, theirs in zip(drawn, halves(true), strict=True):
            loss = loss + game.error * (ours - theirs).abs().pow(game.power).mean()
            for axis in (-1, -2):
                differs = theirs.diff(dim=axis).abs() - ours.diff(dim=axis).abs()
                loss = loss + game.gradient * differs.abs().pow(game.alpha).mean()
        scores = discriminator(seen(given, drawn))
        drawing.minimise(loss + game.adversarial * torch.stack([F.softplus(-each).mean() for each in scores]).sum())

    return play


def films(game: Any, generator: Any, discriminator: Any) -> Play:
    """Vondrick et al. 2016: the logistic game on m F + (1 - m) B, with the cost of the mask."""
    judge = Learner(discriminator, generator, game.discriminator_rate or game.rate, (game.beta1, game.beta2))
    drawing = Learner(generator, discriminator, game.rate, (game.beta1, game.beta2))

    def play(clips: Tensor) -> None:
        judge.begin()
        with torch.no_grad():
            fake = generator(torch.randn(len(clips), game.latent))
        judge.minimise(F.softplus(-discriminator(clips)).mean() + F.softplus(discriminator(fake)).mean())
        drawing.begin()
        foreground, mask, background = generator.streams(torch.randn(len(clips), game.latent))
        scores = discriminator(mask * foreground + (1 - mask) * background)
        drawing.minimise(F.softplus(-scores).mean() + game.sparsity * mask.mean())

    return play


def road(game: Any, world: Any, critic: Any) -> Play:
    """Santana & Hotz 2016: discriminator, autoencoder and transition."""
    betas = (game.beta1, game.beta2)
    judge = Learner(critic, world, game.discriminator_rate, betas)
    seeing = Learner(world, critic, game.rate, betas)
    dreaming = Learner(world, critic, game.transition_rate, betas)

    def frames(clips: Tensor) -> Tensor:
        every = clips.transpose(1, 2).flatten(0, 1)
        return every[torch.randint(len(every), (game.frames,))]

    def play(clips: Tensor, actions: Tensor) -> None:
        judge.begin()
        real = frames(clips)
        with torch.no_grad():
            mean, spread = world.distribution(real)
            codes = mean + spread.exp() * torch.randn(mean.shape)
            fake = world.decode(torch.cat((codes, torch.randn(codes.shape))))
        score, (decoded, invented) = critic(real), critic(fake).chunk(2)
        judge.minimise(F.softplus(-score).mean() + F.softplus(decoded).mean() + F.softplus(invented).mean())
        seeing.begin()
        real = frames(clips)
        mean, spread = world.distribution(real)
        decoded = world.decode(mean + spread.exp() * torch.randn(mean.shape))
        found = critic.features(decoded)
        with torch.no_grad():
            wanted = critic.features(real)
        loss = game.pixels * F.mse_loss(decoded, real) + game.likeness * F.mse_loss(found, wanted) / 2
        loss = loss + game.realism * F.softplus(-critic.scores(found)).mean()
        divergence = ((2 * spread).exp() + mean**2 - 1) / 2 - spread
        seeing.minimise(loss + game.normality * divergence.mean())
        dreaming.begin()
        with torch.no_grad():
            codes = world.encode(clips.transpose(1, 2).flatten(0, 1)).view(*clips.shape[:1], clips.shape[2], -1)
        dreamt = world.dream(codes[:, : game.taught], actions[:, :-1])
        dreaming.minimise(F.mse_loss(dreamt, codes[:, 1:]))

    return play


def texts(game: Any, generator: Any, discriminator: Any) -> Play:
    """Wu et al. 2017 and Yu et al. 2017: the judge, and the policy gradient on what is written."""
    betas = (game.beta1, game.beta2)
    judge = Learner(discriminator, generator, game.discriminator_rate, betas)
    writing = Learner(generator, discriminator, game.rate, betas, game.clip)
    rng = torch.Generator().manual_seed(1)
    baseline: Tensor | None = None

    def written(source: tuple[Tensor, ...], count: int) -> Tensor:
        if source:
            return translated(generator, source[0], game.length, rng)
        drawn: Tensor = generator.sample(count, rng)
        return drawn

    @torch.no_grad()
    def rewards(source: tuple[Tensor, ...], tokens: Tensor) -> Tensor:
        if source:
            return F.softplus(discriminator(*source, tokens))[:, None].expand(tokens.shape)
        length = tokens.shape[1]
        total = torch.zeros(tokens.shape)
        total[:, -1] = discriminator(tokens).sigmoid()
        for _ in range(game.rollouts):
            going_on = generator.continued(tokens, rng)
            total[:, :-1] += discriminator(going_on.flatten(0, 1)).sigmoid().view(length - 1, -1).T / game.rollouts
        return total

    def play(real: Tensor, *source: Tensor) -> None:
        nonlocal baseline
        judge.begin()
        fake = written(source, len(real))
        of_real, of_fake = discriminator(*source, real), discriminator(*source, fake)
        judge.minimise(F.softplus(-of_real).mean() + F.softplus(of_fake).mean())
        writing.begin()
        fake = written(source, len(real))
        reward = rewards(source, fake)
        baseline = reward.mean() if baseline is None else 0.9 * baseline + 0.1 * reward.mean()
        writing.minimise(-(generator.likelihoods(*source, fake) * (reward - baseline)).sum(1).mean())

    return play


FIELDS = {"pretrain": 0, "likelihood_share": 0.0}  # of games of texts: every round is one against the judge


@dataclass(frozen=True)
class Race:
    """A game, what it learns from, and its plain loop."""

    data: str
    plain: Callable[[Any, Any, Any], Play]
    count: int
    learns_from: Literal["clips", "pairs", "sentences"] = "clips"


RACES = {
    "video_prediction": Race("moving_digits", prediction, 200),
    "videogan": Race("moving_digits", films, 200),
    "driving": Race("road", road, 32),
    "nmt": Race("toy_language", texts, 2_000, "pairs"),
    "seqgan": Race("oracle", texts, 2_000, "sentences"),
}


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = tyro.cli(Options, prog="python -m benchmarks.sequences speed", args=args)
    torch.set_num_threads(1)
    print(f"{heading()}; batches of {FILMS} clips or {TEXTS} texts\n")
    print("| game | rounds/s | plain loop, rounds/s | the lab's loop costs |\n|---|---|---|---|")
    for name in chosen(asked.names, list(RACES), "game"):
        ours, plain = timed_pairs(name, asked.pairs)
        print(f"| {name} | {1 / ours:.2f} | {1 / plain:.2f} | {ours / plain - 1:+.1%} |", flush=True)


def timed_pairs(name: str, pairs: int) -> tuple[float, float]:
    """Median seconds of a round of the lab's loop and of the plain one."""
    race = RACES[name]
    size = FILMS if race.learns_from == "clips" else TEXTS
    whole: tuple[Tensor, ...]
    if race.learns_from == "clips":
        data = load(race.data, count=race.count)
        game = make(name, shape=data.shape)
        batches = Batches(data, size, 0)
        whole = (data.images, data.actions) if isinstance(data, Driven) else (data.images,)
    else:
        lesson = read_texts(race.learns_from, race.data, count=race.count)
        game = make(name, **lesson.fields(FIELDS))
        batches = Batches(lesson.learned, size, 0)
        every = lesson.learned.together(range(len(lesson)))
        whole = (every.real,) if every.other is None else (every.real, every.other)
    rng = torch.Generator().manual_seed(0)
    state = start(game, batches, rng)
    nets = fresh_players(game, torch.Generator().manual_seed(0))
    play = race.plain(game, nets["generator"], nets["discriminator"])

    def plain_round() -> None:
        indices = torch.randperm(len(whole[0]))[:size]
        drawn = [each[indices] for each in whole]
        play(*(trimmed(each) if each.dtype == torch.int64 else _as_float(each) for each in drawn))

    ours, theirs = in_turn([lambda: play_round(state), plain_round], pairs)
    return statistics.median(ours), statistics.median(theirs)


def _as_float(given: Tensor) -> Tensor:
    return given.float() / 127.5 - 1 if given.dtype == torch.uint8 else given
