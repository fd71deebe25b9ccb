"""Recipes: found by shape and count, valid for every variant, below a user's own words, and above the papers'."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from core_gans.commands import fitting
from core_gans.commands.beginning import named_in, options_for, suited
from core_gans.commands.fitting import Fit, told_of_pace
from core_gans.commands.train import Train, train
from core_gans.convergence.advice import advice
from core_gans.convergence.verdict import Verdict
from core_gans.data import Examples
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.f_divergences import NAMES
from core_gans.losses.objectives import Objective
from core_gans.paper_presets import PAPER, paper_fields
from core_gans.recipes import FEW, KINDS, Kind, Measured, Recipe, choosing, kind_of, recipe_fields, recipe_for, rows
from core_gans.recipes.measured import all_measured
from core_gans.runs.playable import sketched
from core_gans.session import Options, with_data
from core_gans.variants import LSGAN, VARIANTS, make, variant

SHAPES: dict[Kind, tuple[int, ...]] = {
    "points": (2,),
    "grey": (1, 16, 16),
    "colour": (3, 16, 16),
    "pictures": (3, 64, 64),
    "clips": (1, 8, 16, 16),
}


def images(*shape: int) -> Examples:
    labels = torch.arange(shape[0]) % 2
    return Examples("own", torch.zeros(shape, dtype=torch.uint8), labels, ("a", "b"))


def recipe(variant: str, kind: Kind, **more: Any) -> Recipe:
    found = recipe_for(variant, kind, **more)
    assert found is not None
    return found


mine = Objective("mine", lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean())


@dataclass(frozen=True)
class Slow(LSGAN):
    """A game of one's own with a rate of its own."""

    rate: float = 7e-5


def fitted(words: list[str], examples: Examples) -> tuple[dict[str, Any], Options, str]:
    """What a command that begins with these words trains with once its data are read, and what it says."""
    said = io.StringIO()
    fit = Fit(named_in(words), 1, None, Console(file=said, width=1_000))
    kind = VARIANTS[words[0]]
    fields, options = fit(words[0], asdict(suited(kind, words)[0]), options_for(kind, words), examples)
    return fields, options, said.getvalue()


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((2,), "points"),
        ((1, 28, 28), "grey"),
        ((1, 48, 32), "grey"),
        ((3, 32, 32), "colour"),
        ((4, 32, 32), "colour"),
        ((1, 64, 32), "pictures"),
        ((3, 64, 64), "pictures"),
        ((3, 32, 128), "pictures"),
        ((1, 8, 8), None),  # the maxout family draws them, with the variant's own settings
        ((1, 36, 36), None),
        ((3, 8, 32, 32), "clips"),
        ((3, 8, 36, 36), None),
    ],
)
def test_the_kind_is_told_by_the_shape(shape: tuple[int, ...], kind: str | None) -> None:
    assert kind_of(shape) == kind


