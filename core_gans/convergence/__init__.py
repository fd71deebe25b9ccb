"""Is it converging? What the curves of a game mean, in words, while it is played and afterwards.

A generator's loss says little: it is measured by an opponent that learns too. So each objective is read in its own
way (``reading``), on examples and latents that stay the same (``measuring``), and judged by its trend (``judgement``).
"""

from core_gans.convergence.explaining import explain_run
from core_gans.convergence.judgement import judge_curves
from core_gans.convergence.reading import Reading, reading_of
from core_gans.convergence.verdict import State, Verdict
from core_gans.convergence.watching import Converging

__all__ = ["Converging", "Reading", "State", "Verdict", "explain_run", "judge_curves", "reading_of"]
