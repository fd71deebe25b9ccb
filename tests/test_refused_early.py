"""What a command refuses it refuses before the work begins: before a second picture is drawn, or data are read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from torch import Tensor, nn

import core_gans.data.known as known
from core_gans import shipped
from core_gans.commands.compare import Compare
from core_gans.commands.explore import Explore
from core_gans.commands.judge import Judging
from core_gans.data import scenes
from dissect.commands.dictionary import DictionaryCommand
from dissect.commands.directions import Directions
from dissect.commands.findings import FindingsCommand
from dissect.commands.invert import Invert
from dissect.commands.mend import Mend
from dissect.commands.opening import Opened, Source
from dissect.commands.patch import Patch
from dissect.commands.run import Run
from dissect.commands.train_encoder import TrainEncoder
from dissect.commands.train_segmenter import TrainSegmenter

PICTURE = Path("picture.png")
NAN = float("nan")
OF_DISSECT = [
    *(DictionaryCommand("block8", **each) for each in ({"count": 0}, {"count": 300}, {"images": 1}, {"batch": 0})),
    *(DictionaryCommand("block8", kind="topk", **each) for each in ({"active": 0}, {"active": 65}, {"steps": 0})),
    DictionaryCommand("block8", kind="jumprelu", sparsity=NAN),
    DictionaryCommand("block8@last"),
    DictionaryCommand("nothing"),
    *(Run(**each) for each in ({"images": 1}, {"batch": 0}, {"layer": ("nothing",)})),
    *(FindingsCommand(share=share) for share in (0.0, 1.5, NAN)),
    *(FindingsCommand(**each) for each in ({"updates": -1}, {"images": 3}, {"object": "x"}, {"layer": "x"})),
    *(Patch(**each) for each in ({"grid": 0}, {"grid": 9}, {"pairs": 0}, {"batch": 0}, {"images": 1, "pairs": 1})),
    Patch(layers=("block8", "block8")),
    *(Mend(**each) for each in ({"data": "x"}, {"features": "x"}, {"units": 0}, {"images": 1}, {"random": 0})),
    *(Directions(count=count) for count in (0, 1_000)),
    *(Directions(method="clusters", layer="block8", count=count) for count in (0, 257)),
    *(Directions(method="unit-pca", layer="block8", count=count) for count in (0, 257)),
    Directions(out=PICTURE),
    *(Invert(PICTURE, **each) for each in ({"layer": "x"}, {"samples": 1}, {"seconds": NAN})),
    *(TrainEncoder(**each) for each in ({"layer": "x"}, {"steps": 0}, {"minutes": NAN}, {"widths": ()})),
]
OF_SCENES = [
    *(TrainSegmenter(held_out=part) for part in (0.0, -1.0, 8_000.0, float("inf"), NAN)),
    *(TrainSegmenter(**each) for each in ({"steps": 0}, {"minutes": 0.0}, {"rarity": NAN}, {"widths": ()})),
    *(TrainSegmenter(**each) for each in ({"count": 1}, {"split": "val"}, {"ignore": ("tree",)})),
]
OF_DATA = [
    *(Compare(("dcgan",), **each) for each in ({"seeds": 0}, {"seconds": 0.0}, {"batch": 0}, {"workers": 0})),
    *(Judging(Path("scenes-generator"), data="scenes", **each) for each in ({"count": 1}, {"batch": 0})),
    Judging(Path("scenes-generator"), data="scenes", features="x"),
]


def told(command: Any) -> str:
    return f"{type(command).__name__} {', '.join(f'{name}={value}' for name, value in vars(command).items())}"[:60]


def refused(command: Any) -> None:
    with pytest.raises((ValueError, OSError)):
        command.run(Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def guarded() -> Opened:
    """The shipped generator, which draws one picture at a time and no more."""
    found = Source().open()

    def guard(net: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert len(inputs[0]) == 1, "pictures are drawn"

    found.net.register_forward_pre_hook(guard)
    return found


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(PICTURE)


@pytest.mark.parametrize("command", OF_DISSECT, ids=told)
def test_before_a_second_picture_is_drawn(command: Any, guarded: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Source, "open", lambda source: guarded)
    refused(command)


@pytest.mark.filterwarnings("ignore:module forward hook")  # which follows from the guard
def test_the_guard_sees_a_command_that_is_not_refused(guarded: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Source, "open", lambda source: guarded)
    with pytest.raises(AssertionError, match="pictures are drawn"):
        DictionaryCommand("block8").run(Console(file=io.StringIO()))


@pytest.mark.parametrize("command", OF_SCENES, ids=told)
def test_before_scenes_are_drawn(command: TrainSegmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "draw_many", None)
    refused(command)


@pytest.mark.parametrize("command", OF_DATA, ids=told)
def test_before_data_are_read(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "KNOWN", {name: replace(each, read=None) for name, each in known.KNOWN.items()})
    refused(command)


def test_unknown_data_are_refused_before_samples_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        "core_gans.commands.explore.generate", lambda net, latents: drawn.append(len(latents)) or net(latents).detach()
    )
    refused(Explore(shipped.path("scenes-generator"), data="x"))
    assert drawn == [1]
