"""The measurement of words: every figure is kept, a second call measures nothing again, a stopped one goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.sequences import __main__ as sequences
from benchmarks.sequences import words
from benchmarks.sequences.words import Part

TINY = {"embedding": 4, "width": 5, "pretrain": 3, "lead": 1}
PARTS = {
    "toy": Part("nmt", "toy_language", {**TINY, "channels": 2}, rounds=2, seeds=1, batch=4, count=30),
    "writing": Part("seqgan", "grammar", {**TINY, "rollouts": 1}, rounds=2, seeds=2, batch=4, count=30,
                    better=float.__lt__),
}  # fmt: skip


def test_figures_are_kept_and_a_stopped_measurement_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "PARTS", PARTS)
    monkeypatch.setattr(words, "TESTED", 5)
    monkeypatch.setattr(words, "PIECE", 2)
    out = str(tmp_path / "out")
    sequences.main(["words", "--out", out])
    first = capsys.readouterr().out
    assert "toy (nmt), 1 seeds" in first
    assert "The adversary is better in oracle_nll in" in first
    kept = json.loads((tmp_path / "out" / "toy-0.json").read_text())
    assert set(kept["likelihood"]) == {"exact_match", "bleu", "chrf"}
    assert len(kept["intervals"]["BLEU, adversary less likelihood"]) == 3
    (tmp_path / "out" / "toy-0.json").unlink()  # as if it had been stopped before the last figure
    monkeypatch.setattr(words, "train", None)  # nothing is left to be trained
    sequences.main(["words", "toy", "--out", out])
    again = json.loads((tmp_path / "out" / "toy-0.json").read_text())
    assert again == kept
    with pytest.raises(SystemExit, match="no part is called 'toys': choose from toy, writing"):
        sequences.main(["words", "toys", "--out", out])
