"""Recipes: settings with which a variant draws within minutes on a processor, by the kind of its data.

``recipes.toml`` holds the settings, ``measured.json`` what came of them, where, when and in which time.
"""

from core_gans.recipes.kinds import FEW, KINDS, Kind, kind_of
from core_gans.recipes.measured import Measured
from core_gans.recipes.table import Recipe, choosing, points_fields, recipe_fields, recipe_for, row_of, rows

__all__ = [
    "FEW",
    "KINDS",
    "Kind",
    "Measured",
    "Recipe",
    "choosing",
    "kind_of",
    "points_fields",
    "recipe_fields",
    "recipe_for",
    "row_of",
    "rows",
]
