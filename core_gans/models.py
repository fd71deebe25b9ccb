"""A trained player on its own: one safetensors file with its weights, its game's fields and its model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from torch import nn

from core_gans import shipped
from core_gans.foundation.counting import how_many
from core_gans.foundation.errors import LabError
from core_gans.foundation.finite import require_finite
from core_gans.foundation.names import did_you_mean
from core_gans.foundation.notebook import shown
from core_gans.game import Game, HeldOutGame, NoiseGame, TranslationGame
from core_gans.games.texts import TextGame
from core_gans.initialising import initialising
from core_gans.networks.mixture import Mixture
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.checkpoints import CheckpointError
from core_gans.runs.fitting import fitting
from core_gans.runs.playable import require_playable
from core_gans.runs.showing import png_of, samples_of
from core_gans.trusted_code import require_trusted
from core_gans.variants import SEQUENCES, from_saved, name_of

AGame = TypeVar("AGame", bound=Game, covariant=True)


@dataclass(frozen=True, repr=False)
class Model(Generic[AGame]):
    """A player in evaluation mode, its game, and what is known of it (command, seed, measured numbers)."""

    net: nn.Module
    game: AGame
    player: str = "generator"
    card: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        played = f", {self.card['rounds']:,} rounds" if isinstance(self.card.get("rounds"), int) else ""
        return f"Model({self.player} of {self.game.name}{played})"

    def _repr_html_(self) -> str:
        return shown(repr(self), samples_of(self.game, {"generator": self.net}) if self.player == "generator" else None)

    def _repr_png_(self) -> bytes | None:
        return png_of(self.game, {"generator": self.net}) if self.player == "generator" else None


EXPORTED = "model.safetensors"  # in a folder that `core-gans export` wrote
FEW_ROUNDS = 100  # of the newest checkpoint; whatever the data, nobody has learned much by then


def hardly_learned(model: Model[Game]) -> str:
    """What to say of a model that has played few rounds; empty for others, and where that is not known."""
    rounds = model.card.get("rounds")
    if not isinstance(rounds, int) or rounds >= FEW_ROUNDS:
        return ""
    played = how_many(rounds, "round")
    return f"note: this model has played {played}, so it has hardly learned: train it for longer before it is judged."


def save_model(path: str | Path, model: Model[Game], *, half: bool = False, overwrite: bool = False) -> Path:
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
        "mixed": len(model.net.generators) if isinstance(model.net, Mixture) else 0,
        "weights": weights,
        "card": dict(model.card),
    }
    return checkpoints.save(path, content, overwrite=overwrite)


def load_model(path: str | Path) -> Model[NoiseGame]:
    """Read what ``save_model`` wrote, in float32. CheckpointError when the file is corrupt or something else."""
    return _drawing(_load(path))


def _load(path: str | Path) -> Model[Game]:
    content = checkpoints.load(path)
    if content.get("kind") != "model":
        raise CheckpointError(
            f"{path} holds a {content.get('kind')}, not a model: give a model file, or a run's folder."
        )
    with fitting(path):
        require_trusted(path, content["variant"])
        what = (content["variant"], content["fields"], content["player"], content["weights"], content["card"])
        return _build(*what, mixed=content.get("mixed", 0))


def model_of_run(folder: str | Path, checkpoint: int | str | None = None) -> Model[NoiseGame]:
    """The generator of a run's newest checkpoint: its weight average when it has one, else the raw one.

    Of an evolution it is the best survivor, of one on islands what they chose: one of them, or a mixture. Reading does
    not hold the run: it may be training meanwhile. ``checkpoint`` may be ``best`` (by the judge) or a round.
    CheckpointError for a game that draws from no latents.
    """
    return _drawing(_of_run(folder, checkpoint))


def _of_run(folder: str | Path, checkpoint: int | str | None) -> Model[Game]:
    folder = Path(folder)
    run = runs.Run.reading(folder)
    config = run.config
    require_trusted(folder, config["variant"])
    content = run.load_checkpoint(checkpoint)
    state = content["state"]
    mixed = 0
    with fitting(run.checkpoint_of(checkpoint)):
        if "sampler" in state:
            weights, mixed = state["sampler"]["weights"], state["sampler"]["mixed"]
        elif "average" in content["watchers"]:
            weights = content["watchers"]["average"]
        elif config["kind"] == "evolution":
            weights = state["parents"][0]["generator"]
        else:
            weights = state["nets"]["generator"]
        card = {"run": folder.name, "rounds": int(state["round"]), "images_seen": int(state["images_seen"])}
        return _build(config["variant"], config["fields"], "generator", weights, card, mixed=mixed)


def open_model(path: str | Path, checkpoint: int | str | None = None) -> Model[NoiseGame]:
    """A model file, the generator of a run's folder, or a shipped model by its name (``scenes-generator``).

    LabError with the nearest names when nothing is there.

    Of a run, ``checkpoint`` may be ``newest`` (as without it), ``best`` (by the judge) or a round.
    """
    return _drawing(open_player(path, checkpoint))


def open_translator(path: str | Path) -> Model[TranslationGame]:
    """The same for games that translate; LabError for one that draws from latents, and for a player that is another."""
    model = open_player(path)
    game = model.game
    if isinstance(game, TextGame):
        raise LabError(f"{path} is of {game.name}, which writes texts by itself: draw them with `core-gans sample`.")
    if not isinstance(game, TranslationGame):
        raise LabError(
            f"{path} is of {game.name}, which draws from latents and translates nothing: give a run or a model of a "
            "game of translation, as pix2pix, or draw from it with `core-gans sample`."
        )
    if model.player != "generator":
        raise LabError(f"{path} holds a {model.player}, which translates nothing: give a generator, or a run's folder.")
    return Model(model.net, game, model.player, model.card)


def open_answering(path: str | Path, checkpoint: int | str | None = None) -> Model[HeldOutGame]:
    """The same for games that answer given examples; LabError for other games, and for a player that is another.

    ``checkpoint`` is what ``open_model`` takes.
    """
    model = open_player(path, checkpoint)
    game = model.game
    if not isinstance(game, HeldOutGame) or model.player != "generator":
        raise LabError(f"{path} is of {game.name} ({model.player}), which does not answer given examples.")
    return Model(model.net, game, model.player, model.card)


def open_answers(path: str | Path, checkpoint: int | str | None = None) -> Model[HeldOutGame] | None:
    """The same; None for other games, whose weights are not read. LabError for a player that answers nothing."""
    return open_answering(path, checkpoint) if issubclass(_sequence_at(Path(path)), HeldOutGame) else None


def open_texts(path: str | Path, checkpoint: int | str | None = None) -> Model[TextGame] | None:
    """A run's folder or a model file of a game of texts; None for other games, whose weights are not read.

    ``checkpoint`` is what ``open_model`` takes. LabError for a player that writes nothing.
    """
    path = Path(path)
    if not issubclass(_sequence_at(path), TextGame):
        return None
    model = open_player(path, checkpoint)
    assert isinstance(model.game, TextGame)
    if model.player != "generator":
        raise LabError(f"{path} holds a {model.player}, which writes nothing: give a generator, or a run's folder.")
    return Model(model.net, model.game, model.player, model.card)


def file_at(path: Path) -> Path:
    """The model file of an exported folder; ``path`` itself for all else."""
    return path / EXPORTED if (path / EXPORTED).is_file() else path


def _sequence_at(path: Path) -> type[Game]:
    """The class of the game of sequences in a run's folder or a model file, by its name; ``Game`` for all else."""
    path = file_at(path)
    if path.is_dir() and (path / "config.json").is_file():
        named = runs.read_config(path)["variant"]
    elif path.is_file() and path.suffix == ".safetensors":
        named = checkpoints.load(path).get("variant")
    else:
        return Game
    return SEQUENCES.get(str(named), Game)


