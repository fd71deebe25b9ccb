"""``dissect train-segmenter`` on pictures of one's own: it learns, tells, saves and never overwrites."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from dissect.commands.train_segmenter import TrainSegmenter
from dissect.segmenters.unet import UNetSegmenter
from tests.dissect.discs import COLOURS, LABELS, classes_of, discs

NEEDS_DATA = pytest.mark.skipif("GANLAB_DATA" not in os.environ, reason="GANLAB_DATA does not name a folder of data")


def told(command: TrainSegmenter) -> str:
    console = Console(file=io.StringIO(), width=120)
    command.run(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def folder(place: Path, count: int = 60) -> Path:
    """Pictures of 16 x 16 that no power of the network's stride fits after the cut to 13 x 15."""
    images, masks = (pictures[:, :13, :15] for pictures in discs(count))
    for name, pictures in (("images", images), ("masks", masks)):
        (place / name).mkdir(parents=True)
        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(place / name / f"{i:03}.png")
    (place / "classes.txt").write_text(
        "\n".join(f"{n} {r} {g} {b}" for n, (r, g, b) in zip(LABELS, COLOURS, strict=True))
    )
    return place


def test_a_folder_of_pictures_teaches_a_segmenter(tmp_path: Path) -> None:
    out = tmp_path / "made" / "eyes.safetensors"
    command = TrainSegmenter(data=folder(tmp_path / "data"), steps=60, widths=(8, 16), held_out=10, out=out)
    text = told(command)
    for part in ("10 held-out images", "disc", "not there", "60 steps", str(out)):
        assert part in text
    segmenter = UNetSegmenter.load(out)
    assert segmenter.labels == LABELS
    assert segmenter.colours == COLOURS
    images, masks = discs(20, seed=9)
    assert (classes_of(segmenter, images) == masks).mean() > 0.9
    assert np.asarray(Image.open(out.with_suffix(".png"))).shape[1] > 3 * 13 * 10
    with pytest.raises(FileExistsError, match=r"eyes.safetensors exists already and is kept"):
        command.run(Console(file=io.StringIO()))
    out.unlink()
    with pytest.raises(FileExistsError, match=r"eyes.png exists already and is kept"):
        command.run(Console(file=io.StringIO()))


def test_a_segmenter_does_not_have_the_name_of_its_picture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"eyes.png is where its picture goes: name the file"):
        TrainSegmenter(steps=1, out=tmp_path / "eyes.png").run(Console(file=io.StringIO()))


def test_drawn_scenes_are_the_default(tmp_path: Path) -> None:
    text = told(TrainSegmenter(count=12, steps=2, widths=(4, 8), out=tmp_path / "a.safetensors"))
    assert "sky" in text
    assert "sky" in UNetSegmenter.load(tmp_path / "a.safetensors").labels


def test_drawn_scenes_of_another_size(tmp_path: Path) -> None:
    told(TrainSegmenter(count=12, steps=1, size=(32, 32), widths=(4, 8), out=tmp_path / "a.safetensors"))
    assert UNetSegmenter.load(tmp_path / "a.safetensors").labels
    with pytest.raises(ValueError, match="drawn scenes are squares: give one side twice with --size, not 32 16"):
        told(TrainSegmenter(count=12, steps=1, size=(32, 16), out=tmp_path / "b.safetensors"))


def test_broken_data_stop_it_before_it_learns(tmp_path: Path) -> None:
    place = folder(tmp_path / "data", 4)
    (place / "masks" / "002.png").unlink()
    with pytest.raises(ValueError, match=r"002\.png has no mask"):
        told(TrainSegmenter(data=place, out=tmp_path / "a.safetensors"))
    assert not (tmp_path / "a.safetensors").exists()


@NEEDS_DATA
@pytest.mark.parametrize(
    ("name", "split", "held_out", "there"),
    [("camvid_96x128.npz", "test", 233, "Bicyclist"), ("facades_64.npz", None, 100, "cornice")],
)
def test_real_photographs_are_read_and_learnt(
    tmp_path: Path, name: str, split: str | None, held_out: int, there: str
) -> None:
    out = tmp_path / "a.safetensors"
    data = Path(os.environ["GANLAB_DATA"]) / name
    text = told(TrainSegmenter(data=data, split=split, steps=2, widths=(2, 4), out=out))  # type: ignore[arg-type]
    assert f"{held_out} held-out images" in text
    assert there in UNetSegmenter.load(out).labels
    assert "Unlabelled" not in UNetSegmenter.load(out).labels
    assert np.asarray(Image.open(out.with_suffix(".png"))).std() > 20
