"""What to try, by the recipe of a variant for its data: more rounds, or the settings that were measured to draw."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core_gans.convergence.verdict import Verdict
from core_gans.data import KNOWN
from core_gans.foundation.counting import how_many
from core_gans.recipes import kind_of, recipe_for
from core_gans.recipes.kinds import TOLD
from core_gans.runs.folder import numbered

NOT_COMPARED = ("fall_rounds",)  # the length of a run, not a choice


def advice(folder: Path, config: Mapping[str, Any], last: Mapping[str, Any], verdict: Verdict) -> list[str]:
    """Sentences on the training in ``folder`` with this config.json, whose log ends with the line ``last``.

    None for a variant without a recipe, and where it has had its rounds and nothing is wrong.
    """
    fields, options, variant = config["fields"], config["options"], config["variant"]
    of = options.get("data", "digits")
    kind = kind_of(tuple(fields.get("shape", ())))
    recipe = recipe_for(variant, kind, fields)
    if config["kind"] != "training" or recipe is None or kind is None:
        return []
    recipe = recipe.on(of)
    played, needed = max(last["round"], _saved(folder)), recipe.shown_after  # the log has every tenth round
    seconds = last.get("seconds", 0.0) * played / last["round"]
    early = needed is not None and played < needed
    sentences = []
    if needed is not None and early and seconds > 0:
        speed = played / seconds
        more = 10 * math.ceil((1.5 * needed - played) / speed / 10)
        sentences.append(
            f"With its recipe {recipe.row} usually shows something on {TOLD[kind]} after about {needed:,} rounds; this "
            f"run has played {played:,} in {seconds:.0f} s, {speed:.3g} a second: "
            f"`core-gans resume {shlex.quote(str(folder))} --seconds {more}` plays on."
        )
    if needed is None and verdict.state == "warming up" and seconds > 0:
        sentences.append(
            f"This run has played {how_many(played, 'round')} in {seconds:.0f} s; after how many {recipe.row} shows "
            f"something on {TOLD[kind]} was not measured: `core-gans resume {shlex.quote(str(folder))} --seconds 60` "
            "plays on."
        )
    if early or verdict.warns:
        data = KNOWN.get(of)
        wanted = {**recipe.fields, **(data.fields if data and data.points else {})}
        differing = [
            f"{name} {wanted[name]} (here {fields[name]})"
            for name in wanted
            if name in fields and name not in NOT_COMPARED and fields[name] != wanted[name]
        ]
        if (batch := options.get("batch", recipe.batch)) != recipe.batch:
            differing.append(f"batch {recipe.batch} (here {batch})")
        if differing:
            sentences.append(
                f"Its recipe for {TOLD[kind]} differs in {', '.join(differing)}: `core-gans train {variant} --data "
                f"{shlex.quote(of)}` begins with it."
            )
    return sentences


def _saved(folder: Path) -> int:
    """The rounds that the run in ``folder`` had played by its newest checkpoint; 0 without one."""
    found = numbered(folder / "checkpoints", "safetensors")
    return int(found[-1].stem.rpartition("-")[2]) if found else 0
