"""A full disk: every writer of results says what could not be written and what to look at, and leaves nothing behind.

That every file goes through the foundation's writer is held by ``test_house.py``; here are writers that are more than
one file, or that add to a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from core_gans.__main__ import main
from core_gans.commands.explore import Explore, walk
from core_gans.initialising import initialising
from core_gans.models import Model
from core_gans.runs.watchers import Log, WatchedState
from core_gans.variants import make
from dissect.directions.account import Account
from dissect.measure.dissecting import dissect
from dissect.report import write_report
from tests.dissect.glass import ColourSegmenter, GlassGenerator, latents

resource = pytest.importorskip("resource")  # Windows has no limit on the size of files
SAID = "is the disk full? What was there is intact."
STATE = cast(WatchedState, SimpleNamespace(round=1, seconds=0.1, images_seen=8))


@contextmanager
def full_disk(room: int = 600) -> Iterator[None]:
    """No file of this process grows beyond ``room`` bytes: the write itself fails, as where the disk is full."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def left(folder: Path) -> list[str]:
    """All that lies below ``folder`` and is not yet, or no longer, a result: hidden or unfinished."""
    return [path.name for path in folder.rglob("*") if path.name.startswith(".") or path.suffix == ".tmp"]


@pytest.mark.parametrize("room", [600, 12_000])  # too little for config.json, and for a checkpoint
def test_a_run_says_which_of_its_files_did_not_fit(
    room: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "gan", "--data", "ring", "--count", "100", "--width", "32", "--rounds", "2"]
    with full_disk(room), pytest.raises(SystemExit) as end:
        main([*words, "--runs", str(tmp_path), "--name", "run"])
    said = capsys.readouterr().out.splitlines()
    assert end.value.code == 2
    assert said[-1].startswith(f"error: could not write {tmp_path / 'run'}")
    assert said[-1].endswith(f"{SAID} (more: docs/errors.md#the-disk-is-full)")
    assert [name for name in left(tmp_path) if name.endswith(".tmp")] == []


def test_a_log_names_itself_and_its_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(tmp_path)
    log.begin(STATE, 1, None)
    with full_disk(), pytest.raises(OSError, match=r"could not write .*metrics\.jsonl .*is the disk full"):
        log.write(STATE, {f"loss {number}": 0.0 for number in range(100)})

    def full(name: str, value: float, round: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log.writer, "add_scalar", full)
    with pytest.raises(OSError, match=r"could not write .*events .*is the disk full"):
        log.write(STATE, {"loss": 0.0})
    log.end(STATE)


def test_the_film_of_paths_leaves_no_half(tmp_path: Path) -> None:
    game = make("dcgan", shape=(1, 16, 16), latent=3, width=4)
    with initialising(0):
        net = game.players()["generator"]
    command = Explore(source=tmp_path, paths=2, steps=2)
    model = Model(game=game, player="generator", net=net, card={})
    room = 15_000  # enough for paths.png
    with full_disk(room), pytest.raises(OSError, match=r"could not write .*paths\.gif .*is the disk full"):
        walk(model, cast(Any, game).latents(4, torch.Generator().manual_seed(0)), command, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["paths.png"]


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    sample = latents(8)
    found = dissect(GlassGenerator(), "stem.glass", sample, ColourSegmenter())
    with full_disk(), pytest.raises(OSError, match=r"could not write .*report/report\.html .*is the disk full"):
        write_report(tmp_path / "report", found, GlassGenerator(), sample, ColourSegmenter())
    assert list(tmp_path.iterdir()) == []


def test_an_account_of_directions_names_its_page(tmp_path: Path) -> None:
    account = Account(tmp_path / "folder", "Directions", {"layer": "x" * 1000})
    account.open()
    with full_disk(), pytest.raises(OSError, match=r"could not write .*folder.*is the disk full"):
        account.write("words", [], {})
    assert list(account.folder.iterdir()) == []
