"""Fixtures for every test: one thread, so that many tests run side by side, and a generator of chance."""

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)
