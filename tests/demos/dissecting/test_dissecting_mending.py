"""Mending from a page: a planted flaw is found and taken away, and the mended generator opens again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core_gans.foundation.intervals import Interval
from core_gans.models import Model, load_model
from core_gans.variants import make
from demos.dissecting import mending
from demos.dissecting.dissectable_model import dissectable
from demos.dissecting.mend_part import mend
from demos.dissecting.mended import told as told_of_mending
from dissect import ablate, intervene
from dissect.mending import Ablation, Mending
from tests.demos.planted_state import FLAW, LATENT, SIDE, finished, flawless, planted_state


def test_the_flaw_is_found_and_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "REAL", 320)
    state = planted_state(tmp_path, str(flawless(tmp_path / "real.npz")))
    mend(state)
    finished(state)
    found = state.attempt()
    assert found is not None
    assert found.mending is not None
    assert [each.units for each in found.mending.ablations] == [(FLAW,)]
    assert found.mending.beats_random
    last = found.rows[-1]
    assert np.stack(last.before)[:, -1].max() == 255
    assert np.stack(last.after)[:, -1].max() == 0
    assert found.file is None  # these maps come from no weights
    shown = told_of_mending(found)
    assert "Mended" in shown
    assert shown.count("<img") == sum(len(row.before) + len(row.after) for row in found.rows)
    state.forget()


def test_where_nothing_helps_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "REAL", 320)
    latents = torch.randn(320, LATENT, generator=torch.Generator().manual_seed(7))
    state = planted_state(tmp_path)
    images = state.dissectable.net(latents).add(1).mul(127.5).byte().squeeze(1).numpy()
    np.savez(tmp_path / "same.npz", images=images)
    state = planted_state(tmp_path, str(tmp_path / "same.npz"))
    mend(state)
    finished(state)
    found = state.attempt()
    assert found is not None
    assert found.mending is None
    assert "Nothing to mend" in told_of_mending(found)
    state._dissectable = replace(state.dissectable, net=nn.Sequential(state.dissectable.net))  # other weights
    assert state.attempt() is None
    state.forget()


def test_the_mended_generator_is_a_model_that_opens_again(tmp_path: Path) -> None:
    game = make("dcgan", shape=(1, SIDE, SIDE), latent=LATENT, width=4)
    net = game.players()["generator"].eval().requires_grad_(False)
    for weight in net.state_dict().values():
        if weight.is_floating_point():
            weight.mul_(10)  # large enough for its pictures to differ
    latents = game.latents(6, torch.Generator().manual_seed(0))  # type: ignore[attr-defined]  # dcgan has latents
    whole = dissectable("a", "A", "digits", net, game.latents, Model(net, game))  # type: ignore[attr-defined]
    layer, none = list(whole.layers)[-1], Interval(0.0, 0.0, 0.0)
    found = Mending((Ablation(layer, (1, 2), (0.0, 0.0)),), "pixels", 4, none, none, none, (((0, 3),),), (none,))
    file = mending.keep_mended(whole, found, latents, tmp_path / "mended.safetensors")
    assert file is not None
    with intervene(net, {layer: ablate([1, 2])}):
        expected = net(latents)
    again = load_model(file)
    assert torch.allclose(again.net(latents), expected, atol=1e-5)
    assert not torch.allclose(net(latents), expected, atol=1e-3)
    assert list(again.card["mended"]["ablations"][0]["units"]) == [1, 2]
