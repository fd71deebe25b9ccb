"""Models to explore whose answers are known, in a store of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.game import NoiseGame
from core_gans.models import Model
from core_gans.variants import make
from demos.lab import Lab
from demos.model_store import Entry, Kind, ModelStore

SIDE = 4
GAINS = (5.0, 3.0, 1.0)  # of the first numbers of a latent; the others do nearly nothing


class Plain(nn.Module):
    """Shows the numbers of a latent as they are: the first fill a picture (1, SIDE, SIDE), amplified by ``GAINS``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = nn.Linear(size, SIDE * SIDE, bias=False)
        weight = torch.zeros(SIDE * SIDE, size)
        for place in range(min(size, SIDE * SIDE)):
            weight[place, place] = GAINS[place] if place < len(GAINS) else 0.1
        self.first.weight = nn.Parameter(weight, requires_grad=False)
        self.second = nn.Linear(SIDE * SIDE, SIDE * SIDE, bias=False)
        self.second.weight = nn.Parameter(torch.eye(SIDE * SIDE), requires_grad=False)

    def forward(self, latents: Tensor) -> Tensor:
        shown: Tensor = self.second(self.first(latents))
        return shown.view(-1, 1, SIDE, SIDE)


def plain(variant: str = "gan", **fields: Any) -> Model[NoiseGame]:
    """A game whose generator is ``Plain``."""
    game = make(variant, shape=(1, SIDE, SIDE), latent=8, **fields)
    assert isinstance(game, NoiseGame)
    return Model(Plain(game.latents(1, torch.Generator()).shape[1]).eval(), game)


def fresh(variant: str, **fields: Any) -> Model[Any]:
    """A game whose generator has learned nothing yet."""
    game = make(variant, **fields)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = game.players()["generator"]
    return Model(net.eval().requires_grad_(False), game)


@dataclass(frozen=True)
class Offered:
    """A model that is in the store without being a run."""

    kind: Kind
    model: Model[Any]
    data: str = "somewhere"


class SmallModelStore(ModelStore):
    """A store with the given models, by key, and no files."""

    def __init__(self, **offered: Offered) -> None:
        super().__init__(Path("nowhere"))
        self.offered = offered

    def entries(self, kind: Kind | None = None) -> tuple[Entry, ...]:
        found = [Entry(key, key.title(), each.kind, "variant", each.data) for key, each in self.offered.items()]
        return tuple(entry for entry in found if kind is None or entry.kind == kind)

    def model(self, key: Any) -> Model[Any]:
        return self.offered[self.entry(key).key].model


def small_lab(runs: Path) -> Lab:
    """A lab whose store has a model of every sort, keyed by what it takes: noise, class, codes, words, and so on."""
    lab = Lab.at(runs)
    lab.store = SmallModelStore(
        scenes=Offered("images", plain(prior="normal")),
        digits=Offered("images", plain("cgan", classes=3)),
        codes=Offered("images", plain("infogan", categories=2, codes=2)),
        text=Offered("images", fresh("text_to_image", shape=(3, 16, 16), width=4, latent=8)),
        ring=Offered("points", fresh("gan", shape=(2,), family="mlp", latent=2, width=8), "ring"),
        pairs=Offered("translation", fresh("pix2pix", shape=(1, 16, 16), width=4, patch_layers=2)),
        cycle=Offered(
            "translation", fresh("cyclegan", shape=(3, 16, 16), drawn=1, identity=0, width=4, blocks=1, patch_layers=2)
        ),
        drive=Offered("drives", fresh("driving", shape=(3, 16, 16, 32), width=4, code=6, memory=5), "road"),
        star=Offered("translation", fresh("stargan", shape=(3, 16, 16), domains=("day", "night"), width=4, blocks=1)),
    )
    return lab
