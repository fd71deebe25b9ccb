"""The result of a dissection: matches, ranks, and a file that does not lie."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect import Criterion, Dissection
from dissect.measure.dissection import AGREEMENT, FORMAT, preference

LABELS = ("sky", "tree", "door")


def made(**changes) -> Dissection:
    """Four units: two of the tree, one of the door that is too weak, one of the sky."""
    score = np.array([[0.0, 0.3, 0.1], [0.2, 0.6, 0.0], [0.0, 0.01, 0.05], [0.5, -0.2, 0.0]])
    fields = {
        "layer": "block2",
        "labels": LABELS,
        "images": 7,
        "iou": score.clip(0) + 0.02,
        "score": score,
        "iqr": score.clip(0) / 2,
        "level": np.arange(12, dtype=np.float32).reshape(4, 3),
        "area": np.full((4, 3), 0.25),
        "share": np.array([0.5, 0.1, 0.01]),
        "inside": np.ones((4, 3)),
        "outside": np.zeros((4, 3)),
        "high": np.ones(4),
        "top_images": np.arange(8).reshape(4, 2),
        "peak": np.full((4, 2), 2.0),
        "levels": np.arange(8, dtype=np.float32).reshape(4, 2),
        "curves": np.full((4, 2), 0.1),
        "provenance": {"seed": "5", "command": "dissect run"},
    }
    return Dissection(**(fields | changes))


def test_best_is_the_concept_with_the_highest_score():
    match = made().best(1)
    assert (match.unit, match.concept, match.matched) == (1, "tree", True)
    assert (match.iou, match.score, match.iqr, match.level) == pytest.approx((0.62, 0.6, 0.3, 4.0))


def test_units_are_the_matched_ones_best_first():
    dissection = made()
    assert dissection.units("tree") == [1, 0]
    assert dissection.units("tree", 1) == [1]
    assert dissection.units("door") == []  # 0.05 is not above 0.05
    assert [match.unit for match in dissection.matched()] == [0, 1, 3]
    assert not dissection.best(2).matched


@pytest.mark.parametrize(
    ("criterion", "matched"),
    [
        (Criterion(), [0, 1, 3]),
        (Criterion(iou=0.33), [1, 3]),
        (Criterion(iqr=0.26), [1]),
        (Criterion(score=0.04), [0, 1, 2, 3]),
        (Criterion(score=0.7), []),
    ],
)
def test_a_match_passes_all_three_bounds(criterion, matched):
    assert [match.unit for match in made(criterion=criterion).matched()] == matched


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="no concept is called 'tre': did you mean tree"):
        made().units("tre")
    with pytest.raises(ValueError, match="unit 4 was asked for, but layer 'block2' has the units 0 to 3"):
        made().best(4)
    with pytest.raises(ValueError, match="units 0 to 3"):
        made().best(-1)
    with pytest.raises(ValueError, match=r"iou has the shape \(4, 3\) here, got \(4, 2\)"):
        made(iou=np.zeros((4, 2)))
    with pytest.raises(ValueError, match="criterion's iou"):
        Criterion(iou=5)


def test_a_file_gives_back_everything(tmp_path):
    dissection = made(criterion=Criterion(score=0.2))
    dissection.save(tmp_path / "d.safetensors")
    again = Dissection.load(tmp_path / "d.safetensors")
    for name, value in vars(dissection).items():
        if isinstance(value, np.ndarray):
            assert getattr(again, name).dtype == value.dtype
            assert np.array_equal(getattr(again, name), value)
        elif not name.startswith("_"):
            assert getattr(again, name) == value
    assert again.matched() == dissection.matched()
    assert [path.name for path in tmp_path.iterdir()] == ["d.safetensors"]


def test_nothing_is_overwritten_unless_told(tmp_path):
    path = tmp_path / "d.safetensors"
    made().save(path)
    with pytest.raises(FileExistsError, match="exists already"):
        made(images=8).save(path)
    assert Dissection.load(path).images == 7
    made(images=8).save(path, overwrite=True)
    assert Dissection.load(path).images == 8
    with pytest.raises(FileNotFoundError, match="no folder"):
        made().save(tmp_path / "missing" / "d.safetensors")


def test_any_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "d.safetensors"
    made().save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=r"d\.safetensors") as error:
            Dissection.load(path)
        assert "\n" not in str(error.value)


def test_truncated_foreign_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "d.safetensors"
    made().save(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="damaged or no safetensors file"):
        Dissection.load(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="damaged or no safetensors file"):
        Dissection.load(path)
    save_file({"weights": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="without a seal"):
        Dissection.load(path)
    with pytest.raises(FileNotFoundError, match="is not there"):
        Dissection.load(tmp_path / "other.safetensors")


def test_another_format_is_refused(tmp_path):
    path = tmp_path / "d.safetensors"
    write_sealed(path, {"a": np.zeros(2)}, {"format": "dissection/99"})
    with pytest.raises(ValueError, match=f"holds dissection/99, expected {FORMAT}"):
        Dissection.load(path)
    write_sealed(path, {"a": np.zeros(2)}, {}, overwrite=True)
    with pytest.raises(ValueError, match="holds something else"):
        Dissection.load(path)


def test_a_sealed_file_keeps_what_is_not_contiguous(tmp_path):
    array = np.arange(12, dtype=np.int64).reshape(3, 4).T
    write_sealed(tmp_path / "a.safetensors", {"a": array}, {"words": "größer"})
    arrays, facts = read_sealed(tmp_path / "a.safetensors")
    assert np.array_equal(arrays["a"], array)
    assert facts == {"words": "größer"}


def test_a_replaced_criterion_is_another_dissection():
    dissection = made()
    assert len(dissection.matched()) == 3
    assert replace(dissection, criterion=Criterion(score=0.55)).matched()[0].unit == 1


def test_the_information_ratio_never_prefers_disagreement():
    iou, iqr = np.array([[0.1, 0.6], [0.6, 0.1]]), np.array([[0.9, 0.2], [0.9, 0.8]])
    score = np.array([[-0.3, 0.2], [-0.3, -0.1]])  # the complement of the first concept tells it just as well
    assert preference("iqr", iou, iqr, score).argmax(axis=1).tolist() == [1, 1]
    assert preference("iou", iou, iqr, score).argmax(axis=1).tolist() == [1, 0]
    assert preference("score", iou, iqr, score).argmax(axis=1).tolist() == [1, 1]
    assert preference("iqr", iou, iqr, -score).argmax(axis=1).tolist() == [0, 0]


def test_the_margin_is_the_largest_score_of_any_shuffle_and_never_below_zero():
    shuffled = np.zeros((3, 3, 4, 3))
    shuffled[:, AGREEMENT.index("score"), 0, 1] = [0.1, 0.26, 0.2]
    shuffled[:, AGREEMENT.index("score"), 1, 1] = [-0.5, -0.1, -0.3]
    dissection = made(shuffled=shuffled)
    assert dissection.margin[0].tolist() == [0, 0.26, 0]
    assert dissection.margin[1].tolist() == [0, 0, 0]
    assert [match.unit for match in dissection.matched()] == [1, 3]  # 0.3 less 0.26 is not above 0.05
