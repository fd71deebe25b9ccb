"""A brush over the glass generator: what is painted changes as planted, and nothing else changes at all."""

import pytest
import torch

from dissect import EditSession, Stroke, UnitSet, choose_units, dissect, paint, unit_set
from tests.dissect.glass import DOOR, LABELS, NOISE, SKY, TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
TREES, DOORS, SKIES = LABELS.index("tree"), LABELS.index("door"), LABELS.index("sky")
# horizon, tree's place, door's place, a tree is there, a door is there, seed
HOUSE = torch.tensor([[0.5, 0.5, 0.1, 0.9, 0.9, 0.3]])


@pytest.fixture(scope="module")
def dissection():
    return dissect(GlassGenerator(), LAYER, latents(100), ColourSegmenter())


@pytest.fixture
def session():
    return EditSession(GlassGenerator(), LAYER, HOUSE, ColourSegmenter())


def around(classes: torch.Tensor, label: int, margin: int) -> torch.Tensor:
    """A rectangular brush over all pixels of ``label``, ``margin`` pixels wider."""
    rows, columns = (classes == label).nonzero().unbind(1)
    brush = torch.zeros(classes.shape)
    top, left = max(int(rows.min()) - margin, 0), max(int(columns.min()) - margin, 0)
    brush[top : int(rows.max()) + margin + 1, left : int(columns.max()) + margin + 1] = 1
    return brush


def test_erasing_removes_the_tree_and_nothing_outside_the_brush_changes(session, dissection):
    brush = around(session.classes_before, TREES, 2)
    painting = session.paint([Stroke("erase", unit_set(dissection, "tree"), brush)])
    row = painting.table[TREES]
    assert row.concept == "tree"
    assert row.before == row.under_before == int((session.classes_before == TREES).sum()) > 40
    assert row.after == row.under_after == 0
    outside = brush == 0
    assert torch.equal(painting.after[:, outside], painting.before[:, outside])
    assert not torch.equal(painting.after, painting.before)
    assert set(painting.classes_after[brush > 0].unique().tolist()) <= {LABELS.index("grass"), SKIES}


def test_erasing_one_thing_spares_the_other_under_the_same_brush(session, dissection):
    everything = torch.ones(32, 32)
    painting = session.paint([Stroke("erase", unit_set(dissection, "tree"), everything)])
    assert painting.table[TREES].after == 0
    assert painting.table[DOORS].after == painting.table[DOORS].before > 0


def test_erasing_lets_the_background_go_on(session):
    skies = UnitSet((SKY, TREE), (0.0, 0.0), (1.0, 1.0), "tree")
    brush = around(session.classes_before, TREES, 1)
    after = session.paint([Stroke("erase", skies, brush)]).classes_after
    horizon = [(after[:, column] == SKIES).sum().item() for column in range(32)]
    assert max(horizon) - min(horizon) <= 2


def test_erasing_leaves_the_units_alone_where_the_thing_is_not_seen(session):
    skies = UnitSet((SKY, TREE), (0.0, 0.0), (1.0, 1.0), "tree")
    painting = session.paint([Stroke("erase", skies, torch.ones(32, 32))])
    far = around(session.classes_before, TREES, 4) == 0
    assert painting.table[TREES].after == 0
    assert int((painting.classes_before[far] == SKIES).sum()) > 100
    assert torch.equal(painting.classes_after[far], painting.classes_before[far])
    nowhere = session.paint([Stroke("erase", UnitSet((SKY,), (0.0,), (1.0,), "sun"), torch.ones(32, 32))])
    assert nowhere.table[SKIES].after == 0  # no sun is seen: everywhere under the brush


def test_adding_draws_the_tree_under_the_brush_and_only_there(session):
    brush = torch.zeros(32, 32)
    brush[2:10, 20:28] = 1  # in the sky, in whole cells
    trees = UnitSet((TREE,), (0.0,), (1.0,), "tree")
    painting = session.paint([Stroke("add", trees, brush)])
    row = painting.table[TREES]
    assert row.under_before == 0
    assert bool((painting.classes_after[3:9, 21:27] == TREES).all())  # all but the faded edge
    assert row.after - row.before == row.under_after
    assert torch.equal(painting.after[:, brush == 0], painting.before[:, brush == 0])


def test_strength_is_continuous_and_goes_beyond_one(session):
    brush = torch.zeros(32, 32)
    brush[2:10, 20:28] = 1
    faint = UnitSet((TREE,), (0.0,), (0.3,), "tree")  # below the half that the painter draws at
    drawn = [
        session.paint([Stroke("add", faint, brush, strength)]).table[TREES].under_after for strength in (0, 1, 1.5, 3)
    ]
    assert drawn[0] == drawn[1] == drawn[2] == 0
    assert drawn[3] > 0
    tree = UnitSet((TREE,), (0.0,), (1.0,), "tree")
    over = around(session.classes_before, TREES, 2)
    left = [
        session.paint([Stroke("erase", tree, over, strength)]).table[TREES].after for strength in (0, 0.3, 0.6, 1, 2)
    ]
    assert left[0] == session.paint([Stroke("erase", tree, over, 0)]).table[TREES].before
    assert left == sorted(left, reverse=True)
    assert left[-1] == left[-2] == 0


