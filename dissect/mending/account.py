"""A mending written down: mending.md for readers, mending.json for programs, the edit itself, PNG pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn

from core_gans.foundation.html import filled
from core_gans.foundation.pixels import write_png
from core_gans.foundation.whole_files import write_whole
from dissect.mending.choosing import Choice
from dissect.mending.measuring import Mending

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
    done = [f"{'ablating' if each.strength == 1 else 'weakening'} {each}" for each in mending.ablations]
    told = " and ".join(done)
    what = f"{told[0].upper()}{told[1:]} takes the distance from {change}"
    if mending.beats_random:
        return f"{what}: nearer to real images beyond the interval, and further than any random set."
    if mending.improves:
        return f"{what}: nearer to real images beyond the interval, but a random set does as well."
    return f"{what}: no improvement beyond the interval."


def page_text(mending: Mending, choices: Sequence[Choice], facts: Mapping[str, str]) -> str:
    """The page, in Markdown."""
    told = verdict(mending)
    return filled("dissect.mending", "mending.md.j2", mending=mending, verdict=told, choices=choices, facts=facts)
