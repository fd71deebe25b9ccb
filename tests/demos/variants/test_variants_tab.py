"""The Variants tab without a browser: formulas, curves, cards, theory's frames, and trainings side by side."""

from __future__ import annotations

import json
import math
import re
import time
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.losses.f_divergences import NAMES
from core_gans.metrics import Judge
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS
from demos.sessions import Sessions
from demos.variants import gallery as gallery_module
from demos.variants import side_by_side as jobs_module
from demos.variants.cards import cards
from demos.variants.curves import objectives, row_of, score_curve
from demos.variants.gallery import gallery, gallery_of, whole_gallery
from demos.variants.html import side_by_side_html, spoken
from demos.variants.mathml import formula
from demos.variants.settings import DATA, examples, game
from demos.variants.side_by_side import (
    LONGEST,
    MOST,
    SHORTEST,
    SideBySide,
    TrainingRequest,
    TrainingSnapshot,
    side_by_side_jobs,
)
from demos.variants.tab import PageJob
from demos.variants.telling import ROWS, TOLD
from demos.variants.theory import THIN, frames
from demos.variants.training import Lane, Training

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PATIENCE = 120.0  # seconds until a test gives up waiting for a thread


class Shape(HTMLParser):
    """Counts the tags that are open, so that a page that closes what it opens ends at none."""

    VOID = frozenset({"input", "img", "br", "meta", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def whole(text: str) -> bool:
    shape = Shape(text)
    return not shape.open and not shape.wrong


# Formulas


def test_a_formula_is_typeset_as_it_is_spoken() -> None:
    text = re.sub(r' aria-label="[^"]*"| xmlns="[^"]*"| stretchy="false"', "", formula(r"-\E_x \log x^2 + \frac{1}{u}"))
    assert text == (
        '<math><mrow><mo>−</mo><msub><mi>𝔼</mi><mi>x</mi></msub><mi>log</mi><mspace width="0.17em"/>'
        "<msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mfrac><mrow><mn>1</mn></mrow><mrow><mi>u</mi></mrow></mfrac>"
        "</mrow></math>"
    )


def test_a_sign_may_have_an_index_and_an_exponent() -> None:
    assert "<msubsup><mi>a</mi><mi>b</mi><mn>2</mn></msubsup>" in formula("a_b^2")
    assert formula("a_b^2").split("<mrow>")[1] == formula("a^2_b").split("<mrow>")[1]


@pytest.mark.parametrize("text", ["{a", "a}", "x^", r"\frac{a}"])
def test_a_formula_with_something_missing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        formula(text)


@given(st.text(alphabet="abxyDG012^_{}()<>&\"'+-\\ ", max_size=30))
def test_whatever_is_typeset_is_well_formed(text: str) -> None:
    try:
        made = formula(text)
    except ValueError:
        return
    ElementTree.fromstring(made)


# Curves


def test_the_heuristic_pulls_where_minimax_has_given_up() -> None:
    found = {words: score_curve(objective) for words, objective in objectives("gan").items()}
    heuristic, minimax = found["heuristic"], found["minimax"]
    assert torch.allclose(heuristic.pull, torch.sigmoid(-heuristic.scores))  # 1 - D
    assert torch.allclose(minimax.pull, torch.sigmoid(minimax.scores))  # D
    assert heuristic.pull[0] > 0.99
    assert minimax.pull[0] < 0.01


def test_a_critic_pulls_alike_everywhere_and_squares_pull_back() -> None:
    for name in ("wgan", "wgan_gp", "hinge", "ls_gan", "ebgan", "began"):
        (objective,) = objectives(name).values()
        assert torch.allclose(score_curve(objective).pull, torch.ones(73, dtype=torch.float64)), name
    labels, pearson = (score_curve(objective) for objective in objectives("lsgan").values())
    assert torch.allclose(labels.pull, 1 - labels.scores)
    assert torch.allclose(pearson.pull, -pearson.scores)


@pytest.mark.parametrize("name", VARIANTS)
def test_pull_is_minus_the_slope_of_the_loss(name: str) -> None:
    for objective in objectives(name).values():
        seen = score_curve(objective, reach=2.0, steps=4001)
        slopes = seen.loss.diff() / seen.scores.diff()
        middle = (seen.pull[1:] + seen.pull[:-1]) / 2
        assert torch.allclose(-slopes, middle, atol=1e-3)


# Cards


def test_every_variant_has_a_card_and_every_divergence_a_panel() -> None:
    assert set(TOLD) == {*VARIANTS, *TRANSLATIONS, *SEQUENCES}
    assert set(ROWS) == set(NAMES)
    text = cards()
    assert whole(text)
    for name in TOLD:
        assert f'<article class="variant" data-variant="{name}"' in text
    for name in ROWS:
        assert f'data-divergence="{name}"' in text
    assert text.count('class="train"') == len(VARIANTS)


def test_a_card_shows_what_its_recipe_draws() -> None:
    text = cards()
    dcgan = text[text.index('data-variant="dcgan"') : text.index('data-variant="wgan"')]
    assert dcgan.count('src="lab/variants/row/') == len(gallery_of("dcgan"))
    assert gallery_of("dcgan")
    assert gallery_of("pix2pix") == []
    assert text.count('loading="lazy"') == sum(len(whole_gallery(name)) for name in VARIANTS)


def test_the_gallery_has_every_row_once_and_the_best_of_each_data_set_first() -> None:
    text = gallery()
    assert whole(text)
    there = re.findall(r"lab/variants/row/[0-9a-f]{16}/([^\"]+)", text)
    assert len(there) == len(set(there)) == len([*Path(gallery_module.__file__).with_name("rows").iterdir()])
    sets = text.split("<section ")[1:]
    assert [re.findall(r"<h3>(.*)</h3>", each) for each in sets] == [
        ["Digits"],
        ["MNIST"],
        ["CIFAR-10"],
        ["Scenes"],
        ["Moving digits"],
    ]
    for each in sets:
        distances = [float(told) for told in re.findall(r"Fréchet distance ([0-9.e+]+)", each)]
        assert distances == sorted(distances)
        assert len(set(re.findall(r"lab/variants/row/[0-9a-f]{16}/([a-z_]+?)-", each))) == 1  # data-variant.jpg
    assert "Not drawn here yet: " in text


def test_a_card_says_what_the_code_says() -> None:
    text = cards()
    wgan = text[text.index('data-variant="wgan"') : text.index('data-variant="wgan_gp"')]
    assert "theory: bounded slope" in wgan
    assert "weights within 0.01" in wgan
    assert '<th scope="row">rate</th><td>5e−05</td>' in wgan
    assert '<th scope="row">discriminator_steps</th><td>5</td>' in wgan
    gan = text[text.index('data-variant="gan"') : text.index('data-variant="dcgan"')]
    assert "theory: unbounded capacity" in gan


def test_the_formulas_of_the_divergences_are_those_of_the_code() -> None:
    """Spot checks by hand of what is printed: f, g and T* of four rows at one place."""
    u, s = torch.tensor(2.5, dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    by_hand = {
        "kl": (2.5 * math.log(2.5), 0.7, 1 + math.log(2.5)),
        "reverse_kl": (-math.log(2.5), -math.exp(-0.7), -1 / 2.5),
        "squared_hellinger": ((math.sqrt(2.5) - 1) ** 2, 1 - math.exp(-0.7), 1 - 1 / math.sqrt(2.5)),
        "total_variation": (0.75, math.tanh(0.7) / 2, 0.5),
    }
    for name, expected in by_hand.items():
        row = row_of(name)
        found = (row.generator(u), row.activation(s), row.optimum(u))
        assert [float(value) for value in found] == pytest.approx(expected), name


# Theory


def test_the_frames_tell_what_theory_says() -> None:
    passing, apart, learning = json.loads(frames())["scenes"]

    def measured(scene: dict[str, Any], name: str) -> list[float]:
        found: list[float] = scene["measures"][name]["values"]
        return found

    # Thin and apart: everything but the earth mover's distance stands still.
    places = apart["places"]
    far = [number for number, place in enumerate(places) if abs(place) > 1.2]
    for number in far:
        assert measured(apart, "jsd")[number] == pytest.approx(math.log(2), abs=1e-3)
        assert measured(apart, "tv")[number] == pytest.approx(1, abs=1e-3)
        assert measured(apart, "w1")[number] == pytest.approx(abs(places[number]), abs=1e-3)
        assert measured(apart, "kl")[number] == pytest.approx((places[number] / THIN) ** 2 / 2, rel=1e-3)

    # One hump for two: KL(data | model) lies across, KL(model | data) on one.
    def best(name: str) -> float:
        values = measured(passing, name)
        return float(passing["places"][values.index(min(values))])

    assert best("kl") == pytest.approx(0.6 * -1.5 + 0.4 * 1.4, abs=0.051)  # the mean of the data
    assert best("reverse") == pytest.approx(-1.5, abs=0.15)

    assert measured(learning, "jsd")[-1] == pytest.approx(0, abs=1e-3)
    for scene in (passing, apart, learning):
        assert len(scene["q"]) == len(scene["places"]) == len(measured(scene, "jsd"))
        assert all(len(values) == len(scene["p"]) for values in scene["q"])


# Trainings


@pytest.fixture(scope="module")
def ring() -> Examples:
    return examples("ring")


@pytest.fixture(scope="module")
def digits() -> Examples:
    return examples("digits")


@given(ANYTHING, ANYTHING, ANYTHING)
def test_a_wish_is_one_that_can_be_granted_or_is_refused_in_a_line(data: Any, variants: Any, seconds: Any) -> None:
    try:
        request = TrainingRequest.read({"data": data, "variants": variants, "seconds": seconds})
    except ValueError:
        return
    assert request.data in DATA
    assert 1 <= len(request.variants) <= MOST
    assert SHORTEST <= request.seconds <= LONGEST


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("/etc/passwd", ["gan"], 20), "data set"),
        (("ring", [], 20), "one to 4"),
        (("ring", list(VARIANTS)[:5], 20), "one to 4"),
        (("ring", ["pix2pix"], 20), "pix2pix"),
        (("ring", ["os:system"], 20), "os:system"),
        (("ring", ["gan"], math.nan), "seconds"),
        (("ring", ["gan"], 1e9), "seconds"),
        (("ring", ["gan"], True), "seconds"),
        (("ring", "gan", 20), "list"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainingRequest.read(dict(zip(("data", "variants", "seconds"), asked, strict=True)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_plays_on_points(variant: str, ring: Examples) -> None:
    training = Training(variant, ring, Judge(ring, count=100, metrics=["modes_covered"]), 1.0, seed=0)
    lane = training.play(1e-6, lambda: False)
    assert lane.phase == "training"
    assert lane.rounds == 1
    assert lane.picture is not None
    assert all(math.isfinite(value) for value in lane.losses[0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_goes_with_the_digits(variant: str, digits: Examples) -> None:
    made = game(variant, digits)
    assert made.name == variant
    latents = made.latents(2, torch.Generator().manual_seed(0))
    assert made.players()["generator"].eval()(latents).shape == (2, 1, 32, 32)


def test_slices_do_not_change_what_is_learned(ring: Examples) -> None:
    judge = Judge(ring, count=100, metrics=["modes_covered", "high_quality_share"])
    sliced, whole_run = (Training("gan", ring, judge, 1e6, seed=3) for _ in range(2))
    for _ in range(6):
        sliced.play(1e-6, lambda: False)  # a round each
    whole_run.play(1e6, lambda: whole_run.state.round >= 6)
    assert sliced.lane.rounds == whole_run.lane.rounds == 6
    one, other = (each.state.sampling_nets()["generator"](each.latents) for each in (sliced, whole_run))
    assert torch.equal(one, other)
    assert sliced.lane.scores == whole_run.lane.scores


def test_a_training_that_breaks_says_so_and_ends(ring: Examples) -> None:
    training = Training("gan", ring, Judge(ring, count=100, metrics=["modes_covered"]), 5.0, seed=0)
    with torch.no_grad():
        next(training.state.nets["discriminator"].parameters()).fill_(math.nan)
    lane = training.play(1.0, lambda: False)
    assert lane.phase == "broken"
    assert lane.over
    assert "nan" in lane.sentence
    assert lane.sentence[0].isupper()


def wait(until: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def test_variants_are_trained_side_by_side_to_the_end() -> None:
    job = SideBySide(TrainingRequest(variants=("gan", "lsgan"), seconds=1.0))
    job.start()
    job.join(PATIENCE)
    snapshot = job.snapshot
    assert snapshot.phase == "finished", snapshot.trouble
    assert [lane.variant for lane in snapshot.lanes] == ["gan", "lsgan"]
    for lane in snapshot.lanes:
        assert lane.phase == "finished"
        assert lane.rounds > 1
        assert lane.seconds >= 1.0
        assert set(lane.scores) == {"modes_covered", "high_quality_share"}
        assert lane.sentence
    page = side_by_side_html(snapshot)
    assert whole(page)
    assert page.count("<section") == 2
    assert "of 8 modes" in page


def test_a_training_is_really_stopped() -> None:
    jobs = side_by_side_jobs(most=1)
    job = jobs.start(SideBySide(TrainingRequest(variants=("gan", "wgan"), seconds=LONGEST)))
    wait(lambda: job.snapshot.lanes[0].rounds > 0 or not job.running)
    with pytest.raises(LabError, match="running already"):
        jobs.start(SideBySide(TrainingRequest(variants=("gan",), seconds=5.0)))
    job.stop()
    job.join(PATIENCE)
    assert job.snapshot.phase == "stopped"
    assert all(lane.phase == "stopped" for lane in job.snapshot.lanes)
    again = jobs.start(SideBySide(TrainingRequest(variants=("gan",), seconds=LONGEST)))
    jobs.close()
    assert not again.running
    assert again.snapshot.phase == "stopped"


def test_a_page_that_is_forgotten_stops_its_training() -> None:
    sessions = Sessions()
    table = sessions.of("a" * 32, "variants", PageJob)
    table.job = SideBySide(TrainingRequest(variants=("gan",), seconds=LONGEST))
    table.job.start()
    sessions.close()
    table.job.join(PATIENCE)
    assert table.job.snapshot.phase == "stopped"


def test_what_goes_wrong_is_told_and_frees_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(name: str) -> Any:
        raise OSError(f"<b>{name}</b> cannot be read")

    monkeypatch.setattr(jobs_module, "examples", lost)
    jobs = side_by_side_jobs(most=1)
    job = jobs.start(SideBySide(TrainingRequest(variants=("gan",), seconds=5.0)))
    job.join(PATIENCE)
    assert job.snapshot.phase == "failed"
    page = side_by_side_html(job.snapshot)
    assert "&lt;b&gt;ring&lt;/b&gt; cannot be read" in page
    jobs.start(SideBySide(TrainingRequest(variants=("gan",), seconds=5.0))).join(PATIENCE)


def test_words_are_escaped_on_the_stage() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    lane = Lane(
        "gan", "finished", 3, 1.0, None, {"modes_covered": 3.0, "high_quality_share": 0.5}, (), hostile, hostile
    )
    page = side_by_side_html(TrainingSnapshot(TrainingRequest(variants=("gan",), seconds=5.0), "finished", (lane,)))
    assert "<img" not in page
    assert page.count("&lt;img") == 3  # the state as a word and as a mark, and the sentence
    assert whole(page)


def test_a_verdict_names_fields_and_not_options() -> None:
    said = spoken("Lower --discriminator-rate & look at the samples, or ask the judge (--judge-every).")
    assert said == "Lower <code>discriminator_rate</code> &amp; look at the samples."
