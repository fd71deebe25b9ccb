"""The plain loops beside which the games of sequences are timed take the steps of those games."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.sequences import speed
from core_gans.data import Batches, Examples
from core_gans.training import fresh_players, play_round, start
from core_gans.variants import make
from tests.tiny import chance


def test_the_table_has_a_row_for_a_game_of_each_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "FILMS", 2)
    monkeypatch.setattr(speed, "TEXTS", 2)
    for name, race in speed.RACES.items():
        monkeypatch.setitem(speed.RACES, name, replace(race, count=100 if race.learns_from != "clips" else 4))
    threads = torch.get_num_threads()
    try:
        speed.main(["videogan", "driving", "nmt", "seqgan", "--pairs", "1"])
    finally:
        torch.set_num_threads(threads)
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert rows == ["game", "videogan", "driving", "nmt", "seqgan"]


def test_a_plain_loop_takes_the_very_step_of_the_game() -> None:
    """Of one clip and the only window there is, nothing is left to chance."""
    game = make("video_prediction", shape=(1, 5, 16, 16), scales=2, width=2)
    clips = torch.rand(1, 1, 5, 16, 16, generator=chance()) * 2 - 1
    state = start(game, Batches(Examples("one", clips), 1), chance(1))
    nets = fresh_players(game, chance(1))
    play = speed.prediction(game, nets["generator"], nets["discriminator"])
    for _ in range(3):
        play_round(state)
        play(clips)
    for name, net in nets.items():
        for ours, theirs in zip(state.nets[name].parameters(), net.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs)
