"""The discriminator's steps: real batches against the survivors' fakes. Wang et al. 2019, algorithm 1, lines 2 to 7."""

from __future__ import annotations

import torch
from torch import Tensor

from core_gans.foundation.errors import DivergedError
from core_gans.game import Batch
from core_gans.training import require_finite
from egan.population import Population, turn_of


def train_discriminator(population: Population, batch: Batch, fakes: Tensor) -> float:
    """The discriminator's k steps: real batches against the survivors' fakes, every fake before any a second time."""
    turn = turn_of(population.game, "discriminator")
    game = population.game
    population.discriminator.requires_grad_(True)
    turn.optimizer.set_rate(population.optimizer, population.round)
    order = torch.randperm(len(fakes), generator=population.rng, device=population.rng.device).to(fakes.device)
    loss = torch.tensor(0.0)
    for step in range(turn.times):
        if step > 0:
            batch = population.draw_batch()
        count = len(batch.real)
        chosen = order[torch.arange(step * count, (step + 1) * count, device=fakes.device) % len(fakes)]
        with population.compute.autocast():
            terms = game.score_loss(population.discriminator, batch.real, fakes[chosen], population.rng)
        loss = torch.stack(list(terms.values())).sum()
        require_finite(loss, "the loss of the discriminator")
        population.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        population.optimizer.step()
        turn.after(population.nets)
        population.images_seen += count
    return float(loss.detach())


def require_sound(population: Population) -> None:
    """DivergedError when a weight or a statistic of the discriminator is not finite."""
    values = [value for value in population.discriminator.state_dict().values() if value.is_floating_point()]
    if not bool(torch.stack([value.isfinite().all() for value in values]).all()):
        raise DivergedError(
            f"expected finite weights of the discriminator after generation {population.round + 1}, but some became "
            "NaN or infinite: continue from the last checkpoint with a lower learning rate."
        )
