"""``python -m benchmarks.objective_cost [VARIANT ...]``: rounds a second of each objective, on DCGAN at 32x32.

Beside each variant stands a plain PyTorch loop of the very same step, written by hand: its own networks of the same
kind, its own optimisers, the formulas typed out, and nothing of the lab's loop. The two take turns, a round each, so
that what else the machine does falls on both alike; the figures are medians.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
import tyro
from torch import Tensor, nn

from benchmarks.timing import chosen, heading, in_turn
from core_gans import make
from core_gans.data import Batches, Examples
from core_gans.games.adversarial import AdversarialGame
from core_gans.training import fresh_players, play_round, start
from core_gans.variants import VARIANTS

DLoss = Callable[[nn.Module, Tensor, Tensor], Tensor]
GLoss = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Options:
    """Hold the lab's loop against a plain one."""

    variants: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which; default: all that have a plain loop here."""
    pairs: int = 24
    """Rounds of each that are timed."""
    width: int = 32
    """Of the networks."""
    batch: int = 64
    """Images a step."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table for the variants named on the command line, or for all that have a plain loop here."""
    asked = tyro.cli(Options, prog="python -m benchmarks.objective_cost", args=args)
    names = chosen(asked.variants, list(LOSSES), "variant with a plain loop")
    print(f"{heading()}; dcgan-32, width {asked.width}, batch {asked.batch}, fp32\n")
    print("| variant | rounds/s | plain loop, rounds/s | the lab's loop costs |\n|---|---|---|---|")
    ratios = []
    for name in names:
        ours, plain = timed_pairs(name, asked)
        ratios.append(ours / plain)
        print(f"| {name} | {1 / ours:.2f} | {1 / plain:.2f} | {ours / plain - 1:+.1%} |", flush=True)
    print(f"\nmedian over the variants: {statistics.median(ratios) - 1:+.1%}")


def timed_pairs(name: str, asked: Options) -> tuple[float, float]:
    """Median seconds of a round of the lab's loop and of the plain one."""
    rng = torch.Generator().manual_seed(0)
    data = Examples("noise", torch.randint(0, 256, (2048, 1, 32, 32), generator=rng, dtype=torch.uint8))
    kind = VARIANTS[name]()
    assert isinstance(kind, AdversarialGame)
    family = "autoencoder" if kind.family == "autoencoder" else "dcgan"
    game = make(name, shape=(1, 32, 32), family=family, width=asked.width)
    assert isinstance(game, AdversarialGame)
    state = start(game, Batches(data, asked.batch, 0), rng)
    plain = plain_rounds(name, game, data, asked.batch)
    ours, theirs = in_turn([lambda: play_round(state), lambda: next(plain)], asked.pairs, before=3)
    return statistics.median(ours), statistics.median(theirs)


def plain_rounds(name: str, game: AdversarialGame, data: Examples, size: int) -> Iterator[None]:
    """The step of ``name`` as one would write it by hand; each ``next`` plays a round."""
    nets = fresh_players(game, torch.Generator().manual_seed(0))
    generator, discriminator = nets["generator"], nets["discriminator"]
    if game.method == "rmsprop":
        d_optimizer: torch.optim.Optimizer = torch.optim.RMSprop(discriminator.parameters(), lr=game.rate)
        g_optimizer: torch.optim.Optimizer = torch.optim.RMSprop(generator.parameters(), lr=game.rate)
    else:
        betas = (game.beta1, game.beta2)
        d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=game.rate, betas=betas)
        g_optimizer = torch.optim.Adam(generator.parameters(), lr=game.rate, betas=betas)
    d_loss, g_loss = LOSSES[name]
    k = torch.zeros(())
    order = torch.randperm(len(data))
    at = 0

    def batch() -> Tensor:
        nonlocal at, order
        if at + size > len(data):
            order, at = torch.randperm(len(data)), 0
        chosen = order[at : at + size]
        at += size
        return data.images[chosen].float() / 127.5 - 1

    def latents() -> Tensor:
        if game.prior == "uniform":
            return torch.rand(size, game.latent) * 2 - 1
        return torch.randn(size, game.latent)

    while True:
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)
        for _ in range(game.discriminator_steps):
            real = batch()
            with torch.no_grad():
                fake = generator(latents())
            if name == "began":
                of_real, of_fake = -discriminator(real).mean(), -discriminator(fake).mean()
                loss = of_real - k * of_fake
            else:
                loss = d_loss(discriminator, real, fake)
            d_optimizer.zero_grad()
            loss.backward()
            d_optimizer.step()
            if name == "wgan":
                with torch.no_grad():
                    for parameter in discriminator.parameters():
                        parameter.clamp_(-0.01, 0.01)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        loss = g_loss(discriminator, generator(latents()), real)
        g_optimizer.zero_grad()
        loss.backward()
        g_optimizer.step()
        if name == "began":
            k = (k + 0.001 * (0.5 * of_real.detach() - loss.detach())).clamp(0, 1)
        loss.item()
        yield