def open_player(path: str | Path, checkpoint: int | str | None = None) -> Model[Game]:
    """A player of any game: of a model file, of a folder of `core-gans export`, or the generator of a run's folder.

    ``checkpoint`` is what ``open_model`` takes. LabError with the nearest names when nothing is there.
    """
    path = file_at(shipped.placed(path))
    if not path.exists():
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or "give a run's folder or a model file."
        raise LabError(f"there is nothing at {path}: {hint}")
    if path.is_dir():
        return _of_run(path, checkpoint)
    if checkpoint not in (None, runs.NEWEST):
        raise LabError(f"{path} is one model, so there is no checkpoint {checkpoint} to choose: give a run's folder.")
    return _load(path)


def _drawing(model: Model[Game]) -> Model[NoiseGame]:
    """The same model; CheckpointError where it draws from no latents."""
    game = model.game
    if isinstance(game, TranslationGame):
        raise CheckpointError(f"{game.name} draws from no latents: it translates pictures, by `core-gans translate`.")
    if isinstance(game, TextGame):
        raise CheckpointError(f"{game.name} is a game of texts, and draws no pictures: see docs/sequences.md.")
    if isinstance(game, HeldOutGame):
        raise CheckpointError(f"{game.name} draws from no latents: it answers given examples, see docs/sequences.md.")
    if not isinstance(game, NoiseGame):
        raise CheckpointError(f"{game.name} draws from no latents, so its generator cannot be opened here.")
    return Model(model.net, game, model.player, model.card)


def _build(
    variant: str,
    fields: Mapping[str, Any],
    player: str,
    weights: Mapping[str, Any],
    card: Mapping[str, Any],
    *,
    mixed: int,
) -> Model[Game]:
    """The player with its ``weights``; a mixture of ``mixed`` of them, where that is not 0."""
    game = from_saved(variant, fields)
    basis = game.to_open(player)
    require_playable(basis, batch=1, copies=max(1, mixed))
    with initialising(0):  # all of it is replaced
        nets = [basis.players()[player] for _ in range(max(1, mixed))]
    net = Mixture(nets) if mixed else nets[0]
    net.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    )
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            require_finite(value, f"{name} of the {player}")
    return Model(net.eval().requires_grad_(False), game, player, card)
