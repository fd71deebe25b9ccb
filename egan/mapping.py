"""A map of one's own, as ``toolbox.map`` of DEAP: variation and evaluation as jobs that any executor may do.

Chance, numbers and the optimisers' steps stay in this process, in the order of a generation without a map; what is
handed out is what takes the time: gradients of a parent's losses, and a candidate's scores. So all maps, Python's own
too, give the numbers of the reference, to the bit where the processes use as many threads.

A job travels as bytes: multiprocessing's own way would put the networks' weights into memory that is shared.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from deap import base
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, NoiseGame
from egan.buffers import preserved_buffers
from egan.fitness import Convention, Judgement
from egan.individual import Individual
from egan.judging import evaluate, judge, real_scores
from egan.mutations import Mutation
from egan.population import Population
from egan.scheme import Scheme
from egan.variation import conceived, grow, latents_of_broods, mutations_of


@dataclass
class Bench:
    """What judging needs of a population (``egan.judging.Judging``)."""

    game: NoiseGame
    compute: Compute
    discriminator: nn.Module


@dataclass(frozen=True)
class Variation:
    """A parent's losses, differentiated."""

    bench: Bench
    mutations: tuple[Mutation, ...]
    generator: nn.Module
    latents: list[Tensor]  # of each set of children, (b, ...)
    real: Tensor  # the discriminator's scores of a real batch (b,)

    def work(self) -> list[tuple[list[tuple[Tensor, ...]], dict[str, Tensor]]]:
        """Of each set of children, the gradient of each mutation, and the generator's buffers after its pass."""
        discriminator = self.bench.discriminator.requires_grad_(False)
        parameters = list(self.generator.requires_grad_(True).parameters())
        found = []
        for latents in self.latents:
            with preserved_buffers(discriminator), self.bench.compute.autocast():
                scores = discriminator(self.generator(latents))
            gradients = [mutation.gradients(scores, self.real, parameters) for mutation in self.mutations]
            buffers = {name: buffer.clone() for name, buffer in self.generator.named_buffers()}
            found.append((gradients, buffers))
        return found


@dataclass(frozen=True)
class Evaluation:
    """A candidate, judged."""

    bench: Bench
    generator: nn.Module
    latents: Tensor  # (e, ...)
    batch: Batch
    convention: Convention

    def work(self) -> Judgement:
        """The discriminator's opinion of the candidate's samples."""
        real = real_scores(self.bench, self.batch)
        with preserved_buffers(self.generator), self.bench.compute.autocast():
            fakes = self.generator(self.latents).detach()
        return judge(self.bench, self.bench.discriminator, real, fakes, self.convention)


def worked(package: bytes) -> bytes:
    """The answer to a job, both as bytes: what an executor is given."""
    return pickle.dumps(pickle.loads(package).work())


def is_own_map(toolbox: base.Toolbox) -> bool:
    """Whether a map was registered in place of Python's."""
    return getattr(toolbox.map, "func", None) is not map


def is_ours(operator: Any, reference: Callable[..., Any]) -> bool:
    """Whether the ``operator`` of a toolbox is the lab's."""
    return getattr(operator, "func", None) is reference


def obstacle(own: base.Toolbox | None) -> str:
    """Why the fast engine cannot play with the toolbox ``own``; empty where it can."""
    if own is not None and is_own_map(own):
        return "the fast engine shares its computations within one process: a map of one's own needs the reference."
    return ""


def require_pythons(own: base.Toolbox | None) -> None:
    """LabError for a map of one's own, where several discriminators judge, or a gradient ranks: those are no jobs."""
    if own is not None and is_own_map(own):
        raise LabError(
            "a map of one's own plays against one discriminator, and not with offspring first_order: leave it out, or "
            "ask for one discriminator and another offspring."
        )


def varied(population: Population, scheme: Scheme, toolbox: base.Toolbox, real: Tensor) -> list[Individual]:
    """The children of all parents, as ``egan.variation.vary`` has them; each parent is a job."""
    bench = _bench(population)
    mutations = mutations_of(population, scheme)
    plans, jobs = [], []
    for parent in population.parents:
        broods, asked = [], []
        for latents in latents_of_broods(population, scheme):
            asked.append(latents)
            broods.append([conceived(population, parent, mutation) for mutation in mutations])
        plans.append(broods)
        jobs.append(_packed(Variation(bench, mutations, parent.generator, asked, real.detach())))
    children = []
    answers = map(pickle.loads, toolbox.map(worked, jobs))
    for parent, broods, answer in zip(population.parents, plans, answers, strict=True):
        for brood, (gradients, buffers) in zip(broods, answer, strict=True):
            for child, gradient in zip(brood, gradients, strict=True):
                child.generator.load_state_dict(buffers, strict=False)
                grow(population, child, gradient)
            parent.generator.load_state_dict(buffers, strict=False)
            children += brood
    return children


def judged(
    population: Population,
    scheme: Scheme,
    toolbox: base.Toolbox,
    batch: Batch,
    real: Tensor,
    candidates: Sequence[Individual],
    latents: Sequence[Tensor],
) -> list[Judgement]:
    """The judgements of the ``candidates``, each a job; an ``evaluate`` of one's own is mapped as it is.

    Who is mapped so gets the scores of real examples without their graph, which cannot be pickled.
    """
    if not is_ours(toolbox.evaluate, evaluate):
        pairs = list(zip(candidates, latents, strict=True))
        return list(toolbox.map(partial(_called, toolbox.evaluate, real.detach()), pairs))
    jobs = evaluations(population, scheme, batch, candidates, latents)
    return list(map(pickle.loads, toolbox.map(worked, jobs)))


def evaluations(
    population: Population, scheme: Scheme, batch: Batch, candidates: Sequence[Individual], latents: Sequence[Tensor]
) -> list[bytes]:
    """The jobs that judge the ``candidates``, each on its ``latents``."""
    bench, convention = _bench(population), scheme.fitness.convention
    pairs = zip(candidates, latents, strict=True)
    return [_packed(Evaluation(bench, each.generator, its, batch, convention)) for each, its in pairs]


def _called(operator: Callable[..., Judgement], real: Tensor, pair: tuple[Individual, Tensor]) -> Judgement:
    return operator(pair[0], real, pair[1])


def _bench(population: Population) -> Bench:
    return Bench(population.game, population.compute, population.discriminator)


def _packed(job: Variation | Evaluation) -> bytes:
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise LabError(
            f"a map of one's own hands jobs to other processes, and one cannot be pickled ({error}): put functions of "
            "your own into a module, and name them module:name."
        ) from error
