"""Comparisons: several variants on the same data, the same networks and the same budget of processor time.

``command`` is ``python -m core_gans compare``; ``compare`` is the same from Python.
"""

from core_gans.comparison.comparing import compare
from core_gans.comparison.contenders import Contender, contenders
from core_gans.comparison.plan import ComparisonPlan

__all__ = ["ComparisonPlan", "Contender", "compare", "contenders"]
