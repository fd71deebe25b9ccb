"""The account of directions and clusters: a page that names what was found, every number, and pictures that open."""

import json

import cv2
import pytest
import torch

from dissect.directions import (
    LatentDirection,
    UnitDirection,
    cluster_units,
    coactivation,
    exemplars,
    fit_probe,
    image_lessons,
)
from dissect.directions.account import Account, images_to_make, tell_clusters, tell_directions
from dissect.directions.writing import clusters_answer, drawn_in_words, probe_in_words, probe_values, seen_in_words
from tests.dissect.glass import LABELS, TREE, UNITS, ColourSegmenter, GlassGenerator, latents

FROM = {"generator": "glass", "seed": "0"}


def directions():
    eye = torch.eye(UNITS)
    return [UnitDirection("trees", "stem.glass", 0.2 * eye[TREE], {"variance": 0.25}), *_others(eye)]


def _others(eye):
    return [UnitDirection("nothing", "stem.glass", 0.2 * eye[4], {"variance": 0.125})]


def told(folder, **options):
    account = Account(folder, "Directions of the glass", FROM, "A word before.", {"also": [1, 2]})
    settings = {"strengths": (-3, 0, 3), "random_trials": 5, "rng": torch.Generator().manual_seed(0)}
    return tell_directions(
        account, GlassGenerator(), directions(), latents(12), ColourSegmenter(), **settings | options
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("account") / "glass"
    told(folder)
    return folder


def test_the_page_says_what_each_direction_does(folder):
    page = (folder / "directions.md").read_text()
    lines = page.splitlines()
    assert lines[0] == "# Directions of the glass"
    assert "A word before." in lines
    trees = next(line for line in lines if line.startswith("| trees"))
    assert "| 0.250 |" in trees
    assert "tree 0.0 to" in trees
    assert "nothing beyond random directions" in next(line for line in lines if line.startswith("| nothing"))
    assert "| generator | glass |" in lines
    assert "every one of 5 random directions" in page.replace("\n", " ")


def test_every_number_is_there_and_agrees_with_the_page(folder):
    numbers = json.loads((folder / "directions.json").read_text())
    assert numbers["also"] == [1, 2]
    assert numbers["provenance"] == FROM
    trees, nothing = numbers["directions"]
    assert trees["beyond_random"][0] == "tree"
    assert nothing["beyond_random"] == []
    assert trees["labels"] == list(LABELS)
    assert trees["vector"] == pytest.approx([0.2 if unit == TREE else 0 for unit in range(UNITS)])
    for shares in (*trees["shares"], *(row for trial in trees["random"]["shares"] for row in trial)):
        assert sum(shares) == pytest.approx(1)
    assert trees["random"] == nothing["random"]  # one control for both: they are equally long
    assert trees["brightness"][2] < trees["brightness"][1]  # trees are darker than grass and sky


def test_every_picture_that_the_page_shows_opens(folder):
    page = (folder / "directions.md").read_text()
    shown = [line.split("(")[-1].rstrip(")") for line in page.splitlines() if line.startswith("![")]
    assert shown == ["strips.png", "curves-01.png", "curves-02.png"]
    for name in shown:
        picture = cv2.imread(str(folder / name))
        assert picture is not None
        assert picture.std() > 5
    assert {path.name for path in folder.iterdir()} == {"directions.html", "directions.md", "directions.json", *shown}


def test_progress_ends_at_the_promised_number_of_images(tmp_path):
    seen: list[int] = []
    told(tmp_path / "new", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == images_to_make(directions(), 12, 3, 5) == (2 + 5) * 3 * 12


def test_a_control_of_its_own_for_every_place():
    both = [*directions(), LatentDirection("latent", torch.ones(6))]
    assert images_to_make(both, 10, 3, 5) == (3 + 2 * 5) * 3 * 10


def test_what_is_there_is_kept(folder):
    before = (folder / "directions.md").read_text()
    with pytest.raises(FileExistsError, match="is kept: choose another name"):
        told(folder)
    assert (folder / "directions.md").read_text() == before


def test_the_same_seed_tells_the_same(folder, tmp_path):
    told(tmp_path / "again")
    for name in ("directions.json", "strips.png", "curves-01.png"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_clusters_are_told_with_their_units_and_what_is_seen_there(tmp_path):
    made, z = GlassGenerator(), latents(30)
    clusters = cluster_units("stem.glass", coactivation(made, "stem.glass", z), 5)
    found = exemplars(made, clusters, z, ColourSegmenter(), count=3)
    page = tell_clusters(Account(tmp_path / "c", "Clusters of the glass", FROM), clusters, found)
    numbers = json.loads((tmp_path / "c" / "directions.json").read_text())
    assert sorted(unit for each in numbers["clusters"] for unit in each["units"]) == [0, 1, 2, 3, 5, 6, 7]
    assert numbers["dead"] == [4]  # the unit that is always on never varies
    assert "In none: 1 unit without any variation." in page.read_text()
    assert cv2.imread(str(tmp_path / "c" / "clusters.png")) is not None
    tree = next(place for place, units in enumerate(clusters.members) if TREE in units)
    markdown = (tmp_path / "c" / "directions.md").read_text()
    row = next(line for line in markdown.splitlines() if line.startswith(f"| {tree + 1} |"))
    assert "tree" in row
    assert "All 5 clusters are drawn." in page.read_text()


def test_a_single_cluster_is_told_without_a_silhouette():
    found = cluster_units("stem.glass", coactivation(GlassGenerator(), "stem.glass", latents(30)), 1)
    said = clusters_answer(found)
    assert said.startswith("7 units in 1 cluster, formed by where the units fire and without any label. In none: 1")
    assert "The cluster is drawn." in said


def test_words_say_what_the_picture_leaves_out_and_round_nothing_away():
    assert drawn_in_words(24) == "20 of 24 clusters are drawn, the largest."
    assert seen_in_words("sun", 0.22, 0.0041) == "sun 22% (0.41%)"
    assert seen_in_words("sky", 0.5, 0.0) == "sky 50% (0%)"


def test_a_probe_is_told_with_its_baseline():
    lessons = image_lessons(GlassGenerator(), None, latents(120), ColourSegmenter(), "door")
    probe = fit_probe(lessons.features, lessons.answers, lessons.classes, rng=torch.Generator().manual_seed(0))
    words = probe_in_words(probe)
    assert words.startswith("The probe tells door from no door in ")
    ends = f"{100 * probe.low:.1f} to {100 * probe.high:.1f}"
    assert f"{probe.accuracy:.1%} ({ends}) of 120 samples" in words
    assert "better than guessing" in words
    assert f"{probe.baseline:.1%}" in words
    assert json.loads(json.dumps(probe_values(probe)))["interval"] == [probe.low, probe.high]
