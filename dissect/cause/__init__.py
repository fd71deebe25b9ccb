"""Cause: what happens when units are removed, inserted or weighed (Bau et al. 2019, section 3.2)."""

from dissect.cause.alpha import Alpha, optimise_alpha
from dissect.cause.attribution import attribution
from dissect.cause.causal import CausalEffect, causal_effect
from dissect.cause.choosing import UnitSet, choose_units, unit_set
from dissect.cause.collateral import Collateral
from dissect.cause.context import Contexts, insertion_by_context
from dissect.cause.dose import Dose, dose_response
from dissect.cause.pairs import Pairs, find_pairs
from dissect.cause.patching import PatchEffect, PatchEffects, patch_effects
from dissect.cause.random_units import random_units

__all__ = [
    "Alpha",
    "CausalEffect",
    "Collateral",
    "Contexts",
    "Dose",
    "Pairs",
    "PatchEffect",
    "PatchEffects",
    "UnitSet",
    "attribution",
    "causal_effect",
    "choose_units",
    "dose_response",
    "find_pairs",
    "insertion_by_context",
    "optimise_alpha",
    "patch_effects",
    "random_units",
    "unit_set",
]
