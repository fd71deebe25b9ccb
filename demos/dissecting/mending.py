"""Artifact units of a layer found, taken away, and judged on pictures that chose nothing, beside random units.

Bau et al. 2019, GAN Dissection, section 4.2. What ``dissect mend`` does, with the sizes of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.models import save_model
from demos.dissecting.dissectable_model import DissectableModel
from demos.dissecting.jobs import Progress, ProgressReporter
from demos.dissecting.marks import to_mark
from dissect import intervene
from dissect.commands.real_images import Thirds, thirds
from dissect.hooks import at_rest
from dissect.mending import Choice, Mending, best_of, mend, try_layers
from dissect.mending.ablations import edits_of
from dissect.mending.folding import Mended, MendedNetwork
from dissect.sampling import generate

STRENGTHS = (1.0, 0.5)
RANKED, CHOSEN, JUDGED = 200, 200, 300  # pictures to rank the units by, to choose their number by, to judge by
REAL = 900  # real pictures, a third for each of three uses
CONTROLS = 4  # random sets
SUSPECTS = 3  # units whose pictures are shown
SHOWN = 7  # pictures in a row
STAGES = 3 + len(STRENGTHS)
FILE = "mended.safetensors"


@dataclass(frozen=True, eq=False)
class MendingRow:
    """Pictures before and, where anything was mended, after."""

    words: str
    before: Sequence[Picture]
    after: Sequence[Picture] = ()


@dataclass(frozen=True, eq=False)
class Attempt:
    """What was tried, and what came of it."""

    layer: str
    data: str
    floor: float  # the distance between two sets of real pictures
    choices: Sequence[Choice]
    mending: Mending | None  # None where nothing that was tried helps
    rows: Sequence[MendingRow]
    file: Path | None  # the mended generator; None where its weights cannot hold the edit


def attempt(
    dissectable: DissectableModel, layer: str, folder: Path, reporter: ProgressReporter, marks: Tensor | None = None
) -> Attempt:
    """Find, choose, judge; write the mended generator into ``folder``.

    Units are suspected by ``marks`` (M,), the pictures ``marks.to_mark`` that are bad, or by their distance without.

    Raises as ``dissect.commands.real_images.thirds`` and ``dissect.mending.mend`` do, and Cancelled.
    """
    net, rng = dissectable.twin(), torch.Generator().manual_seed(0)
    ranked, chosen, judged = (dissectable.latents(count, rng) for count in (RANKED, CHOSEN, JUDGED))
    reading = reporter.stage(f"Reading real pictures of {dissectable.data}", REAL)
    real = _real(dissectable.data, dissectable.shape, reading)
    if marks is not None:
        ranked[: len(marks)] = to_mark(dissectable)
    by: Literal["frechet", "marks"] = "frechet" if marks is None else "marks"
    trials = try_layers(
        net, [layer], ranked, chosen, real.choosing, by=by, marks=marks, strengths=STRENGTHS, stage=reporter.stage
    )
    choices, best = [trial.choice for trial in trials], best_of(trials)
    ranking, units = best.ranking, best.choice.units
    if not units:
        rows = [
            MendingRow(f"lights up unit {unit}", _drawn(net, ranked[ranking.lit[unit][:SHOWN]]))
            for unit in ranking.order()[:SUSPECTS]
        ]
        return Attempt(layer, real.name, real.floor, choices, None, rows, None)
    mending = mend(
        net,
        [best.ablation],
        judged,
        real.judging,
        used=torch.cat((ranked, chosen)),
        random_sets=CONTROLS,
        rng=rng,
        progress=reporter.stage("Judging, beside random units", 2 + CONTROLS),
    )
    shown = [(f"lights up unit {unit}", ranked[ranking.lit[unit][:SHOWN]]) for unit in units[:SUSPECTS]]
    rows = [
        MendingRow(words, _drawn(net, latents), _drawn(net, latents, mending))
        for words, latents in (*shown, ("not picked", judged[:SHOWN]))
    ]
    file = keep_mended(dissectable, mending, judged[:4], folder / FILE)
    return Attempt(layer, real.name, real.floor, choices, mending, rows, file)


def keep_mended(dissectable: DissectableModel, mending: Mending, example: Tensor, path: Path) -> Path | None:
    """Write the mended generator as a model file at ``path``, in place of one that is there.

    None where no weights before the layer can hold the edit.
    """
    mended = mending.apply(dissectable.twin(), example)
    if dissectable.model is None or any(isinstance(module, Mended | MendedNetwork) for module in mended.modules()):
        return None
    told = {
        "ablations": [asdict(each) for each in mending.ablations],
        "of": dissectable.title,
        "data": dissectable.data,
    }
    model = replace(dissectable.model, net=mended, card={**dissectable.model.card, "mended": told})
    return save_model(path, model, overwrite=True)


@lru_cache(maxsize=2)
def _known(data: str, shape: tuple[int, ...]) -> list[Thirds]:
    """A place to remember the real pictures of ``data`` in: empty until they were read."""
    return []


def _real(data: str, shape: tuple[int, ...], progress: Progress) -> Thirds:
    known = _known(data, shape)
    if not known:
        known.append(thirds(data, shape, REAL, None, lambda done, total: progress(done)))
    return known[0]


def _drawn(net: nn.Module, latents: Tensor, mending: Mending | None = None) -> list[Picture]:
    with at_rest(net), intervene(net, {} if mending is None else edits_of(mending.ablations)):
        return list(to_bytes(generate(net, latents)))
