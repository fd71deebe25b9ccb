"""What holds over generators and seeds: planted units are counted, and the numbers are those of each case."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor

from dissect import dissect
from dissect.commands.compare import Compare
from dissect.commands.opening import Source
from dissect.findings.holding import Case, Seen, Spread, see_case, what_holds
from dissect.findings.holding_page import in_words
from tests.dissect.glass import DOOR, LABELS, TREE, UNITS, ColourSegmenter, GlassGenerator, latents

ORDER = torch.randperm(UNITS, generator=torch.Generator().manual_seed(3))


class Shuffled(GlassGenerator):
    """The same with its units in another order in the layer ``stem``."""

    def __init__(self) -> None:
        super().__init__()
        self.stem.add_module("order", Reordered())

    def forward(self, latents: Tensor) -> Tensor:
        return self.painter(self.stem(latents)[:, ORDER.argsort()])


class Reordered(torch.nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return maps[:, ORDER]


class Doorless(GlassGenerator):
    """Its scenes have no doors."""

    def forward(self, latents: Tensor) -> Tensor:
        return super().forward(torch.cat((latents[:, :4], 0 * latents[:, 4:5], latents[:, 5:]), 1))


class Drawing(GlassGenerator):
    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.rand(count, 6, generator=rng)


class OtherDrawing(Shuffled, Drawing):
    pass


def seen(net: GlassGenerator, name: str, seed: int = 0) -> Case:
    rng = torch.Generator().manual_seed(0)
    return see_case(net, latents(40, seed), ColourSegmenter(), name, seed, layers=["stem"], share=0.25, rng=rng)


def test_planted_units_hold_where_they_are_planted_whatever_their_number():
    cases = [seen(GlassGenerator(), "glass"), seen(Shuffled(), "shuffled"), seen(Doorless(), "doorless")]
    found = {each.concept: each for each in what_holds(cases)}
    having = {"sky": 3, "tree": 3, "door": 2, "grass": 3, "sun": 0}  # grass is where unit NOT_TREE is, and no sky
    assert {concept: each.having for concept, each in found.items()} == having
    assert {concept: each.shown for concept, each in found.items()} == having
    assert TREE in cases[0].concepts["tree"].units
    assert int((ORDER == TREE).nonzero()) in cases[1].concepts["tree"].units
    assert cases[0].concepts["door"].units == (DOOR,)
    for concept in ("tree", "door", "sky"):
        assert found[concept].removed.mean == pytest.approx(1)
        assert found[concept].removed.deviation == pytest.approx(0)
        assert found[concept].random.mean < 0.8
    best = [
        dissect(net, "stem", latents(40), ColourSegmenter()).iou for net in (GlassGenerator(), Shuffled(), Doorless())
    ]
    column = LABELS.index("tree")
    ious = [iou[:, column].max() for iou in best]
    assert found["tree"].iou == Spread(
        3, pytest.approx(np.mean(ious)), pytest.approx(np.std(ious, ddof=1)), min(ious), max(ious)
    )
    assert found["sun"].iou is None
    assert found["tree"].seeds is None
    assert "; for door in 2; for sun in none." in in_words(what_holds(cases))


def case(generator: str, seed: int, iou: float | None, units: tuple[int, ...]) -> Case:
    return Case(generator, seed, "stem", 8, {"tree": Seen(0.1, units, iou, None, None)})


def test_what_differs_over_seeds_is_told_from_what_differs_over_generators():
    (found,) = what_holds(
        [
            case("one", 0, 0.2, (1, 2)),
            case("one", 1, 0.4, (2, 3)),  # one unit of three at both
            case("two", 0, 0.7, (5,)),
            case("two", 1, 0.7, (5,)),
            case("three", 0, None, ()),
            case("three", 1, None, ()),
        ]
    )
    assert (found.having, found.cases) == (4, 6)
    assert found.iou == Spread(4, pytest.approx(0.5), pytest.approx(np.std([0.2, 0.4, 0.7, 0.7], ddof=1)), 0.2, 0.7)
    assert found.seeds == pytest.approx(np.sqrt((0.02 + 0) / 2))  # the mean of the variances within generators
    assert found.same == pytest.approx((1 / 3 + 1) / 2)
    with pytest.raises(ValueError, match="segmenters of other labels"):
        what_holds([case("one", 0, 0.2, ()), Case("two", 0, "stem", 8, {})])


def test_the_command_writes_what_holds(tmp_path: Path):
    source = Source(generator=f"{__name__}:Drawing")
    asked = {"others": (f"{__name__}:OtherDrawing",), "seeds": (0, 1), "layer": ("stem",), "segmenter": "strokes"}
    console = Console(file=io.StringIO(), width=200)
    Compare(source, out=tmp_path / "out", images=16, share=0.25, **asked).run(console)
    told = json.loads((tmp_path / "out" / "compared.json").read_text())
    names = [(each["generator"].rpartition(":")[2], each["seed"]) for each in told["cases"]]
    assert names == [("Drawing", 0), ("Drawing", 1), ("OtherDrawing", 0), ("OtherDrawing", 1)]
    assert told["provenance"]["seeds"] == "0, 1"
    first, second = (told["cases"][place]["concepts"] for place in (0, 2))
    assert [each["iou"] for each in first.values()] == [each["iou"] for each in second.values()]  # the same, reordered
    assert "the same units at all seeds" in (tmp_path / "out" / "compared.md").read_text()
    assert "page: " in console.file.getvalue()
    for change, words in (
        ({"out": tmp_path / "out"}, "choose another folder"),
        ({"seeds": (1, 1)}, "each once, got --seeds 1 1"),
        ({"others": (f"{__name__}:Drawing",)}, "is named twice"),
        ({"images": 1}, "at least 2 --images"),
    ):
        with pytest.raises((ValueError, FileExistsError), match=words):
            Compare(source, **{"out": tmp_path / "new", "images": 4, "batch": 4, **asked, **change}).run(console)
    assert not (tmp_path / "new").exists()


def test_others_are_of_the_kind_that_is_named_first():
    runs = [source.model for source in Compare(Source(Path("runs/a")), others=("runs/b",)).sources()]
    assert runs == [Path("runs/a"), Path("runs/b")]
    weights = Compare(Source(generator="my:net", weights=Path("a.pt")), others=("b.pt",))
    assert [source.weights for source in weights.sources()] == [Path("a.pt"), Path("b.pt")]
