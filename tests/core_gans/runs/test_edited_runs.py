"""What somebody may have edited in a run is read once, at the boundary: one line says what is wrong, by any command.

Runs are copied from tests/old_runs, one thing in each is changed, and every command that opens runs is asked.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans.runs import checkpoints

OLD = Path(__file__).parents[2] / "old_runs"
CHECKPOINT = Path("checkpoints") / "round-0000006.safetensors"
NESTED = json.loads("[" * 50 + "]" * 50)

CONFIGS: dict[str, tuple[tuple[str, ...], Any]] = {  # what is changed: where, and to what
    "format of text": (("format",), "1"),
    "format true": (("format",), True),
    "format 0": (("format",), 0),
    "format of later": (("format",), 7),
    "kind of number": (("kind",), 3),
    "kind unknown": (("kind",), "dream"),
    "variant of number": (("variant",), 3),
    "variant unknown": (("variant",), "dcgam"),
    "variant with a blank": (("variant",), "a b:c"),
    "fields of list": (("fields",), []),
    "options of list": (("options",), []),
    "options none": (("options",), None),
    "no top-level key": (("wish",), 1),
    "batch of text": (("options", "batch"), "16"),
    "batch of float": (("options", "batch"), 16.5),
    "batch true": (("options", "batch"), True),
    "batch 0": (("options", "batch"), 0),
    "batch huge": (("options", "batch"), 10**15),
    "device of number": (("options", "device"), 3),
    "device unknown": (("options", "device"), "abacus"),
    "seed of text": (("options", "seed"), "0"),
    "seed huge": (("options", "seed"), 10**30),
    "average of text": (("options", "average"), "0.9"),
    "average 2": (("options", "average"), 2.0),
    "average NaN": (("options", "average"), float("nan")),
    "data of list": (("options", "data"), ["digits"]),
    "data unknown": (("options", "data"), "digitz"),
    "size of list": (("options", "size"), [16]),
    "size negative": (("options", "size"), -16),
    "count negative": (("options", "count"), -1),
    "colours of 7": (("options", "colours"), 7),
    "threads huge": (("options", "threads"), 10**9),
    "threads nested": (("options", "threads"), NESTED),
    "unknown option": (("options", "batsh"), 16),
    "rounds negative": (("rounds",), -5),
    "rounds 0": (("rounds",), 0),
    "rounds of text": (("rounds",), "6"),
    "seconds of text": (("seconds",), "1"),
    "seconds negative": (("seconds",), -1.0),
    "seconds infinite": (("seconds",), float("inf")),
    "shape of text": (("fields", "shape"), "1x16x16"),
    "shape of texts": (("fields", "shape"), [1, "16", 16]),
    "shape empty": (("fields", "shape"), []),
    "shape negative": (("fields", "shape"), [1, -16, 16]),
    "width of text": (("fields", "width"), "4"),
    "width none": (("fields", "width"), None),
    "width negative": (("fields", "width"), -4),
    "width huge": (("fields", "width"), 2_000_000_000),
    "rate of text": (("fields", "rate"), "2e-4"),
    "rate NaN": (("fields", "rate"), float("nan")),
    "rate negative": (("fields", "rate"), -1.0),
    "unknown field": (("fields", "widht"), 4),
}
TAKEN_FROM_DATA = ("shape empty", "shape negative")  # by a new run, which has a shape of its own
ONLY_TRAINED: dict[str, tuple[tuple[str, ...], Any]] = {
    "family unknown": (("fields", "family"), "dcgam"),
    "family of number": (("fields", "family"), 1),
    "prior unknown": (("fields", "prior"), "cauchy"),
    "one_sided of number": (("fields", "one_sided"), 1),
}
EVOLVED: dict[str, tuple[tuple[str, ...], Any]] = {
    "gamma of text": (("evolution", "gamma"), "x"),
    "gamma NaN": (("evolution", "gamma"), float("nan")),
    "mutations of text": (("evolution", "mutations"), "heuristic"),
    "mutations of numbers": (("evolution", "mutations"), [1]),
    "mutation unknown": (("evolution", "mutations"), ["heuristik"]),
    "parents of text": (("evolution", "parents"), "1"),
    "parents 0": (("evolution", "parents"), 0),
    "selection unknown": (("evolution", "selection"), "worst"),
    "evolution of list": (("evolution",), []),
    "evolution none": (("evolution",), None),
    "unknown number": (("evolution", "gama"), 0.5),
    "inertia 2": (("evolution", "inertia"), 2.0),
}


def _changed(content: Any, way: tuple[Any, ...], value: Any) -> Any:
    """A copy of nested ``content`` with ``value`` at ``way``; for GONE the part is taken out."""
    if not way:
        return value
    copied = copy.copy(content)
    if len(way) == 1 and value is GONE:
        del copied[way[0]]
    else:
        copied[way[0]] = _changed(copied[way[0]] if len(way) > 1 else None, way[1:], value)
    return copied


GONE = object()


class Asked:
    """One command's exit status and what it said."""

    def __init__(self, package: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        try:
            importlib.import_module(f"{package}.__main__").main(words)
            self.status = 0
        except SystemExit as end:
            self.status = int(end.code or 0)
        self.said = capsys.readouterr().out

    def require_refusal(self) -> None:
        lines = self.said.strip().splitlines()
        assert self.status == 2, self.said
        assert lines[-1].startswith("error: "), self.said
        assert sum(line.startswith("error: ") for line in lines) == 1
        assert "Traceback" not in self.said
        assert len(lines[-1]) < 900


def _copy(name: str, place: Path) -> Path:
    run = place / "run"
    shutil.copytree(OLD / name, run)
    return run


def _edit(run: Path, way: tuple[str, ...], value: Any) -> None:
    path = run / "config.json"
    path.write_text(json.dumps(_changed(json.loads(path.read_text()), way, value)))
    content = checkpoints.load(run / CHECKPOINT)
    if way[0] in ("kind", "variant", "fields", "options") and value is not None:  # as if it had always been so
        with contextlib.suppress(TypeError, KeyError):  # a checkpoint cannot hold it
            checkpoints.save(run / CHECKPOINT, _changed(content, way, value), overwrite=True)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()


@pytest.mark.parametrize("what", [*CONFIGS, *ONLY_TRAINED])
def test_an_edited_training_is_refused_in_a_line(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    way, value = {**CONFIGS, **ONLY_TRAINED}[what]
    run = _copy("train-gan-ring", tmp_path)
    _edit(run, way, value)
    before = sorted(tmp_path.rglob("*"))
    Asked("core_gans", ["resume", "run", "--rounds", "7"], capsys).require_refusal()
    if what not in TAKEN_FROM_DATA:
        Asked("core_gans", ["train", "--like", "run", "--rounds", "1"], capsys).require_refusal()
    if way[0] != "options" and way[0] not in ("rounds", "seconds"):
        for words in (["sample", "run"], ["judge", "run", "--data", "ring", "--count", "20"]):
            Asked("core_gans", words, capsys).require_refusal()
        Asked("dissect", ["run", "run"], capsys).require_refusal()
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.name != "run.lock"] == []


@pytest.mark.parametrize("what", [*CONFIGS, *EVOLVED])
def test_an_edited_evolution_is_refused_in_a_line(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way, value = {**CONFIGS, **EVOLVED}[what]
    run = _copy("evolve-ring", tmp_path)
    _edit(run, way, value)
    before = sorted(tmp_path.rglob("*"))
    Asked("egan", ["resume", "run", "--rounds", "7"], capsys).require_refusal()
    if what not in TAKEN_FROM_DATA:
        Asked("egan", ["evolve", "--like", "run", "--rounds", "1"], capsys).require_refusal()
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.name != "run.lock"] == []


TRAINED: dict[str, tuple[tuple[Any, ...], Any]] = {
    "no state": (("state",), GONE),
    "no watchers": (("watchers",), GONE),
    "state of list": (("state",), []),
    "watchers none": (("watchers",), None),
    "no nets": (("state", "nets"), GONE),
    "no generator": (("state", "nets", "generator"), GONE),
    "generator empty": (("state", "nets", "generator"), {}),
    "generator of text": (("state", "nets", "generator"), "weights"),
    "no optimizers": (("state", "optimizers"), GONE),
    "optimizers empty": (("state", "optimizers"), []),
    "no moments": (("state", "optimizers", 0, "state"), GONE),
    "moments of text": (("state", "optimizers", 0, "state", 0), "moments"),
    "moments empty": (("state", "optimizers", 0, "state", 0), {}),
    "moment gone": (("state", "optimizers", 0, "state", 0, "exp_avg"), GONE),
    "moment misshaped": (("state", "optimizers", 0, "state", 0, "exp_avg"), torch.zeros(3, 3, 3)),
    "moment of number": (("state", "optimizers", 0, "state", 0, "exp_avg_sq"), 1.0),
    "groups empty": (("state", "optimizers", 0, "param_groups"), []),
    "rate of text": (("state", "optimizers", 0, "param_groups", 0, "lr"), "x"),
    "no rng": (("state", "rng"), GONE),
    "rng short": (("state", "rng"), torch.zeros(3, dtype=torch.uint8)),
    "rng of number": (("state", "rng"), 3),
    "batches of list": (("state", "batches"), []),
    "position of text": (("state", "batches", "position"), "x"),
    "position negative": (("state", "batches", "position"), -1),
    "no round": (("state", "round"), GONE),
    "round of text": (("state", "round"), "x"),
    "round negative": (("state", "round"), -1),
    "round of float": (("state", "round"), 6.5),
    "seconds of text": (("state", "seconds"), "x"),
    "images none": (("state", "images_seen"), None),
    "average of list": (("watchers", "average"), []),
    "average lacks": (("watchers", "average"), {}),
    "converging of text": (("watchers", "converging"), "x"),
    "history of numbers": (("watchers", "converging", "history"), [1, 2]),
}


@pytest.mark.parametrize("what", TRAINED)
def test_a_sealed_checkpoint_that_does_not_fit_is_refused(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way, value = TRAINED[what]
    run = _copy("train-gan-ring", tmp_path)
    content = checkpoints.load(run / CHECKPOINT)
    checkpoints.save(run / CHECKPOINT, _changed(content, way, value), overwrite=True)
    Asked("core_gans", ["resume", "run", "--rounds", "7"], capsys).require_refusal()
    shown = Asked("core_gans", ["sample", "run"], capsys)  # draws where the generator alone is whole
    if shown.status:
        shown.require_refusal()
        assert not (tmp_path / "samples.png").exists()


PEOPLE: dict[str, tuple[tuple[Any, ...], Any]] = {
    "no parents": (("state", "parents"), GONE),
    "parents empty": (("state", "parents"), []),
    "parent of text": (("state", "parents", 0), "x"),
    "no record": (("state", "parents", 0, "record"), GONE),
    "record of more": (("state", "parents", 0, "record", "colour"), "blue"),
    "number of text": (("state", "parents", 0, "record", "number"), "x"),
    "number unknown": (("state", "parents", 0, "record", "number"), 10**6),
    "fitness of texts": (("state", "parents", 0, "fitness"), ["x"]),
    "parent's moments gone": (("state", "parents", 0, "optimizer", "state", 0), {}),
    "no discriminator": (("state", "discriminator"), GONE),
    "discriminators of number": (("state", "discriminators"), 3),
    "hall of numbers": (("state", "hall_of_fame"), [1]),
    "no history": (("state", "history"), GONE),
    "history of number": (("state", "history"), 3),
    "logbook of texts": (("state", "logbook"), ["x"]),
    "born of text": (("state", "born"), "x"),
    "round negative": (("state", "round"), -6),
    "recycled of text": (("state", "recycled"), "x"),
}


@pytest.mark.parametrize("what", PEOPLE)
def test_a_sealed_population_that_does_not_fit_is_refused(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way, value = PEOPLE[what]
    run = _copy("evolve-ring", tmp_path)
    content = checkpoints.load(run / CHECKPOINT)
    checkpoints.save(run / CHECKPOINT, _changed(content, way, value), overwrite=True)
    Asked("egan", ["resume", "run", "--rounds", "7"], capsys).require_refusal()


@pytest.mark.parametrize(
    "structure",
    ["", "[]", "{}", '{"value": 3}', '{"mapping": 3}', '{"tensor": "nowhere"}', '{"mapping": [["a"]]}', '{"list": []}',
     '{"a": 1, "b": 2}', "[" * 5000],
)  # fmt: skip
def test_a_seal_around_nonsense_is_no_checkpoint(structure: str, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    metadata = {"format": "1", "structure": structure, "sha256": checkpoints._digest(structure, {})}
    save_file({}, tmp_path / "odd.safetensors", metadata)
    with pytest.raises(checkpoints.CheckpointError, match=r"odd\.safetensors is corrupt"):
        checkpoints.load(tmp_path / "odd.safetensors")


MODELS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no variant": lambda content: _changed(content, ("variant",), GONE),
    "variant of number": lambda content: _changed(content, ("variant",), 3),
    "no fields": lambda content: _changed(content, ("fields",), GONE),
    "fields of list": lambda content: _changed(content, ("fields",), [1]),
    "player unknown": lambda content: _changed(content, ("player",), "referee"),
    "weights of list": lambda content: _changed(content, ("weights",), []),
    "a weight of number": lambda content: _changed(content, ("weights", next(iter(content["weights"]))), 3),
    "a weight misshaped": lambda content: _changed(
        content, ("weights", next(iter(content["weights"]))), torch.zeros(2, 7)
    ),
    "a weight NaN": lambda content: {
        **content,
        "weights": {name: torch.full_like(value, float("nan")) for name, value in content["weights"].items()},
    },
}


@pytest.mark.parametrize("what", MODELS)
def test_a_model_file_that_does_not_fit_is_refused(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core_gans import Model, make, save_model

    game = make("gan", family="mlp", shape=(2,), latent=2, width=4, generator_normalisation="none")
    save_model(tmp_path / "good", Model(game.players()["generator"], game))
    checkpoints.save(tmp_path / "odd", MODELS[what](checkpoints.load(tmp_path / "good")))
    for package, words in (
        ("core_gans", ["sample", "odd"]),
        ("core_gans", ["judge", "odd", "--data", "ring", "--count", "20", "--out", "numbers.json"]),
        ("core_gans", ["explore", "odd", "--data", "ring", "--out", "explored"]),
        ("core_gans", ["translate", "odd", "pictures", "translated"]),
        ("dissect", ["run", "odd"]),
    ):
        Asked(package, words, capsys).require_refusal()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "odd", "pictures"]


def test_the_apps_picker_opens_no_edited_run(tmp_path: Path) -> None:
    from core_gans.foundation.errors import LabError
    from demos.model_store import ModelStore

    for number, (way, value) in enumerate({**CONFIGS, **EVOLVED}.values()):
        run = tmp_path / "runs" / f"run-{number}"
        shutil.copytree(OLD / "evolve-ring", run)
        _edit(run, way, value)
    store = ModelStore(tmp_path / "runs")
    for entry in store.entries()[1:]:  # what a generator does not need may be wrong
        with contextlib.suppress(LabError, OSError):
            store.model(entry.key)
