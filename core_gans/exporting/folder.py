"""The folder of an exported player: weights that run no code, config.json, a model card, and what else is asked for."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from core_gans.exporting.onnx import onnx_of
from core_gans.foundation.html import filled
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sealed import require_free
from core_gans.foundation.whole_files import whole_folder, write_whole
from core_gans.game import Game, NoiseGame
from core_gans.metrics.measures import measure_of
from core_gans.models import EXPORTED, Model, save_model
from core_gans.runs.log_lines import read_lines
from core_gans.runs.showing import samples_of
from core_gans.variants import name_of

CONFIG, CARD, ONNX, SHEET = "config.json", "README.md", "model.onnx", "samples.png"
FORMAT = 1


def export(
    model: Model[Game], folder: str | Path, *, run: Path | None = None, onnx: bool = False, half: bool = False
) -> float:
    """Write ``model`` into the new ``folder``; ``open_player(folder)`` opens it again.

    Args:
        run: the folder of the run that it comes from, whose data, judge and environment the card tells.
        onnx: also the network as ONNX, played by onnxruntime and compared with torch.
        half: store float16, which halves the file.

    Returns:
        The largest difference between the numbers of torch and of onnxruntime; 0 without ``onnx``.

    Raises:
        FileExistsError: there is something at ``folder``.
        LabError: the network cannot be written as ONNX, draws something else there, or the extra is not installed.
    """
    folder = Path(folder)
    require_free(folder, overwrite=False)
    written, difference = onnx_of(model) if onnx else (b"", 0.0)
    config = described(model)
    told = {"ran": {}, "judged": {}} if run is None else of_run(run, model.card.get("rounds"))
    page = samples_of(model.game, {"generator": model.net}) if model.player == "generator" else None
    with whole_folder(folder) as draft:
        save_model(draft / EXPORTED, model, half=half)
        write_whole(draft / CONFIG, json.dumps(config, indent=2) + "\n")
        if page is not None:
            write_png(draft / SHEET, page)
        if onnx:
            write_whole(draft / ONNX, written)
        shown = {"config": config, "told": told, "sheet": page is not None, "name": folder.name}
        compared = {"difference": difference if onnx else None}
        write_whole(draft / CARD, filled("core_gans.exporting", "README.md.j2", **shown, **compared))
    return difference


def described(model: Model[Game]) -> dict[str, Any]:
    """What config.json says: the variant, its fields, and what goes in and comes out."""
    game = model.game
    takes = {}
    if isinstance(game, NoiseGame):
        takes["latents"] = list(game.latents(1, torch.Generator().manual_seed(0)).shape[1:])
    return {
        "format": FORMAT,
        "kind": "model",
        "made_by": f"gan-lab {version('gan-lab')}",
        "variant": name_of(game),
        "paper": game.paper,
        "player": model.player,
        "fields": asdict(game),
        "takes": takes,
        "gives": {"range": [-1, 1], "shape": list(getattr(game, "shape", ()))},
        "card": dict(model.card),
    }


def of_run(folder: Path, rounds: int | None = None) -> dict[str, Any]:
    """What a run's files tell of it: its data, the judge's last numbers, and on what it ran.

    Of a player that has played ``rounds``, what the judge found later is left out.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    log, environment = folder / "metrics.jsonl", folder / "environment.json"
    judged: dict[str, float] = {}
    for line in read_lines(log).values if log.is_file() else ():
        if rounds is None or line["round"] <= rounds:
            judged |= {name: value for name, value in line.items() if measure_of(name) is not None}
    ran = json.loads(environment.read_text(encoding="utf-8")) if environment.is_file() else {}
    return {"data": config["options"]["data"], "seed": config["options"]["seed"], "judged": judged, "ran": ran}
