"""What is broken off goes on from its file and ends in the same bits; a file of another question is refused."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect import Dissection, compare_layers, dissect
from dissect.measure import resume_file
from tests.dissect.glass import LABELS, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
SAMPLE = latents(60)


@pytest.fixture(autouse=True)
def _always_due(monkeypatch):
    monkeypatch.setattr(resume_file, "SECONDS", 0.0)


class Interrupted(ColourSegmenter):
    """Presses Ctrl-C after so many images."""

    labels = LABELS

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, images: Tensor) -> Tensor:
        self.left -= len(images)
        if self.left < 0:
            raise KeyboardInterrupt
        return super().__call__(images)


Interrupted.__name__ = "ColourSegmenter"  # the same segmenter, but for the interruption


def equal(one: Dissection, other: Dissection) -> None:
    for item in fields(Dissection):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, item.name
            np.testing.assert_array_equal(mine, theirs, err_msg=item.name)
        else:
            assert mine == theirs, item.name


@pytest.mark.parametrize("settings", [{}, {"criterion": "gandissect"}, {"upsampling": "nearest"}])
def test_what_is_interrupted_again_and_again_ends_in_the_same_bits(tmp_path, settings):
    file = tmp_path / "counts.safetensors"
    for size, after in ((7, 10), (5, 20), (11, 15)):
        with pytest.raises(KeyboardInterrupt):
            dissect(GlassGenerator(), LAYER, SAMPLE, Interrupted(after), keep=file, batch_size=size, **settings)
    done: list[int] = []
    again = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), keep=file, progress=done.append, **settings)
    assert len(done) < 2 or done[0] > 25  # it did not begin anew
    equal(again, dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), **settings))
    assert [path.name for path in tmp_path.iterdir()] == ["counts.safetensors"]


def test_a_finished_one_is_read_and_nothing_is_counted_twice(tmp_path):
    file = tmp_path / "counts.safetensors"
    whole = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), keep=file)
    seen: list[int] = []

    class Counting(ColourSegmenter):
        def __call__(self, images: Tensor) -> Tensor:
            seen.append(len(images))
            return super().__call__(images)

    Counting.__name__ = "ColourSegmenter"
    equal(dissect(GlassGenerator(), LAYER, SAMPLE, Counting(), keep=file), whole)
    assert sum(seen) == 1  # the first image, to see that it is the same


def test_an_iterable_sample_and_several_layers_go_on_too(tmp_path):
    file, layers = tmp_path / "counts.safetensors", [LAYER, "painter"]
    with pytest.raises(KeyboardInterrupt):
        compare_layers(GlassGenerator(), layers, iter(SAMPLE.split(9)), Interrupted(30), keep=file)
    again = compare_layers(GlassGenerator(), layers, iter(SAMPLE.split(13)), ColourSegmenter(), keep=file)
    whole = compare_layers(GlassGenerator(), layers, SAMPLE, ColourSegmenter())
    for layer in layers:
        equal(again[layer], whole[layer])


class Weighted(GlassGenerator):
    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))


Weighted.__name__ = "GlassGenerator"


class Otherwise(ColourSegmenter):
    def __call__(self, images: Tensor) -> Tensor:
        return super().__call__(images).flip(1)


Otherwise.__name__ = "ColourSegmenter"


class Renamed(ColourSegmenter):
    labels = ("lawn", *LABELS[1:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layer": "painter"}, "layers: stem.glass, not painter"),
        ({"levels": "iqr"}, "levels: score, not iqr"),
        ({"upsampling": "nearest"}, "upsampling: bilinear, not nearest"),
        ({"top": 3}, "top: 8, not 3"),
        ({"segmenter": Renamed()}, "labels: grass, sky.*, not lawn, sky"),
        ({"segmenter": Otherwise()}, "first image: segmented otherwise"),
        ({"generator": Weighted(1.0)}, "generator: GlassGenerator"),
        ({"latents": latents(60, seed=1)}, "opening latents: "),
        ({"latents": SAMPLE[:30]}, "opening latents: "),
    ],
)
def test_a_file_of_another_question_is_refused_in_one_line(tmp_path, change, words):
    file = tmp_path / "counts.safetensors"
    asked = {"generator": GlassGenerator(), "layer": LAYER, "latents": SAMPLE, "segmenter": ColourSegmenter()}
    dissect(**asked, keep=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=words) as error:
        dissect(**(asked | change), keep=file)
    assert "\n" not in str(error.value)
    assert str(file) in str(error.value)
    assert file.read_bytes() == before


def test_latents_that_differ_behind_the_opening_are_noticed(tmp_path):
    file = tmp_path / "counts.safetensors"
    long = latents(300)
    dissect(GlassGenerator(), LAYER, long, ColourSegmenter(), keep=file)
    other = torch.cat((long[:290], long[:10]))
    with pytest.raises(ValueError, match="sample: not the latents that were counted, the first 300"):
        dissect(GlassGenerator(), LAYER, other, ColourSegmenter(), keep=file)


def test_a_changed_weight_is_another_generator():
    one, same, other = Weighted(1.0), Weighted(1.0), Weighted(1.0 + 1e-6)
    assert resume_file.fingerprint(one) == resume_file.fingerprint(same) != resume_file.fingerprint(other)


def test_latents_have_one_digest_however_they_are_cut():
    whole, parts = resume_file.Digest([SAMPLE]), resume_file.Digest(SAMPLE.split(7))
    assert str(whole) == str(parts)
    assert str(whole) != str(resume_file.Digest([SAMPLE[:-1]]))


def test_damaged_and_foreign_files_are_refused(tmp_path):
    file = tmp_path / "counts.safetensors"
    write_sealed(file, {"a": np.zeros(2)}, {"format": "dissection/2"})
    with pytest.raises(ValueError, match="holds dissection/2, expected dissection counts/2"):
        dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), keep=file)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match="damaged"):
        dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), keep=file)


def test_the_file_says_what_it_counts(tmp_path):
    file = tmp_path / "counts.safetensors"
    dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), keep=file)
    _, facts = read_sealed(file)
    assert facts["facts"]["done"] == 60
    assert facts["question"]["levels"] == "score"
