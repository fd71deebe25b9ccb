"""A trained player on its own: one safetensors file with its weights, its game's fields and its model card."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core_gans import checkpoints, runs
from core_gans.checkpoints import CheckpointError
from core_gans.errors import LabError
from core_gans.game import NoiseGame
from core_gans.variants import make, name_of


@dataclass(frozen=True)
class Model:
    """A player in evaluation mode, its game, and what is known of it (command, seed, measured numbers)."""

    net: nn.Module
    game: NoiseGame
    player: str = "generator"
    card: Mapping[str, Any] = field(default_factory=dict)


def save_model(path: str | Path, model: Model, *, half: bool = False, overwrite: bool = False) -> Path:
    """Write ``model``; ``half`` stores float16, which halves the file. Raises as ``checkpoints.save`` does."""
    weights = {
        name: tensor.half() if half and tensor.is_floating_point() else tensor
        for name, tensor in model.net.state_dict().items()
    }
    content = {
        "kind": "model",
        "variant": name_of(model.game),
        "fields": asdict(model.game),
        "player": model.player,
        "weights": weights,
        "card": dict(model.card),
    }
    return checkpoints.save(path, content, overwrite=overwrite)


def load_model(path: str | Path) -> Model:
    """Read what ``save_model`` wrote, in float32. CheckpointError when the file is corrupt or something else."""
    content = checkpoints.load(path)
    if content.get("kind") != "model":
        raise CheckpointError(
            f"{path} holds a {content.get('kind')}, not a model: give a model file, or a run's folder."
        )
    return _build(content["variant"], content["fields"], content["player"], content["weights"], content["card"])


def model_of_run(folder: str | Path) -> Model:
    """The generator of a run's newest checkpoint: its weight average when it has one, else the raw one.

    Of an evolution it is the best survivor. Reading does not hold the run: it may be training meanwhile.
    """
    folder = Path(folder)
    config = runs.read_config(folder)
    content = runs.Run(folder, config).load_checkpoint()
    state = content["state"]
    if "average" in content["watchers"]:
        weights = content["watchers"]["average"]
    elif config["kind"] == "evolution":
        weights = state["parents"][0]["generator"]
    else:
        weights = state["nets"]["generator"]
    card = {"run": folder.name, "rounds": state["round"], "images_seen": state["images_seen"]}
    return _build(config["variant"], config["fields"], "generator", weights, card)


def open_model(path: str | Path) -> Model:
    """A model file, or the generator of a run's folder; LabError with the nearest names when nothing is there."""
    path = Path(path)
    if not path.exists():
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "give a run's folder or a model file."
        raise LabError(f"there is nothing at {path}: {hint}")
    return model_of_run(path) if path.is_dir() else load_model(path)


def _build(
    variant: str, fields: Mapping[str, Any], player: str, weights: Mapping[str, Any], card: Mapping[str, Any]
) -> Model:
    game = make(variant, **fields)
    if not isinstance(game, NoiseGame):
        raise CheckpointError(f"{variant} draws from no latents, so its generator cannot be opened here.")
    with torch.random.fork_rng(devices=[]):
        net = game.players()[player]
    net.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    )
    return Model(net.eval().requires_grad_(False), game, player, card)
