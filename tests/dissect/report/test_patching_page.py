"""The written patching: its pictures show the patch, its tables hold every number, its page stands alone."""

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from rich.console import Console

from dissect.__main__ import main
from dissect.cause.pairs import Pairs
from dissect.cause.patching import PatchEffects
from dissect.cause.regions import UNDER, region_names
from dissect.commands.opening import Source
from dissect.commands.patch import Patch
from dissect.report.patch_page import PAGE, answer, write_patching
from dissect.report.patch_pictures import TILE, pairs_sheet
from tests.dissect.cause.test_patching import GENERATOR, OTHERS, WITH, WITHOUT, ClassSegmenter, patched

SMALL = {"concept": "tree", "layers": ("block32+block64",), "pairs": 2, "images": 24, "grid": 1, "seed": 1}


def write(folder: Path, found: PatchEffects) -> Path:
    pairs = Pairs(WITH, WITHOUT, OTHERS)
    return write_patching(folder, found, pairs, Tinted(), ClassSegmenter(), facts={"made by": "a <test>"})


class Tinted(torch.nn.Module):
    """The planted generator; its pictures hold the classes 0 to 3, of which all but the first are white when shown."""

    def __init__(self) -> None:
        super().__init__()
        for name, module in GENERATOR.named_children():
            self.add_module(name, module)

    forward = type(GENERATOR).forward


def test_the_page_says_what_carries_and_holds_its_pictures(tmp_path: Path) -> None:
    found = patched()
    page = write(tmp_path / "out", found)
    assert page.name == PAGE
    text = page.read_text(encoding="utf-8")
    assert "Carrier carries most under the box of the house: 100% (100 to 100) of it" in text
    assert text.count('src="data:image/webp;base64,') == 3
    assert "a &lt;test&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
    with pytest.raises(FileExistsError):
        write(tmp_path / "out", found)


def test_tables_and_numbers_hold_every_region(tmp_path: Path) -> None:
    found = patched()
    write(tmp_path / "out", found)
    numbers = json.loads((tmp_path / "out" / "patching.json").read_text())
    assert numbers["effects"] == [json.loads(json.dumps(effect.to_dict())) for effect in found.effects]
    with (tmp_path / "out" / "patching.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["layers"], row["region"]) for row in rows[:19]] == [("carrier", name) for name in region_names(4)]
    assert [float(row["appeared"]) for row in rows] == [effect.appeared.value for effect in found.effects]
    for name in ("heat", "pairs", "sheet"):
        assert cv2.imread(str(tmp_path / "out" / f"{name}.png")) is not None


def test_a_picture_is_patched_where_its_column_says() -> None:
    sheet = pairs_sheet(
        Tinted(), patched(["carrier", "other"]), Pairs(WITH[:1], WITHOUT[:1], OTHERS[:1]), ClassSegmenter()
    )
    source, target, carrier, other = (
        sheet[-12 - TILE : -12, 12 + 60 + 4 + at * (TILE + 4) :][:, :TILE] for at in range(4)
    )
    assert np.array_equal(target, other)
    assert not np.array_equal(target, carrier)
    inside = slice(TILE // 2 + 6, TILE // 2 + 20)
    assert np.array_equal(source[:, inside][40:50], carrier[:, inside][40:50])


def test_where_nothing_carries_it_is_said() -> None:
    assert answer(patched(["other"])).startswith("no layer carries the house beyond the random donors; other carries")
    few = patched(["carrier"], WITH[:3], WITHOUT[:3], OTHERS[:3])
    assert answer(few).startswith("carrier carries most under the box of the house: 100% (too few for an interval)")


def test_the_command_finds_pairs_and_takes_ones_own(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    Patch(out=tmp_path / "found", **SMALL).run(console)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"page: {tmp_path / 'found' / PAGE}" in said
    numbers = json.loads((tmp_path / "found" / "patching.json").read_text())
    assert numbers["pairs"] == 2
    last = {effect["region"]: effect for effect in numbers["effects"] if effect["layers"] == ["block32", "block64"]}
    assert last["everywhere"]["appeared"]["value"] == 1  # a chain: the whole source
    assert last[UNDER]["appeared"]["value"] > 0.5
    assert last[UNDER]["random_appeared"]["value"] < 0.1


def test_seeds_are_the_seeds_of_pictures(tmp_path: Path) -> None:
    found = Source().open()
    pairs = Pairs(*torch.zeros(3, 2, 1, 128))
    own = Patch(seeds=((5, 7), (8, 9), (1, 2)))._own(found, pairs)
    wanted = [found.latents(1, torch.Generator().manual_seed(seed))[0] for seed in (7, 9, 2)]
    assert torch.equal(own.targets, torch.stack(wanted))
    assert len(own.donors) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--concept", "hous"], "did you mean house"),
        (["--layers", "block9"], "did you mean"),
        (["--layers", "block4.0", "--pairs", "1", "--grid", "2"], "1 x 1 cells takes a grid of 1 to 1, got 2"),
        (["--concept", "sky"], "no pair found: of 20 pictures 20 show sky and 0 do not"),
        (["--pairs", "0"], "expected a pair, an image at once and two --images at least, got --pairs 0"),
    ],
)
def test_what_cannot_be_patched_is_said_in_one_line(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["patch", "--images", "20", "--out", str(tmp_path / "out"), *words])
    assert left.value.code == 2
    errors = [line for line in "".join(capsys.readouterr()).splitlines() if "error:" in line]
    assert len(errors) == 1
    assert told in errors[0]
    assert not (tmp_path / "out").exists()
