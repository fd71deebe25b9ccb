"""CLIP-Dissect: soft WPMI by its formula and its authors' numbers; planted units named; a real CLIP of few weights."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor

from dissect.commands.name_units import NameUnits, read_words
from dissect.commands.opening import Source
from dissect.naming.names import name_units
from dissect.naming.page import in_words
from dissect.naming.soft_wpmi import soft_wpmi
from dissect.segmenters.clip import Clip
from tests.dissect.glass import ALWAYS, DOOR, LABELS, SKY, TREE, UNITS, ColourSegmenter, GlassGenerator, latents

WORDS = ("tree", "a red door", "night")
AUTHORS = [[0.32360, -0.03813, 0.23799], [-0.48141, 0.03672, -0.31292]]  # of their code, a CPU


def test_soft_wpmi_is_what_its_formula_says():
    alike = torch.tensor([[0.3, 0.1], [0.2, 0.4], [0.0, 0.1]])
    activations = torch.tensor([[1.0, 0.0], [0.5, 2.0], [0.0, 1.0]])  # they fire for pictures 0, 1 and 1, 2
    odds = [[math.exp(10 * each) for each in row] for row in alike.tolist()]
    told = [[each / sum(row) for each in row] for row in odds]
    belongs = (0.998, 0.998 - (0.998 - 0.97) / 2)
    given = [
        [sum(math.log(1 + p * (told[x][t] - 1) + 1e-7) for p, x in zip(belongs, own, strict=True)) for t in (0, 1)]
        for own in ((0, 1), (1, 2))
    ]
    for weight in (0.0, 1.0):
        usual = [weight * math.log((math.exp(given[0][t]) + math.exp(given[1][t])) / 2) for t in (0, 1)]
        wanted = torch.tensor([[given[u][t] - usual[t] for t in (0, 1)] for u in (0, 1)])
        torch.testing.assert_close(soft_wpmi(alike, activations, top=2, weight=weight), wanted)


def test_soft_wpmi_gives_its_authors_numbers():
    rng = torch.Generator().manual_seed(0)
    alike, activations = torch.rand(6, 3, generator=rng), torch.rand(6, 2, generator=rng)
    wanted = torch.tensor(AUTHORS)
    torch.testing.assert_close(soft_wpmi(alike, activations, top=4), wanted, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="from 1 to 6 pictures"):
        soft_wpmi(alike, activations, top=7)
    with pytest.raises(ValueError, match="as many pictures in both"):
        soft_wpmi(alike, activations[:5])


USUAL = torch.tensor([0.7, 0.5, 0.09, 0.03, 1.0])  # shares of the pixels of each label where it is there


def see(images: Tensor) -> Tensor:
    """A planted CLIP: how much of a picture shows each label, beside how much usually does, as a vector."""
    classes = ColourSegmenter()(images)
    shares = torch.stack([(classes == k).float().mean((1, 2)) for k in range(len(LABELS))], 1)
    return torch.nn.functional.normalize(shares / USUAL, dim=1)


def named(batch_size: int = 32):
    words, vectors = LABELS, torch.eye(len(LABELS))
    rng = torch.Generator().manual_seed(0)
    return name_units(
        GlassGenerator(), "stem", latents(120), see, words, vectors, top=30, batch_size=batch_size, rng=rng
    )


def test_planted_units_have_the_words_of_what_they_draw():
    found = named()
    assert found.scores.shape == (UNITS, len(LABELS))
    for unit, word in ((SKY, "sky"), (TREE, "tree"), (DOOR, "door")):
        assert found.best(unit)[0][0] == word
        assert found.is_sure(unit)
    assert found.best(ALWAYS) == []  # it never changes
    assert not found.is_sure(ALWAYS)
    assert "tree (" in in_words(found)
    torch.testing.assert_close(named(7).scores, found.scores, rtol=1e-5, atol=1e-5)


def test_words_come_from_a_list_or_a_file(tmp_path: Path):
    assert read_words("tree, a red door,night , tree") == WORDS
    (tmp_path / "words.txt").write_text("\ufefftree\n a red door\n\nnight\n", encoding="utf-8")  # as Notepad saves it
    assert read_words(str(tmp_path / "words.txt")) == WORDS
    with pytest.raises(ValueError, match="is the file there"):
        read_words("word.txt")
    many = [f"word number {number}" for number in range(40)]
    assert read_words(", ".join(many)) == tuple(many)  # longer than the name of a file can be


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of a few weights, with a tokenizer of letters."""
    library = pytest.importorskip("transformers")
    place = tmp_path_factory.mktemp("clip")
    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (place / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    sizes = {"hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}
    text = {**sizes, "vocab_size": len(tokens), "bos_token_id": 52, "eos_token_id": 53, "pad_token_id": 53}
    config = library.CLIPConfig(
        text_config=text, vision_config={**sizes, "image_size": 16, "patch_size": 4}, projection_dim=8
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        library.CLIPModel(config).save_pretrained(place)
    library.CLIPTokenizer(str(place / "vocab.json"), str(place / "merges.txt")).save_pretrained(place)
    sides = {"height": 16, "width": 16}
    library.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=sides).save_pretrained(place)
    return place


def test_pictures_and_words_are_seen_as_the_library_sees_them(folder: Path):
    import transformers

    clip = Clip.from_pretrained(folder)
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(list(WORDS), padding=True, return_tensors="pt")
    pixels = torch.randint(0, 256, (2, 3, 16, 16), generator=torch.Generator().manual_seed(0))
    prepared = transformers.CLIPImageProcessor.from_pretrained(folder)(list(pixels), return_tensors="pt")
    with torch.no_grad():
        both = model(**tokens, **prepared)
    images = pixels / 127.5 - 1
    torch.testing.assert_close(clip.pictures(images), both.image_embeds, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(clip.words(WORDS), both.text_embeds, rtol=1e-4, atol=1e-4)
    assert clip.pictures(images[:, :, :, 2:12].repeat(1, 1, 2, 1)).shape == (2, 8)  # the middle square, enlarged


class Drawing(GlassGenerator):
    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.rand(count, 6, generator=rng)


def test_the_command_writes_names(folder: Path, tmp_path: Path):
    source = Source(generator=f"{__name__}:Drawing")
    asked = NameUnits("stem", str(folder), ", ".join(WORDS), source, images=24, top=8, out=tmp_path / "out")
    console = Console(file=io.StringIO(), width=200)
    asked.run(console)
    told = json.loads((tmp_path / "out" / "names.json").read_text())
    assert [unit["unit"] for unit in told["units"]] == list(range(UNITS))
    assert set(told["units"][TREE]["words"]) == set(WORDS)
    assert told["units"][ALWAYS]["words"] == {}
    assert "page: " in console.file.getvalue()  # type: ignore[attr-defined]
    with pytest.raises(FileExistsError, match="choose another folder"):
        asked.run(console)
    for wrong in ("./clop", str(tmp_path / "clop"), "clop"):
        with pytest.raises(
            FileNotFoundError, match=r"there is no folder '.*clop': give one with a CLIP, or its OWNER/NAME"
        ):
            NameUnits("stem", wrong, "a, b", source, images=24, top=8, out=tmp_path / "new").run(console)
    with pytest.raises(ValueError, match="from 1 to 24"):
        NameUnits("stem", str(folder), "a, b", source, images=24, top=25, out=tmp_path / "new").run(console)
