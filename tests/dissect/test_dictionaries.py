"""Dictionaries: planted mixtures are taken apart, and features are dissected, caused and painted with as units are."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from dissect import Stroke, ablate, causal_effect, compare_layers, intervene, paint, record, unit_set
from dissect.commands.dictionary import DictionaryCommand
from dissect.commands.opening import Source
from dissect.dictionaries import attach, attached, cells_of, fit_jumping, fit_nonnegative, fit_sparse, load_dictionary
from dissect.dictionaries.dictionary import NonnegativeDictionary
from dissect.dictionaries.jump import WIDTH, Active, Jump
from dissect.dictionaries.weighing import weigh
from tests.dissect.glass import DOOR, SIZE, SKY, TREE, UNITS, ColourSegmenter, Glass, Painter, latents

ATOMS = {  # (3, 6): of those for topk no unit tells any two apart; those for nmf are the only nonnegative ones
    "topk": torch.tensor([[1.0, 1, 0, 2, 1, 0], [1, 0, 1, 2, 0, 1], [0, 1, 1, 0, 1, 1]]),
    "nmf": torch.tensor([[3.0, 0, 1, 2, 0, 1], [0, 2, 2, 0, 1, 2], [1, 1, 0, 1, 3, 0]]),
}  # (3, 6)
KNOWN = (SKY, TREE, DOOR)
SEES = ColourSegmenter()


class Mixed(nn.Module):
    """The glass generator's three units that draw, mixed into six: ``mix`` is the layer, and no unit draws alone."""

    def __init__(self, kind: str = "nmf") -> None:
        super().__init__()
        self.glass, self.mix, self.painter = Glass(), nn.Conv2d(3, 6, 1, bias=False), Painter()
        self.mix.weight.data = ATOMS[kind].T[:, :, None, None].clone()
        self.unmixing = torch.linalg.pinv(ATOMS[kind])

    def forward(self, z: Tensor) -> Tensor:
        mixed = self.mix(self.glass(z)[:, KNOWN])
        maps = torch.zeros(len(z), UNITS, *mixed.shape[2:])
        maps[:, KNOWN] = torch.einsum("nuhw,uk->nkhw", mixed, self.unmixing)
        return self.painter(maps)


SAMPLE = latents(48)


