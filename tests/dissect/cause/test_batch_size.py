"""How many images are made at once changes no number; doses, contexts and purity are what was asked for."""

import pytest
import torch

from dissect import dose_response, insertion_by_context
from tests.dissect.glass import TREE, UNITS, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
SAMPLE = latents(24)


def dose(batch_size):
    rng = torch.Generator().manual_seed(0)
    ranked = [TREE, *(unit for unit in range(UNITS) if unit != TREE)]
    return dose_response(
        GlassGenerator(),
        LAYER,
        ranked,
        "tree",
        SAMPLE,
        ColourSegmenter(),
        counts=[1, 3],
        strengths=[0.0, 1.0],
        batch_size=batch_size,
        rng=rng,
    )


def contexts(batch_size, purity=0.9):
    rng = torch.Generator().manual_seed(0)
    return insertion_by_context(
        GlassGenerator(),
        LAYER,
        [TREE],
        "tree",
        SAMPLE,
        ColourSegmenter(),
        value=1.0,
        contexts=["sky"],
        purity=purity,
        batch_size=batch_size,
        rng=rng,
    )


def test_doses_are_the_same_in_any_batches():
    whole, parts = dose(24), dose(7)
    assert whole.counts.doses == (1.0, 3.0)
    assert whole.strengths.doses == (0.0, 1.0)
    assert whole.to_dict() == parts.to_dict()


def test_contexts_are_the_same_in_any_batches():
    whole, parts = contexts(24), contexts(5)
    assert whole.contexts == ("sky",)
    assert whole.to_dict() == parts.to_dict()


def test_a_purity_is_a_share():
    with pytest.raises(ValueError, match="purity above 0"):
        contexts(24, purity=1.5)
