"""Checks before the first generation: do the networks, the data and the scheme fit together?"""

from __future__ import annotations

import torch

from core_gans.foundation.errors import LabError
from core_gans.games.conditions import handing_on
from egan.population import Population, turn_of
from egan.scheme import Scheme
from egan.selection import Annealed, Fixed


@torch.no_grad()
def require_fit(population: Population, scheme: Scheme) -> None:
    """ValueError when a generation could not be played; nothing is changed and no chance is used."""
    if isinstance(scheme.selection, Annealed) and scheme.strategy != "plus":
        raise ValueError("annealed selection chooses between a parent and its child: use the strategy plus.")
    if isinstance(scheme.selection, Fixed) and scheme.offspring != "each" and len(scheme.mutations) > 1:
        raise LabError(
            f"a selection that is fixed takes the children by {scheme.selection.mutation}, and with offspring="
            f"{scheme.offspring!r} most generations have none: use the offspring each, or one mutation alone."
        )
    game, batch = population.game, population.batches.size
    size = scheme.judged_on(batch, turn_of(game, "discriminator").times)
    try:
        game.objective.discriminator(torch.zeros(batch), torch.zeros(size))
    except ValueError as error:  # some objectives compare pairs of a real and a generated example
        beside = " and two parents" if scheme.discriminators > 1 and scheme.parents == 1 else ""
        gives = "give" if beside else "gives"
        raise ValueError(f"{error} An evaluation size of {batch}{beside} {gives} {game.name} pairs.") from error
    position = population.batches.state_dict()
    real = population.draw_batch().real[:2]
    population.batches.load_state_dict(position)
    chance = torch.Generator(population.rng.device).manual_seed(0)
    latents = game.latents(2, chance).to(population.dtype)
    networks = {"generator": population.parents[0].generator, "discriminator": population.discriminator}
    for name, given in (("generator", latents), ("discriminator", real)):
        network = networks[name]
        was_training = network.training
        handing_on(network.eval())  # statistics stay as they are
        try:
            answer = network(given)
        except RuntimeError as error:
            raise LabError(
                f"{game.name}'s {name} does not take inputs of shape {tuple(given.shape)}: give the game the shape of "
                "the data and latents that fit its networks."
            ) from error
        finally:
            network.train(was_training)
        expected = real.shape if name == "generator" else real.shape[:1]
        if answer.shape != expected:
            raise LabError(
                f"expected {game.name}'s {name} to answer {tuple(given.shape)} with {tuple(expected)}, got "
                f"{tuple(answer.shape)}: the generator draws examples like those of the data, and the discriminator "
                "gives each of them one score."
            )
