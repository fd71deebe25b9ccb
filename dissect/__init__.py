"""Dissection: which units of a generator draw which things, and what happens without them.

A public name is imported from its module when it is first asked for (PEP 562), so that the help texts need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core_gans.foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from core_gans.foundation.intervals import Change
    from dissect.cause.alpha import Alpha, optimise_alpha
    from dissect.cause.causal import CausalEffect, causal_effect
    from dissect.cause.choosing import UnitSet, choose_units, unit_set
    from dissect.cause.choosing import unit_set as pigment
    from dissect.cause.context import Contexts, insertion_by_context
    from dissect.cause.dose import Dose, dose_response
    from dissect.cause.pairs import Pairs, find_pairs
    from dissect.cause.patching import PatchEffect, PatchEffects, patch_effects
    from dissect.edits import ablate, compose, fill, insert, scale, shift, transplant
    from dissect.hooks import Edit, Recording, intervene, layers, record
    from dissect.inversion.encoder import Encoder
    from dissect.inversion.inversion import Inversion
    from dissect.inversion.inverting import InversionSettings, invert
    from dissect.inversion.pasting import paste_back
    from dissect.inversion.perceptual import Perceptual
    from dissect.inversion.training import train_encoder
    from dissect.measure.dissecting import compare_layers, dissect
    from dissect.measure.dissection import Criterion, Dissection, Match
    from dissect.measure.presets import PRESETS
    from dissect.painting import ClassChange, Donor, EditSession, Fill, Painting, Stroke, Transplant, paint
    from dissect.painting.bank import Bank
    from dissect.painting.examples import CannotGrowError, Example, additions, removals
    from dissect.segmenters.protocol import Segmenter

__all__ = [
    "PRESETS",
    "Alpha",
    "Bank",
    "CannotGrowError",
    "CausalEffect",
    "Change",
    "ClassChange",
    "Contexts",
    "Criterion",
    "Dissection",
    "Donor",
    "Dose",
    "Edit",
    "EditSession",
    "Encoder",
    "Example",
    "Fill",
    "Inversion",
    "InversionSettings",
    "Match",
    "Painting",
    "Pairs",
    "PatchEffect",
    "PatchEffects",
    "Perceptual",
    "Recording",
    "Segmenter",
    "Stroke",
    "Transplant",
    "UnitSet",
    "ablate",
    "additions",
    "causal_effect",
    "choose_units",
    "compare_layers",
    "compose",
    "dissect",
    "dose_response",
    "fill",
    "find_pairs",
    "insert",
    "insertion_by_context",
    "intervene",
    "invert",
    "layers",
    "optimise_alpha",
    "paint",
    "paste_back",
    "patch_effects",
    "pigment",
    "record",
    "removals",
    "scale",
    "shift",
    "train_encoder",
    "transplant",
    "unit_set",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "core_gans.foundation.intervals": "Change",
        "dissect.cause.alpha": "Alpha optimise_alpha",
        "dissect.cause.causal": "CausalEffect causal_effect",
        "dissect.cause.choosing": "UnitSet choose_units unit_set",
        "dissect.cause.context": "Contexts insertion_by_context",
        "dissect.cause.dose": "Dose dose_response",
        "dissect.cause.pairs": "Pairs find_pairs",
        "dissect.cause.patching": "PatchEffect PatchEffects patch_effects",
        "dissect.edits": "ablate compose fill insert scale shift transplant",
        "dissect.hooks": "Edit Recording intervene layers record",
        "dissect.inversion.encoder": "Encoder",
        "dissect.inversion.inversion": "Inversion",
        "dissect.inversion.inverting": "InversionSettings invert",
        "dissect.inversion.pasting": "paste_back",
        "dissect.inversion.perceptual": "Perceptual",
        "dissect.inversion.training": "train_encoder",
        "dissect.measure.dissecting": "compare_layers dissect",
        "dissect.measure.dissection": "Criterion Dissection Match",
        "dissect.measure.presets": "PRESETS",
        "dissect.painting": "ClassChange Donor EditSession Fill Painting Stroke Transplant paint",
        "dissect.painting.bank": "Bank",
        "dissect.painting.examples": "CannotGrowError Example additions removals",
        "dissect.segmenters.protocol": "Segmenter",
    },
    earlier={"Easel": "EditSession", "Pigment": "UnitSet", "pigment": "unit_set"},  # in scripts that the app wrote
)
