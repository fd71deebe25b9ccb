"""Played from Python: a bar where somebody looks, a Stop that loses nothing, and values that show themselves."""

from __future__ import annotations

import io
import signal
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from core_gans.data import Batches, Examples
from core_gans.models import Model, open_model
from core_gans.runs import attending
from core_gans.runs.progress import ProgressBar
from core_gans.runs.watchers import WatchedState, Watcher
from core_gans.session import Options
from core_gans.training import start, train
from core_gans.variants import make
from egan import evolve
from egan.experiment import run_evolution
from egan.options import Evolution
from tests.tiny import all_equal, batches, chance, pictures, points, small, weights

GAME = small("gan", points())


class Stop(Watcher):
    """Stops in the given round as ``how`` says."""

    def __init__(self, at: int, how: Callable[[], None]) -> None:
        self.at, self.how = at, how

    def after_round(self, state: WatchedState) -> None:
        if state.round == self.at:
            self.how()


def pressed() -> None:
    signal.raise_signal(signal.SIGINT)


def raised() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [pressed, raised])
@pytest.mark.parametrize("play", [train, evolve])
def test_the_stop_button_returns_the_state(play: Any, how: Any, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    state = play(GAME, batches(points()), 50, rng=3, watchers=[Stop(4, how)])
    assert state.round == 4
    assert signal.getsignal(signal.SIGINT) is before
    assert "stop" in capsys.readouterr().out
    whole, again = play(GAME, batches(points()), 7, rng=3), play(GAME, state.batches, 7, rng=state.rng, state=state)
    assert all_equal(weights(again.nets["generator"]), weights(whole.nets["generator"]))


def test_a_second_press_ends_a_script_and_leaves_a_session_its_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice() -> None:
        pressed()
        pressed()

    with pytest.raises(KeyboardInterrupt):
        train(GAME, batches(points()), 50, rng=3, watchers=[Stop(4, twice)])
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert train(GAME, batches(points()), 50, rng=3, watchers=[Stop(4, twice)]).round == 4


@pytest.mark.parametrize("play", [train, evolve])
def test_a_terminal_has_a_bar_and_a_file_has_none(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal, progress, expected in ((True, None, True), (False, None, False), (True, False, False)):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=100)
        monkeypatch.setattr(attending, "Console", lambda console=console, **_: console)
        state = play(GAME, batches(points()), 3, rng=3, progress=progress)
        assert (("round 3" in out.getvalue()) or ("generation 3" in out.getvalue())) == expected
        mine = ProgressBar("mine", console)
        state = play(GAME, state.batches, 5, rng=3, state=state, watchers=[mine])
        assert sum(isinstance(each, ProgressBar) for each in state.watchers) == 1


def test_a_notebook_has_a_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    handle = types.SimpleNamespace(update=said.append)
    fake = types.SimpleNamespace(Pretty=str, display=lambda text, display_id: handle)
    monkeypatch.setitem(sys.modules, "IPython.display", fake)  # type: ignore[arg-type]
    console = Console(force_jupyter=True, force_terminal=False)
    monkeypatch.setattr(attending, "Console", lambda **_: console)
    train(GAME, batches(points()), 3, rng=3)
    assert said[-1].startswith("round 3 ")


def is_png(code: bytes | None) -> bool:
    assert code is not None
    with Image.open(io.BytesIO(code)) as page:
        return page.format == "PNG"


def test_states_tell_themselves_in_a_line_and_draw_themselves() -> None:
    for examples, family in ((points(), "gan"), (pictures(), "dcgan")):
        trained = train(small(family, examples), batches(examples), 2, rng=3)
        grown = evolve(small(family, examples), batches(examples), 2, rng=3)
        chance_before = trained.rng.get_state()
        assert repr(trained).startswith(f"TrainingState({family}, 2 rounds in ")
        assert repr(grown).startswith(f"Population({family}, 1 parent, 2 generations in ")
        for state in (trained, grown):
            assert len(repr(state)) < 120
            assert is_png(state._repr_png_())
            assert repr(state) in state._repr_html_()
            assert 'src="data:image/png;base64,' in state._repr_html_()
        assert bool((trained.rng.get_state() == chance_before).all())
    assert len(repr(grown.parents[0])) < 120


def test_a_game_without_latents_has_words_alone() -> None:
    game = make("pix2pix", shape=(3, 16, 16), width=4, patch_layers=1)
    state = start(game, Batches(pictures(), 2, 0), chance())
    assert state._repr_png_() is None
    assert "<img" not in state._repr_html_()


def test_a_game_shows_what_is_not_at_its_default() -> None:
    game = make("wgan_gp", width=7, augment=("colour",))
    told = game._repr_html_()
    assert "wgan_gp (Gulrajani et al. 2017)" in told
    assert told.count("<tr>") == 2
    assert "<th>width</th><td>7</td>" in told
    assert "<table" not in make("wgan_gp")._repr_html_()


def test_a_dissection_shows_its_concepts() -> None:
    from core_gans import shipped
    from dissect import Dissection

    found = Dissection.load(shipped.path("scenes-dissection"))
    assert f"units matched: {len(found.matched())} of {found.count}" in repr(found)
    told = found._repr_html_()
    assert told.count("<tr>") == 1 + len(found.labels)
    assert "<th>tree</th>" in told


def test_data_and_models_show_themselves(tmp_path: Path) -> None:
    for examples in (points(), pictures()):
        assert len(repr(examples)) < 100
        assert is_png(examples._repr_png_())
        assert repr(examples) in repr(batches(examples))
        assert "<img" in examples._repr_html_()
    assert Examples("<b>", pictures().images)._repr_html_().count("<b>") == 0
    fields = {"width": 8, "latent": 2, "depth": 1, "family": "mlp"}
    options = Options(data="ring", count=300, batch=16, explain_every=0)
    result = run_evolution("gan", fields, options, Evolution(), rounds=2, runs_folder=tmp_path, name="x",
                           console=Console(quiet=True))  # fmt: skip
    assert "modes_covered" in repr(result)
    assert "<table>" in result._repr_html_()
    model = open_model(tmp_path / "x")
    assert repr(model) == "Model(generator of gan, 2 rounds)"
    assert is_png(model._repr_png_())
    assert Model(model.net, model.game, "discriminator")._repr_png_() is None