def cells_planted(kind: str) -> Tensor:
    return cells_of(Mixed(kind), "mix", SAMPLE, rng=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def cells() -> Tensor:
    return cells_planted("nmf")


@pytest.fixture(scope="module", params=["nmf", "topk"])
def dictionary(request):
    given = cells_planted(request.param)
    if request.param == "nmf":
        return fit_nonnegative("mix", given, 3)
    return fit_sparse("mix", given, 6, active=2, steps=300, rng=torch.Generator().manual_seed(0))


def test_planted_atoms_are_found(dictionary):
    atoms = ATOMS[dictionary.kind]
    alike = (atoms / atoms.norm(dim=1, keepdim=True) @ dictionary.atoms.T).amax(1)  # cosines
    assert alike.min() > (0.99 if dictionary.kind == "nmf" else 0.7)  # an autoencoder's may be differences of them
    assert dictionary.explained(cells_planted(dictionary.kind)) > 0.999


def test_jumprelu_has_the_slopes_of_its_papers_equations():
    t, half = 0.5, WIDTH / 2
    z = torch.tensor([[t - 2 * half], [t - half / 2], [t + half / 2], [t + 2 * half]], requires_grad=True)
    threshold = torch.tensor([t], requires_grad=True)
    codes = Jump.apply(z, threshold)
    assert torch.equal(codes, torch.where(z > t, z, 0.0))
    weights = torch.tensor([[1.0], [2.0], [4.0], [8.0]])
    slope, height = torch.autograd.grad((weights * codes).sum(), (z, threshold))
    assert slope.flatten().tolist() == [0, 0, 4, 8]
    assert height.item() == pytest.approx(-t / WIDTH * (2 + 4))  # those in the window
    counts = Active.apply(z, threshold)
    assert counts.tolist() == [0, 0, 1, 1]
    slope, height = torch.autograd.grad((weights[:, 0] * counts).sum(), (z, threshold), allow_unused=True)
    assert slope is None
    assert height.item() == pytest.approx(-(2 + 4) / WIDTH)


def test_the_slope_of_the_mean_count_is_minus_the_density_at_the_threshold():
    z = (torch.arange(10_000).double() + 0.5)[:, None] / 5_000  # uniform on [0, 2]: its density is a half
    threshold = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(Active.apply(z, threshold).mean(), threshold)
    assert slope.item() == pytest.approx(-0.5, abs=1e-3)
    (slope,) = torch.autograd.grad(Jump.apply(z, threshold).mean(), threshold)
    assert slope.item() == pytest.approx(-0.5 * 0.7, abs=1e-3)  # of the mean of z where z > t


def test_jumprelu_takes_planted_mixtures_apart_and_is_attached_like_the_others(tmp_path: Path):
    rng = torch.Generator().manual_seed(0)
    atoms = torch.linalg.qr(torch.randn(12, 6, generator=rng))[0].T
    codes = (1 + torch.rand(2_000, 6, generator=rng)) * (torch.rand(2_000, 6, generator=rng) < 0.1)
    cells = codes @ atoms + 0.05 * torch.randn(2_000, 12, generator=rng)
    found = fit_jumping("mix", cells, 6, sparsity=0.1, steps=1_200, rng=rng)
    alike = atoms @ found.atoms.T
    assert alike.amax(1).min() > 0.99
    assert sorted(alike.argmax(1).tolist()) == list(range(6))  # each by a feature of its own
    on = found.encode_cells(cells)[:, alike.argmax(1)] > 0
    assert (on == (codes > 0)).float().mean() > 0.995

    net = Mixed("topk")
    given = cells_planted("topk")
    fit_jumping("mix", given, 3, steps=100, rng=rng).save(tmp_path / "d.safetensors")
    again = load_dictionary(tmp_path / "d.safetensors")
    assert (again.kind, again.layer) == ("jumprelu", "mix")
    assert again.explained(given) > 0.95
    with torch.no_grad():
        before = net(SAMPLE)
        with attached(net, again) as layer, record(net, [layer]) as seen:
            assert torch.equal(net(SAMPLE), before)
            assert bool(((seen[layer] == 0) | (seen[layer] > again.threshold.view(1, -1, 1, 1))).all())
            with intervene(net, {layer: ablate([0, 1, 2])}):
                assert not torch.equal(net(SAMPLE), before)


def test_cells_are_drawn_the_same_in_any_batches():
    drawn = [
        cells_of(Mixed(), "mix", SAMPLE, most=200, batch_size=size, rng=torch.Generator().manual_seed(0))
        for size in (5, 48)
    ]
    assert drawn[0].shape == (192, 6)  # four cells of each image
    torch.testing.assert_close(*drawn)


def test_features_agree_with_what_no_unit_draws_alone_and_cause_it(dictionary):
    net = Mixed(dictionary.kind)
    with torch.no_grad():
        before = net(SAMPLE)
    layer = attach(net, dictionary)
    with torch.no_grad(), record(net, [layer]) as seen:
        assert torch.equal(net(SAMPLE), before)
    codes = seen[layer]
    assert codes.min() >= 0
    found = compare_layers(net, ["mix", layer], SAMPLE, SEES)
    for concept in ("sky", "tree", "door"):
        column = found["mix"].concept(concept)
        assert found[layer].score[:, column].max() > (0.8 if concept == "sky" else 0.97)  # there is sky behind trees
        assert dictionary.kind == "nmf" or found["mix"].score[:, column].max() < 0.9
    tree = int(found[layer].score[:, found[layer].concept("tree")].argmax())
    effect = causal_effect(net, layer, [tree], SAMPLE[:16], SEES, random_trials=1, rng=torch.Generator().manual_seed(0))
    assert effect.removed("tree") > 0.9
    with torch.no_grad(), intervene(net, {layer: ablate([tree])}), record(net, ["mix"]) as seen:
        net(SAMPLE)
    left = torch.einsum("nuhw,uk->nkhw", seen["mix"], net.unmixing)
    assert left[:, 1].abs().mean() < 0.1 * Glass()(SAMPLE)[:, TREE].mean()
    brush = torch.zeros(SIZE, SIZE)
    brush[16:, 16:] = 1
    painted = paint(net, layer, SAMPLE[:1], [Stroke("add", unit_set(found[layer], "tree", 1), brush)], SEES)
    row = next(row for row in painted.table if row.concept == "tree")
    assert row.under_after > 0.85 * 16 * 16


def test_a_dictionary_is_weighed_kept_and_taken_off_again(dictionary, tmp_path):
    dictionary.save(tmp_path / "d.safetensors")
    again = load_dictionary(tmp_path / "d.safetensors")
    assert again.kind == dictionary.kind
    net = Mixed(dictionary.kind)
    names = [name for name, _ in net.named_modules()]
    with attached(net, again) as layer, torch.no_grad():
        assert layer == "mix.features"
        weighed = weigh(net, "mix", SAMPLE, SAMPLE[:16], SEES, "tree", rng=torch.Generator().manual_seed(0))
        with pytest.raises(ValueError, match="has features already"):
            attach(net, again)
    assert weighed.removed[1] > 0.9
    assert "as many features" in weighed.lines()[-1]
    assert [name for name, _ in net.named_modules()] == names
    with pytest.raises(ValueError, match="has no features"):
        weigh(net, "mix", SAMPLE, SAMPLE, SEES, rng=torch.Generator())


def test_features_that_were_taken_off_leave_the_modes_as_they_were():
    net = nn.Sequential(nn.Sequential(nn.Dropout(), nn.BatchNorm2d(2)), nn.ReLU())
    net[0][1].eval()
    with attached(net, NonnegativeDictionary("0", torch.eye(2))):
        pass
    assert [module.training for module in net.modules()] == [True, True, True, False, True]


def test_tokens_have_features_too(cells):
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mixed, self.after = Mixed(), nn.Identity()

        def forward(self, z: Tensor) -> Tensor:
            maps = self.mixed.mix(self.mixed.glass(z)[:, KNOWN])
            return self.after(maps.flatten(2).transpose(1, 2))

    net = Tokens()
    layer = attach(net, fit_nonnegative("after~tokens", cells, 3))
    with record(net, [layer]) as seen, intervene(net, {layer: ablate([0, 1, 2])}), torch.no_grad():
        left = net(SAMPLE)
    assert seen[layer].shape == (48, 3, 16, 16)
    assert left.shape == (48, 256, 6)
    assert left.abs().max() < 0.2


def test_what_cannot_be_fitted_or_attached_is_said(cells):
    with pytest.raises(ValueError, match="from 1 to 6 features"):
        fit_nonnegative("mix", cells, 7)
    with pytest.raises(ValueError, match="nothing above 0"):
        fit_nonnegative("mix", -cells, 2)
    with pytest.raises(ValueError, match="1 to 3 active features"):
        fit_sparse("mix", cells, 3, active=4, rng=torch.Generator())
    with pytest.raises(ValueError, match="a sparsity of 0 or more"):
        fit_jumping("mix", cells, 3, sparsity=-1.0, rng=torch.Generator())
    for layer in ("mix@last", "mix:in"):
        with pytest.raises(ValueError, match=r"fit them to mix, and name a run behind them, as in mix\.features@last"):
            attach(Mixed(), fit_nonnegative(layer, cells, 3))
    net = Mixed()
    attach(net, fit_nonnegative("mix", cells[:, :5], 3))
    with pytest.raises(ValueError, match="is of 5 units of mix, and the layer has 6"):
        net(SAMPLE[:2])


def test_the_command_writes_a_file_that_other_commands_take(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = Source(generator="linear 6 32; reshape 8 2 2; upsample 4; conv 8 5 3 1 1; relu; conv 5 1 3 1 1; tanh")
    console = Console(file=io.StringIO(), width=200)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        DictionaryCommand("4", own, kind="topk", count=4, active=2, steps=20, images=8, segmenter="strokes").run(
            console
        )
        found = replace(own, dictionary=Path("dictionary.safetensors"), dtype="bfloat16").open()
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "explained: " in said
    assert "matched features: " in said
    assert "--dictionary dictionary.safetensors --layer 4.features" in said
    assert any("are the layer 4.features" in note for note in found.notes)
    assert found.layers(("4.features",))[0] == ("4.features",)
    with pytest.raises(FileExistsError, match="exists already and is kept"):
        DictionaryCommand("4", own).run(console)


class Dead(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(6, 32), nn.Unflatten(1, (8, 2, 2)), nn.Threshold(100, 0), nn.Conv2d(8, 1, 1), nn.Tanh()
        )


def test_a_layer_without_any_variance_has_no_features(tmp_path):
    asked = DictionaryCommand(
        "2",
        Source(generator=f"{__name__}:Dead"),
        count=4,
        images=4,
        segmenter="strokes",
        out=tmp_path / "dead.safetensors",
    )
    with pytest.raises(ValueError, match="layer '2' puts out the same everywhere"):
        asked.run(Console(file=io.StringIO()))
