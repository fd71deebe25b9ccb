"""A run stopped at any moment and resumed equals, to the bit, a run that was never stopped."""

from pathlib import Path

import pytest
import torch

from core_gans.__main__ import main
from core_gans.compute import Compute
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average
from core_gans.training import TrainingState, start, train
from tests.killing import final_checkpoint, kill_after_first_checkpoint, metrics, rounds
from tests.tiny import batches, differences, pictures, points, small

CASES = {
    "points": ("gan", points(), {}, Compute()),
    "pictures": ("dcgan", pictures(), {}, Compute()),
    "several steps and a penalty": ("wgan_gp", points(), {}, Compute()),
    "clipped weights": ("wgan", pictures(), {}, Compute()),
    "spectral normalisation": ("dcgan", pictures(), {"normalisation": "spectral"}, Compute()),
    "minibatch discrimination": ("gan", points(), {"minibatch_discrimination": 3}, Compute()),
    "historical averaging": ("wgan", points(), {"historical_averaging": 0.1}, Compute()),
    "virtual normalisation": ("dcgan", pictures(), {"generator_normalisation": "virtual"}, Compute()),
    "bf16 and channels last": ("dcgan", pictures(), {"upsampling": "resize"}, Compute(bf16=True, channels_last=True)),
}


def begun(case: str, seed: int = 0) -> TrainingState:
    variant, examples, fields, compute = CASES[case]
    rng = torch.Generator().manual_seed(seed)
    return start(small(variant, examples, **fields), batches(examples, size=6), rng, compute)


def played(state: TrainingState, until: int, average: Average) -> TrainingState:
    return train(state.game, state.batches, until, rng=state.rng, state=state, watchers=[average])


# 20 pictures and 50 points in batches of 6: no epoch ends at the end of a batch
@pytest.mark.parametrize("stop", [1, 4, 6])
@pytest.mark.parametrize("case", CASES)
def test_resuming_from_a_file_at_any_round_is_exact(case: str, stop: int, tmp_path: Path) -> None:
    whole_average, average, again_average = Average(decay=0.9), Average(decay=0.9), Average(decay=0.9)
    whole = played(begun(case), 7, whole_average)
    part = played(begun(case), stop, average)
    content = {"state": part.state_dict(), "average": average.state_dict()}
    saved = checkpoints.load(checkpoints.save(tmp_path / "stop.safetensors", content))
    again = begun(case, seed=5)
    again.load_state_dict(saved["state"])
    again_average.load_state_dict(saved["average"])
    played(again, 7, again_average)
    assert differences(again.state_dict(), whole.state_dict()) == []
    assert differences(again_average.state_dict(), whole_average.state_dict()) == []
    assert again.terms == whole.terms
    assert again.images_seen == whole.images_seen


def test_stopping_and_resuming_every_round_is_exact_too() -> None:
    whole = played(begun("pictures"), 6, Average())
    state = begun("pictures")
    for until in range(1, 7):
        fresh = begun("pictures", seed=until)
        fresh.load_state_dict(state.state_dict())
        state = played(fresh, until, Average())
    assert differences(state.state_dict(), whole.state_dict()) == []


def test_a_state_of_other_networks_is_refused() -> None:
    state = begun("points")
    with pytest.raises(RuntimeError, match=r"size mismatch|Missing key"):
        state.load_state_dict(begun("pictures").state_dict())
    other = start(state.game, batches(points(20), size=6), torch.Generator())
    with pytest.raises(ValueError, match="give the same data and --batch"):
        other.load_state_dict(state.state_dict())


def test_a_killed_run_resumes_as_if_nothing_had_happened(tmp_path: Path) -> None:
    options = ["--data=ring", "--count=300", "--batch=16", "--width=8", "--latent=2", "--threads=1"]
    options += ["--fall-rounds=0"]  # two runs of other lengths are compared
    options += ["--log-every=1", "--checkpoint-every=20", "--samples-every=1000", f"--runs={tmp_path}"]
    last = kill_after_first_checkpoint(
        "core_gans", ["train", "gan", *options, "--name", "killed", "--rounds", "1000000"], tmp_path / "killed"
    )
    more = max(last, metrics(tmp_path / "killed")[-1]["round"]) + 33
    main(["resume", str(tmp_path / "killed"), "--rounds", str(more)])
    main(["train", "gan", *options, "--name", "whole", "--rounds", str(more)])

    assert rounds(tmp_path / "killed")[-1] == rounds(tmp_path / "whole")[-1] == more
    killed, whole = final_checkpoint(tmp_path / "killed"), final_checkpoint(tmp_path / "whole")
    assert "average" in killed["watchers"]
    assert differences(killed, whole) == []
    assert differences(metrics(tmp_path / "killed"), metrics(tmp_path / "whole")) == []
    assert [line["round"] for line in metrics(tmp_path / "killed")] == list(range(1, more + 1))
    sheet = f"samples/round-{more:07d}.png"
    assert (tmp_path / "killed" / sheet).read_bytes() == (tmp_path / "whole" / sheet).read_bytes()
