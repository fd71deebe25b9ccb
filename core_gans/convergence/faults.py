"""What can be wrong whatever the objective: NaN and infinity, lost diversity, a generator without a gradient."""

from __future__ import annotations

import math

from core_gans.convergence.trend import highest
from core_gans.convergence.verdict import History, Verdict, curve, recent

LONG = 15  # measurements after which a generator has had its time to spread
FADED = 0.03  # of the score's slope that reaches the generator; minimax passes D(G(z)) on, 0.5 when balanced
TWINS = 0.5  # share of samples with a near twin


def broken(history: History) -> Verdict | None:
    """A number of the last measurement that is NaN or infinite."""
    for name, value in history[-1].items():
        if not math.isfinite(value):
            return Verdict(
                "broken",
                f"The {name.replace('_', ' ')} became {value}: go back to the last checkpoint, and try a lower "
                "learning rate or a gradient penalty.",
            )
    return None


def collapsed(history: History) -> Verdict | None:
    """Samples that are much more alike than the data, and are not on their way to spread."""
    spread = recent(history, "diversity")
    peak = highest(curve(history, "diversity")) if spread else 0.0
    low = bool(spread) and max(spread) < 0.2
    since_long = low and max(recent(history, "diversity", LONG), default=1.0) < 0.2 and spread[-1] <= 1.2 * min(spread)
    if low and (max(spread) < 0.01 or max(spread) < 0.5 * peak or since_long):
        fell = f", and once had {peak:.0%}" if peak > max(0.1, 2 * max(spread)) else ""
        return _collapse(f"the samples have {spread[-1]:.1%} of the real examples' diversity{fell}", spread[-1])
    twins = recent(history, "duplicates")
    if twins and min(twins) > TWINS:
        return _collapse(f"{twins[-1]:.0%} of the samples have a near twin among the others", twins[-1])
    return _lost_modes(history)


def saturated(history: History) -> Verdict | None:
    """A generator whose gradient is numerically nothing, or whose images hold nothing but -1 and +1."""
    edges = zip(recent(history, "edge_fake"), recent(history, "edge_real"), strict=False)
    if shares := list(edges):
        fake, real = shares[-1]
        if all(fake > 0.98 and real < 0.9 for fake, real in shares):
            return Verdict(
                "saturated",
                f"{fake:.0%} of the samples' numbers stand at -1 or +1, where tanh has no slope ({real:.0%} in the "
                "data): begin anew with a lower learning rate or with batch normalisation in the generator.",
                {"edge_fake": fake},
            )
    separation, pull, slope = (recent(history, name) for name in ("separation", "pull", "gradient"))
    if not (separation and min(separation) > 0.95):
        return None
    if pull and max(pull) < FADED:
        return Verdict(
            "saturated",
            f"The discriminator is so sure that the objective passes {pull[-1]:.1g} of its slope on to the generator "
            f"(real scores above generated ones in {separation[-1]:.0%} of pairs): use the heuristic generator loss, "
            "a lower discriminator rate, or a penalty such as --r1.",
            {"pull": pull[-1], "separation": separation[-1]},
        )
    if slope and max(slope) < 1e-7:
        return Verdict(
            "saturated",
            f"The discriminator is flat where the samples lie: moving a sample as far as real examples lie apart "
            f"changes the generator's loss by {slope[-1]:.1g}. Try a penalty such as --r1, or wider clipping.",
            {"gradient": slope[-1]},
        )
    return None


def spread_too_far(history: History) -> Verdict | None:
    """Samples that run away from each other."""
    spread = recent(history, "diversity")
    if spread and min(spread) > 3:
        return Verdict(
            "diverging",
            f"The samples lie {spread[-1]:.1f} times as far apart as the real examples: lower the learning rates.",
            {"diversity": spread[-1]},
        )
    return None


def _lost_modes(history: History) -> Verdict | None:
    """Modes or classes that the independent judge no longer finds among good samples."""
    for covered, good, noun in (
        ("modes_covered", "high_quality_share", "modes"),
        ("classes_covered", "confident_share", "classes"),
    ):
        counts = [value for _, value in curve(history, covered)]
        if len(counts) < 2:
            continue
        now, peak = max(counts[-2:]), max(counts)
        of = max((entry.get("kinds", 0.0) for entry in history), default=0.0)
        share = curve(history, good)[-1][1]
        few = share > 0.5 and of >= 4 and now <= of / 4
        if (peak >= 4 and now <= peak / 2) or few:
            once = f" of {of:.0f}" if of else ""
            return _collapse(f"the judge finds {counts[-1]:.0f}{once} {noun} (at best it found {peak:.0f})", counts[-1])
    return None


def _collapse(seen: str, number: float) -> Verdict:
    return Verdict(
        "collapsed",
        f"Mode collapse: {seen}. Try a gradient penalty (--r1), more discriminator steps, a larger batch, or another "
        "objective such as wgan_gp.",
        {"seen": number},
    )
