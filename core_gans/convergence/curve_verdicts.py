"""What the curve of each kind of objective says while nothing is broken: see ``reading`` for the kinds."""

from __future__ import annotations

from core_gans.convergence.reading import Reading
from core_gans.convergence.trend import WINDOW, Trend, highest, trend
from core_gans.convergence.verdict import History, State, Verdict, curve, recent

LONG = 10  # measurements after which swings, or k at a bound, are no accident


def independent(history: History) -> Verdict | None:
    """Improvement that the judge sees; it needs no discriminator, so it counts for more than any loss."""
    for name in sorted({name for entry in history for name in entry if name.startswith("frechet[")}):
        line = trend(curve(history, name))
        if line is not None and line.falls(0.1 * abs(line.level)):
            return Verdict(
                "improving",
                f"The independent {name} falls, from {line.start:.3g} to {line.now:.3g}.",
                {name: line.now},
            )
    return None


def bounded(history: History, reading: Reading) -> Verdict | None:
    """``told_apart`` from 0 (balanced, or a weak discriminator) to 1 (the discriminator wins)."""
    line = trend(curve(history, "told_apart"))
    if line is None:
        return None
    seen = _seen(history, line, reading)
    numbers = {"told_apart": line.now}
    separation = recent(history, "separation", 5)
    wins = min(line.level, line.now) > 0.85 and min(separation, default=1.0) > 0.99
    if line.falls(0.05):
        return Verdict("improving", f"The players draw level: {seen}, and it was {_share(line.start)}.", numbers)
    if wins:
        return Verdict(
            "stalled",
            f"The discriminator wins: {seen}. The generator learns little from it: lower --discriminator-rate, give "
            "the discriminator a penalty (--r1), or make the generator wider.",
            numbers,
        )
    if line.level < -1:
        return Verdict(
            "diverging",
            f"The scores run away: {seen}, a loss far above that of a guess. Lower both learning rates.",
            numbers,
        )
    begins = len(curve(history, "told_apart")) <= WINDOW  # when every discriminator gains
    if not begins and line.rises(0.15) and line.now > 0.85 and min(separation, default=1.0) > 0.98:
        return Verdict(
            "diverging",
            f"The discriminator pulls away: {seen}, and it was {_share(line.start)}. Lower the learning rates or "
            "raise the penalty (--r1).",
            numbers,
        )
    if line.noise > 0.25 and line.points >= LONG:
        return _swings(seen, numbers)
    if line.level < 0.1:
        return _balanced(history, seen, numbers)
    if line.rises(0.15):
        gains = f"The discriminator gains: {seen}, and it was {_share(line.start)}"
        return Verdict("steady", f"{gains}. Usual early on; later, a sign to watch the samples.", numbers)
    return Verdict("steady", f"The players hold each other: {seen}, and no trend. Judge by the samples.", numbers)


def estimate(history: History, reading: Reading) -> Verdict | None:
    """An estimate without a common scale: it is compared with its own highest value."""
    points = curve(history, "estimate")
    line = trend(points)
    if line is None:
        return None
    top = max(highest(points), 1e-12)
    scale = max(abs(line.level), 0.05 * top)
    numbers = {"estimate": line.now}
    what = f"the {reading.estimate} is {line.now:.3g}"
    if line.falls(0.1 * scale) and line.level > 0:
        return Verdict(
            "improving",
            f"{_begin(what)} and falls (it was {line.start:.3g}): samples come nearer to the data.",
            numbers,
        )
    lately = trend(points, LONG)
    if lately is not None and len(points) >= WINDOW and line.rises(0.5 * scale) and lately.rises(0.25 * scale):
        return Verdict(
            "diverging",
            f"{_begin(what)} and rises (it was {line.start:.3g}): samples move away from the data. Lower the "
            "generator's rate; with a critic, take more --discriminator-steps.",
            numbers,
        )
    if line.level < -max(0.1 * top, 2 * line.noise):
        return Verdict(
            "stalled",
            f"{_begin(what)}, below 0: the discriminator scores samples above the data, so it lags behind the "
            "generator. Take more --discriminator-steps, or raise --discriminator-rate.",
            numbers,
        )
    if line.noise > 0.5 * max(abs(line.level), 0.3 * top) and line.points >= LONG:
        return _swings(f"{what}, give or take {line.noise:.2g}", numbers)
    if line.level <= 0.3 * top or len(points) < WINDOW:
        return Verdict("steady", f"{_begin(what)} and holds; its highest was {top:.3g}.", numbers)
    return Verdict(
        "stalled",
        f"{_begin(what)} and does not fall (its highest was {top:.3g}): the generator gains nothing on the "
        "discriminator. Look at the samples; try other rates, or wider players.",
        numbers,
    )


