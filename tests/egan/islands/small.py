"""Small archipelagos, begun and played, for tests of islands."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from rich.console import Console

from core_gans.data import Examples
from core_gans.session import Options
from core_gans.training import run
from egan.islands.archipelago import Archipelago
from egan.islands.engines import engine
from egan.islands.island import Setup
from egan.islands.run import IslandsRun
from egan.islands.settings import Islands
from egan.options import Evolution
from tests.egan.growing import game_for
from tests.tiny import points

EXAMPLES = points(200)
OPTIONS = Options(batch=8, threads=1, average=0.9)


def begun(settings: Islands, examples: Examples = EXAMPLES, variant: str = "dcgan", **evolution: Any) -> Archipelago:
    """Founders of every island; what is told stands in ``told`` of the list that ``tell`` appends to."""
    game = game_for(examples, variant=variant)
    console = Console(quiet=True)
    return IslandsRun(game, OPTIONS, examples, console, Evolution(**evolution), settings).start()


def played(state: Archipelago, rounds: int, **where: Any) -> list[str]:
    """Play until ``rounds`` generations, on the engine of ``where``; what was told meanwhile."""
    told: list[str] = []
    state.tell = told.append
    with engine(state.setup, replace(state.settings, **where), told.append) as state.engine:
        run(state, lambda: state.play(rounds), rounds, None, [])
    state.engine = None
    return told


def a_setup(**options: Any) -> Setup:
    game = game_for(EXAMPLES)
    return Setup("dcgan", asdict(game), replace(OPTIONS, **options), Evolution(), EXAMPLES)
