"""First weights depend on their seed alone, also when two runs start in one process at the same moment."""

from __future__ import annotations

import threading

import torch
from torch import nn

from core_gans.initialising import initialising


def test_the_global_state_is_borrowed_and_given_back() -> None:
    before = torch.get_rng_state()
    with initialising(5):
        first = torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
    with initialising(5):
        assert torch.equal(torch.rand(3), first)


def test_two_threads_do_not_draw_from_each_others_numbers() -> None:
    def weights(seed: int) -> torch.Tensor:
        with initialising(seed):
            return torch.cat([nn.Linear(8, 8).weight.detach() for _ in range(20)])

    expected = [weights(seed) for seed in range(4)]
    before = torch.get_rng_state()
    found: dict[tuple[int, int], torch.Tensor] = {}
    go = threading.Barrier(4)

    def repeat(seed: int) -> None:
        go.wait(10)
        for turn in range(25):
            found[seed, turn] = weights(seed)

    threads = [threading.Thread(target=repeat, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 100
    assert all(torch.equal(made, expected[seed]) for (seed, _), made in found.items())
    assert torch.equal(torch.get_rng_state(), before)
