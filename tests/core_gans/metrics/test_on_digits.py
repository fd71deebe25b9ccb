"""Every variant, and f-GAN with every divergence, learns the digits, as a classifier of real digits sees it."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans.compute import Compute
from core_gans.data import Batches, Examples
from core_gans.data.digits import digits
from core_gans.foundation.precision import has_bf16
from core_gans.game import NoiseGame
from core_gans.losses import f_divergences
from core_gans.metrics import Judge
from core_gans.runs import checkpoints
from core_gans.training import TrainingState, start, train
from core_gans.variants import VARIANTS, make
from tests.tiny import differences

pytestmark = pytest.mark.slow

ROUNDS, SAVED_AT, BATCH = 200, 180, 16
FRECHET = "frechet[digits-cnn]"
COMMON = {"shape": (1, 16, 16), "width": 4, "latent": 16, "code": 16, "rate": 2e-3}  # fast enough for 200 rounds
# Two critic steps instead of five save time; the margin is that of 256 pixels.
OWN: dict[str, dict[str, Any]] = {
    "gan": {"width": 64, "depth": 1, "rate": 6e-3},
    "wgan": {"discriminator_steps": 2},
    "wgan_gp": {"discriminator_steps": 2},
    "hinge": {"discriminator_steps": 2},
    "lapgan": {"width": 32, "depth": 1},
    "infogan": {"discriminator_rate": 2e-3},
    "r3gan": {"penalty_every": 4},
    "text_to_image": {"words": tuple("0123456789"), "captions": tuple("0123456789")},
    "ebgan": {"width": 8, "margin": 3.0, "rate": 4e-3},
    "began": {"width": 8, "k_rate": 0.02, "rate": 5e-3},
    # Under batch normalisation alone, the exponentials of Neyman's row and the flat ends of total variation's stop
    # these networks at 0.84 to 1.01 of the first distance.
    "fgan": {"width": 8, "normalisation": "spectral", "rate": 4e-3},
}
ROWS: dict[str, dict[str, Any]] = {
    **{f"fgan {name}": {"divergence": name} for name in f_divergences.NAMES if name != "alpha"},
    "fgan alpha 0.5": {"divergence": "alpha", "alpha": 0.5},
    "fgan alpha 2": {"divergence": "alpha", "alpha": 2.0},
}
CASES = [*(name for name in VARIANTS if name != "fgan"), *ROWS]
# Measured with seed 0: 0.06 to 0.65 of the first Frechet distance, which is 179 to 221 (of real digits: below 1).
LEFT = 0.8


@pytest.fixture(scope="module")
def data() -> Examples:
    return digits(16)


@pytest.fixture(scope="module")
def judge(data: Examples) -> Judge:
    return Judge(data, count=300, batch_size=300)


def test_all_twelve_rows_are_here() -> None:
    assert len(ROWS) == 12


@pytest.mark.timeout(500)  # many processors emulate bfloat16, slowly
@pytest.mark.parametrize("bf16", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("case", CASES)
def test_two_hundred_rounds_bring_it_nearer_to_the_digits(
    case: str, bf16: bool, data: Examples, judge: Judge, tmp_path: Path
) -> None:
    name = case.split()[0]
    game = make(name, **{**COMMON, **OWN.get(name, {}), **ROWS.get(case, {})})
    assert isinstance(game, NoiseGame)

    def fresh(seed: int) -> TrainingState:
        rng = torch.Generator().manual_seed(seed)
        return start(game, Batches(data, BATCH, 0), rng, Compute("cpu", bf16))

    def play(state: TrainingState, rounds: int) -> None:
        train(game, state.batches, rounds, rng=state.rng, state=state)

    def judged(state: TrainingState) -> float:
        rng = torch.Generator().manual_seed(1)
        return judge(lambda count: game.sample(state.nets, count, rng))[FRECHET]

    part = 10 if bf16 and not has_bf16(torch.device("cpu")) else 1  # emulated, it takes minutes: a tenth, to the bit
    state = fresh(0)
    before = judged(state)
    play(state, SAVED_AT // part)
    path = checkpoints.save(tmp_path / "saved.safetensors", state.state_dict())
    play(state, ROUNDS // part)
    assert all(value.isfinite().all() for net in state.nets.values() for value in net.state_dict().values())
    assert part > 1 or judged(state) < LEFT * before

    resumed = fresh(99)
    resumed.load_state_dict(checkpoints.load(path))
    play(resumed, ROUNDS // part)
    assert differences(resumed.state_dict(), state.state_dict()) == []