def test_every_variant_that_draws_from_latents_and_every_divergence_has_a_row() -> None:
    assert set(rows()) == {*VARIANTS, "videogan", "gan/minimax", *(f"fgan/{name}" for name in NAMES)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_makes_a_game_with_networks_that_train_within_its_constraints(kind: Kind) -> None:
    built = set()
    for row, count in product(rows(kind), (None, 200)):
        name, chosen = choosing(row)
        found = recipe(name, kind, fields=chosen, count=count)
        assert found.row == row
        assert found.batch >= 1
        assert 0 <= found.average < 1
        fields = {field: value for field, value in found.fields.items() if field in asdict(variant(name)())}
        fields |= {"shape": SHAPES[kind], **chosen}
        if kind == "points":
            fields["fall_rounds"] = 0
        game = make(name, **fields)
        assert isinstance(game, AdversarialGame)
        game.turns()
        networks = (type(game).networks, game.architecture(), game.augment)  # the same for many rows
        if networks not in built and (kind == "grey" or game.normalisation != "spectral"):  # which take long to build
            built.add(networks)
            assert sketched(game), row


def test_wasserstein_critics_keep_their_bound() -> None:
    for kind in (kind for kind in KINDS if kind != "clips"):
        assert recipe("wgan", kind).fields["clip"] > 0
        assert recipe("wgan_gp", kind).fields.get("gradient_penalty", 10) > 0
        assert recipe("wgan_gp", kind).fields["normalisation"] != "batch"


def test_few_images_take_what_is_set_for_few() -> None:
    many, few = recipe("dcgan", "pictures", count=FEW), recipe("dcgan", "pictures", count=FEW - 1)
    assert many == recipe("dcgan", "pictures")
    assert few.fields == {**many.fields, "augment": ()}  # measured to be slower at first, so it is asked for
    assert recipe("dcgan", "points", count=10) == recipe("dcgan", "points")


def test_translations_and_games_of_ones_own_have_none() -> None:
    assert recipe_for("pix2pix", "colour") is None
    assert recipe_for("mine:Game", "grey") is None
    assert recipe_fields("mine:Game", "grey") == {}


def test_what_is_not_measured_says_from_what_it_is_guessed() -> None:
    for kind in KINDS:
        for row in rows(kind):
            name, chosen = choosing(row)
            found = recipe(name, kind, fields=chosen)
            assert not (found.measured and found.guessed_from)
            assert found.guessed_from in {"", *KINDS} - {kind}
            if kind in ("colour", "pictures") and not found.measured:
                assert found.guessed_from == "grey"


def test_measurements_belong_to_rows_and_a_changed_recipe_loses_them() -> None:
    for measured in all_measured():
        assert measured.row in rows()
        assert measured.figures
        assert measured.rounds > 0
        assert measured.date.startswith("20")
    found = recipe("dcgan", "grey")
    assert replace(found, batch=found.batch + 1).settings != found.settings


class TestCommands:
    @pytest.mark.parametrize("name", sorted(VARIANTS))
    def test_they_begin_with_the_recipe_of_known_data(self, name: str) -> None:
        game, rounds = suited(VARIANTS[name], ["--data", "digits"])
        assert (game, rounds) == (make(name, recipe="grey"), None)
        found = recipe(name, "grey")
        assert options_for(VARIANTS[name], []) == Options(batch=found.batch, average=found.average)

    def test_a_divergence_has_its_own_row(self) -> None:
        said = io.StringIO()
        given = {**asdict(make("fgan")), "divergence": "kl"}
        fit = Fit(frozenset({"divergence"}), 1, None, Console(file=said, width=1_000))
        fields, _ = fit("fgan", given, Options(), images(2_000, 1, 32, 32))
        assert fields == {**given, **recipe("fgan", "grey", fields={"divergence": "kl"}).fields}
        assert "recipe of fgan/kl for grey images" in said.getvalue()

    def test_shape_and_count_choose_where_the_data_are_files(self) -> None:
        grey, colour = recipe("dcgan", "grey"), recipe("dcgan", "colour")
        assert grey.fields["width"] != colour.fields["width"]
        words = ["dcgan", "--data", "folder"]
        assert fitted(words, images(2_000, 1, 32, 32))[0]["width"] == grey.fields["width"]
        assert fitted(words, images(2_000, 3, 32, 32))[0]["width"] == colour.fields["width"]
        few = recipe("dcgan", "colour", count=10)
        fields, options, _ = fitted(words, images(10, 3, 32, 32))
        assert fields["augment"] == ()
        assert options.batch == few.batch
        assert {field: fields[field] for field in few.fields} == dict(few.fields)

    def test_a_user_s_flags_win(self) -> None:
        words = ["hinge", "--data", "folder", "--width=20", "--batch", "7", "--discriminator-steps", "3", "--average=0"]
        command = train("core-gans train", words)
        assert isinstance(command, Train)
        fit = Fit(command.given, 1, None, Console(file=io.StringIO()))
        fields, options = fit("hinge", asdict(command.game), command.options, images(2_000, 1, 32, 32))
        assert (fields["width"], fields["discriminator_steps"]) == (20, 3)
        assert (options.batch, options.average) == (7, 0)
        assert fields["rate"] == recipe("hinge", "grey").fields["rate"]

    def test_a_loss_of_ones_own_has_what_all_have_in_common_and_keeps_what_it_says_itself(self) -> None:
        said = io.StringIO()
        fit = Fit(frozenset({"batch"}), 1, None, Console(file=said, width=1_000))
        options, examples = Options(batch=5), images(2_000, 1, 32, 32)
        for name, rate in ((f"{__name__}:mine", recipe("dcgan", "grey").fields["rate"]), (f"{__name__}:Slow", 7e-5)):
            fields, fitted = fit(name, asdict(make(name)), options, examples)
            assert (fields["width"], fields["rate"]) == (recipe("dcgan", "grey").fields["width"], rate)
            assert (fitted.batch, fitted.average) == (5, recipe("dcgan", "grey").average)
            assert f"recipe of {name} for grey images of up to 48 pixels: width 16, batch 5" in said.getvalue()
        assert "(what all variants have in common)" in said.getvalue()

    def test_another_family_keeps_its_own_numbers(self) -> None:
        words = ["dcgan", "--data", "folder", "--family", "mlp"]
        fields, _, _ = fitted(words, images(2_000, 1, 32, 32))
        assert (fields["width"], fields["normalisation"]) == (make("dcgan").width, make("dcgan").normalisation)
        assert fields["rate"] == recipe("dcgan", "grey").fields["rate"]

    @pytest.mark.parametrize("name", ["hinge", "dcgan", "wgan"])
    def test_another_normalisation_goes_without_the_recipe_s_penalties(self, name: str) -> None:
        words = ["--data", "digits", "--normalisation", "batch"]
        game = suited(VARIANTS[name], words)[0]
        assert (game.r1, game.penalty_every) == (VARIANTS[name]().r1, 1)
        replace(game, normalisation="batch").turns()  # which a penalty would forbid

    def test_the_words_of_a_command_name_fields(self) -> None:
        words = ["began", "--k-rate", "0.1", "--no-one-sided", "--game-gamma=.5", "--data", "ring"]
        assert named_in(words) == {"k_rate", "one_sided", "gamma", "data"}

    def test_presets_leave_recipes_out(self) -> None:
        words = ["--preset", "variant"]
        assert (suited(VARIANTS["dcgan"], words)[0], options_for(VARIANTS["dcgan"], words)) == (
            make("dcgan"),
            Options(),
        )
        words = ["--preset", "paper"]
        for name in PAPER.keys() & VARIANTS.keys():
            assert suited(VARIANTS[name], words)[0] == make(name, **paper_fields(name))
            assert options_for(VARIANTS[name], words) == Options(batch=PAPER[name].batch)

    def test_rounds_that_fit_are_told_where_the_bound_is_a_time(self) -> None:
        said = io.StringIO()
        fit = Fit(frozenset(), None, 10.0, Console(file=said, width=1_000))
        examples = images(64, 1, 16, 16)
        fit("lsgan", asdict(make("lsgan", width=2)), Options(batch=2), examples)
        assert "rounds a second here: 10 s hold " in said.getvalue()


def measured(rounds: int | None) -> Measured:
    return Measured(
        "dcgan", "grey", "digits", "", "2026-11-29", "here", 0, 60, 900, rounds, {"frechet[digits-cnn]": 3.0}
    )


def test_time_that_is_too_short_is_told_with_the_time_that_is_enough() -> None:
    found = replace(recipe("dcgan", "grey"), measured=(measured(600),))
    enough = "about 20 rounds a second here: 60 s hold 1,200; dcgan usually shows something after about 600 (30 s)."
    assert told_of_pace(found, 20, 60) == enough
    assert told_of_pace(found, 5, 60).endswith("(120 s), more than this time holds: give it --seconds 180.")
    assert told_of_pace(replace(found, measured=()), 5, 60) == "about 5 rounds a second here: 60 s hold 300."


@pytest.mark.parametrize(("given", "width", "told"), [((), 8, "it begins with 8."), (("width",), 16, "--seconds 90")])
def test_a_slow_machine_begins_narrower_unless_told_otherwise(
    given: tuple[str, ...], width: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(recipe("dcgan", "grey"), measured=(measured(600),))
    monkeypatch.setattr(fitting, "recipe_for", lambda *given, **more: found)
    monkeypatch.setattr(fitting, "rounds_a_second", lambda name, fields, *rest: 160 / fields["width"])
    said = io.StringIO()
    fit = Fit(frozenset(given), None, 30.0, Console(file=said, width=1_000))
    fields, _ = fit("dcgan", asdict(make("dcgan", width=16)), Options(), images(4, 1, 16, 16))
    assert fields["width"] == width
    assert told in said.getvalue()


def test_a_measurement_tells_where_nothing_was_recognised() -> None:
    figures = {"frechet[digits-cnn]": 240.0, "confident_share": 0.0}
    never = replace(measured(None), figures=figures)
    assert never.told().endswith("confident_share 0, which is nothing recognisable yet")
    assert replace(never, shown_after=300).told().endswith("confident_share 0")
    assert measured(None).told().endswith("frechet[digits-cnn] 3")  # nobody looked


def test_python_s_defaults_stay_unless_a_recipe_is_asked_for() -> None:
    assert make("dcgan").width == 64
    grey = recipe("dcgan", "grey").fields
    game = make("dcgan", recipe="grey", rate=0.5)
    assert (game.width, game.discriminator_steps, game.rate) == (grey["width"], grey["discriminator_steps"], 0.5)
    assert make("fgan", recipe="grey", divergence="kl").divergence == "kl"
    with pytest.raises(ValueError, match=r"grey"):
        make("dcgan", recipe="gray")  # type: ignore[arg-type]


class TestAdvice:
    @pytest.fixture(autouse=True)
    def one_measurement(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = replace(recipe("dcgan", "grey"), measured=(measured(600),))
        monkeypatch.setattr("core_gans.convergence.advice.recipe_for", lambda *given, **more: found)

    def config(self, **fields: Any) -> dict[str, Any]:
        made = make("dcgan", recipe="grey")
        options = {"data": "digits", "batch": recipe("dcgan", "grey").batch}
        return {"kind": "training", "variant": "dcgan", "fields": asdict(made) | fields, "options": options}

    def test_a_young_run_is_told_how_long_it_takes(self) -> None:
        said = advice(Path("runs/it"), self.config(), {"round": 100, "seconds": 10.0}, Verdict("warming up", ""))
        assert len(said) == 1
        assert "shows something on grey images of up to 48 pixels after about 600 rounds" in said[0]
        assert "played 100 in 10 s, 10 a second: `core-gans resume runs/it --seconds 80` plays on." in said[0]

    def test_where_no_rounds_were_measured_a_young_run_is_told_how_to_go_on(self, monkeypatch) -> None:
        found = replace(recipe("dcgan", "grey"), measured=())
        monkeypatch.setattr("core_gans.convergence.advice.recipe_for", lambda *given, **more: found)
        line = {"round": 100, "seconds": 10.0}
        (said,) = advice(Path("runs/it"), self.config(), line, Verdict("warming up", ""))
        assert said.startswith("This run has played 100 rounds in 10 s; after how many dcgan shows something on grey")
        assert said.endswith("was not measured: `core-gans resume runs/it --seconds 60` plays on.")
        assert advice(Path("runs/it"), self.config(), line, Verdict("steady", "")) == []

    def test_where_something_is_wrong_other_settings_are_named(self) -> None:
        config = self.config(width=64, rate=2e-4)
        grey = recipe("dcgan", "grey").fields
        said = advice(Path("r"), config, {"round": 9_000, "seconds": 10.0}, Verdict("stalled", ""))
        assert len(said) == 1
        assert f"width {grey['width']} (here 64)" in said[0]
        assert f"rate {grey['rate']} (here 0.0002)" in said[0]
        assert said[0].endswith("`core-gans train dcgan --data digits` begins with it.")

    def test_nothing_is_said_where_all_is_well(self) -> None:
        line = {"round": 9_000, "seconds": 10.0}
        assert advice(Path("r"), self.config(width=64), line, Verdict("improving", "")) == []
        assert advice(Path("r"), self.config(), line, Verdict("stalled", "")) == []
        evolution = {**self.config(width=64), "kind": "evolution"}
        assert advice(Path("r"), evolution, line, Verdict("stalled", "")) == []


def test_labels_and_shape_of_the_data_go_with_a_recipe() -> None:
    fields = with_data(asdict(make("cgan", recipe="grey")), images(4, 1, 16, 16))
    assert (fields["classes"], fields["shape"]) == (2, (1, 16, 16))


def test_what_was_measured_on_other_data_says_nothing_of_these() -> None:
    first = all_measured()[0]
    quick, slow = replace(first, data="a", shown_after=10), replace(first, data="b", shown_after=900)
    recipe = recipe_for("dcgan", "grey")
    assert recipe is not None
    both = replace(recipe, measured=(quick, slow))
    assert (both.on("a").shown_after, both.on("b").shown_after, both.on("c").shown_after) == (10, 900, 900)
    assert both.on("a").measured == (quick,)
    assert {each.data for each in recipe.on("digits").measured} == {"digits"}


def test_rounds_behind_the_last_line_of_the_log_count_too(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "round-0000003.safetensors").touch()
    options = {"data": "digits", "batch": 32}
    config = {
        "kind": "training",
        "variant": "dcgan",
        "fields": asdict(make("dcgan", recipe="grey")),
        "options": options,
    }
    (said,) = advice(tmp_path, config, {"round": 1, "seconds": 2.0}, Verdict("warming up", ""))
    assert "played 3 in 6 s, 0.5 a second" in said


def test_rows_alone_are_for_their_own_kind() -> None:
    chosen = {"divergence": "pearson_chi2"}
    grey, colour = (recipe("fgan", kind, fields=chosen).fields for kind in ("grey", "colour"))
    pictures = recipe("fgan", "pictures", fields=chosen).fields
    assert (grey["r1"], grey["normalisation"], grey.get("clip")) == (1.0, "instance", None)
    for clipped in (colour, pictures):
        assert (clipped["clip"], clipped["normalisation"], clipped.get("r1")) == (0.03, "batch", None)
