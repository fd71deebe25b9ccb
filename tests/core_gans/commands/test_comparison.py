"""Comparisons: what a contender is, a tiny one from end to end, one that was interrupted, one that diverges."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import math
import re
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import rc_context
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image
from rich.console import Console

from core_gans.commands import COMMANDS
from core_gans.commands.dispatch import read
from core_gans.comparison import ComparisonPlan, compare, contenders, playing
from core_gans.comparison.comparing import _of_real, interruptible
from core_gans.comparison.curves import curves_picture, mean_curve
from core_gans.comparison.folder import Folder
from core_gans.comparison.plan import LOOKS, QUICK, Source
from core_gans.comparison.playing import StoppedError, TimedRuns
from core_gans.comparison.samples import samples_picture
from core_gans.comparison.summary import Spread, summarise
from core_gans.comparison.tables import number, spread
from core_gans.comparison.values import as_value
from core_gans.data import points
from core_gans.foundation.errors import LabError
from core_gans.foundation.figures import theme
from core_gans.metrics import Judge
from core_gans.variants import VARIANTS
from tests.tiny import chance, pictures

POINT, IMAGE = (2,), (1, 32, 32)
TINY = ["width=4", "depth=1", "latent=2", "discriminator_steps=1"]
BROKEN = """
from core_gans.losses.objectives import Objective
nan = Objective(
    name="nan",
    discriminator=lambda real, fake: (real.mean() + fake.mean()) * float("nan"),
    generator=lambda fake, real: fake.mean(),
)
"""


def ring_plan(words: list[str], seeds: int = 2, seconds: float = 0.1) -> ComparisonPlan:
    return ComparisonPlan(
        Source("ring", count=400), tuple(contenders(words, POINT, common=TINY)), seeds, seconds, batch=16
    )


def quiet() -> Console:
    return Console(markup=False, quiet=True)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run is stopped for being slow: what it plays must not depend on the machine."""
    monkeypatch.setattr(playing, "PATIENCE", math.inf)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonPlan, Path]:
    """A comparison of two contenders from two seeds that came to its end."""
    plan, out = ring_plan(["gan", "lsgan,a=-1,b=1,c=0"]), tmp_path_factory.mktemp("comparison") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "PATIENCE", math.inf)
        compare(plan, out, console=quiet())
    return plan, out


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An objective of one's own, in a module where the command is run, whose loss is NaN."""
    (tmp_path / "broken_losses.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "broken_losses", raising=False)
    return "broken_losses:nan"


# ---- what a contender is


def test_fields_take_the_type_that_the_game_declares() -> None:
    words = ["lsgan,a=-1,rate=1e-3,channels=64,32,16,head=softmax,one_sided=true", "fgan,divergence=kl"]
    first, second = contenders(words, IMAGE)
    wanted = {"a": -1.0, "rate": 1e-3, "channels": (64, 32, 16), "head": "softmax", "one_sided": True}
    assert {name: first.fields[name] for name in wanted} == wanted
    assert isinstance(first.fields["a"], float)
    assert second.label == "fgan divergence=kl"
    assert second.game(1).divergence == "kl"  # type: ignore[attr-defined]


def test_a_contender_s_own_field_comes_before_the_common_one_and_that_before_the_settings() -> None:
    own, common = contenders(["gan,width=8", "lsgan"], POINT, common=["width=16"])
    assert (own.fields["width"], common.fields["width"]) == (8, 16)
    (gan,) = contenders(["gan"], POINT)
    assert common.fields["rate"] == gan.fields["rate"] > VARIANTS["lsgan"]().rate  # small networks learn faster


def test_a_common_field_goes_to_those_that_have_it() -> None:
    gan, lsgan = contenders(["gan", "lsgan"], POINT, common=["smoothing=0.1"])
    assert gan.fields["smoothing"] == 0.1
    assert "smoothing" not in lsgan.fields


def test_settings_for_points_are_those_of_the_toys_and_paper_s_are_the_variant_s() -> None:
    (toy,), (paper,) = contenders(["wgan"], POINT), contenders(["wgan"], POINT, "paper")
    assert (toy.fields["family"], toy.fields["latent"], toy.fields["normalisation"]) == ("mlp", 2, "none")
    assert (toy.fields["method"], toy.fields["discriminator_steps"], toy.fields["r1"]) == ("rmsprop", 5, 0.0)
    assert paper.game(1).rate == VARIANTS["wgan"]().rate  # type: ignore[attr-defined]


@pytest.mark.parametrize(("shape", "settings"), [(IMAGE, "paper"), (POINT, "paper"), (POINT, "points")])
def test_all_variants_get_the_same_generator(shape: tuple[int, ...], settings: Any) -> None:
    unconditional = [name for name in VARIANTS if name not in ("cgan", "acgan", "infogan", "text_to_image", "lapgan")]
    found = contenders(unconditional, shape, settings, ["width=8"])
    generators = {repr(contender.game(1).players()["generator"]) for contender in found}
    assert len(generators) == 1


def test_discriminators_are_of_one_family_but_for_those_that_reconstruct() -> None:
    families = {contender.variant: contender.fields["family"] for contender in contenders(list(VARIANTS), IMAGE)}
    assert {name for name, family in families.items() if family != "dcgan"} == {"ebgan", "began"}


def test_a_rate_that_falls_over_the_run_knows_its_rounds() -> None:
    (contender,) = contenders(["gan"], POINT, common=["fall_rounds=-1"])
    assert contender.game(70).fall_rounds == 70  # type: ignore[attr-defined]
    assert contender.fields["fall_rounds"] == -1


@pytest.mark.parametrize(
    ("words", "common", "told"),
    [
        (["lsgam"], [], "did you mean lsgan"),
        (["gan", "lsgan,smothing=1"], [], "no field of lsgan is called 'smothing'"),
        (["gan"], ["widht=4"], "did you mean width?"),
        (["gan"], ["width"], "expected field=value in --set"),
        (["lsgan,a=x"], [], "expected a number for a of lsgan, got 'x'"),
        (["gan,width=1.5"], [], "expected a whole number for width of gan, got '1.5'"),
        (["gan,one_sided=maybe"], [], "expected true or false"),
        (["gan,method=adm"], [], "no value of method of gan is called 'adm': did you mean adam?"),
        (["gan,width=1,width=2"], [], "gives width twice"),
        (["gan,shape=3"], [], "no field of gan is called 'shape'"),
        (["gan", "gan"], [], "gan is given twice"),
        ([], [], "at least one contender"),
    ],
)
def test_a_mistake_in_the_words_is_told_before_there_are_data(words: list[str], common: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        contenders(words, None, common=common)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("word", "settings", "told"),
    [
        ("gls_gan,v=2", "auto", "gls_gan v=2: expected a slope v of at most 1"),
        ("dcgan,r1=1", "auto", "batch normalisation couples them"),
        ("began,family=mlp", "auto", "needs a discriminator that reconstructs"),
        ("fgan,divergence=kk", "auto", "did you mean kl?"),
        ("gan", "points", "--settings points is for points"),
    ],
)
def test_every_contender_is_made_before_anything_starts(word: str, settings: Any, told: str) -> None:
    with pytest.raises(LabError, match=told.replace("?", r"\?")):
        contenders(["lsgan", word], IMAGE, settings)


def test_making_contenders_leaves_chance_alone() -> None:
    before = torch.get_rng_state()
    contenders(["gan", "began"], POINT)
    assert torch.equal(torch.get_rng_state(), before)


def test_optional_values() -> None:
    assert as_value("none", int | None, "x") is None
    assert as_value("3", int | None, "x") == 3


# ---- the budget


class Ticks:
    """A processor clock on which every round takes ``each`` seconds."""

    def __init__(self, each: float) -> None:
        self.now, self.each, self.calls = 0.0, each, itertools.count()

    def process_time(self) -> float:
        self.now += self.each if next(self.calls) % 2 else 0.0
        return self.now


def test_the_budget_is_processor_time_of_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ring_plan(["gan"], seconds=1.0)
    timed_runs = TimedRuns(plan.source.load())
    monkeypatch.setattr(playing, "time", Ticks(0.02))
    assert timed_runs.calibrate(plan.contenders[0], plan) == 50
    facts = timed_runs.play(plan.contenders[0], plan, seed=0, rounds=50).facts
    assert (facts["rounds"], facts["stopped_early"]) == (50, False)
    assert facts["seconds"] == pytest.approx(1.0)
    assert [look["round"] for look in facts["curve"]] == [round(50 * look / LOOKS) for look in range(LOOKS + 1)]
    assert facts["curve"][-1]["seconds"] == facts["seconds"]


def test_a_run_that_became_slow_is_stopped_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ring_plan(["gan"], seconds=1.0)
    timed_runs = TimedRuns(plan.source.load())
    monkeypatch.setattr(playing, "time", Ticks(0.25))
    monkeypatch.setattr(playing, "PATIENCE", 1.5)
    facts = timed_runs.play(plan.contenders[0], plan, seed=0, rounds=50).facts
    assert (facts["rounds"], facts["stopped_early"]) == (6, True)  # one and a half budgets


def test_a_run_is_its_seed_and_looking_on_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ring_plan(["gan"])
    timed_runs = TimedRuns(plan.source.load())
    one, same, other = (timed_runs.play(plan.contenders[0], plan, seed, 30).facts["scores"] for seed in (0, 0, 1))
    monkeypatch.setattr(playing, "LOOKS", 3)
    fewer = timed_runs.play(plan.contenders[0], plan, 0, 30).facts
    assert len(fewer["curve"]) == 4
    assert one == same == fewer["scores"] != other


def test_a_run_ends_when_the_comparison_is_given_up() -> None:
    plan = ring_plan(["gan"])
    answers = iter([False, False, True])
    with pytest.raises(StoppedError):
        TimedRuns(plan.source.load(), stop=lambda: next(answers)).play(plan.contenders[0], plan, 0, 100)


# ---- from end to end


def test_all_files_stand_and_the_pictures_open(finished: tuple[ComparisonPlan, Path]) -> None:
    plan, out = finished
    assert {path.name for path in out.iterdir()} == {
        "comparison.json",
        "comparison.md",
        "curves.png",
        "samples.png",
        "runs",
    }
    assert len(list((out / "runs").glob("*-seed*.json"))) == len(list((out / "runs").glob("*.safetensors"))) == 4
    for name in ("curves.png", "samples.png"):
        with Image.open(out / name) as page:
            assert np.asarray(page).std() > 5
    content = json.loads((out / "comparison.json").read_text())
    assert content["plan"] == json.loads(json.dumps(plan.described()))
    assert content["environment"]["packages"]["torch"] == torch.__version__


def test_the_table_is_the_mean_and_the_deviation_of_the_runs(finished: tuple[ComparisonPlan, Path]) -> None:
    plan, out = finished
    outcome = json.loads((out / "comparison.json").read_text())["outcome"]
    page = (out / "comparison.md").read_text()
    folder = Folder(out, plan)
    assert {row["label"] for row in outcome["rows"]} == {"gan", "lsgan a=-1 b=1 c=0"}
    for row in outcome["rows"]:
        contender = [known.label for known in plan.contenders].index(row["label"])
        runs = [json.loads(folder.run_path(contender, seed).read_text()) for seed in range(2)]
        assert row["runs"] == runs
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {row['label']} |")]
        for metric, told in row["scores"].items():
            values = [run["scores"][metric] for run in runs]
            mean, deviation = statistics.fmean(values), statistics.stdev(values)
            assert told == {"mean": mean, "standard_deviation": deviation}
            assert spread(Spread(mean, deviation)) in line
        assert row["rounds"]["mean"] == statistics.fmean(run["rounds"] for run in runs)
    (real,) = [line for line in page.splitlines() if line.startswith("| real |")]
    assert "8.00 ± 0.00" in real


def test_an_interrupted_comparison_plays_what_is_missing_and_nothing_else(
    finished: tuple[ComparisonPlan, Path],
) -> None:
    plan, out = finished
    folder = Folder(out, plan)
    lost = folder.run_path(1, 0)
    before = json.loads(lost.read_text())
    samples = lost.with_suffix(".safetensors").read_bytes()
    lost.unlink()
    lost.with_suffix(".safetensors").unlink()
    others = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (out / "runs").iterdir()}
    compare(plan, out, console=quiet())
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in others} == others
    after = json.loads(lost.read_text())
    assert (after["scores"], after["rounds"]) == (before["scores"], before["rounds"])
    assert lost.with_suffix(".safetensors").read_bytes() == samples


