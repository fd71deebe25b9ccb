"""Ways to say when a unit is on and when it is matched, by name: those of the published programs, and ours.

Bau et al. 2017, Network Dissection, and 2019, GAN Dissection: one level for each unit, above which a fixed small share
of its activations lies, and plain IoU. Where a unit is on in the share a of the pixels and a concept is seen in the
share p, IoU is at most min(a, p) / max(a, p), so that such a level can never match the sky.
"""

from dataclasses import dataclass

from core_gans.foundation.names import require_known
from dissect.measure.dissection import RULES, Criterion, Rule


@dataclass(frozen=True)
class Preset:
    """Where units count as on, and when they count as matched."""

    levels: Rule | float  # a rule: each pair's best level by it; a number: the share of activations above the only one
    criterion: Criterion
    about: str  # one line for people


PRESETS = {
    "chance-corrected": Preset("score", Criterion(), "best chance-corrected agreement; does not favour large classes"),
    "gandissect": Preset(
        0.005,
        Criterion(iou=0.05, iqr=0.01, score=0, rank="iou"),
        "on in the top 0.5%; IoU above 0.05, information quality ratio above 0.01",
    ),
    "dissect": Preset(0.01, Criterion(iou=0.04, iqr=0, score=0, rank="iou"), "on in the top 1%; IoU above 0.04"),
    "best-iou": Preset(
        "iou",
        Criterion(iou=0.05, iqr=0.01, score=0, rank="iou"),
        "each pair's level of best IoU; IoU above 0.05, information quality ratio above 0.01",
    ),
}


def preset(name: str) -> Preset:
    """The preset called ``name``; a ValueError lists the nearest when there is none."""
    return PRESETS[require_known("preset", name, PRESETS)]


def settled(levels: Rule | float | None, criterion: Criterion | str | None) -> tuple[Rule | float, Criterion]:
    """The rule and the criterion: a preset's name stands for both; ``levels``, where given, replace the preset's.

    Raises:
        ValueError: no such preset, no such rule, or a share that is not strictly between 0 and 1.
    """
    chosen = preset(criterion if isinstance(criterion, str) else "chance-corrected")
    levels = chosen.levels if levels is None else levels
    if isinstance(levels, str) and levels not in RULES:
        raise ValueError(f'levels is "score", "iqr", "iou" or a share such as 0.005, got {levels!r}')
    if not isinstance(levels, str) and not 0 < levels < 1:
        raise ValueError(f"a level is placed at a share of activations strictly between 0 and 1, got {levels}")
    levels = levels if isinstance(levels, str) else float(levels)  # a number of NumPy's would not be written down
    return levels, criterion if isinstance(criterion, Criterion) else chosen.criterion
