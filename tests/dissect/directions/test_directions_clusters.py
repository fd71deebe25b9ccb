"""Clusters of units: copies end up together, and what a cluster looks at is what its units draw."""

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score
from torch import Tensor, nn

from dissect.directions import cluster_units, coactivation, exemplars
from dissect.directions.rows import cluster_rows
from dissect.segmenters.known import RuleSegmenter
from tests.dissect.glass import DOOR, LABELS, SKY, TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "copies"
DRAWING = (SKY, TREE, DOOR)
COPIES = 4
PLANTED = [kind for kind in range(3) for _ in range(COPIES)]
SHUFFLED = torch.randperm(len(PLANTED), generator=torch.Generator().manual_seed(5)).tolist()
TRUTH = [PLANTED[place] for place in SHUFFLED]


class Copying(nn.Module):
    """The glass generator behind a layer whose units copy those that draw, stronger, shifted and with noise."""

    def __init__(self, dead: int = 0) -> None:
        super().__init__()
        self.glass = GlassGenerator()
        self.copies = nn.Identity()
        self.dead = dead

    def forward(self, z: Tensor) -> Tensor:
        maps = self.glass.stem(z)
        noise = torch.randn(len(z), len(TRUTH), 16, 16, generator=torch.Generator().manual_seed(1))
        copied = torch.stack([maps[:, DRAWING[kind]] for kind in TRUTH], dim=1)
        strength = 1 + torch.arange(len(TRUTH))[:, None, None]
        units = strength * (copied + 0.03 * noise) + 7
        units = torch.cat([units, torch.full((len(z), self.dead, 16, 16), 0.3)], dim=1)
        self.copies(units)
        return self.glass.painter(maps)


@pytest.fixture(scope="module")
def moments():
    return coactivation(Copying(), LAYER, latents(60))


@pytest.mark.parametrize("count", [3, None])
def test_units_that_copy_each_other_end_up_together(moments, count):
    found = cluster_units(LAYER, moments, count)
    assert adjusted_rand_score(TRUTH, found.labels) == 1
    assert [len(units) for units in found.members] == [COPIES] * 3
    assert found.cohesion.min() > 0.8
    assert found.silhouette > 0.8
    assert found.dead == ()


def test_dead_units_are_named_and_in_no_cluster():
    found = cluster_units(LAYER, coactivation(Copying(dead=2), LAYER, latents(40)))
    assert found.dead == (12, 13)
    assert found.labels[12:].tolist() == [-1, -1]
    assert adjusted_rand_score(TRUTH, found.labels[:12]) == 1


def test_a_clusters_map_is_where_its_units_fire(moments):
    found = cluster_units(LAYER, moments, 3)
    sky = int(found.labels[TRUTH.index(0)])
    assert found.maps[sky, :4].min() > 0.5  # every sky is at least four cells high
    assert found.maps[sky, 12:].max() < -0.5
    assert found.maps.mean((1, 2)) == pytest.approx(0, abs=1e-9)


def test_a_segmenter_sees_in_each_cluster_what_its_units_draw(moments):
    clusters = cluster_units(LAYER, moments, 3)
    made, z = Copying(), latents(60, seed=3)
    found = exemplars(made, clusters, z, ColourSegmenter(), count=4)
    for kind, name in enumerate(("sky", "tree", "door")):
        cluster = int(clusters.labels[TRUTH.index(kind)])
        assert found.seen(cluster)[0][0] == name
        assert found.inside[cluster, LABELS.index(name)] > 0.8
    assert found.overall.sum() == pytest.approx(1)
    assert found.images.shape == (3, 4, 32, 32, 3)
    assert found.maps.shape == (3, 4, 16, 16)


def test_shares_are_of_all_pixels_where_the_segmenter_names_few(moments):
    clusters = cluster_units(LAYER, moments, 3)
    made, z = Copying(), latents(20, seed=3)
    tree = LABELS.index("tree")
    whole = ColourSegmenter()
    alone = RuleSegmenter(lambda images: torch.where(whole(images) == tree, 0, -1), ["tree"])  # as one that seeks words
    all_named, one_named = (exemplars(made, clusters, z, segmenter) for segmenter in (whole, alone))
    assert one_named.overall[0] == all_named.overall[tree] < 0.5
    assert one_named.inside[:, 0].tolist() == all_named.inside[:, tree].tolist()
    assert [name for name, _, _ in one_named.seen(int(clusters.labels[TRUTH.index(1)]))] == ["tree"]


def test_the_strongest_images_come_first_and_do_not_depend_on_the_batches(moments):
    clusters = cluster_units(LAYER, moments, 3)
    z = latents(30, seed=3)
    made = Copying()
    made.forward = lambda latents: _noiseless(made, latents)
    found = [exemplars(made, clusters, z, count=5, batch_size=size) for size in (30, 7)]
    strengths = found[0].maps.max((2, 3))
    assert (np.diff(strengths, axis=1) <= 0).all()
    assert (found[0].images == found[1].images).all()
    assert found[0].level == pytest.approx(found[1].level)
    assert found[0].labels == ()


def _noiseless(made: Copying, z: Tensor) -> Tensor:
    maps = made.glass.stem(z)
    made.copies(torch.stack([maps[:, DRAWING[kind]] + maps[:, 1] / 10 for kind in TRUTH], dim=1))
    return made.glass.painter(maps)


def test_the_picture_has_a_row_for_each_cluster(moments):
    clusters = cluster_units(LAYER, moments, 3)
    found = exemplars(Copying(), clusters, latents(30), ColourSegmenter(), count=4)
    sheet = cluster_rows(clusters, found, width=64)
    assert sheet.shape[0] > 3 * 64
    assert sheet.shape[1] > 5 * 64
    fewer = cluster_rows(clusters, found, width=64, most=2)
    assert fewer.shape[0] < sheet.shape[0]
    assert fewer.shape[1] == sheet.shape[1]
    assert (sheet[:12] == 255).all()
    assert sheet.std() > 20


@pytest.mark.parametrize("count", [0, 13])
def test_an_impossible_number_of_clusters_is_said(moments, count):
    with pytest.raises(ValueError, match=f"so 1 to 12 clusters; got {count}"):
        cluster_units(LAYER, moments, count)


def test_a_layer_in_which_nothing_varies_has_no_clusters():
    class Still(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = nn.Identity()

        def forward(self, z: Tensor) -> Tensor:
            return self.maps(torch.ones(len(z), 3, 4, 4))

    with pytest.raises(ValueError, match="0 units that vary"):
        cluster_units("maps", coactivation(Still(), "maps", latents(3)))
