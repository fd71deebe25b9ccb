"""A stranger's run or model names code: it is not executed by opening it, by whatever command."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core_gans import Model, make, save_model
from core_gans.foundation.errors import LabError
from core_gans.runs import checkpoints
from core_gans.trusted_code import require_trusted, take_trusted, trust

OLD = Path(__file__).parent / "old_runs"
EVIL = """
from pathlib import Path
Path({marker!r}).write_text("executed")
from core_gans.variants import GAN as G
from core_gans.losses.objectives import heuristic as mine
"""


class Stranger:
    """A folder to stand in, with ``runs/stranger`` (a training), ``runs/evolved`` and ``alien.safetensors``."""

    def __init__(self, here: Path) -> None:
        self.here, self.marker = here, here / "marker"
        self.run, self.evolved, self.model = (
            here / "runs" / "stranger",
            here / "runs" / "evolved",
            here / "alien.safetensors",
        )
        self._plant(OLD / "train-gan-ring", self.run, "runs.stranger.evil:G")
        self._plant(OLD / "evolve-ring", self.evolved, "runs.evolved.evil:G")
        game = make("gan", family="mlp", shape=(2,), latent=2, width=4)
        save_model(here / "made", Model(game.players()["generator"], game))  # type: ignore[call-overload]
        checkpoints.save(self.model, {**checkpoints.load(here / "made"), "variant": "elsewhere:G"})
        (here / "elsewhere.py").write_text(EVIL.format(marker=str(self.marker)))
        (here / "images").mkdir()

    def _plant(self, old: Path, folder: Path, variant: str) -> None:
        shutil.copytree(old, folder)
        config = json.loads((folder / "config.json").read_text())
        config["variant"] = variant
        if "evolution" in config:
            config["evolution"]["mutations"] = ["heuristic", "runs.evolved.evil:mine"]
        (folder / "config.json").write_text(json.dumps(config))
        path = folder / "checkpoints" / "round-0000006.safetensors"
        content = checkpoints.load(path)
        checkpoints.save(path, {**content, "variant": variant}, overwrite=True)
        (folder / "evil.py").write_text(EVIL.format(marker=str(self.marker)))

    def command(self, package: str, *words: str) -> tuple[int, str]:
        """Exit status and what was said, on one line, of a command that is given in this folder."""
        main = importlib.import_module(f"{package}.__main__").main
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
            patch.chdir(self.here)
            patch.setattr(sys, "path", [str(self.here), *sys.path])
            try:
                main(list(words))
            except SystemExit as end:
                return int(end.code or 0), " ".join(said.getvalue().split())
        return 0, " ".join(said.getvalue().split())


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return Stranger(tmp_path_factory.mktemp("a stranger's"))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("core_gans", "sample runs/stranger"),
        ("core_gans", "resume runs/stranger --rounds 7"),
        ("core_gans", "judge runs/stranger --data ring"),
        ("core_gans", "explore runs/stranger"),
        ("core_gans", "translate runs/stranger images out"),
        ("core_gans", "train --like runs/stranger --rounds 1"),
        ("core_gans", "sample alien.safetensors"),
        ("egan", "resume runs/evolved --rounds 7"),
        ("egan", "evolve --like runs/evolved --rounds 1"),
        ("dissect", "run runs/stranger"),
        ("dissect", "layers alien.safetensors"),
    ],
)
def test_no_command_executes_what_it_opens(module: str, words: str, stranger: Stranger) -> None:
    before = sorted(stranger.here.rglob("*"))
    status, said = stranger.command(module, *words.split())
    assert status == 2, said
    assert said.startswith("error: "), said
    assert "what is opened is never executed" in said if "runs/" in words else "--trust elsewhere:G" in said
    assert not stranger.marker.exists()
    assert [path for path in sorted(stranger.here.rglob("*")) if path not in before and path.name != "run.lock"] == []


def test_trust_does_not_reach_into_the_opened_folder(stranger: Stranger) -> None:
    status, said = stranger.command("core_gans", "sample", "runs/stranger", "--trust", "runs.stranger.evil:G")
    assert status == 2
    assert "what is opened is never executed" in said
    assert not stranger.marker.exists()


def test_explaining_imports_nothing(stranger: Stranger) -> None:
    status, said = stranger.command("core_gans", "explain", "runs/stranger")
    assert status == 0, said
    assert "runs.stranger.evil:G is not imported" in said
    assert not stranger.marker.exists()


def test_what_is_trusted_is_opened(stranger: Stranger) -> None:
    try:
        status, said = stranger.command("core_gans", "sample", "alien.safetensors", "--trust", "elsewhere:G")
    finally:
        sys.modules.pop("elsewhere", None)
    assert status == 0, said
    assert stranger.marker.exists()
    stranger.marker.unlink()


def test_names_are_trusted_one_by_one(tmp_path: Path) -> None:
    require_trusted(tmp_path, "dcgan", "heuristic")
    with pytest.raises(LabError, match="--trust nowhere_at_all:a "):
        require_trusted(tmp_path, "dcgan", "nowhere_at_all:a")
    trust("nowhere_at_all:b")
    with pytest.raises(LabError, match="nowhere_at_all:a"):
        require_trusted(tmp_path, "nowhere_at_all:b", "nowhere_at_all:a")
    require_trusted(tmp_path, "torch:Tensor")  # loaded already: nothing is executed
    assert torch.Tensor is not None


def test_what_lies_in_the_lab_itself_needs_no_trust_and_what_only_bears_its_name_does(tmp_path: Path) -> None:
    ask = "import sys; from core_gans.trusted_code import require_trusted; require_trusted('.', 'dissect.projected:P')"
    words = [sys.executable, "-c", f"{ask}; print('dissect' in sys.modules)"]
    there = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert there.stdout.strip() == "False", there.stderr
    (tmp_path / "dissect").mkdir()
    (tmp_path / "dissect" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "dissect" / "projected.py").write_text("raise SystemExit('executed')", encoding="utf-8")
    shadowed = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert shadowed.returncode == 1
    assert "what is opened is never executed" in shadowed.stderr


def test_the_names_are_taken_from_the_command_line() -> None:
    assert take_trusted(["sample", "run", "--trust", "m_one:a", "--count", "3", "--trust=m_two:b"]) == [
        "sample", "run", "--count", "3",
    ]  # fmt: skip
    require_trusted("run", "m_one:a", "m_two:b")
    for wrong in (["--trust"], ["--trust", "no colon"], ["--trust="]):
        with pytest.raises(LabError, match="expected module:name"):
            take_trusted(wrong)
