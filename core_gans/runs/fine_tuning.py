"""The networks of another run as the start of a new one: what fits is taken, what does not is named and stays new.

Only the numbers in the other run's config.json and the tensors of its checkpoint are read: no code that it names is
imported, whatever variant it is of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrizations import _SpectralNorm

from core_gans.foundation.errors import LabError
from core_gans.foundation.finite import require_finite
from core_gans.game import Game
from core_gans.runs import checkpoints
from core_gans.runs.fitting import fitting
from core_gans.runs.folder import NEWEST, Run
from core_gans.runs.watchers import WatchedState
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm, set_references

NAMED = 6  # layers that are told by name


@dataclass(frozen=True)
class Copied:
    """What a new run took from another: ``taken`` and ``new`` are names of layers, each after its player's."""

    run: str
    round: int
    taken: tuple[str, ...]
    new: tuple[str, ...]

    def __str__(self) -> str:
        whole = f"{len(self.taken)} layers begin as in {self.run} after {self.round:,} rounds"
        if not self.new:
            return f"{whole}: all that there are."
        more = f" and {len(self.new) - NAMED} more" if len(self.new) > NAMED else ""
        return f"{whole}; new are {', '.join(self.new[:NAMED])}{more}, which have no like there."


@dataclass(frozen=True)
class TrainedPlayers:
    """The players of the run ``run`` at the round ``round``, as state dicts, and the fields of its game."""

    run: str
    round: int
    fields: Mapping[str, Any]
    players: Mapping[str, Mapping[str, Tensor]]

    @classmethod
    def of(cls, folder: str | Path, checkpoint: int | str | None = None) -> TrainedPlayers:
        """What the run in ``folder`` leaves; the generator as its weight average, where it has one.

        A saved model will do as well: a file of a generator, with the one beside it that is called ``discriminator``
        where this is called ``generator``, if there is one. ``checkpoint`` is what ``Run.checkpoint_of`` takes, of a
        run alone. LabError where there is nothing of the kind.
        """
        if Path(folder).is_file():
            return cls._of_models(Path(folder), checkpoint)
        run = Run.reading(Path(folder))
        content = run.load_checkpoint(checkpoint)
        state = content["state"]
        with fitting(run.checkpoint_of(checkpoint)):
            if "sampler" in state:
                if state["sampler"]["mixed"]:
                    raise LabError(f"{folder} draws from a mixture of generators, which no single one can begin with.")
                players = {"generator": state["sampler"]["weights"]}
            elif run.config["kind"] == "evolution":
                players = {"generator": state["parents"][0]["generator"], "discriminator": state["discriminator"]}
            else:
                players = dict(state["nets"])
            if average := content["watchers"].get("average"):
                players["generator"] = average
            return cls(str(Path(folder).resolve()), int(state["round"]), run.config["fields"], players)

    @classmethod
    def _of_models(cls, file: Path, checkpoint: int | str | None) -> TrainedPlayers:
        opposite = file.with_name(file.name.replace("generator", "discriminator"))
        contents = [checkpoints.load(each) for each in dict.fromkeys((file, opposite)) if each.is_file()]
        for content in contents:
            if content.get("kind") != "model":
                raise LabError(f"{file} holds a {content.get('kind')}: give a run's folder, or a model file.")
        with fitting(file):
            players = {content["player"]: content["weights"] for content in contents}
            rounds = int(contents[0]["card"].get("rounds", 0))
            if "generator" not in players:
                raise LabError(f"{file} holds a {contents[0]['player']}: give a generator, or a run's folder.")
            if checkpoint not in (None, NEWEST, rounds):
                raise LabError(f"{file} is one model, so there is no checkpoint {checkpoint}: give a run's folder.")
            return cls(str(file.resolve()), rounds, contents[0]["fields"], players)

    def require_fit(self, game: Game) -> None:
        """LabError where ``game`` cannot begin with these networks."""
        ours, theirs = getattr(game, "family", None), self.fields.get("family")
        if ours is not None and theirs is not None and ours != theirs:
            raise LabError(
                f"{self.run} has networks of the family {theirs}, and this game those of {ours}: choose --family "
                f"{theirs}, or another run."
            )
        shape, shaped = tuple(getattr(game, "shape", ())), tuple(self.fields.get("shape", ()))
        if len(shape) != len(shaped) or shape[:1] != shaped[:1]:
            raise LabError(
                f"{self.run} learned from examples of shape {shaped}, and these have the shape {shape}: choose data of "
                "as many channels (--colours), or another run."
            )
        if getattr(game, "historical_averaging", 0):
            raise LabError("historical averaging remembers all weights since the first ones: leave it out with --from.")

    @torch.no_grad()
    def copy_into(self, game: Game, nets: Mapping[str, nn.Module]) -> Copied:
        """Copy into the players ``nets`` of ``game`` each layer that has a like here, by name and shape.

        Counts, chance and other state of a game begin anew. LabError where ``require_fit`` raises it, and where no
        layer of the generator fits.
        """
        self.require_fit(game)
        taken: list[str] = []
        new: list[str] = []
        for player, net in nets.items():
            found = self.players.get(player, {})
            for layer, own in _layers(net):
                fits = all(name in found and found[name].shape == tensor.shape for name, tensor in own.items())
                for name, tensor in own.items() if fits else ():
                    require_finite(found[name], f"{name} of the {player} in {self.run}")
                    tensor.copy_(found[name])
                (taken if fits else new).append(f"{player}.{layer}")
            if any(isinstance(module, VirtualBatchNorm) for module in net.modules()):
                set_references(net, net.get_buffer("references"))
        if not any(name.startswith("generator.") for name in taken):
            sizes = ", ".join(f"--{name} {self.fields[name]}" for name in ("width", "latent") if name in self.fields)
            raise LabError(f"no layer of the generator of {self.run} has a like in this one: choose {sizes}, as there.")
        return Copied(self.run, self.round, tuple(taken), tuple(new))


def begin_from(state: WatchedState, run: str | Path, checkpoint: int | str | None = None) -> Copied:
    """Let the players of a fresh ``state`` begin as those of the run in the folder ``run``, as far as they fit.

    ``train(game, batches, rounds, rng=..., state=state)`` goes on from there. ``checkpoint`` is a round, or ``best``.
    Raises what ``TrainedPlayers.of`` and ``TrainedPlayers.copy_into`` raise.
    """
    return TrainedPlayers.of(run, checkpoint).copy_into(state.game, state.nets)


def _layers(net: nn.Module) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Modules with weights, or with statistics of their own, by name: all their tensors by their names in ``net``."""
    for path, module in net.named_modules():
        own: dict[str, Tensor] = dict(module.named_parameters(recurse=False))
        if isinstance(module, _BatchNorm | _SpectralNorm):
            own |= dict(module.named_buffers(recurse=False))
        if own:
            yield path, {f"{path}.{name}" if path else name: tensor for name, tensor in own.items()}
