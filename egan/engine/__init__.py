"""The fast engine: a generation's operators with the effect of the reference's, from shared computations.

The readable reference (``egan.variation``, ``egan.judging``, ``egan.train_discriminator``) stays the oracle: in float64
both give the same selection and the same weights, and a checkpoint made under one goes on under the other.
"""

from __future__ import annotations

from deap import base

from egan.engine.allocator import keep_freed_memory
from egan.engine.operators import Operators
from egan.engine.sharing import draws_globally
from egan.population import Population
from egan.scheme import Scheme

__all__ = ["Operators", "equip", "obstacle"]

OPERATORS = ("vary", "real_scores", "evaluate", "train_discriminator")


def equip(toolbox: base.Toolbox, population: Population, scheme: Scheme) -> Operators:
    """Register the fast operators in ``toolbox``, in place of those of the same names.

    They may be mixed with operators of one's own: what the others did not share is computed again.
    """
    keep_freed_memory()
    operators = Operators(population, scheme)
    for name in OPERATORS:
        toolbox.register(name, getattr(operators, name))
    return operators


def obstacle(population: Population, scheme: Scheme) -> str:
    """Why the fast engine cannot play this evolution; empty when it can."""
    if scheme.discriminators > 1:
        return "the fast engine plays against one discriminator: use the reference for several."
    networks = {"generator": population.parents[0].generator, "discriminator": population.discriminator}
    for name, network in networks.items():
        if draws_globally(network):
            return (
                f"the {name} drops units by torch's global random state, which moves with every pass, and the fast "
                "engine makes fewer of them: use the reference, or core_gans.networks.dropout."
            )
    return ""
