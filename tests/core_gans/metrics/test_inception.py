"""FID on a person's own Inception weights. There is no such file here: a network of that layout with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core_gans.__main__ import main
from core_gans.metrics import Judge, load_inception
from core_gans.metrics.inception import InceptionNetwork
from core_gans.runs.checkpoints import CheckpointError
from tests.tiny import chance, pictures

SHAPES = {  # some of the weights of pytorch-fid's file, from its layout
    "Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3),
    "Conv2d_4a_3x3.bn.running_var": (192,),
    "Mixed_5b.branch_pool.conv.weight": (32, 192, 1, 1),
    "Mixed_5c.branch5x5_2.conv.weight": (64, 48, 5, 5),
    "Mixed_6a.branch3x3.conv.weight": (384, 288, 3, 3),
    "Mixed_6b.branch7x7_2.conv.weight": (128, 128, 1, 7),
    "Mixed_6c.branch7x7dbl_5.conv.weight": (192, 160, 1, 7),
    "Mixed_6e.branch7x7dbl_2.conv.weight": (192, 192, 7, 1),
    "Mixed_7a.branch7x7x3_4.conv.weight": (192, 192, 3, 3),
    "Mixed_7b.branch3x3_2a.conv.weight": (384, 384, 1, 3),
    "Mixed_7c.branch3x3dbl_3b.conv.weight": (384, 384, 3, 1),
    "Mixed_7c.branch3x3dbl_1.conv.weight": (448, 2048, 1, 1),
    "fc.weight": (1008, 2048),
}


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        state = InceptionNetwork().state_dict()
    kept = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    # as He et al. 2015 scale it, so that something arrives at the end of 94 rectified convolutions
    return {name: value * 6**0.5 if name.endswith("conv.weight") else value for name, value in kept.items()}


@pytest.fixture(scope="module")
def file(weights: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("inception") / "pt_inception.pth"
    torch.save(weights, path)
    return path


def test_the_layout_is_that_of_pytorch_fid(weights: dict[str, torch.Tensor]) -> None:
    assert {name: tuple(weights[name].shape) for name in SHAPES} == SHAPES
    convolutions = [name for name in weights if name.endswith("conv.weight")]
    assert len(convolutions) == 94
    assert len(weights) == 5 * 94 + 2
    learned = sum(value.numel() for name, value in weights.items() if "running" not in name)
    assert learned == 23_834_568 + 8 * 2_049  # torchvision's without its auxiliary head, and 8 more classes


@pytest.mark.slow
def test_the_metric_is_called_fid_and_is_the_distance_of_its_features(file: Path) -> None:
    network = load_inception(file)
    data, other = pictures(5, 16), pictures(4, 16, seed=1)
    judge = Judge(data, 4, classifier=str(file))
    found = judge(lambda count: other.images[:count].float() / 127.5 - 1)
    assert list(found) == ["fid"]
    real, generated = (network(each.images.float() / 127.5 - 1).double() for each in (data, other))
    assert real.shape == (5, 2048)
    # C = A'A of centred rows A over (n - 1)^(1/2): tr (C_x C_y)^(1/2) is the sum of the singular values of A_x A_y'.
    ones, others = ((each - each.mean(0)) / (len(each) - 1) ** 0.5 for each in (real, generated))
    shared = torch.linalg.svdvals(ones @ others.T).sum()
    moved = (real.mean(0) - generated.mean(0)).square().sum()
    expected = moved + ones.square().sum() + others.square().sum() - 2 * shared
    assert found["fid"] == pytest.approx(float(expected), rel=1e-3)
    with pytest.raises(ValueError, match=r"frechet needs .*on which it is called fid"):
        Judge(data, 4, classifier=network, metrics="frechet")
    with pytest.raises(ValueError, match="kernel needs at most 256 features"):
        Judge(data, 4, classifier=network, metrics="kernel")
    with pytest.raises(ValueError, match="classes_covered needs images and a classifier"):
        Judge(data, 4, classifier=network, metrics="classes_covered")


def test_grey_and_coloured_images_of_any_size_are_taken(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(weights, tmp_path / "x.safetensors")
    network = load_inception(tmp_path / "x.safetensors")
    grey = torch.rand(1, 1, 20, 12, generator=chance()) * 2 - 1
    assert torch.equal(network(grey), network(grey.expand(-1, 3, -1, -1)))
    with pytest.raises(ValueError, match="expects images of shape"):
        network(torch.zeros(1, 2, 8, 8))


def test_other_files_are_refused(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({name: value for name, value in weights.items() if name != "fc.bias"}, path)
    with pytest.raises(CheckpointError, match=r"is not pytorch-fid's Inception: it lacks fc\.bias"):
        load_inception(path)
    torch.save({**weights, "fc.weight": torch.zeros(1000, 2048)}, path)
    with pytest.raises(CheckpointError, match=r"expected fc\.weight of shape \(1008, 2048\), got \(1000, 2048\)"):
        load_inception(path)
    path.write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match="is damaged, or no file of weights"):
        load_inception(path)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="holds no weights by name"):
        load_inception(path)
    with pytest.raises(CheckpointError, match="there is no file of Inception weights"):
        load_inception(tmp_path / "nothing.pth")


def test_without_weights_there_is_no_fid(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"fid needs Inception's weights .*frechet is the same distance"):
        Judge(pictures(), 4, metrics="fid")
    with pytest.raises(SystemExit):
        main(["judge", "digits", "--data", "digits", "--metrics", "fid"])
    assert "give its weights, --features FILE.pth; or did you mean frechet" in capsys.readouterr().out
