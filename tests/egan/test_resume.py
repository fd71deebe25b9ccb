"""An evolution stopped at any moment and resumed equals, to the bit, one that was never stopped."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans import checkpoints
from core_gans.averaging import Average
from core_gans.compute import Compute
from core_gans.data import Examples
from core_gans.game import NoiseGame
from egan.__main__ import main
from egan.evolution import evolve
from egan.fitness import FitnessRule
from egan.mutations import MUTATIONS, Mutation
from egan.population import Population, start
from tests.killing import final_checkpoint, kill_after_first_checkpoint, metrics, rounds
from tests.tiny import batches, differences, pictures, points, small

POISON = Mutation("poison", lambda scores: scores.mean() * torch.nan)
CASES: dict[str, tuple[str, Examples, dict[str, Any], int, Compute]] = {
    "one parent": ("gan", points(), {}, 1, Compute()),
    "two parents, two steps": ("dcgan", pictures(), {"discriminator_steps": 2}, 2, Compute()),
    "clipped weights": ("wgan", points(), {}, 1, Compute()),
    "a penalty": ("wgan_gp", points(), {"discriminator_steps": 2}, 2, Compute()),
    "bf16 and channels last": ("dcgan", pictures(), {}, 1, Compute(bf16=True, channels_last=True)),
}


def begun(case: str, seed: int = 0) -> Population:
    variant, examples, fields, parents, compute = CASES[case]
    game = small(variant, examples, **fields)
    assert isinstance(game, NoiseGame)
    return start(game, batches(examples, size=6), torch.Generator().manual_seed(seed), parents, compute)


def grown(population: Population, until: int, average: Average) -> Population:
    return evolve(
        population.game,
        population.batches,
        until,
        rng=population.rng,
        mutations=[*MUTATIONS.values(), POISON],
        fitness=FitnessRule(0.1),
        watchers=[average],
        state=population,
    )


@pytest.mark.parametrize("stop", [1, 3, 5])
@pytest.mark.parametrize("case", CASES)
def test_resuming_from_a_file_at_any_generation_is_exact(case: str, stop: int, tmp_path: Path) -> None:
    whole_average, average, again_average = Average(decay=0.9), Average(decay=0.9), Average(decay=0.9)
    whole = grown(begun(case), 6, whole_average)
    part = grown(begun(case), stop, average)
    content = {"state": part.state_dict(), "average": average.state_dict()}
    saved = checkpoints.load(checkpoints.save(tmp_path / "stop.safetensors", content))
    again = begun(case, seed=5)
    assert differences(again.state_dict(), whole.state_dict())
    again.load_state_dict(saved["state"])
    assert differences(again.state_dict(), part.state_dict()) == []
    again_average.load_state_dict(saved["average"])
    grown(again, 6, again_average)
    assert differences(again.state_dict(), whole.state_dict()) == []
    assert differences(again_average.state_dict(), whole_average.state_dict()) == []
    assert differences(again.terms, whole.terms) == []
    assert differences([vars(record) for record in again.history], [vars(record) for record in whole.history]) == []
    assert differences(list(again.logbook), list(whole.logbook)) == []
    assert again.sampling_nets().keys() == whole.sampling_nets().keys()


def test_a_killed_evolution_resumes_as_if_nothing_had_happened(tmp_path: Path) -> None:
    options = ["--data=ring", "--count=300", "--batch=16", "--width=8", "--latent=2", "--threads=1", "--parents=2"]
    options += ["--log-every=1", "--checkpoint-every=15", "--samples-every=1000", f"--runs={tmp_path}"]
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
