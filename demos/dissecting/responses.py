"""Two more questions about what units cause: how much of a thing goes with how many of them, and where it can be put.

Bau et al. 2019, GAN Dissection, figures 9 and 10.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from core_gans.foundation.errors import LabError
from core_gans.foundation.html import filled
from core_gans.foundation.seeds import as_generator
from demos.dissecting.causes import Asked
from demos.dissecting.jobs import ProgressReporter
from demos.dissecting.open_dissection import OpenDissection
from demos.line_charts import legend, line_chart
from dissect import choose_units
from dissect.cause.context import Contexts, insertion_by_context
from dissect.cause.dose import Dose, dose_response, doubled
from dissect.report.charts import shares_chart

DOSED = 16  # pictures that answer to each dose
TRIALS = 2  # random orders of the other units
LOOKED_AT = 160  # pictures in which places are looked for
PLACES = 12  # of each class
BATCH = 8


def dose(current: OpenDissection, asked: Asked, reporter: ProgressReporter) -> Dose:
    """How much of the concept goes with how many units, with ``asked.count`` of them by strength.

    LabError or ValueError where the pictures cannot be drawn again or do not show the concept; Cancelled.
    """
    found, segmenter = current.dissection, current.watcher().segmenter
    current.check()
    column = found.concept(asked.concept)
    ranked = np.argsort(-np.nan_to_num(found.score[:, column], nan=-np.inf), kind="stable").tolist()
    return dose_response(
        current.dissectable.twin(),
        found.layer,
        ranked,
        asked.concept,
        current.latents[:DOSED],
        segmenter,
        counts=doubled(max(1, len(ranked) // 2)),
        chosen=asked.count,
        random_trials=TRIALS,
        batch_size=BATCH,
        rng=as_generator(0),
        progress=reporter.stage(f"Taking more and more {asked.concept} units away", DOSED),
    )


def contexts(current: OpenDissection, asked: Asked, reporter: ProgressReporter) -> Contexts:
    """Where units that are set high draw the concept. Raises as ``dose``."""
    found, segmenter = current.dissection, current.watcher().segmenter
    units = choose_units(found, asked.concept, asked.count)
    if not units:
        raise LabError(f"no unit of {found.layer} agrees with {asked.concept} beyond chance: try another layer.")
    current.check()
    latents = current.latents[:LOOKED_AT]
    height = current.dissectable.layers[found.layer][1]
    return insertion_by_context(
        current.dissectable.twin(),
        found.layer,
        units,
        asked.concept,
        latents,
        segmenter,
        value=np.nan_to_num(found.high)[units].tolist(),
        patch=max(1, height // 8),
        most=PLACES,
        batch_size=BATCH,
        rng=as_generator(0),
        progress=reporter.stage(f"Setting {asked.concept} units high here and there", len(latents)),
    )


def dose_told(found: Dose) -> Markup:
    """The curves as HTML, with a sentence."""
    counts, strengths = found.counts, found.strengths
    nearest = min(range(len(counts.doses)), key=lambda place: abs(counts.doses[place] - found.chosen))
    lines = {
        "Gone, by the number of units": (counts, "units", counts.removed.mean, counts.random_removed.mean),
        f"Gone, by the strength of {found.chosen}": (
            strengths, "strength", strengths.removed.mean, strengths.random_removed.mean),
        "Changed elsewhere, by the number": (counts, "units", counts.disturbed.mean, counts.random_disturbed.mean),
    }  # fmt: skip
    charts = Markup("")
    for title, (curve, words, ours, random) in lines.items():
        low = min(0.0, float(np.min(ours)), float(np.min(random)))
        charts += line_chart(
            title,
            words,
            curve.doses,
            {"first": ours.tolist(), "second": random.tolist()},
            (0.0, curve.doses[-1]),
            (low, max(1.0, float(np.max(ours)), float(np.max(random)))),
            curve.doses[-3:-1] if words == "units" else (0.5, 1.0),
            "{:.0%}".format,
        )
    return filled(
        "demos.dissecting",
        "dose.html.j2",
        found=found,
        units=int(counts.doses[nearest]),
        ours=float(counts.removed.mean[nearest]),
        random=float(counts.random_removed.mean[nearest]),
        charts=charts,
        legend=legend({"first": f"{found.concept} units", "second": "as many random ones"}),
    )


def contexts_told(found: Contexts, current: OpenDissection) -> Markup:
    """The bars as HTML, the class that takes the concept up most first."""
    seen = [
        (name, current.colour(name), max(0.0, float(mean)))
        for name, mean, places in zip(found.contexts, found.effect.mean, found.places, strict=True)
        if places and not np.isnan(mean)
    ]
    shares = sorted(seen, key=lambda each: -each[2])
    chart = shares_chart(shares, f"How much {found.concept} appears") if shares else ""
    return filled("demos.dissecting", "contexts.html.j2", found=found, shares=shares, chart=chart)