def logistic(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()


def heuristic(discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
    return F.softplus(-discriminator(fake)).mean()


def critic(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    return discriminator(fake).mean() - discriminator(real).mean()


def uphill(discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
    return -discriminator(fake).mean()


def critic_with_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    share = torch.rand(len(real), 1, 1, 1)
    between = (fake + share * (real - fake)).requires_grad_()
    loss = critic(discriminator, real, fake)
    (slopes,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    return loss + 10 * ((slopes.flatten(1).norm(dim=1) - 1) ** 2).mean()


def squares(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    return 0.5 * ((discriminator(real) - 1) ** 2).mean() + 0.5 * (discriminator(fake) ** 2).mean()


def by_margin(mu: float, slope: float) -> DLoss:
    def loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        margin = 0.002 * (real - fake).abs().flatten(1).sum(1)
        of_real = discriminator(real)
        surplus = margin - of_real + discriminator(fake)
        return torch.maximum(surplus, slope * surplus).mean() - mu * of_real.mean()

    return loss


def energies(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    return -discriminator(real).mean() + F.relu(10 + discriminator(fake)).mean()


def energy_and_pulling_away(discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
    codes = discriminator.encoder(fake)
    energy = torch.linalg.vector_norm((discriminator.decoder(codes) - fake).flatten(1), dim=1).mean()
    unit = F.normalize(codes, dim=1)
    cosines = (unit @ unit.T) ** 2
    count = len(codes)
    return energy + 0.1 * (cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1))


def hinge(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1 - discriminator(real)).mean() + F.relu(1 + discriminator(fake)).mean()


def relative(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    r, f = discriminator(real), discriminator(fake)
    return F.softplus(f.mean() - r).mean() + F.softplus(f - r.mean()).mean()


def relative_uphill(discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
    f, r = discriminator(fake), discriminator(real)
    return F.softplus(r.mean() - f).mean() + F.softplus(r - f.mean()).mean()


def towards_one(discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
    return 0.5 * ((discriminator(fake) - 1) ** 2).mean()


LOSSES: dict[str, tuple[DLoss, GLoss]] = {
    "gan": (logistic, heuristic),
    "dcgan": (logistic, heuristic),
    "wgan": (critic, uphill),
    "wgan_gp": (critic_with_penalty, uphill),
    "lsgan": (squares, towards_one),
    "fgan": (logistic, heuristic),  # the row "gan", whose heuristic generator is this one
    "ls_gan": (by_margin(1, 0), uphill),
    "gls_gan": (by_margin(0, 0.01), uphill),
    "ebgan": (energies, energy_and_pulling_away),
    "began": (critic, uphill),  # the discriminator's is written out above
    "hinge": (hinge, uphill),
    "relativistic": (relative, relative_uphill),
}


if __name__ == "__main__":
    main()
