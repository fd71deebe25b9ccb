"""The written account of directions and clusters: Markdown to read, and everything as plain values for JSON."""

from collections.abc import Mapping, Sequence

import numpy as np

from core_gans.foundation.html import filled
from core_gans.foundation.intervals import Interval
from core_gans.foundation.markdown import table
from dissect.directions.clusters import UnitClusters
from dissect.directions.effects import Effect
from dissect.directions.exemplars import Exemplars
from dissect.directions.moving import Direction
from dissect.directions.probes import Probe

DRAWN = 20  # clusters in the picture, the largest


def effects_page(
    title: str, effects: Sequence[Effect], directions: Sequence[Direction], pictures: Mapping[str, str]
) -> str:
    """Markdown: what each direction does, in a table, with its strips and curves.

    ``pictures`` maps a heading to the file that is shown under it.
    """
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
    return filled(
        "dissect.directions",
        "effects.md.j2",
        title=title,
        table=table(["direction", *facts, "brightness", "pixel change", "classes, in percent of the pixels"], rows),
        first=effects[0],
        trials=len(effects[0].control.shares),
        change=np.mean([each.difference[:, [0, -1]].mean() for each in controls]),
        light=max(float(np.abs(each.brightness[:, -1] - each.brightness[:, 0]).max()) for each in controls),
        pictures=pictures,
    )


def change_in_words(found: Effect, label: str) -> str:
    """A class's share at both ends, in percent: ``tree 1.2 to 4.5``."""
    k = found.labels.index(label)
    return f"{label} {100 * found.shares[0, k]:.1f} to {100 * found.shares[-1, k]:.1f}"


def clusters_page(title: str, clusters: UnitClusters, found: Exemplars, picture: str) -> str:
    """Markdown: the clusters with their units and the classes in their regions, and the picture."""

    def seen(cluster: int) -> str:
        return ", ".join(seen_in_words(*each) for each in found.seen(cluster)[:3]) or "what is usual"

    drawn = drawn_in_words(len(clusters.members))
    return filled(
        "dissect.directions",
        "clusters.md.j2",
        title=title,
        clusters=clusters,
        drawn=drawn,
        picture=picture,
        seen=seen,
    )


def drawn_in_words(clusters: int, most: int = DRAWN) -> str:
    """How many clusters the picture shows: ``20 of 24 clusters are drawn, the largest.``"""
    if clusters <= most:
        return f"All {clusters} clusters are drawn."
    return f"{most} of {clusters} clusters are drawn, the largest."


def seen_in_words(name: str, inside: float, overall: float) -> str:
    """A class's share of a region beside its share of all pixels: ``sun 22% (0.4% of all pixels)``."""
    return f"{name} {_share(inside)} ({_share(overall)} of all pixels)"


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
