"""A mending written down: mending.html and .md for readers, mending.json for programs, the edit, PNG pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn

from core_gans.foundation.pixels import Picture
from core_gans.foundation.whole_files import write_whole
from dissect.mending.choosing import Choice
from dissect.mending.measuring import Mending
from dissect.report.written import PageSection, PageTable, WrittenPage, pictured

NAME, NUMBERS, EDIT = "mending", "mending.json", "mending.safetensors"


def write_mending(
    folder: str | Path,
    mending: Mending,
    choices: Sequence[Choice],
    generator: nn.Module,
    shown: Sequence[tuple[str, Tensor]],
    *,
    facts: Mapping[str, str],
) -> Path:
    """Write everything into ``folder``, which is there; returns the page, mending.html.

    ``shown`` are rows of images, as words and latents (N, ...), that are drawn before and after. Raises FileExistsError
    where the folder holds an edit already.
    """
    from dissect.mending.pictures import before_after, changes_chart  # with matplotlib, which takes a second

    folder = Path(folder)
    mending.save(folder / EDIT, dict(facts))
    pictures = {"images": before_after(generator, mending, shown), "distances": changes_chart(mending)}
    numbers = {
        "provenance": dict(facts),
        "improves": mending.improves,
        "beats_random": mending.beats_random,
        "mending": asdict(mending),
        "choices": [asdict(choice) for choice in choices],
    }
    write_whole(folder / NUMBERS, json.dumps(numbers, indent=1, allow_nan=False) + "\n")
    return page_of(mending, choices, facts, pictures).write(folder, NAME)


def verdict(mending: Mending) -> str:
    """One sentence: what came of it."""
    change = f"{mending.before.value:.3f} to {mending.after.value:.3f}, by {mending.change:+.3f}"
    done = [f"{'ablating' if each.strength == 1 else 'weakening'} {each}" for each in mending.ablations]
    told = " and ".join(done)
    what = f"{told[0].upper()}{told[1:]} takes the distance from {change}"
    if mending.beats_random:
        return f"{what}: nearer to real images beyond the interval, and further than any random set."
    if mending.improves:
        return f"{what}: nearer to real images beyond the interval, but a random set does as well."
    return f"{what}: no improvement beyond the interval."


def page_of(
    mending: Mending, choices: Sequence[Choice], facts: Mapping[str, str], pictures: Mapping[str, Picture]
) -> WrittenPage:
    """The page, with those of the ``pictures`` that are there, by name."""
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
            ", ".join(map(str, choice.beside)) or "nothing",
            f"{choice.strength:g}",
            "; ".join(f"{n}: {distance:.3f}" for n, distance in zip(choice.counts, choice.distances, strict=True)),
        ]
        for choice in choices
    ]
    measured = (
        f"Frechet distance in {mending.features} over {mending.images:,} images of latents that chose nothing, with "
        "95% intervals of a paired bootstrap over latents and real images."
    )
    chosen = (
        "Units in the order of the ranking; their number, the layers and the strengths are those with the smallest "
        "distance on other latents and other real images than those above."
    )
    units = [f"{each}: {', '.join(map(str, each.units))}" for each in mending.ablations]
    distance = PageTable(["what is changed", "distance", "change"], rows)
    ways = PageTable(["layer", "beside", "strength", "number of units: distance"], tried)
    return WrittenPage(
        "Mending of a generator",
        f"Mending of {mending.layers}",
        verdict(mending),
        (
            PageSection(
                "What it changes",
                [measured, *pictured(pictures, "distances", "Change of the distance"), distance, *units],
            ),
            PageSection("What it looks like", pictured(pictures, "images", "Images before and after")),
            PageSection("How they were chosen", [chosen, ways]),
        ),
        facts,
        {NUMBERS: "every number", EDIT: "the edit, for programs", f"{NAME}.md": "the same page in Markdown"},
        (
            ("units changed", str(sum(len(each.units) for each in mending.ablations))),
            ("distance before", f"{mending.before.value:.3f}"),
            ("distance after", f"{mending.after.value:.3f}"),
            ("images judged", f"{mending.images:,}"),
        ),
    )
