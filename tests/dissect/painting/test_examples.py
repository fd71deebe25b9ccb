"""Painting by example on the glass generator: whole features of another picture, exactly where they are wanted."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import write_sealed
from dissect import (
    Bank,
    CannotGrowError,
    EditSession,
    Fill,
    Stroke,
    Transplant,
    UnitSet,
    additions,
    intervene,
    removals,
    transplant,
)
from dissect.painting.candidates import ENOUGH, ranked
from dissect.painting.examples import Example, _traces, groups
from dissect.painting.growing import CELLS, places
from dissect.segmenters.wholes import name_of
from tests.dissect.glass import DOOR, LABELS, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
TREES, DOORS, SKIES = (LABELS.index(name) for name in ("tree", "door", "sky"))
BARE = torch.tensor([[0.5, 0.5, 0.1, 0.0, 0.0, 0.3]])  # no tree, no door
HOUSE = torch.tensor([[0.5, 0.5, 0.1, 0.9, 0.9, 0.3]])  # both, and the same horizon


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank.make(GlassGenerator(), latents(120, seed=5), ColourSegmenter())


def session_of(latent: torch.Tensor) -> EditSession:
    return EditSession(GlassGenerator(), LAYER, latent, ColourSegmenter())


def donors_of(bank: Bank):
    return lambda layers, numbers: bank.donors(GlassGenerator(), layers, numbers)


def box(classes: torch.Tensor, label: int) -> torch.Tensor:
    rows, columns = (classes == label).nonzero().unbind(1)
    mask = torch.zeros(classes.shape)
    mask[int(rows.min()) : int(rows.max()) + 1, int(columns.min()) : int(columns.max()) + 1] = 1
    return mask


def test_a_transplant_takes_all_units_of_whole_cells_and_none_elsewhere() -> None:
    features, donor = torch.zeros(2, 3, 4, 4), torch.rand(1, 3, 4, 4)
    mask = torch.zeros(8, 8)
    mask[2:5, 2] = 1  # a part of cells (1, 1) and (2, 1)
    taken = transplant(donor, mask)(features)
    expected = torch.zeros(2, 3, 4, 4)
    expected[:, :, 1:3, 1] = donor[:, :, 1:3, 1]
    assert torch.equal(taken, expected)
    assert torch.equal(transplant(donor, mask, 0.5)(features), expected / 2)
    assert torch.equal(transplant(donor)(features), donor.expand(2, -1, -1, -1))
    assert torch.equal(features, torch.zeros(2, 3, 4, 4))


def test_what_stands_elsewhere_is_moved_here_and_nothing_outside_the_brush_changes() -> None:
    session, house = session_of(BARE), session_of(HOUSE)
    brush = box(house.classes_before, TREES).roll(-8, 1)  # four cells to the left
    stroke = Transplant("add", ("tree",), house.donor([LAYER]), brush, moved=(0, -8))
    painting = session.paint([stroke])
    assert torch.equal((painting.classes_after == TREES), (house.classes_before == TREES).roll(-8, 1))
    outside = brush == 0
    assert torch.equal(painting.after[:, outside], painting.before[:, outside])
    with pytest.raises(ValueError, match="whole number of cells"):
        session.paint([Transplant("add", ("tree",), house.donor([LAYER]), brush, moved=(0, 3))])


def test_strokes_of_units_transplants_and_fills_go_on_top_of_each_other() -> None:
    session, house = session_of(HOUSE), session_of(HOUSE)
    tree = box(session.classes_before, TREES)
    gone = Fill(("tree",), (LAYER,), torch.ones(32, 32))
    assert session.paint([gone]).table[TREES].after == 0
    back = Transplant("add", ("tree",), house.donor([LAYER]), tree)
    assert session.paint([gone, back]).table[TREES].after == int((session.classes_before == TREES).sum())
    doors = Stroke("erase", {LAYER: UnitSet((DOOR,), (0.0,), (1.0,), "door")}, torch.ones(32, 32))
    both = session.paint([gone, doors])
    assert (both.table[TREES].after, both.table[DOORS].after) == (0, 0)
    several = session.variations([doors], [gone, back])
    assert [each.table[TREES].after for each in several] == [0, int((session.classes_before == TREES).sum())]
    assert all(each.table[DOORS].after == 0 for each in several)
    assert torch.equal(several[0].after, session.paint([doors, gone]).after)


def test_several_layers_are_edited_in_one_pass() -> None:
    chain = nn.Sequential(nn.Conv2d(2, 4, 1), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.Tanh()).eval()

    class Dark:
        labels = ("dark", "light")

        def __call__(self, images: torch.Tensor) -> torch.Tensor:
            return (images.mean(1) > 0).long()

    latent = torch.rand(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    other = EditSession(chain, ("1", "2"), latent + 1, Dark())
    session = EditSession(chain, ("1", "2"), latent, Dark())
    mask = torch.zeros(8, 8)
    mask[2:6, 2:6] = 1
    painting = session.paint([Transplant("add", (), other.donor(["1", "2"]), mask)], keep_outside=False)
    inside = mask > 0
    assert torch.equal(painting.after[:, inside], other.before[:, inside])
    assert torch.equal(painting.after[:, ~inside], session.before[:, ~inside])
    later = session.paint([Transplant("add", (), other.donor(["2"]), mask)], keep_outside=False)
    assert torch.equal(later.after, painting.after)
    with pytest.raises(ValueError, match="say of which layer"):
        session.paint([Stroke("add", UnitSet((0,), (0.0,), (1.0,)), mask)])
    with pytest.raises(ValueError, match="the session edits 1, 2, not"):
        session.paint([Stroke("add", {"0": UnitSet((0,), (0.0,), (1.0,))}, mask)])
    with torch.no_grad(), intervene(chain, {"2": transplant(other.donor(["2"]).features["2"], mask)}):
        assert torch.equal(chain(latent)[0], later.after)


def test_a_tree_is_added_by_example_where_trees_stand(bank: Bank) -> None:
    session, house = session_of(BARE), session_of(HOUSE)
    brush = box(house.classes_before, TREES)
    found = additions(session, bank, ["tree"], brush, donors_of(bank))
    best = found[0]
    assert best.reached > 0.75  # a disc in its box
    assert best.strayed == 0
    assert best.painting.table[DOORS].after == 0
    assert [each.merit for each in found] == sorted((each.merit for each in found), reverse=True)
    again = session.paint([best.stroke])
    assert torch.equal(again.after, best.painting.after)
    dab = torch.zeros(32, 32)
    rows, columns = brush.nonzero().unbind(1)
    middle = int(rows.float().mean())
    dab[middle : middle + 3, int(columns.float().mean())] = 1  # smaller than a cell: the seam does not count
    order = [each.reached - each.strayed for each in additions(session, bank, ["tree"], dab, donors_of(bank))]
    assert order == sorted(order, reverse=True)


def test_a_brush_over_all_takes_what_shows_most_and_is_moved_least(bank: Bank) -> None:
    session, all_over = session_of(BARE), torch.ones(32, 32)
    shows = torch.zeros(len(bank), 32, 32, dtype=torch.bool)
    shows[7, :, :20] = shows[9] = shows[11] = True
    found = ranked(bank, shows, session.before, session.classes_before, all_over, 2, adding=True)
    assert [(each.number, each.moved, each.cost, each.disagreement) for each in found[:2]] == [
        (9, (0, 0), 0.0, 0.0),
        (11, (0, 0), 0.0, 0.0),
    ]
    assert found[2].moved in ((-2, 0), (0, -2))
    third = next(each for each in found if each.number == 7)  # moved right, its edge repeated: it shows 28 columns
    assert (third.moved, third.cost) == ((0, 8), 0.0)
    none = ~shows
    without = ranked(bank, none, session.before, session.classes_before, all_over, 2, adding=False)
    assert [(each.number, each.moved, each.cost) for each in without[:2]] == [(9, (0, 0), 0.0), (11, (0, 0), 0.0)]


class Whole(ColourSegmenter):
    """A picture with a tree in it is tree all over, any other is grass."""

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        trees = (super().__call__(images) == TREES).flatten(1).any(1)
        return torch.where(trees, TREES, 0)[:, None, None].expand(-1, *images.shape[-2:])


def test_what_fills_the_picture_is_erased_and_nothing_has_strayed() -> None:
    session = EditSession(GlassGenerator(), LAYER, HOUSE, Whole())
    bank = Bank.make(GlassGenerator(), latents(12, seed=5), Whole())
    found = removals(session, bank, ["tree"], torch.ones(32, 32), donors_of(bank))
    assert {(each.reached, each.strayed, each.seam) for each in found} == {(1.0, 0.0, 0.0)}
    assert all(stroke.moved == (0, 0) for each in found if isinstance(stroke := each.stroke, Transplant))
    bare = EditSession(GlassGenerator(), LAYER, BARE, Whole())
    added = additions(bare, bank, ["tree"], torch.ones(32, 32), donors_of(bank))
    assert all(stroke.moved == (0, 0) for each in added if isinstance(stroke := each.stroke, Transplant))


def test_an_addition_that_shows_nothing_is_refused(bank: Bank) -> None:
    session, house = session_of(BARE), session_of(HOUSE)
    brush = box(house.classes_before, TREES)
    with pytest.raises(CannotGrowError, match=r"no tree grew here: [0-9]+ examples were drawn, and none shows one"):
        additions(session, bank, ["tree"], brush, lambda layers, numbers: [session.donor(layers) for _ in numbers])


def test_what_cannot_grow_is_said_and_where_it_can_is_shown(bank: Bank) -> None:
    session = session_of(BARE)
    high = torch.zeros(32, 32)
    high[0:5, 10:15] = 1
    with pytest.raises(CannotGrowError, match="no door can grow here: none of 120 pictures"):
        additions(session, bank, ["door"], high, donors_of(bank))
    assert name_of(["wall", "roof", "door", "window"]) == "house"
    assert name_of(["tree", "door"]) == "tree or door"
    with pytest.raises(CannotGrowError, match="no sun can grow here"):
        additions(session, bank, ["sun"], high, donors_of(bank))
    shares = places(bank, ["tree"], session.classes_before)
    assert shares.shape == (CELLS, CELLS)
    horizon = int((session.classes_before[:, 0] == SKIES).sum()) // 2
    assert float(shares[horizon - 1 : horizon + 2].max()) > 0.1  # trees stand on the horizon
    assert float(shares[0].max()) == float(shares[-1].max()) == 0


def test_things_are_erased_and_what_is_not_there_is_said(bank: Bank) -> None:
    session = session_of(HOUSE)
    everywhere = torch.ones(32, 32)
    best = removals(session, bank, ["tree"], everywhere, donors_of(bank))[0]
    assert best.reached == 1
    assert best.strayed == 0
    assert best.painting.table[DOORS].after == best.painting.table[DOORS].before > 0
    both = removals(session, bank, ["tree", "door"], everywhere, donors_of(bank))[0]
    assert both.painting.table[TREES].after == both.painting.table[DOORS].after == 0
    with pytest.raises(ValueError, match="there is no tree under the brush"):
        removals(session_of(BARE), bank, ["tree"], everywhere, donors_of(bank))


def test_a_small_brush_has_the_finest_layer_to_itself() -> None:
    chain = nn.Sequential(
        nn.Conv2d(4, 4, 1), nn.Upsample(scale_factor=2), nn.Conv2d(4, 3, 1), nn.Upsample(scale_factor=4)
    )
    session = EditSession(chain, ["0", "2"], torch.rand(1, 4, 4, 4), ColourSegmenter())
    brush = torch.zeros(32, 32)
    brush[4:11, 4:13] = 1
    assert groups(session) == [(("0", "2"), 8)]
    assert groups(session, brush) == [(("0", "2"), 8), (("2",), 4)]  # 63 pixels, where a cell has 64
    brush[4:12, 4:12] = 1
    assert groups(session, brush) == groups(session)


def test_a_fill_must_be_better_than_a_picture_and_traces_count() -> None:
    session, mask = session_of(HOUSE), torch.ones(32, 32)
    painting = session.paint([Fill(("tree",), (LAYER,), mask)])
    donor = session_of(BARE).donor([LAYER])
    erasing, adding = (Transplant(mode, ("tree",), donor, mask) for mode in ("erase", "add"))

    def merit(stroke: Transplant | Fill, reached: float, traces: float = 0.0) -> float:
        return Example(stroke, None, painting, reached, strayed=0.0, seam=0.1, traces=traces).merit

    assert merit(erasing, 1.0) > merit(erasing, 0.95) > merit(erasing, 0.95, traces=0.1)
    assert merit(erasing, 0.95) > merit(Fill(("tree",), (LAYER,), mask), 1.0) > merit(erasing, 0.85)
    assert merit(adding, 1.0) == merit(adding, ENOUGH) > merit(adding, 0.8)


class Deceived(ColourSegmenter):
    """Sure that nothing is a tree where the left edge is lighter than the right, and that all is a tree elsewhere."""

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        shares = torch.zeros(len(images), len(LABELS), *images.shape[-2:])
        shares[:, TREES] = torch.where((images - images.flip(-1))[:, 0, 0, 0] > 0, -20.0, 20.0)[:, None, None]
        return shares


def test_what_only_one_look_at_a_picture_misses_is_still_a_trace(bank: Bank) -> None:
    segmenter = Deceived()
    session = EditSession(GlassGenerator(), LAYER, HOUSE, segmenter)
    leaning = torch.zeros_like(session.before)
    leaning[:, :, 0] = 1
    mask = box(session.classes_before, TREES)
    painting = replace(session.paint([Fill(("tree",), (LAYER,), mask)]), after=leaning)
    assert float(segmenter.logits(leaning[None]).softmax(1)[0, TREES].max()) < 1e-6
    assert _traces(session, [painting], torch.tensor([TREES]), mask > 0) == pytest.approx([0.5])


def test_traces_are_looked_for_in_grey_pictures_too() -> None:
    class Grey(GlassGenerator):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return super().forward(z).mean(1, keepdim=True)

    class OfColours(ColourSegmenter):
        def logits(self, images: torch.Tensor) -> torch.Tensor:
            assert images.shape[1] == 3, "a network that learned from colours takes no others"
            return torch.zeros(len(images), len(LABELS), *images.shape[-2:])

    session = EditSession(Grey(), LAYER, HOUSE, OfColours())
    mask = torch.ones(session.classes_before.shape)
    painting = session.paint([Fill(("tree",), (LAYER,), mask)])
    assert _traces(session, [painting], torch.tensor([TREES]), mask > 0) == pytest.approx([1 / len(LABELS)])


class AllTrees(ColourSegmenter):
    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return torch.full((len(images), *images.shape[-2:]), TREES)


def test_what_would_not_go_is_said_and_nothing_changes(bank: Bank) -> None:
    session = EditSession(GlassGenerator(), LAYER, HOUSE, AllTrees())
    mask = torch.zeros(session.classes_before.shape)
    mask[8:16, 8:16] = 1
    with pytest.raises(ValueError, match=r"this tree would not go: \d+ ways were tried"):
        removals(session, bank, ["tree"], mask, donors_of(bank))


def test_a_bank_is_kept_and_belongs_to_its_generator(bank: Bank, tmp_path: Path) -> None:
    path = tmp_path / "bank.safetensors"
    bank.save(path)
    again = Bank.load(path)
    for name in ("latents", "classes", "pictures"):
        assert torch.equal(getattr(again, name), getattr(bank, name))
    assert again.labels == bank.labels
    again.check(GlassGenerator(), LABELS)
    with pytest.raises(ValueError, match="of another generator"):
        again.check(nn.Linear(2, 2), LABELS)
    with pytest.raises(ValueError, match="make one with this segmenter"):
        again.check(GlassGenerator(), LABELS[:2])
    with pytest.raises(ValueError, match="did you mean tree"):
        again.showing(["treee"])
    with pytest.raises(ValueError, match="at most 4096 pictures"):
        Bank.make(GlassGenerator(), torch.zeros(5000, 6), ColourSegmenter())
    other = tmp_path / "other.safetensors"
    write_sealed(other, {}, {"kind": "something"})
    with pytest.raises(LabError, match="no bank of examples"):
        Bank.load(other)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s: s.donor(["nowhere"]), "the session edits stem.glass, not nowhere"),
        (lambda s: Transplant("amplify", (), s.donor([LAYER]), torch.ones(4, 4)), '"add" or "erase"'),
        (lambda s: Transplant("add", (), s.donor([LAYER]), torch.ones(4, 4), strength=1.5), "at most 1"),
        (lambda s: Fill(("tree",), (LAYER,), torch.ones(1, 4, 4)), r"shape \(H, W\)"),
        (lambda s: s.paint([Fill(("tree",), ("stem",), torch.ones(4, 4))]), "the session edits stem.glass, not 'stem'"),
        (lambda s: transplant(torch.zeros(1, 3, 4, 4))(torch.zeros(1, 4, 4, 4)), "another generator or layer"),
        (lambda s: transplant(torch.zeros(1, 3, 4, 4), strength=2), "from 0 to 1"),
    ],
)
def test_mistakes_are_told(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(session_of(HOUSE))


def test_a_place_of_another_size_and_an_empty_brush_are_refused(bank: Bank) -> None:
    with pytest.raises(ValueError, match="covers no part"):
        additions(session_of(BARE), bank, ["tree"], torch.zeros(32, 32), donors_of(bank))
    with pytest.raises(ValueError, match="as in the bank"):
        places(bank, ["tree"], torch.zeros(16, 16, dtype=torch.long))
