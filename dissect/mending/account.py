"""A mending written down: mending.md for readers, mending.json for programs, the edit itself, PNG pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn

from core_gans.foundation.pixels import write_png
from core_gans.foundation.whole_files import write_whole
from dissect.directions.writing import table
from dissect.mending.choosing import Choice
from dissect.mending.measuring import Mending
from dissect.report.markup import count

PAGE, NUMBERS, EDIT = "mending.md", "mending.json", "mending.safetensors"


def write_mending(
    folder: str | Path,
    mending: Mending,
    choices: Sequence[Choice],
    generator: nn.Module,
    shown: Sequence[tuple[str, Tensor]],
    *,
    facts: Mapping[str, str],
) -> Path:
    """Write everything into ``folder``, which is there; returns the page, mending.md.

    ``shown`` are rows of images, as words and latents (N, ...), that are drawn before and after. Raises FileExistsError
    where the folder holds an edit already.
    """
    from dissect.mending.pictures import before_after, changes_chart  # with matplotlib, which takes a second

    folder = Path(folder)
    mending.save(folder / EDIT, dict(facts))
    write_png(folder / "images.png", before_after(generator, mending, shown))
    write_png(folder / "distances.png", changes_chart(mending))
    numbers = {
        "provenance": dict(facts),
        "improves": mending.improves,
        "beats_random": mending.beats_random,
        "mending": asdict(mending),
        "choices": [asdict(choice) for choice in choices],
    }
    write_whole(folder / NUMBERS, json.dumps(numbers, indent=1, allow_nan=False) + "\n")
    return write_whole(folder / PAGE, page_text(mending, choices, facts))


def verdict(mending: Mending) -> str:
    """One sentence: what came of it."""
    change = f"{mending.before.value:.3f} to {mending.after.value:.3f}, by {mending.change:+.3f}"
    units = f"{count(len(mending.units), 'unit')} of {mending.layer}"
    done = f"Ablating {units}" if mending.strength == 1 else f"Weakening {units} by {mending.strength:.0%}"
    what = f"{done} takes the distance from {change}"
    if mending.beats_random:
        return f"{what}: nearer to real images beyond the interval, and further than any random set."
    if mending.improves:
        return f"{what}: nearer to real images beyond the interval, but a random set does as well."
    return f"{what}: no improvement beyond the interval."


def page_text(mending: Mending, choices: Sequence[Choice], facts: Mapping[str, str]) -> str:
    """The page, in Markdown."""
    rows = [
        ["nothing", str(mending.before), ""],
        [mending.chosen, str(mending.after), f"{mending.change:+.3f}"],
        *(
            [f"random set {place + 1}", f"{mending.before.value + change.value:.3f}", f"{change:+.3f}"]
            for place, change in enumerate(mending.random_changes)
        ),
    ]
    tried = [
        [
            choice.layer,
            f"{choice.strength:g}",
            "; ".join(f"{n}: {distance:.3f}" for n, distance in zip(choice.counts, choice.distances, strict=True)),
        ]
        for choice in choices
    ]
    units = ", ".join(map(str, mending.units))
    parts = [
        f"# Mending of {mending.layer}",
        verdict(mending),
        f"Frechet distance in {mending.features} over {mending.images:,} images of latents that chose nothing, with "
        "95% intervals of a paired bootstrap over latents and real images.",
        "![Change of the distance](distances.png)",
        table(["what is changed", "distance", "change"], rows),
        f"Units: {units}.",
        "## What it looks like",
        "![Images before and after](images.png)",
        "## How they were chosen",
        "Units in the order of the ranking; their number, the layer and the strength are those with the smallest "
        "distance on other latents and other real images than those above.",
        table(["layer", "strength", "number of units: distance"], tried),
        "## Where it comes from",
        table(["made from", ""], [[name, value] for name, value in facts.items()]),
    ]
    return "\n\n".join(parts) + "\n"
