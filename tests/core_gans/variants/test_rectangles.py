"""Every variant plays on rectangles, with opacity and without; the one that grows from squares says so."""

from __future__ import annotations

import pytest
import torch

from core_gans.data import Batches, Examples
from core_gans.foundation.errors import LabError
from core_gans.foundation.sheets import sheet
from core_gans.game import NoiseGame
from core_gans.session import with_data
from core_gans.training import train
from core_gans.variants import VARIANTS, make, variant
from tests.tiny import chance, small


def rectangles(colours: int) -> Examples:
    """Eight pictures, 32 wide and 16 high, of two classes."""
    images = torch.randint(0, 256, (8, colours, 16, 32), generator=chance()).byte()
    return Examples("noise", images, torch.arange(8) % 2, ("even", "odd"))


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("colours", [1, 4])
def test_a_round_on_rectangles(name: str, colours: int) -> None:
    examples, rng = rectangles(colours), chance()
    kinds = variant(name).__dataclass_fields__
    told = with_data({field: kinds[field].default for field in ("classes", "words") if field in kinds}, examples)
    told.pop("shape")
    game = small(name, examples, **told)
    assert isinstance(game, NoiseGame)
    state = train(game, Batches(examples, 4), 1, rng=rng)
    label = torch.tensor([0, 1]) if "classes" in told else None
    drawn = game.sample(state.nets, 2, rng, label)
    assert drawn.shape == (2, colours, 16, 32)
    assert sheet(drawn).shape[2] == 3


def test_networks_that_grow_from_squares_refuse_others() -> None:
    with pytest.raises(LabError, match="the progressive family draws square images"):
        make("progan", shape=(3, 16, 32)).players()
