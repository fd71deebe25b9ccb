"""How many images are made at once bounds the memory of every command, and changes no number of what it finds."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from core_gans.user_code import load_object
from dissect.commands import COMMANDS
from dissect.commands.compare import Compare
from dissect.commands.directions import Directions
from dissect.commands.findings import FindingsCommand
from dissect.commands.invert import Invert
from dissect.commands.mend import Mend
from dissect.commands.opening import Source
from dissect.findings import find
from tests.dissect import soft
from tests.dissect.strangers import TokenGenerator

BATCH = 5
SOURCE = Source(generator=f"{__name__}:Watched")
LAYER = "blocks.1:in~8x8+1"  # an address that no list of layers names
MADE: list[int] = []  # how many images each call made


class Watched(TokenGenerator):
    """Tokens, with latents of their own and a count of what is made at once."""

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.randn(count, 6, generator=rng)

    def forward(self, latents: Tensor) -> Tensor:
        MADE.append(len(latents))
        return super().forward(latents)


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture, real images, and a folder to write into."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (300, 16, 16, 3), np.uint8)
    Image.fromarray(pixels[0]).save("picture.png")
    np.savez("noise.npz", images=pixels)


def commands(batch: int, out: Path) -> dict[str, object]:
    """One command of each kind, small."""
    shared = {"source": SOURCE, "batch": batch, "out": out}
    seeing = {**shared, "segmenter": "strokes"}
    walking = {**seeing, "images": 40, "judged": 6, "random": 2, "steps": 1, "count": 1}
    mending = {"images": 40, "judged": 20, "real": 300, "random": 1, "units": 2, "strength": (1.0,)}
    return {
        "clusters": Directions(**{**walking, "count": 2}, method="clusters", layer=LAYER),
        "cell-probe": Directions(**walking, method="cell-probe", layer=LAYER, concept="stroke"),
        "compare": Compare(**seeing, layer=(LAYER,), images=12, seeds=(0, 1)),
        "mend": Mend(**shared, **mending, layer=(LAYER,), towards="mean", data="noise.npz"),
        "invert": Invert(Path("picture.png"), **seeing, steps=4, samples=12, layer="blocks.1~tokens"),
    }


@pytest.mark.parametrize("name", commands(1, Path()))
def test_a_command_makes_no_more_at_once_and_finds_the_same(name: str, picture: None) -> None:
    found = []
    for batch in (BATCH, 64):
        MADE.clear()
        out = Path(f"out{batch}")
        commands(batch, out)[name].run(Console(file=io.StringIO()))  # type: ignore[attr-defined]
        assert max(MADE) <= max(batch, 7)  # a row of pictures on a page is made at once
        (written,) = out.glob("*.json")
        numbers = json.loads(written.read_text())
        found.append({part: value for part, value in numbers.items() if part not in ("provenance", "seconds")})
    assert max(MADE) > 7
    assert leaves(found[0]) == pytest.approx(leaves(found[1]), abs=1e-5)


def test_findings_make_no_more_at_once(picture: None) -> None:
    MADE.clear()
    shared = {"segmenter": "strokes", "layers": (LAYER,), "images": 24, "updates": 0, "share": 0.2}
    FindingsCommand(SOURCE, batch=BATCH, out=Path("out"), **shared).run(Console(file=io.StringIO()))  # type: ignore[arg-type]
    assert max(MADE) <= 7


def test_causes_are_the_same_in_any_batches() -> None:
    def gather(batch: int) -> dict[str, object]:
        rng = torch.Generator().manual_seed(0)
        net, sees = soft.SoftGlass(), soft.SoftSegmenter()
        found = find(net, soft.latents(24), sees, share=0.4, updates=4, object="tree", batch_size=batch, rng=rng)
        assert found.alpha is not None
        removed = {concept: each.to_dict() for concept, each in found.removed.items()}
        return {"alpha": found.alpha.weight.tolist(), "dose": found.dose.to_dict(), **removed}

    assert leaves(gather(3)) == pytest.approx(leaves(gather(24)), abs=1e-5)


def test_every_command_that_makes_images_takes_a_batch() -> None:
    still = ("inspect", "layers", "list", "train-segmenter")
    for where in (where for name, where in COMMANDS.items() if name not in still):
        assert "batch" in load_object(where).__dataclass_fields__, where


def leaves(told: object) -> list[float]:
    """All numbers in ``told``, in their order."""
    if isinstance(told, dict):
        return [leaf for _, value in sorted(told.items()) for leaf in leaves(value)]
    if isinstance(told, list | tuple):
        return [leaf for value in told for leaf in leaves(value)]
    return [float(told)] if isinstance(told, int | float) else []
