"""A model whose units are planted, in a store of its own: one draws a ring, one a flaw, the others nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.game import NoiseGame
from core_gans.models import Model
from core_gans.variants import make
from demos.dissecting.page_state import PageState, SharedState
from demos.model_store import Entry, Kind, ModelStore

KEY = "planted"
RING, FLAW = 2, 6  # the units that draw
UNITS, CELLS, SIDE = 8, 8, 16
LATENT = 4
PATIENCE = 120.0  # seconds


class Maps(nn.Module):
    """Latents (N, LATENT, ...) to maps (N, UNITS, CELLS, CELLS)."""

    def forward(self, latents: Tensor) -> Tensor:
        flat = latents.flatten(1)
        places = torch.special.ndtr(flat)  # in [0, 1]
        rows = torch.arange(CELLS, dtype=torch.float32)[:, None].expand(CELLS, CELLS)
        maps = torch.zeros(len(flat), UNITS, CELLS, CELLS)
        across, down = (grid - (4 * places[:, i, None, None]).floor() for i, grid in ((0, rows.T), (1, rows)))
        far = torch.maximum((across - 1.5).abs(), (down - 1.5).abs())  # from the ring's middle
        maps[:, RING] = ((far > 1) & (far < 2)).float()
        maps[:, FLAW, -1] = (places[:, 2, None] < 0.3).float()  # a line at the bottom of some pictures
        maps[:, 0] = 0.7
        maps[:, 1] = torch.sin(9 * rows * flat[:, 3, None, None] + 5 * rows.T)
        maps[:, 3] = torch.cos(7 * rows.T * flat[:, 3, None, None])
        maps[:, 4] = torch.sin(4 * rows + 11 * flat[:, 3, None, None])
        maps[:, 5, :3] = 1.0
        return maps


class Brush(nn.Module):
    """Maps to pictures (N, 1, SIDE, SIDE): bright where a unit that draws is on."""

    def forward(self, maps: Tensor) -> Tensor:
        drawn = (maps[:, RING] + maps[:, FLAW]).clamp(0, 1)[:, None]
        return 2 * F.interpolate(drawn, size=(SIDE, SIDE), mode="nearest") - 1


class Planted(nn.Module):
    """Its layer with units is ``maps``."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.brush = Maps(), Brush()

    def forward(self, latents: Tensor) -> Tensor:
        pictures: Tensor = self.brush(self.maps(latents))
        return pictures


class PlantedModelStore(ModelStore):
    """A store in which the planted model stands, trained on ``data``, beside what is there otherwise."""

    def __init__(self, runs_folder: Path, data: str = "digits") -> None:
        super().__init__(runs_folder)
        self.planted = Entry(KEY, "Planted <units>", "images", "dcgan", data)
        game = make("dcgan", shape=(1, SIDE, SIDE), latent=LATENT)
        assert isinstance(game, NoiseGame)
        self.made = Model(Planted().eval(), game)

    def entries(self, kind: Kind | None = None) -> tuple[Entry, ...]:
        return (*super().entries(kind), self.planted)

    def model(self, key: Any) -> Model[Any]:
        return self.made if key == KEY else super().model(key)


def planted_state(folder: Path, data: str = "digits") -> PageState:
    """A page's state with the planted model on it."""
    state = PageState(SharedState.of(PlantedModelStore(folder / "runs", data)))
    state.open(KEY)
    return state


def flawless(path: Path, count: int = 320) -> Path:
    """A file of pictures as the planted model draws them, but without flaws."""
    latents = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(5))
    latents[:, 2] = 2.0
    pictures = Planted()(latents)
    images = pictures.add(1).mul(127.5).byte().squeeze(1).numpy()
    np.savez(path, images=images)
    return path


def finished(state: PageState) -> PageState:
    """The state when its job has ended, and well."""
    assert state.job is not None
    assert state.job.join(PATIENCE)
    assert state.job.snapshot.phase == "done", state.job.snapshot.trouble
    assert state.settle()
    assert not state.settle()
    return state