def test_a_finished_comparison_is_told_again_without_playing(
    finished: tuple[ComparisonPlan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = finished
    monkeypatch.setattr(TimedRuns, "__init__", lambda *_: pytest.fail("nothing was left to play"))
    outcome = compare(plan, out, console=quiet())
    assert len(outcome.rows) == 2


def test_other_settings_in_the_same_folder_are_refused(finished: tuple[ComparisonPlan, Path]) -> None:
    plan, out = finished
    before = (out / "comparison.json").read_bytes()
    with pytest.raises(LabError, match=r"other settings \(batch, seconds\) and is kept"):
        compare(dataclasses.replace(plan, batch=8, seconds=9.0), out, console=quiet())
    assert (out / "comparison.json").read_bytes() == before


def test_a_folder_of_something_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(LabError, match=r"holds no comparison\.json"):
        compare(ring_plan(["gan"]), tmp_path, console=quiet())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_contender_that_diverges_is_told_and_the_others_play_on(broken: str, tmp_path: Path) -> None:
    plan = ring_plan([broken, "gan"])
    outcome = compare(plan, tmp_path / "out", console=quiet())
    assert [row.label for row in outcome.rows] == ["gan", broken]
    assert outcome.rows[1].diverged == ((0, 1), (1, 1))
    assert outcome.rows[1].scores["modes_covered"].mean is None
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert f"| {broken} (diverged at round 1, 1) | - | - | - |" in page
    assert f"- {broken}, seed 1: diverged at round 1" in page
    assert json.loads((tmp_path / "out" / "comparison.json").read_text())["outcome"]["rows"][1]["scores"]


@pytest.mark.slow
def test_the_command_plays_in_processes_also_a_loss_of_one_s_own(
    broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"{broken} gan --data ring --count 400 --seconds 0.1 --seeds 1 --batch 16 --workers 2 --out out --set"
    read(COMMANDS["compare"], "core-gans compare", [*words.split(), *TINY]).run(Console(markup=False, width=160))
    told = capsys.readouterr().out
    assert f"{broken}, seed 0: diverged at round 1" in told
    assert "gan, seed 0:" in told
    assert "modes covered" in told
    assert (tmp_path / "out" / "comparison.md").exists()


# ---- tables and pictures


def facts(label: str, seed: int, frechet: float | None, rounds: int = 10) -> dict[str, Any]:
    """A run as ``playing`` tells it; without a distance it diverged."""
    scores = None if frechet is None else {"frechet[x]": frechet}
    looks = [{"round": round, "seconds": round / 10, "scores": {"frechet[x]": 5.0 - seed}} for round in (0, rounds)]
    return {
        "contender": label,
        "seed": seed,
        "rounds": rounds,
        "seconds": 2.0,
        "stopped_early": False,
        "diverged": None if scores else {"round": rounds + 1, "message": ""},
        "scores": scores,
        "curve": looks,
    }


def test_small_distances_come_first_and_whoever_diverged_last() -> None:
    runs = [
        *(facts("far", seed, 9.0 + seed) for seed in (0, 1)),
        *(facts("near", seed, 1.0) for seed in (0, 1)),
        facts("frail", 0, 0.1),
        facts("frail", 1, None),
    ]
    outcome = summarise(runs, [{"frechet[x]": 0.01}] * 2, ["far", "frail", "near"])
    assert [row.label for row in outcome.rows] == ["near", "far", "frail"]
    assert outcome.rows[1].scores["frechet[x]"] == Spread(9.5, statistics.stdev([9.0, 10.0]))
    assert outcome.rows[1].speed == Spread(5.0, 0.0)
    assert outcome.rows[2].scores["frechet[x]"] == Spread(0.1, None)
    assert outcome.rows[2].diverged == ((1, 11),)


def test_modes_count_before_quality() -> None:
    def run(label: str, modes: float, quality: float) -> dict[str, Any]:
        return facts(label, 0, 1.0) | {"scores": {"modes_covered": modes, "high_quality_share": quality}}

    real = [{"modes_covered": 8.0, "high_quality_share": 1.0}]
    outcome = summarise([run("one", 1, 1.0), run("poor", 8, 0.5), run("good", 8, 0.6)], real, ["one", "poor", "good"])
    assert [row.label for row in outcome.rows] == ["good", "poor", "one"]


def test_a_course_is_the_mean_over_those_that_got_so_far() -> None:
    short, long = facts("a", 0, 1.0), facts("a", 2, None)
    long["curve"] = long["curve"][:1]
    found = mean_curve([short, long], "frechet[x]")
    assert found.mean.tolist() == [4.0, 5.0]
    assert found.deviation.tolist() == [pytest.approx(statistics.stdev([5.0, 3.0])), 0.0]


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0"), (0.0314, "0.031"), (2 / 3, "0.67"), (12.34, "12.3"), (9e3, "9,000")]
)
def test_numbers_have_about_three_digits(value: float, told: str) -> None:
    assert number(value) == told


def test_a_deviation_has_the_decimals_of_its_mean() -> None:
    assert spread(Spread(217.4, 0.34)) == "217 ± 0"
    assert spread(Spread(0.5, 0.001)) == "0.50 ± 0.00"
    assert spread(Spread(None, None)) == "-"


def test_pictures_have_a_place_for_whoever_diverged() -> None:
    outcome = summarise([facts("a", 0, None)], [{"frechet[x]": 0.1}], ["a"])
    assert curves_picture(outcome, "noise").std() > 5
    examples = pictures(count=20, size=16)
    page = samples_picture({"a": [None], "$b$": [torch.rand(16, 1, 16, 16)]}, examples)
    assert page.dtype == np.uint8
    assert page.shape[1] > 16 * 64  # every image four times as large


def test_curves_stand_beside_as_many_real_examples_as_a_look_has() -> None:
    examples = points.ring(900, chance(0))
    plan = ComparisonPlan(Source("ring"), (), seeds=1, seconds=1.0, batch=8, full=2_000)
    real, of_looks = _of_real(plan, examples)
    for found, count in ((real, 2_000), (of_looks, QUICK)):
        assert found == [Judge(examples, count).of_real(0)]
    outcome = summarise([facts("a", 0, 1.0)], [{"frechet[x]": 0.1}], ["a"], [{"frechet[x]": 0.4}])
    with rc_context(theme()):
        figure = curves_picture.__wrapped__(outcome, "noise")  # type: ignore[attr-defined]
    dashed = [line.get_ydata() for line in figure.findobj(Line2D) if line.get_linestyle() == "--"]
    assert [0.4, 0.4] in [list(map(float, each)) for each in dashed]


@pytest.mark.parametrize("count", [1, 4, 11])
def test_no_word_of_the_curves_is_cut_off(count: int) -> None:
    labels = [f"lsgan number={number} discriminator_steps=3" for number in range(count)]
    runs = [facts(label, seed, None if label == labels[0] else 1.0) for label in labels for seed in (0, 1)]
    outcome = summarise(runs, [{"frechet[x]": 0.1}], labels)
    data = "/home/somebody/pictures/of-a-long-name/and-one-more-folder/train"
    with rc_context(theme()):
        figure = curves_picture.__wrapped__(outcome, data)  # type: ignore[attr-defined]  # the figure, not its pixels
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        numbers = {text for tick in figure.findobj(Tick) for text in tick.findobj(Text)}  # also those out of sight
        words = [text for text in set(figure.findobj(Text)) - numbers if text.get_text().strip()]
        said = " ".join(text.get_text() for text in words)
        outside = [text.get_text() for text in words if not _within(text.get_window_extent(), figure.bbox)]
    assert "over seconds of one core" in said
    assert "real examples" in said
    assert outside == []
    drawn = curves_picture(outcome, data)
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert (edge == 255).all()  # no number is cut off either


def _within(inner: Bbox, outer: Bbox, slack: float = 1.0) -> bool:
    return bool(
        inner.x0 >= outer.x0 - slack
        and inner.y0 >= outer.y0 - slack
        and inner.x1 <= outer.x1 + slack
        and inner.y1 <= outer.y1 + slack
    )


def test_every_run_is_told_when_it_begins_and_with_the_seconds_that_it_used(tmp_path: Path) -> None:
    said = io.StringIO()
    compare(ring_plan(["gan"]), tmp_path / "out", console=Console(file=said, width=200, markup=False))
    text = said.getvalue()
    assert "with calibration and judging" in text
    for seed in (0, 1):
        assert len(re.findall(rf"begun: gan, seed {seed}, [\d,]+ rounds", text)) == 1
        assert len(re.findall(rf"gan, seed {seed}: [\d,]+ rounds in \d+\.\d s, ", text)) == 1


def test_an_interrupted_one_says_how_to_go_on() -> None:
    said = io.StringIO()
    with pytest.raises(SystemExit) as end, interruptible(Path("my runs/one"), Console(file=said, width=200)):
        raise KeyboardInterrupt
    assert end.value.code == 130
    assert said.getvalue() == "stopped; continue with the same command and --out 'my runs/one'\n"
