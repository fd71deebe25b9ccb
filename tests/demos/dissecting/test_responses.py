"""More questions to a page: doses, contexts, marks by hand, and a mended model among the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.foundation.intervals import Interval
from core_gans.models import Model
from core_gans.variants import make
from demos.dissecting import marks, mending, responses
from demos.dissecting.causes_part import ask_contexts, ask_dose
from demos.dissecting.dissectable_model import Dissectables, dissectable
from demos.dissecting.mend_part import begin_to_mark, mend_by_marks
from demos.dissecting.page_state import PageState
from demos.glossary import TERMS, term
from demos.model_store import MENDED, ModelStore
from dissect.mending import Ablation, Mending
from dissect.segmenters import named
from tests.demos.planted_state import FLAW, KEY, RING, finished, flawless, planted_state


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> PageState:
    """A page whose planted layer has been dissected by what is a stroke."""
    state = planted_state(tmp_path_factory.mktemp("lab"))
    state.run("maps", named.STROKES.name, 120)
    return finished(state)


def test_the_more_units_go_the_more_strokes_go(dissected: PageState) -> None:
    ask_dose(dissected, "stroke", 1)
    finished(dissected)
    found = dissected.findings(dissected.opened()).doses["stroke"]
    assert found.ranked[0] == RING
    assert found.counts.removed.mean[0] > 0.5 > float(found.counts.random_removed.mean[0])
    shown = responses.dose_told(found)
    assert shown.count('<figure class="plot"') == 3
    assert "Without the 1 that agree" in shown


def test_strokes_are_put_where_there_are_none(dissected: PageState) -> None:
    ask_contexts(dissected, "stroke", 1)
    finished(dissected)
    found = dissected.findings(dissected.opened()).contexts["stroke"]
    assert found.units == (RING,)
    assert max(found.places) > 0
    shown = responses.contexts_told(found, dissected.opened())
    assert "Where can it be put?" in shown
    assert shown.count("<svg") == 1


def test_marks_by_hand_find_the_flaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "REAL", 320)
    state = planted_state(tmp_path, str(flawless(tmp_path / "real.npz")))
    begin_to_mark(state)
    assert state.marking == (KEY, "maps")
    shown = marks.marks_html(state.dissectable)
    assert shown.count("data-place") == marks.SHOWN
    pictures = state.dissectable.net(marks.to_mark(state.dissectable))
    bad = (pictures[:, 0, -1].amax(1) > 0).nonzero().flatten().tolist()  # a line at the bottom
    mend_by_marks(state, bad)
    finished(state)
    assert state.marking is None
    found = state.attempt()
    assert found is not None
    assert found.choices[0].order[0] == FLAW
    assert found.mending is not None
    assert [each.units for each in found.mending.ablations] == [(FLAW,)]
    state.forget()


@pytest.mark.parametrize("places", [None, [], "all", [True], [-1], [marks.SHOWN], list(range(marks.SHOWN)), [1.5], {}])
def test_marks_that_are_none_are_refused(places: Any) -> None:
    with pytest.raises(ValueError, match="some of the 48 pictures"):
        marks.marks_of(places)


def test_a_mended_model_is_among_the_models_and_can_be_dissected(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "runs")
    game = make("dcgan", shape=(1, 16, 16), latent=4, width=4)
    net = game.players()["generator"].eval().requires_grad_(False)
    latents = game.latents(6, torch.Generator().manual_seed(0))  # type: ignore[attr-defined]  # dcgan has latents
    whole = dissectable("scenes", "A <model>", "digits", net, game.latents, Model(net, game))  # type: ignore[attr-defined]
    layer, none = list(whole.layers)[-1], Interval(0.0, 0.0, 0.0)
    found = Mending((Ablation(layer, (1, 2), (0.0, 0.0)),), "pixels", 4, none, none, none, (((0, 3),),), (none,))
    file = mending.keep_mended(whole, found, latents, tmp_path / "mended.safetensors")
    assert file is not None
    store.keep_mended("scenes", layer, file)
    key = f"{MENDED}-scenes-{layer}"
    entry = store.entry(key, "images")
    assert (entry.variant, entry.data) == ("dcgan", "digits")
    assert entry.title.startswith("Mended: A <model>")
    assert torch.allclose(store.model(key).net(latents), store.fresh(key).net(latents))
    assert layer in Dissectables(store).of(key).layers
    store.keep_mended(key, layer, file)  # mended again
    assert len([each for each in store.entries() if each.key.startswith(MENDED)]) == 2
    place = tmp_path / "runs" / MENDED / "damaged.safetensors"
    place.write_bytes(b"no model")
    assert [each.key for each in store.unreadable()] == [f"{MENDED}-damaged"]
    with pytest.raises(LabError, match="cannot be opened"):
        store.model(f"{MENDED}-damaged")


def test_a_word_explains_itself_to_pointer_and_keyboard() -> None:
    one, other = term("IoU"), term("unit", "units")
    assert TERMS["IoU"] in one
    assert ">units</button>" in other
    number = one[one.index("aria-describedby=") :].split('"')[1]
    assert f'id="{number}"' in one
    assert f'id="{number}"' not in other
    assert np.all([len(words) < 130 for words in TERMS.values()])