def test_amplifying_makes_a_faint_thing_appear():
    class Faint(GlassGenerator):
        def forward(self, z):
            return self.painter(self.stem(z) * 1.0)

    session = EditSession(Faint(), "stem", HOUSE, ColourSegmenter())
    noise = UnitSet((NOISE,), (0.0,), (1.0,))
    same = session.paint([Stroke("amplify", noise, torch.ones(32, 32))])
    assert torch.equal(same.before, same.after)
    unit7 = UnitSet((TREE,), (0.0,), (1.0,))
    grown = session.paint([Stroke("amplify", unit7, torch.ones(32, 32), 1.0)])
    assert grown.table[TREES].after > grown.table[TREES].before  # the soft edge of the tree passes one half


def test_strokes_compose_in_their_order(session):
    trees, doors = UnitSet((TREE,), (0.0,), (1.0,), "tree"), UnitSet((DOOR,), (0.0,), (1.0,), "door")
    sky = torch.zeros(32, 32)
    sky[2:10, 20:28] = 1
    over = around(session.classes_before, TREES, 2)
    both = session.paint([Stroke("erase", trees, over), Stroke("add", doors, sky)])
    assert both.table[TREES].after == 0
    assert both.table[DOORS].after > both.table[DOORS].before
    undone = session.paint([Stroke("add", trees, sky), Stroke("erase", trees, sky)])
    assert undone.table[TREES].after < session.paint([Stroke("add", trees, sky)]).table[TREES].after


def test_keeping_outside_may_be_switched_off(session):
    brush = torch.zeros(32, 32)
    brush[2:10, 20:28] = 1
    trees = UnitSet((TREE,), (0.0,), (1.0,), "tree")
    kept = session.paint([Stroke("add", trees, brush)])
    free = session.paint([Stroke("add", trees, brush)], keep_outside=False)
    assert bool((free.touched == 1).all())
    assert bool((kept.touched[brush == 0] == 0).all())
    assert kept.touched[3:9, 21:27].unique().tolist() == [1.0]
    assert torch.equal(free.after[:, 4:8, 22:26], kept.after[:, 4:8, 22:26])


def test_a_brush_of_another_resolution_fits(session):
    fine = torch.zeros(128, 128)
    fine[8:40, 80:112] = 1
    coarse = torch.zeros(32, 32)
    coarse[2:10, 20:28] = 1
    trees = UnitSet((TREE,), (0.0,), (1.0,), "tree")
    pictures = [session.paint([Stroke("add", trees, brush)]).after for brush in (fine, coarse)]
    assert torch.equal(*pictures)


def test_an_empty_brush_changes_nothing(session, dissection):
    for mode in ("erase", "add", "amplify"):
        painting = session.paint([Stroke(mode, unit_set(dissection, "tree"), torch.zeros(32, 32))])
        assert torch.equal(painting.before, painting.after)


def test_paint_is_a_session_used_once(session, dissection):
    strokes = [Stroke("erase", unit_set(dissection, "tree"), around(session.classes_before, TREES, 2))]
    once = paint(GlassGenerator(), LAYER, HOUSE, strokes, ColourSegmenter())
    assert torch.equal(once.after, session.paint(strokes).after)
    assert once.table == session.paint(strokes).table


def test_every_painting_starts_from_the_untouched_picture(session, dissection):
    stroke = Stroke("erase", unit_set(dissection, "tree"), torch.ones(32, 32))
    first = session.paint([stroke])
    assert torch.equal(session.paint([stroke]).after, first.after)
    assert torch.equal(GlassGenerator()(HOUSE)[0], first.before)


def test_units_are_chosen_by_agreement_and_none_below_chance(dissection):
    assert choose_units(dissection, "tree", 1) == [TREE]
    assert choose_units(dissection, "tree", 2) == [TREE, 7]
    assert choose_units(dissection, "tree", share=0.25) == [TREE, 7]
    every = choose_units(dissection, "tree", share=1.0)
    assert every[:2] == [TREE, 7]
    assert all(dissection.score[unit, TREES] > 0 for unit in every)
    assert choose_units(dissection, "sun", 5) == []


def test_a_set_of_units_knows_what_its_units_are_with_and_without(dissection):
    doors = unit_set(dissection, "door", 1)
    assert doors.units == (DOOR,)
    assert doors.present == pytest.approx((1,))
    assert doors.absent == pytest.approx((0,), abs=1e-6)
    assert doors.concept == "door"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda d: Stroke("smear", unit_set(d, "tree"), torch.ones(4, 4)), '"erase", "add" or "amplify"'),
        (lambda d: Stroke("add", unit_set(d, "tree"), torch.ones(1, 4, 4)), r"shape \(H, W\)"),
        (lambda d: Stroke("add", unit_set(d, "tree"), torch.ones(4, 4), -1), "strength of at least 0"),
        (lambda d: Stroke("add", unit_set(d, "tree"), torch.ones(4, 4), float("nan")), "strength of at least 0"),
        (lambda d: UnitSet((1, 2), (0.0,), (1.0, 1.0)), "two activations for each of 2 units"),
        (lambda d: unit_set(d, "sun"), "no unit of layer 'stem.glass' agrees with 'sun'"),
        (lambda d: unit_set(d, "treee"), "did you mean tree"),
        (lambda d: choose_units(d, "tree", 0), "at least 1 unit"),
        (lambda d: choose_units(d, "tree", share=0), "share of the layer"),
        (lambda d: EditSession(GlassGenerator(), "stem.glas", HOUSE, ColourSegmenter()), "did you mean stem.glass"),
        (lambda d: EditSession(GlassGenerator(), LAYER, latents(2), ColourSegmenter()), "expected one latent"),
        (lambda d: paint(GlassGenerator(), LAYER, HOUSE, [], ColourSegmenter()), "at least one stroke"),
    ],
)
def test_mistakes_are_told(dissection, make, words):
    with pytest.raises(ValueError, match=words):
        make(dissection)
