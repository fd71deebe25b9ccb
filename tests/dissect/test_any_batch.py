"""How many images are made at once bounds the memory of every command, and changes no number of what it finds."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from dissect.__main__ import main
from dissect.commands import COMMANDS
from dissect.commands.compare import Compare
from dissect.commands.directions import Directions
from dissect.commands.invert import Invert
from dissect.commands.mend import Mend
from dissect.commands.opening import Source
from dissect.findings import find
from dissect.segmenters.clip import Clip
from tests.dissect import soft
from tests.dissect.strangers import TokenGenerator

BATCH = 5
SOURCE = Source(generator=f"{__name__}:Watched")
LAYER = "blocks.1:in~8x8+1"  # an address that no list of layers names
MADE: list[int] = []  # how many images each call made
COMPUTED: set[torch.dtype] = set()


class Watched(TokenGenerator):
    """Tokens, with latents of their own and a count of what is made at once."""

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.randn(count, 6, generator=rng)

    def forward(self, latents: Tensor) -> Tensor:
        MADE.append(len(latents))
        COMPUTED.add(self.start(latents).dtype)
        return super().forward(latents)


class Blinking(Watched):
    """The same, and black where the first latent is below 0: a stroke is in some of its pictures only."""

    def forward(self, latents: Tensor) -> Tensor:
        return torch.where(latents[:, 0, None, None, None] > 0, super().forward(latents), -1.0)


class Planted:
    """A CLIP of two words: dark and light."""

    def pictures(self, images: Tensor) -> Tensor:
        light = images.mean((1, 2, 3)) / 2 + 0.5
        return torch.nn.functional.normalize(torch.stack([1 - light, light], 1), dim=1)

    def words(self, words: Sequence[str]) -> Tensor:
        return torch.eye(len(words))


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


def test_causes_are_the_same_in_any_batches() -> None:
    def gather(batch: int) -> dict[str, object]:
        rng = torch.Generator().manual_seed(0)
        net, sees = soft.SoftGlass(), soft.SoftSegmenter()
        found = find(net, soft.latents(24), sees, share=0.4, updates=4, object="tree", batch_size=batch, rng=rng)
        assert found.alpha is not None
        removed = {concept: each.to_dict() for concept, each in found.removed.items()}
        return {"alpha": found.alpha.weight.tolist(), "dose": found.dose.to_dict(), **removed}

    assert leaves(gather(3)) == pytest.approx(leaves(gather(24)), abs=1e-5)


SEES = f"--layer {LAYER} --segmenter strokes"
WORDS = {  # each command that opens a generator, as small as it can be
    "run": f"{SEES} --images 8",
    "layers": "",
    "compare": f"{SEES} --images 8 --seeds 0 1",
    "findings": f"--layers {LAYER} --segmenter strokes --images 12 --updates 1 --share 0.2",
    "patch": f"--layers {LAYER} --segmenter strokes --concept stroke --images 12 --pairs 2 --grid 2",
    "dictionary": "--layer blocks.1~tokens --segmenter strokes --images 4 --count 3 --concept stroke",
    "name-units": f"--layer {LAYER} --clip planted --words dark,light --images 8 --top 2",
    "directions": f"{SEES} --images 20 --judged 2 --random 2 --steps 1 --count 1",
    "mend": f"--layer {LAYER} --data noise.npz --images 40 --judged 4 --real 300 --random 1 --units 2 --strength 1",
    "invert": "picture.png --segmenter strokes --steps 2 --samples 4 --layer blocks.1~tokens",
    "train-encoder": "--layer blocks.1~tokens --steps 2 --widths 4",
}
STILL = ("layers", "inspect", "list", "train-segmenter")  # they make one image at most, or none


ALSO_ABOVE = ("compare", "directions", "mend", "invert")  # in float32


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, "bfloat16") for name in WORDS] + [(name, "float32") for name in WORDS if name not in ALSO_ABOVE],
)
def test_every_command_takes_a_device_a_precision_and_a_batch(
    name: str, dtype: str, picture: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Clip, "from_pretrained", lambda name: Planted())
    MADE.clear()
    COMPUTED.clear()
    generator = "Blinking" if name == "patch" else "Watched"
    words = f"{name} {WORDS[name]} --generator {__name__}:{generator} --device cpu --dtype {dtype}"
    main([*words.split(), *([] if name in STILL else ["--batch", "2", "--out", "out"])])
    assert max(MADE) <= 7
    assert {getattr(torch, dtype)} == COMPUTED


@pytest.mark.parametrize("name", STILL)
def test_a_command_that_makes_no_images_refuses_a_batch(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--batch", "2"])
    assert "--batch" in "".join(capsys.readouterr())
    assert set(WORDS) | set(STILL) == set(COMMANDS)


def leaves(told: object) -> list[float]:
    """All numbers in ``told``, in their order."""
    if isinstance(told, dict):
        return [leaf for _, value in sorted(told.items()) for leaf in leaves(value)]
    if isinstance(told, list | tuple):
        return [leaf for value in told for leaf in leaves(value)]
    return [float(told)] if isinstance(told, int | float) else []
