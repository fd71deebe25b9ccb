"""A processor that only emulates bfloat16 makes a run slower with it: said before the run begins."""

import io

import pytest
import torch
from rich.console import Console

from core_gans.session import Options


@pytest.mark.parametrize(("has_it", "asked", "said"), [(False, True, True), (True, True, False), (False, False, False)])
def test_emulated_bfloat16_is_said(monkeypatch: pytest.MonkeyPatch, has_it: bool, asked: bool, said: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it)
    heard = io.StringIO()
    Options("ring", count=8, batch=8, bf16=asked).load(Console(file=heard, width=200))
    assert ("emulated here, about ten times more slowly" in heard.getvalue()) == said