def equilibrium(history: History, reading: Reading) -> Verdict | None:
    """BEGAN: M falls while k stays between its bounds."""
    points = curve(history, "convergence")
    line = trend(points)
    if line is None:
        return None
    numbers = {"convergence": line.now, "k": history[-1].get("k", 0.0)}
    weights = recent(history, "k", LONG)
    if weights and min(weights) >= 0.999:
        return Verdict(
            "stalled",
            f"k has been stuck at 1 for {len(weights)} measurements: generated examples are reconstructed better than "
            "gamma allows, and the discriminator cannot push harder. Raise --gamma, or lower the generator's --rate.",
            numbers,
        )
    what = f"the {reading.estimate} is {line.now:.3g}"
    if line.falls(0.05 * abs(line.level)):
        return Verdict("improving", f"{_begin(what)} and falls (it was {line.start:.3g}).", numbers)
    if weights and max(weights) <= 1e-6:
        return Verdict(
            "stalled",
            f"k has been stuck at 0 for {len(weights)} measurements: generated examples are reconstructed worse than "
            "gamma asks, so the discriminator ignores them. Give the generator more width or rate, or lower --gamma.",
            numbers,
        )
    if line.rises(0.5 * abs(line.level)):
        return Verdict("diverging", f"{_begin(what)} and rises (it was {line.start:.3g}): lower the rates.", numbers)
    if line.level <= 0.7 * highest(points) or len(points) < WINDOW:
        return Verdict("steady", f"{_begin(what)} and holds, with k at {numbers['k']:.2g}.", numbers)
    return Verdict(
        "stalled",
        f"{_begin(what)} and does not fall: try a falling learning rate (--fall-rounds) or more width.",
        numbers,
    )


def _balanced(history: History, seen: str, numbers: dict[str, float]) -> Verdict:
    """The discriminator cannot tell: because the samples are good, or because it is weak. The judge knows."""
    for name, words in (("high_quality_share", "near a mode"), ("confident_share", "clearly of a class")):
        shares = curve(history, name)
        if shares:
            share = shares[-1][1]
            state: State = "steady" if share >= 0.5 else "stalled"
            why = (
                "the samples are good, and this is what an end looks like"
                if share >= 0.5
                else "the discriminator is too weak: give it width, depth, or more --discriminator-steps"
            )
            return Verdict(state, f"Balanced: {seen}. The judge finds {share:.0%} {words}: {why}.", numbers)
    return Verdict(
        "steady",
        f"Balanced: {seen}. Either the samples match the data or the discriminator is too weak: look at the samples, "
        "or ask the judge (--judge-every).",
        numbers,
    )


def _swings(seen: str, numbers: dict[str, float]) -> Verdict:
    return Verdict(
        "stalled", f"The game swings without a trend: {seen}. Lower both learning rates, or add a penalty.", numbers
    )


def _seen(history: History, line: Trend, reading: Reading) -> str:
    words = f"the {reading.estimate} is {_share(line.now)}"
    last = history[-1]
    if reading.energies and "real_score" in last:
        real, fake = -last["real_score"], -last["fake_score"]
        return (
            f"{words} (energy {real:.3g} of real and {fake:.3g} of generated examples, margin {reading.indifferent:g})"
        )
    if "accuracy_real" in last and "accuracy_fake" in last:
        words += (
            f" (right on {last['accuracy_real']:.0%} of real and {last['accuracy_fake']:.0%} of generated examples)"
        )
    elif "separation" in last:
        words += f" (real scores above generated ones in {last['separation']:.0%} of pairs)"
    return words


def _share(told_apart: float) -> str:
    if told_apart < 0:
        return "below 0"
    return f"{min(told_apart, 1.0):.0%} of its bound"


def _begin(words: str) -> str:
    return words[0].upper() + words[1:]
