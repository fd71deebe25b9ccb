"""What an evolution of images begins with where training's recipe is not steady enough for it."""

import pytest
from rich.console import Console

from core_gans.commands.fitting import Fit
from core_gans.data.digits import digits
from core_gans.recipes import recipe_for
from core_gans.session import Options
from egan.commands.evolve import evolve
from egan.settings import OVER_RECIPES


@pytest.mark.parametrize(
    ("words", "normalisation"),
    [
        (["--data", "digits"], "spectral"),
        (["dcgan", "--data", "digits", "--islands", "8"], "spectral"),
        (["--data", "digits", "--normalisation", "batch"], "batch"),
        (["--data", "digits", "--preset", "variant"], "batch"),
    ],
)
def test_the_discriminator_has_a_spectral_norm_unless_asked_otherwise(words: list[str], normalisation: str) -> None:
    command = evolve("egan evolve", words)
    assert command.game.normalisation == normalisation
    assert (command.game.r1, command.game.penalty_every) == (0, 1)
    recipe = recipe_for("dcgan", "grey")
    assert recipe is not None
    assert (recipe.fields["normalisation"], recipe.fields["r1"]) == ("instance", 1)  # those of training


@pytest.mark.parametrize(("given", "normalisation"), [((), "spectral"), (("normalisation",), "batch")])
def test_what_is_set_over_a_recipe_stays_when_the_data_have_been_read(given, normalisation) -> None:
    fit = Fit(frozenset(given), None, 60, Console(quiet=True), as_measured=False, over=OVER_RECIPES)
    fields, _ = fit("dcgan", {"normalisation": "batch"}, Options(), digits(16))
    assert fields["normalisation"] == normalisation
    assert fields.get("r1", 0) == 0
    assert fields["width"] == 16
