"""From curves to a verdict: a pure function, so that planted curves have a right answer."""

from __future__ import annotations

from core_gans.convergence import curve_verdicts, faults
from core_gans.convergence.reading import Reading
from core_gans.convergence.trend import FEWEST
from core_gans.convergence.verdict import History, Verdict

KINDS = {
    "bounded": curve_verdicts.bounded,
    "divergence": curve_verdicts.estimate,
    "critic": curve_verdicts.estimate,
    "equilibrium": curve_verdicts.equilibrium,
}


def judge_curves(reading: Reading, history: History) -> Verdict:
    """What the measurements (``measuring.measure``, and a judge's numbers) of one run say, oldest first.

    Each names its ``round``; any other number may be missing, and ``kinds`` says how many modes or classes the data
    have. Faults come first: broken, collapsed, saturated. Then the independent judge, then the objective's own curve.
    """
    if not history:
        return Verdict("warming up", "Nothing has been measured yet.")
    fault = faults.broken(history)
    if fault is None and len(history) >= FEWEST:
        fault = faults.collapsed(history) or faults.saturated(history) or faults.spread_too_far(history)
    if fault is not None:
        return fault
    verdict = KINDS[reading.curve](history, reading)
    if verdict is None:
        return Verdict("warming up", f"Too early to tell: {len(history)} of {FEWEST} measurements.")
    return verdict if verdict.state == "improving" else curve_verdicts.independent(history) or verdict
