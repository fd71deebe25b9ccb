"""Several layers at once: faults that are planted in two of them are both mended, and nothing else is touched."""

import pytest
import torch
from torch import nn

from dissect import intervene
from dissect.mending import Ablation, Mending, combine, mend, try_layers
from dissect.mending.ablations import edits_of
from dissect.mending.account import page_of, verdict
from dissect.mending.folding import Mended
from dissect.mending.frechet import FrechetScorer
from tests.dissect.splatter import BAD, UNITS, Painter, SplatterGenerator, Stem, latents, look, real_images

FINDING, CHOOSING, JUDGING = (latents(count, seed) for count, seed in ((300, 1), (300, 2), (400, 3)))
SCORER = FrechetScorer(look, look(real_images(800)), "planted")
FIRST, SECOND = (BAD[0],), BAD[1:]


class Half(Stem):
    """The planted layer with only some of its splattering units, and no other units where ``alone``."""

    def __init__(self, bad, good):
        super().__init__()
        self.kept = [unit for unit in range(UNITS) if unit in bad or (good and unit not in BAD)]

    def forward(self, z):
        kept = torch.zeros(UNITS, device=z.device)
        kept[self.kept] = 1
        return super().forward(z) * kept[:, None, None]


class TwoFaults(nn.Module):
    """``first`` paints and splatters with one unit, ``second`` splatters with two others; ``attic`` does nothing."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.attic = Half(FIRST, good=True), Half(SECOND, good=False), Stem()
        self.painter = Painter()

    def forward(self, z):
        self.attic(z)
        return self.painter(self.first(z) + self.second(z))


GENERATOR = TwoFaults()


def found():
    trials = try_layers(GENERATOR, ["attic", "first", "second"], FINDING, CHOOSING, SCORER, counts=(1, 2))
    return combine(GENERATOR, trials, CHOOSING, SCORER, counts=(1, 2))


def judged(ablations, **options):
    settings = {"random_sets": 3, "draws": 60, "rng": torch.Generator().manual_seed(0)} | options
    return mend(GENERATOR, ablations, JUDGING, SCORER, **settings)


def test_both_planted_faults_are_mended_the_larger_one_first():
    steps = found()
    units = {trial.choice.layer: set(trial.ablation.units) for trial in steps}
    assert list(units) == ["second", "first"]
    assert units["first"] == set(FIRST)
    assert set(SECOND) <= units["second"]
    assert steps[0].choice.beside == ()
    assert steps[1].choice.beside == (steps[0].ablation,)
    assert steps[1].choice.distances[0] == min(steps[0].choice.distances)


def test_several_layers_mend_more_than_the_best_one_alone():
    steps = found()
    ablations = [trial.ablation for trial in steps]
    alone, together = judged(ablations[:1]), judged(ablations, used=torch.cat((FINDING, CHOOSING)))
    assert alone.improves
    assert together.beats_random
    assert together.after.high < alone.after.low
    assert together.layers == "second and first"
    for sets in together.random_units:
        assert [len(units) for units in sets] == [len(each.units) for each in ablations]
        assert all(not set(units) & set(each.units) for units, each in zip(sets, ablations, strict=True))
    told = verdict(together)
    assert told.startswith("Ablating ")
    assert "of second and ablating 1 unit of first takes" in told
    page = page_of(together, [trial.choice for trial in steps], {}, {}).markdown()
    assert "# Mending of second and first" in page
    assert f"| first | {ablations[0]} |" in page


def test_where_nothing_helps_nothing_is_combined():
    trials = try_layers(SplatterGenerator(), ["stem"], FINDING, CHOOSING, SCORER, by="marks", marks=FINDING[:, 0] > 0.5)
    assert combine(SplatterGenerator(), [trial for trial in trials if not trial.choice.best], CHOOSING, SCORER) == []


def test_the_mended_copy_holds_all_of_it_and_survives_its_file(tmp_path):
    net = nn.Sequential()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net.add_module("start", nn.Sequential(nn.Unflatten(1, (8, 1, 1)), nn.ConvTranspose2d(8, 6, 4), nn.ReLU()))
        net.add_module("middle", nn.Sequential(nn.Conv2d(6, 5, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=4)))
        net.add_module("end", nn.Conv2d(5, 1, 3, padding=1))
    net.requires_grad_(False).eval()
    ablations = [Ablation("start", (1, 4), (0.0, 0.0), 0.5), Ablation("middle.0", (2,), (0.5,))]
    result = mend(net, ablations, JUDGING, SCORER, random_sets=1, draws=20, rng=torch.Generator().manual_seed(0))
    result.save(tmp_path / "mending.safetensors")
    again = Mending.load(tmp_path / "mending.safetensors")
    assert again == result
    mended = again.apply(net, JUDGING[:4])
    assert not any(isinstance(module, Mended) for module in mended.modules())
    with intervene(net, edits_of(ablations)):
        assert torch.equal(mended(JUDGING), net(JUDGING))
    inside = [Ablation("middle", (2,), (0.0,)), Ablation("middle.0", (1,), (-1.0,))]
    wrapped = mend(net, inside, JUDGING[:40], SCORER, random_sets=1, draws=2, rng=torch.Generator()).apply(net, JUDGING)
    with intervene(net, edits_of(inside)):
        assert torch.equal(wrapped(JUDGING), net(JUDGING))


@pytest.mark.parametrize(
    ("ablations", "told"),
    [
        ([], "at least one layer to mend"),
        ([Ablation("first", (1,), (0.0,)), Ablation("first", (2,), (0.0,))], "a layer is named twice"),
    ],
)
def test_mistakes_are_told(ablations, told):
    with pytest.raises(ValueError, match=told):
        judged(ablations)
