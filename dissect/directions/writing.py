"""The written account of directions and clusters: Markdown to read, and everything as plain values for JSON."""

from collections.abc import Sequence

import numpy as np

from core_gans.foundation.counting import how_many
from core_gans.foundation.intervals import Interval
from dissect.directions.clusters import UnitClusters
from dissect.directions.effects import Effect
from dissect.directions.exemplars import Exemplars
from dissect.directions.moving import Direction
from dissect.directions.probes import Probe
from dissect.report.written import PageTable

DRAWN = 20  # clusters in the picture, the largest
READING = """A direction is walked from the strength {first:+g} to {last:+g}, from {images} latents that took no part in
finding it. A class is named where its share of the pixels changes, by its 95% interval over images, and by more than
along every one of {random} random directions of the same length. A direction like any other is named with a class at
most once in {chance}; with many directions and classes some are named by chance."""


def effects_told(effects: Sequence[Effect], directions: Sequence[Direction]) -> list[str | PageTable]:
    """What each direction does, in a table, and how to read it."""
    first = effects[0]
    reading = READING.format(
        first=first.strengths[0],
        last=first.strengths[-1],
        images=first.images,
        random=len(first.control.shares),
        chance=len(first.control.shares) + 1,
    )
    facts = list(directions[0].facts)
    rows = [
        [
            each.name,
            *(f"{each.facts[fact]:.3f}" for fact in facts),
            f"{found.brightness[0]:.2f} to {found.brightness[-1]:.2f}",
            f"{(found.difference[0] + found.difference[-1]) / 2:.3f}",
            ", ".join(change_in_words(found, label) for label in found.beyond()) or "nothing beyond random directions",
        ]
        for each, found in zip(directions, effects, strict=True)
    ]
    controls = [each.control for each in effects]
    change = np.mean([each.difference[:, [0, -1]].mean() for each in controls])
    light = max(float(np.abs(each.brightness[:, -1] - each.brightness[:, 0]).max()) for each in controls)
    heads = ["direction", *facts, "brightness", "pixel change", "classes, in percent of the pixels"]
    note = (
        f"Along the random directions the pixels change by {change:.3f} (0 none, 1 from black to white), and the "
        f"brightness by {light:.2f} at most."
    )
    return [PageTable(heads, rows), reading.replace("\n", " "), note]


def effects_answer(effects: Sequence[Effect]) -> str:
    """In a sentence, how many directions do more than random ones."""
    moving = sum(bool(each.beyond()) for each in effects)
    many = "direction changes" if len(effects) == 1 else "directions change"
    return f"{moving} of {len(effects)} {many} a class by more than random directions of the same length do."


def change_in_words(found: Effect, label: str) -> str:
    """A class's share at both ends, in percent: ``tree 1.2 to 4.5``."""
    k = found.labels.index(label)
    return f"{label} {100 * found.shares[0, k]:.1f} to {100 * found.shares[-1, k]:.1f}"


def clusters_told(clusters: UnitClusters, found: Exemplars) -> PageTable:
    """The clusters with their units and the classes in their regions."""
    rows = []
    for cluster, units in enumerate(clusters.members):
        seen = [seen_in_words(*each) for each in found.seen(cluster)[:3]]
        rows.append(
            [str(cluster + 1), str(len(units)), f"{clusters.cohesion[cluster]:.2f}", ", ".join(seen) or "what is usual"]
        )
    heads = ["cluster", "units", "mean correlation", "classes: share of its region (of all pixels)"]
    return PageTable(heads, rows)


def clusters_answer(clusters: UnitClusters) -> str:
    """What the clusters are, and how to read their picture."""
    apart = f"; mean silhouette {clusters.silhouette:.2f} (1 far apart, 0 touching)"
    return (
        f"{sum(map(len, clusters.members))} units in {how_many(len(clusters.members), 'cluster')}, formed by where the "
        f"units fire and without any label{'' if np.isnan(clusters.silhouette) else apart}. "
        + (f"In none: {how_many(len(clusters.dead), 'unit')} without any variation. " if len(clusters.dead) else "")
        + drawn_in_words(len(clusters.members))
        + " A row of the picture: where the cluster fires on average, and the images that light it up most, with its "
        "region outlined. Classes: their share of the region (of all pixels)."
    )


