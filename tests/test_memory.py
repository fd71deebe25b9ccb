"""More memory than there is: refused in a line before it is taken, and where an allocator says no, in a line too."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from core_gans.__main__ import main
from core_gans.commands.dispatch import friendly_errors
from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import available, is_out_of_memory, require_memory
from core_gans.runs.playable import require_playable, sketched
from core_gans.variants import TRANSLATIONS, VARIANTS, make


@pytest.mark.parametrize(
    ("words", "lower"),
    [
        ("train gan --data ring --width 2000000000", "--width"),
        ("train dcgan --data digits --width 2000000000", "--width"),
        ("train gan --data ring --width 200000", "--width"),
        ("train gan --data ring --count 900000000000", "--count"),
        ("train dcgan --data scenes --count 900000000000", "--count"),
        ("train gan --data ring --batch 900000000000", "--batch"),
        ("train dcgan --data digits --size 2000000", "size"),
        ("train gan --data ring --latent 900000000000", "--width"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_taken(
    words: str, lower: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*words.split(), "--rounds", "1"])
    said = capsys.readouterr().out
    assert end.value.code == 2
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1
    assert lower in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*VARIANTS, *TRANSLATIONS])
def test_every_variant_can_be_sketched_without_memory(name: str) -> None:
    players = sketched(make(name))
    assert players is not None
    devices = {parameter.device.type for net in players.values() for parameter in net.parameters()}
    assert devices == {"meta"}


def test_the_estimate_counts_what_training_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make("gan", family="mlp", shape=(2,), latent=2, width=8, depth=1)
    numbers = sum(parameter.numel() for net in game.players().values() for parameter in net.parameters())
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 4 * 4 * numbers - 1)
    with pytest.raises(LabError, match="lower --width"):
        require_playable(game, 1)
    require_playable(game, 1, copies=1)


def test_free_memory_is_told_and_compared() -> None:
    free = available()
    assert free is not None
    assert free > 2**20
    require_memory(2**10, "a kilobyte", "nothing")
    with pytest.raises(LabError, match=r"everything would take 1,048,576\.0 GiB of memory, and .* free: lower --count"):
        require_memory(2**50, "everything", "--count")


def test_an_allocators_error_is_a_line() -> None:
    said = io.StringIO()
    for ask in (lambda: torch.empty(2**60), lambda: np.empty(2**60, np.uint8), lambda: bytearray(2**60)):
        with pytest.raises(SystemExit) as end, friendly_errors(Console(file=said, width=500)):
            ask()
        assert end.value.code == 2
    lines = said.getvalue().splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: not enough memory (") and "lower --batch" in line for line in lines)


def test_other_runtime_errors_stay_what_they_are() -> None:
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="cannot be multiplied"), friendly_errors(Console(quiet=True)):
        torch.zeros(2, 3) @ torch.zeros(2, 3)
