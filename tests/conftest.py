"""Fixtures for every test: one thread, so that many tests run side by side, and a generator of chance."""

import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)
settings.register_profile("lab", deadline=None)  # a busy machine is no fault
settings.load_profile("lab")


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)