def drawn_in_words(clusters: int, most: int = DRAWN) -> str:
    """How many clusters the picture shows: ``20 of 24 clusters are drawn, the largest.``"""
    if clusters <= most:
        return "The cluster is drawn." if clusters == 1 else f"All {clusters} clusters are drawn."
    return f"{most} of {clusters} clusters are drawn, the largest."


def seen_in_words(name: str, inside: float, overall: float) -> str:
    """A class's share ``inside`` a region beside its share ``overall``, both in [0, 1]: ``sun 22% (0.4%)``."""
    return f"{name} {_share(inside)} ({_share(overall)})"


def _share(share: float) -> str:
    """A share in percent that never rounds to nothing unless it is nothing: ``22%``, ``0.41%``."""
    return f"{share:.0%}" if share >= 0.1 else f"{100 * share:.2g}%"


def _apart(classes: Sequence[str]) -> str:
    """``tree from no tree`` of two classes, ``sky, grass and tree apart`` of more."""
    if len(classes) == 2:
        return f"{classes[1]} from {classes[0]}"
    return f"{', '.join(classes[:-1])} and {classes[-1]} apart"


def probe_in_words(probe: Probe) -> str:
    """One paragraph: how well the probe does on what it has not seen."""
    right = Interval(probe.accuracy, probe.low, probe.high)
    verdict = "better than guessing" if probe.better_than_guessing else "no better than guessing"
    return (
        f"The probe tells {_apart(probe.classes)} in {right:.1%} of {probe.samples} samples that it has not seen "
        f"(95% interval, {probe.folds} folds), {verdict}: the largest "
        f"class alone has {probe.baseline:.1%}. Mean over classes: {probe.balanced:.1%}, where a constant answer has "
        f"{1 / len(probe.classes):.1%}."
    )


def direction_values(direction: Direction, found: Effect) -> dict[str, object]:
    """A direction and its effect as plain values."""
    return {
        "name": direction.name,
        "place": direction.place,
        "vector": direction.vector.tolist(),
        "facts": dict(direction.facts),
        "beyond_random": found.beyond(),
        "strengths": list(found.strengths),
        "images": found.images,
        "labels": list(found.labels),
        **{
            name: getattr(found, name).tolist()
            for name in ("shares", "low", "high", "change", "change_low", "change_high", "difference", "brightness")
        },
        "random": {
            "length": found.control.length,
            "shares": found.control.shares.tolist(),
            "difference": found.control.difference.tolist(),
            "brightness": found.control.brightness.tolist(),
        },
    }


def cluster_values(clusters: UnitClusters, found: Exemplars) -> dict[str, object]:
    """Clusters, and what a segmenter sees in them, as plain values."""
    return {
        "layer": clusters.layer,
        "silhouette": None if np.isnan(clusters.silhouette) else clusters.silhouette,
        "dead": list(clusters.dead),
        "labels": list(found.labels),
        "overall": found.overall.tolist(),
        "clusters": [
            {
                "units": list(units),
                "cohesion": float(clusters.cohesion[cluster]),
                "level": float(found.level[cluster]),
                "inside": found.inside[cluster].tolist(),
            }
            for cluster, units in enumerate(clusters.members)
        ],
    }


def probe_values(probe: Probe) -> dict[str, object]:
    """A probe as plain values."""
    return {
        "classes": list(probe.classes),
        "accuracy": probe.accuracy,
        "interval": [probe.low, probe.high],
        "baseline": probe.baseline,
        "balanced": probe.balanced,
        "samples": probe.samples,
        "folds": probe.folds,
        "weights": probe.weights.tolist(),
        "bias": probe.bias.tolist(),
        "mean": probe.mean.tolist(),
        "deviation": probe.deviation.tolist(),
    }
