"""Any mix of arguments is taken or refused: never a traceback, and a refusal has an exit code and writes nothing.

A hundred and fifty mixes by chance (seeded) of the four commands, in one process. Reading and checking are real; the
work that would begin once all is accepted is left out.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

OLD = Path(__file__).parent / "old_runs"
MIXES, SEED = 150, 14
NUMBERS = ("-1", "0", "1", "2", "7", "0.5", "-0.5", "1e-4", "nan", "inf", "-inf", "1e300", "2000000000", "900000000000",
           "9" * 30, "9" * 5000)  # fmt: skip
WORDS = ("", "x", "None", "true", "ring", "digits", "scenes", "nowhere", "../nowhere", "runs/points", "images", "a b",
         "é", "cpu", "cuda:9", "points.txt", "m:n", "no_such_module:thing", "-", "--", "\0", ":", "," * 50)  # fmt: skip
BASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "core_gans": (
        ("train", "gan", "--data", "ring", "--width", "4"),
        ("train", "wgan_gp", "--data", "digits", "--width", "4"),
        ("train", "cyclegan", "--data", "day-to-night:scenes", "--count", "12", "--size", "16", "--width", "4"),
        ("train", "--like", "runs/points"),
        ("resume", "runs/points"),
        ("sample", "runs/points"),
        ("judge", "runs/points", "--count", "20"),
        ("explore", "runs/images"),
        ("explain", "runs/points"),
        ("translate", "runs/points", "images", "out"),
        ("compare", "gan", "lsgan", "--data", "ring"),
        ("data", "scenes", "--count", "2"),
        ("list",),
        ("nonsense",),
    ),
    "egan": (
        ("evolve", "gan", "--data", "ring", "--width", "4"),
        ("evolve", "--like", "runs/evolved"),
        ("resume", "runs/evolved"),
        ("experiment", "ring"),
        ("nonsense",),
    ),
    "dissect": (
        ("run", "runs/images"),
        ("layers", "runs/images"),
        ("findings",),
        ("directions", "--method", "pca"),
        ("patch",),
        ("mend",),
        ("train-segmenter",),
        ("nonsense",),
    ),
    "demos": ((),),
}
OPTIONS = ("--rounds", "--seconds", "--batch", "--count", "--size", "--colours", "--seed", "--width",
           "--depth", "--latent", "--rate", "--average", "--device", "--threads", "--data", "--runs", "--name",
           "--out", "--images", "--parents", "--gamma", "--mutations", "--selection", "--evaluation-size",
           "--seeds", "--workers", "--layer", "--metrics", "--features", "--paths", "--steps", "--log-every",
           "--judge-every", "--family", "--prior", "--set", "--from", "--trust", "--port", "--address",
           "--nothing-like-it")  # fmt: skip


class Accepted(SystemExit):
    """All was accepted: the work would begin now."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three old runs, a file that is no picture, and an empty folder."""
    here = tmp_path_factory.mktemp("anywhere")
    for name, old in (("points", "train-gan-ring"), ("images", "train-dcgan-digits"), ("evolved", "evolve-ring")):
        shutil.copytree(OLD / old, here / "runs" / name)
    (here / "points.txt").write_text("no numbers")
    (here / "images").mkdir()
    return here


@pytest.fixture(autouse=True)
def _no_long_work(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    def accept(*_: Any, **__: Any) -> Any:
        raise Accepted(0)

    monkeypatch.chdir(place)
    for work in (
        "core_gans.run_kind.RunKind._judged",
        "core_gans.commands.judge._judged",
        "core_gans.commands.explore.walk",
        "core_gans.commands.compare.compare",
        "core_gans.commands.translate.translate_folder",
        "core_gans.data.scenes.write",
        "egan.commands.experiment.experiment",
        "dissect.commands.run.Run._study",
        "dissect.commands.findings.FindingsCommand.run",
        "dissect.commands.directions.Directions.run",
        "dissect.commands.mend.Mend.run",
        "dissect.commands.patch.Patch.run",
        "dissect.commands.train_segmenter.TrainSegmenter.run",
        "demos.serve.serve",
    ):
        module, _, name = work.rpartition(".")
        try:
            owner: Any = importlib.import_module(module)
        except ModuleNotFoundError:
            holder, _, kind = module.rpartition(".")
            owner = getattr(importlib.import_module(holder), kind)
        monkeypatch.setattr(owner, name, accept)


@functools.cache
def options_of(package: str, base: tuple[str, ...]) -> tuple[str, ...]:
    """The options that the help of a command names."""
    named = base[:2] if base[:1] in (("train",), ("evolve",)) else base[:1]
    if base[1:2] == ("--like",):
        named = (*base[:2], "x")
    said = io.StringIO()
    help = "--help-all" if base[:1] in (("train",), ("evolve",)) and base[1:2] != ("--like",) else "--help"
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        importlib.import_module(f"{package}.__main__").main([*named, help])
    return tuple(sorted(set(re.findall(r"--[a-z][a-z0-9-]+", said.getvalue())) - {"--help"})) or OPTIONS


@functools.cache
def mixes() -> list[tuple[str, tuple[str, ...]]]:
    """Package and words of each mix."""
    chance = random.Random(SEED)
    found = []
    for _ in range(MIXES):
        package = chance.choices(list(BASES), weights=(12, 6, 6, 1))[0]
        base = chance.choice(BASES[package])
        words = list(base)
        for _ in range(chance.randint(0, 3)):
            words.append(chance.choice(options_of(package, base) if chance.random() < 0.8 else OPTIONS))
            if chance.random() < 0.9:
                words.append(chance.choice(NUMBERS if chance.random() < 0.65 else WORDS))
        if chance.random() < 0.1 and words:
            words.pop(chance.randrange(len(words)))
        if chance.random() < 0.1:
            words.insert(chance.randint(0, len(words)), chance.choice(WORDS))
        found.append((package, tuple(words)))
    return found


@pytest.mark.parametrize("part", range(10))
def test_any_mix_is_taken_or_refused_and_a_refusal_writes_nothing(part: int, place: Path) -> None:
    for package, words in mixes()[part::10]:
        before = _files(place)
        try:
            importlib.import_module(f"{package}.__main__").main(list(words))
            status: Any = 0
        except SystemExit as end:
            status = end.code or 0
        except BaseException as error:
            raise AssertionError(f"{package} {' '.join(words)[:300]!r} ended in {type(error).__name__}") from error
        assert status in (0, 1, 2), (package, words)
        written = _files(place) - before
        if status:
            assert written == set(), (package, words)
        _clear(place, written)


def _files(place: Path) -> set[Path]:
    return {path for path in place.parent.rglob("*") if path.is_file() and path.name != "run.lock"}


def _clear(place: Path, written: set[Path]) -> None:
    for path in written:
        path.unlink()
    for folder in sorted((path for path in place.rglob("*") if path.is_dir()), reverse=True):
        if folder != place / "images" and not any(path.name != "run.lock" for path in folder.iterdir()):
            shutil.rmtree(folder)
