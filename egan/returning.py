"""Returning: after a generation in which too few candidates live, the population is restored to what it was before.

Only the random state moves on. A candidate lives while its fitness is finite.

The copy that this needs is of the discriminator alone: children are made beside their parents, never in their place.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from torch import Tensor

from core_gans.foundation.errors import DivergedError
from core_gans.runs.watchers import WatchedState, Watcher
from egan.population import Population

MOST = 3  # returns in a row


class Beginning:
    """What a generation may spoil, as it was when it began."""

    def __init__(self, population: Population) -> None:
        optimizer = population.optimizer
        self.parents = [
            (parent, _copy(dict(parent.generator.named_buffers())), parent.fitness.values, vars(parent.record).copy())
            for parent in population.parents
        ]
        self.discriminator = _copy(population.discriminator.state_dict())
        self.moments = {
            weight: {name: value.clone() if isinstance(value, Tensor) else value for name, value in moments.items()}
            for weight, moments in optimizer.state.items()
        }
        self.past = len(population.history)

    def restore(self, population: Population) -> None:
        """Back to it. The newly born stay in the history, as dead; their latents are not used again."""
        population.parents = [parent for parent, *_ in self.parents]
        for parent, buffers, values, marks in self.parents:
            parent.generator.load_state_dict(buffers, strict=False)
            vars(parent.record).update(marks)
            if values:
                parent.fitness.values = values
            else:
                del parent.fitness.values
        population.discriminator.load_state_dict(self.discriminator)
        population.optimizer.state.clear()
        population.optimizer.state.update(self.moments)
        population.recycled = None
        for record in population.history[self.past :]:
            record.survived, record.until = False, -1


def play_or_return(population: Population, play: Callable[[], None]) -> None:
    """``play`` a generation; when it diverges, return to where it began and say so in ``terms`` and the logbook.

    DivergedError at the third return in a row; the population is what it was at the last good generation.
    """
    beginning = Beginning(population)
    try:
        play()
    except DivergedError as error:
        go_back(population, beginning, error)
    else:
        population.returns = 0


def go_back(population: Population, beginning: Beginning, error: DivergedError) -> None:
    """Return to where the generation began that ended in ``error``, which is raised the third time in a row."""
    beginning.restore(population)
    population.returns += 1
    if population.returns >= MOST:
        raise DivergedError(f"{error} It was the third return to the last good generation in a row.") from error
    _log(population)


def _log(population: Population) -> None:
    best = population.parents[0]
    population.terms = {
        "discriminator": float("nan"),
        "fitness": best.fitness.values[0] if best.fitness.valid else float("nan"),
        "quality": best.record.quality,
        "diversity": best.record.diversity,
        "winner": best.record.mutation,  # it leads on
        "returned": 1,
    }
    population.logbook.record(generation=population.round + 1, **population.terms)


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in state.items()}


class ReturnsTold(Watcher):
    """Says at the console when a generation has ended where it began."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def after_round(self, state: WatchedState) -> None:
        if state.terms.get("returned"):
            self.console.print(f"warning: too few lived in generation {state.round}: back to the one before it.")
