"""A game or an objective of one's own, named ``module:name``, beside the variants of the package.

The module is looked for where the command is run and among the installed ones. A ``Game`` subclass is taken as it
is; an ``Objective`` is played on the networks and with the numbers of DCGAN, all of which stay fields.
"""

from __future__ import annotations

import functools
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.game import Game
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective
from core_gans.trusted_code import parts


def load_object(name: str) -> Any:
    """What ``module:name`` names; a ValueError says which half is missing."""
    module_name, attribute = parts(name)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise LabError(f"{module_name} imports {error.name}, which is not installed.") from error
        raise LabError(f"there is no module {module_name} in {here} or among the installed ones.") from error
    except ImportError as error:
        raise LabError(f"{module_name} cannot be imported: {error}.") from error
    except SyntaxError as error:
        raise LabError(f"{module_name} is no valid Python: {error}.") from error
    names = vars(module)
    if attribute not in names:
        raise unknown_name(f"name in {module_name}", attribute, [name for name in names if not name.startswith("_")])
    return names[attribute]


def own_objective(name: str) -> Objective:
    """The objective ``module:name``; a LabError when it is something else."""
    found = load_object(name)
    if not isinstance(found, Objective):
        raise LabError(f"{name} is a {type(found).__name__}: expected a core_gans.losses.objectives.Objective.")
    return found


def own_variant(name: str) -> type[Game]:
    """The game class ``module:name``, or the game of the objective ``module:name``."""
    found = load_object(name)
    if isinstance(found, type) and issubclass(found, Game):
        return found
    if not isinstance(found, Objective):
        raise LabError(
            f"{name} is a {type(found).__name__}: expected a subclass of core_gans.game.Game, or a "
            "core_gans.losses.objectives.Objective."
        )
    return _game_of(found, name)


@functools.cache  # one class, so that games of the same fields are equal
def _game_of(objective_of_game: Objective, called: str) -> type[Game]:
    @dataclass(frozen=True)
    class Own(AdversarialGame):
        """An objective of one's own on the networks of DCGAN."""

        name = called
        paper = "one's own"

        prior: Literal["normal", "uniform"] = "uniform"

        @property
        def objective(self) -> Objective:
            return objective_of_game

    return Own
