"""Contenders: variants with some of their fields changed, all on networks of the same family."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from core_gans.comparison.values import as_value, assignments, field_types
from core_gans.data import Batches
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.game import Game, NoiseGame
from core_gans.games.adversarial import AdversarialGame
from core_gans.networks.architecture import Architecture
from core_gans.recipes import points_fields
from core_gans.session import over_the_run
from core_gans.training import TrainingState, fresh_players, play_round, start
from core_gans.variants import make, variant

Settings = Literal["auto", "paper", "points"]
# What the discriminator is besides its size belongs to the variant: a gradient penalty excludes batch normalisation.
OWN = {"normalisation", "head", "code", "energy", "discriminator_channels"}


@dataclass(frozen=True)
class Contender:
    """A variant by name, and the fields in which it differs from its defaults. ``label`` names it in tables."""

    label: str
    variant: str
    fields: dict[str, Any]

    def game(self, rounds: int) -> NoiseGame:
        """The game, with learning rates that fall over ``rounds`` where its fields ask for a fall over the run (-1)."""
        game = make(self.variant, **over_the_run(self.fields, rounds))
        assert isinstance(game, NoiseGame)  # as ``contenders`` has it
        return game

    @property
    def cost(self) -> str:
        """The label: no two variants are known to cost the same."""
        return self.label

    def described(self) -> dict[str, Any]:
        """As JSON has it: label, variant and fields."""
        fields = {name: list(value) if isinstance(value, tuple) else value for name, value in self.fields.items()}
        return {"label": self.label, "variant": self.variant, "fields": dict(sorted(fields.items()))}

    def start(self, batches: Batches, rng: torch.Generator, rounds: int) -> TrainingState:
        """Fresh players of a game of ``rounds``."""
        return start(self.game(rounds), batches, rng)

    def play(self, state: TrainingState, rounds: int | None) -> None:
        """One round as ``training.train`` plays it."""
        state.game.begin_round(state.nets, min(1.0, state.round / rounds) if rounds else 0.0)
        state.terms = play_round(state)


def contenders(
    words: Sequence[str], shape: tuple[int, ...] | None, settings: Settings = "auto", common: Sequence[str] = ()
) -> list[Contender]:
    """``["gan", "lsgan,a=-1,b=1,c=0"]`` as contenders on examples of ``shape``, each of them tried.

    ``settings``: ``paper`` (each variant's defaults: its paper's numbers but for what ``paper_presets`` lists),
    ``points`` (``points_fields``), or ``auto``: points for points, else paper. ``common`` are assignments for all that
    have the field; a contender's own come before them.
    Without a ``shape`` (the data are not there yet) only the words are checked. ValueError in one line.
    """
    if not words:
        raise LabError("expected at least one contender: a variant, or variant,field=value.")
    shared = assignments(common, "--set")
    given = [_parse(word) for word in words]
    kinds = [variant(name) for name, _ in given]
    for kind in kinds:
        if not issubclass(kind, NoiseGame):
            raise LabError(f"{kind.name} draws from no latents, so it has no samples to compare.")
    for field in shared:
        known = {name for kind in kinds for name in field_types(kind)}
        require_known("field of the contenders", field, known)
    found: list[Contender] = []
    for (name, fields), kind in zip(given, kinds, strict=True):
        types = field_types(kind)
        for field in fields:
            require_known(f"field of {name}", field, types)
        wanted = {field: text for field, text in shared.items() if field in types} | fields
        values = {field: as_value(text, types[field], f"{field} of {name}") for field, text in wanted.items()}
        label = " ".join([name, *(f"{field}={text}" for field, text in fields.items())])
        if label in (other.label for other in found):
            raise LabError(f"{label} is given twice: name every contender once.")
        basis = _basis(name, kind, shape, settings) if shape else {}
        found.append(Contender(label, name, basis | values))
    if shape:
        for contender in found:
            _try(contender)
    return found


def _parse(word: str) -> tuple[str, dict[str, str]]:
    name, *rest = word.split(",")
    return name, assignments([part for part in rest if part], word)


def _basis(name: str, kind: type[Game], shape: tuple[int, ...], settings: Settings) -> dict[str, Any]:
    """The fields that the comparison itself sets: the shape, the common networks, and the settings for points."""
    points = len(shape) == 1
    if settings == "points" and not points:
        raise LabError(f"--settings points is for points, and the data are of shape {shape}: take paper.")
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    reconstructs = defaults.get("family") == "autoencoder"
    sizes = set(Architecture.__dataclass_fields__) - {"shape"}
    if defaults.get("family") in ("dcgan", "autoencoder", "progressive", "r3gan"):
        sizes -= OWN
    fields = {size: AdversarialGame.__dataclass_fields__[size].default for size in sizes}
    if settings != "paper" and points:
        fields |= points_fields(name)
    fields["family"] = "autoencoder" if reconstructs else "mlp" if points else "dcgan"
    fields["shape"] = shape
    return {field: value for field, value in fields.items() if field in defaults}


def _try(contender: Contender) -> None:
    """Make the game, its players and its turns once, so that a mistake comes now and not in an hour."""
    try:
        game = contender.game(rounds=1)
        fresh_players(game, torch.Generator().manual_seed(0))
        game.turns()
    except ValueError as error:
        raise LabError(f"{contender.label}: {error}") from error
