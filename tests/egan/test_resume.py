"""An evolution stopped at any moment and resumed equals, to the bit, one that was never stopped."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans.compute import Compute
from core_gans.data import Examples
from core_gans.game import NoiseGame
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average
from egan.__main__ import main
from egan.distances import distance_rule
from egan.evolution import evolve
from egan.fitness import FitnessRule
from egan.mutations import KNOWN, MUTATIONS, Mutation
from egan.population import Population, start
from egan.scheme import Scheme
from egan.selection import Annealed, Tournament, at_random, nsga2, nsga3
from tests.killing import final_checkpoint, kill_after_first_checkpoint, metrics, rounds
from tests.tiny import batches, differences, pictures, points, small

POISON = Mutation("poison", lambda scores: scores.mean() * torch.nan)
STEPS = (*MUTATIONS.values(), POISON)


@dataclass(frozen=True)
class Case:
    variant: str = "gan"
    examples: Examples = field(default_factory=points)
    fields: dict[str, Any] = field(default_factory=dict)
    compute: Compute = field(default_factory=Compute)
    scheme: Scheme = field(default_factory=lambda: Scheme(STEPS, fitness=FitnessRule(0.1)))


CASES: dict[str, Case] = {
    "one parent": Case(),
    "two parents, two steps": Case("dcgan", pictures(), {"discriminator_steps": 2}, scheme=Scheme(STEPS, 2)),
    "clipped weights": Case("wgan"),
    "a penalty": Case("wgan_gp", fields={"discriminator_steps": 2}, scheme=Scheme(STEPS, 2)),
    "bf16 and channels last": Case("dcgan", pictures(), compute=Compute(bf16=True, channels_last=True)),
    "falling rates, every mutation": Case("dcgan", fields={"fall_rounds": 6}, scheme=Scheme(tuple(KNOWN.values()))),
    "plus, recycled latents, inertia": Case(
        scheme=Scheme(
            STEPS,
            2,
            children=2,
            strategy="plus",
            common_latents=True,
            recycle=True,
            inertia=0.5,
            crossover="distillation",
        )
    ),
    "annealed": Case(scheme=Scheme(STEPS, 2, strategy="plus", selection=Annealed(1.0), crossover="interpolation")),
    "tournament": Case(scheme=Scheme(STEPS, 2, selection=Tournament(), fitness=FitnessRule(balance=0.5))),
    "nsga2": Case(scheme=Scheme(STEPS, 2, selection=nsga2)),
    "nsga3": Case(scheme=Scheme(STEPS, 2, selection=nsga3)),
    "random": Case(scheme=Scheme(STEPS, 2, selection=at_random, fitness=distance_rule("kernel", points()))),
}


def begun(name: str, seed: int = 0) -> Population:
    case = CASES[name]
    game = small(case.variant, case.examples, **case.fields)
    assert isinstance(game, NoiseGame)
    chance = torch.Generator().manual_seed(seed)
    return start(game, batches(case.examples, size=6), chance, case.scheme.parents, case.compute)


def grown(population: Population, name: str, until: int, average: Average) -> Population:
    return evolve(
        population.game,
        population.batches,
        until,
        rng=population.rng,
        scheme=CASES[name].scheme,
        watchers=[average],
        state=population,
    )


@pytest.mark.parametrize("stop", [1, 3, 5])
@pytest.mark.parametrize("case", CASES)
def test_resuming_from_a_file_at_any_generation_is_exact(case: str, stop: int, tmp_path: Path) -> None:
    whole_average, average, again_average = Average(decay=0.9), Average(decay=0.9), Average(decay=0.9)
    whole = grown(begun(case), case, 6, whole_average)
    part = grown(begun(case), case, stop, average)
    content = {"state": part.state_dict(), "average": average.state_dict()}
    saved = checkpoints.load(checkpoints.save(tmp_path / "stop.safetensors", content))
    again = begun(case, seed=5)
    assert differences(again.state_dict(), whole.state_dict())
    again.load_state_dict(saved["state"])
    assert differences(again.state_dict(), part.state_dict()) == []
    again_average.load_state_dict(saved["average"])
    grown(again, case, 6, again_average)
    assert differences(again.state_dict(), whole.state_dict()) == []
    assert differences(again_average.state_dict(), whole_average.state_dict()) == []
    assert differences(again.terms, whole.terms) == []
    assert differences([vars(record) for record in again.history], [vars(record) for record in whole.history]) == []
    assert differences(list(again.logbook), list(whole.logbook)) == []
    assert again.sampling_nets().keys() == whole.sampling_nets().keys()


WHOLE = ["--mutations=heuristic", "noise", "rate", "f_kl", "--strategy=plus", "--selection=annealed", "--recycle"]
WHOLE += ["--common-latents", "--crossover=distillation", "--inertia=0.3", "--fitness=frechet", "--children=2"]


@pytest.mark.parametrize("scheme", [[], WHOLE], ids=["paper", "much of it"])
def test_a_killed_evolution_resumes_as_if_nothing_had_happened(scheme: list[str], tmp_path: Path) -> None:
    options = ["--data=ring", "--count=300", "--batch=16", "--width=8", "--latent=2", "--threads=1", "--parents=2"]
    options += ["--fall-rounds=0"]  # two runs of other lengths are compared
    options += ["--log-every=1", "--checkpoint-every=15", "--samples-every=1000", f"--runs={tmp_path}"]
    options += scheme
    last = kill_after_first_checkpoint(
        "egan", ["evolve", *options, "--name", "killed", "--rounds", "1000000"], tmp_path / "killed"
    )
    more = max(last, metrics(tmp_path / "killed")[-1]["round"]) + 22
    main(["resume", str(tmp_path / "killed"), "--rounds", str(more)])
    main(["evolve", *options, "--name", "whole", "--rounds", str(more)])

    assert rounds(tmp_path / "killed")[-1] == rounds(tmp_path / "whole")[-1] == more
    killed, whole = final_checkpoint(tmp_path / "killed"), final_checkpoint(tmp_path / "whole")
    assert "average" in killed["watchers"]
    assert {"parents", "hall_of_fame", "logbook", "history"} <= killed["state"].keys()
    assert differences(killed, whole) == []
    assert differences(metrics(tmp_path / "killed"), metrics(tmp_path / "whole")) == []
    assert [line["round"] for line in metrics(tmp_path / "killed")] == list(range(1, more + 1))
    sheet = f"samples/round-{more:07d}.png"
    assert (tmp_path / "killed" / sheet).read_bytes() == (tmp_path / "whole" / sheet).read_bytes()
