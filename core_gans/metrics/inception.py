"""The Inception network of the Frechet Inception distance (FID), with weights that a person brings.

Heusel et al. 2017 measure the distance of the 2,048 pooled features of an Inception v3 (Szegedy et al. 2016) that
Google trained in 2015; pytorch-fid (Seitzer 2020) has the same numbers in torch, in a file
(pt_inception-2015-12-05-6726825d.pth) whose names are torchvision's. This file has that network in plain torch, with
the blocks in which it differs from torchvision's: averages that do not count the border, and a maximum in the last
block. It is told from others by the names and shapes of its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.foundation.errors import DAMAGE
from core_gans.foundation.sealed import DamagedFileError, read_safetensors
from core_gans.metrics.features import Backbone
from core_gans.runs.checkpoints import CheckpointError

SIDE = 299  # pixels
FEATURES = 2_048
CLASSES = 1_008  # of the head, which is not used
BATCH = 32  # images at a time
SUFFIXES = (".pth", ".pt", ".safetensors")


class InceptionNetwork(nn.Module):
    """Images (N, 3, 299, 299) in [-1, 1] to pooled features (N, 2048), in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Conv(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = _Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = _Conv(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = _Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = _Conv(80, 192, 3)
        self.Mixed_5b = _A(192, 32)
        self.Mixed_5c = _A(256, 64)
        self.Mixed_5d = _A(288, 64)
        self.Mixed_6a = _B(288)
        self.Mixed_6b = _C(768, 128)
        self.Mixed_6c = _C(768, 160)
        self.Mixed_6d = _C(768, 160)
        self.Mixed_6e = _C(768, 192)
        self.Mixed_7a = _D(768)
        self.Mixed_7b = _E(1280)
        self.Mixed_7c = _E(2048, pool="max")
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = F.max_pool2d(x, 3, stride=2)
        x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, stride=2)
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean(dim=(2, 3))


class Inception(Backbone):
    """Images (N, 1 or 3, H, W) in [-1, 1] to the features in which an FID is measured.

    Brought to 299x299 bilinearly, as pytorch-fid does, larger ones without smoothing first.
    """

    name = "inception-v3"
    size = FEATURES

    def __init__(self, network: InceptionNetwork) -> None:
        self.network = network.eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> Tensor:
        return torch.cat([self._features(part) for part in self.colours(images).split(BATCH)])

    def _features(self, images: Tensor) -> Tensor:
        brought = F.interpolate(images, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        features: Tensor = self.network(brought)
        return features


def load_inception(path: str | Path) -> Inception:
    """The network with the weights in ``path``, in the layout of pytorch-fid: .pth, .pt or .safetensors.

    No pickle is executed. CheckpointError where the file is missing or damaged, or holds another network: the first
    weight whose name or shape differs is named.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"there is no file of Inception weights at {path}.")
    weights = _read(path)
    with torch.device("meta"):
        network = InceptionNetwork()
    expected = {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    for name, value in expected.items():
        if name not in weights:
            raise CheckpointError(f"{path} is not pytorch-fid's Inception: it lacks {name}.")
        if weights[name].shape != value.shape:
            raise CheckpointError(
                f"{path} is not pytorch-fid's Inception: expected {name} of shape {tuple(value.shape)}, got "
                f"{tuple(weights[name].shape)}."
            )
    network.load_state_dict({name: weights[name].float() for name in expected}, strict=False, assign=True)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked = torch.tensor(0)  # which evaluation does not read
    return Inception(network)


def _read(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        try:
            return read_safetensors(path, "pt")[1]
        except DamagedFileError as error:
            raise CheckpointError(f"{path} is damaged ({error.why}): fetch it again.") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        raise CheckpointError(f"{path} is damaged, or no file of weights: fetch it again.") from error
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"{path} holds no weights by name: give a state dict in the layout of pytorch-fid.")
    return content


class _Conv(nn.Module):
    """A convolution, batch normalisation and a rectifier."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


def _average(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class _A(nn.Module):
    def __init__(self, before: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = _Conv(before, 64, 1)
        self.branch5x5_1, self.branch5x5_2 = _Conv(before, 48, 1), _Conv(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = _Conv(before, 64, 1)
        self.branch3x3dbl_2 = _Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Conv(96, 96, 3, padding=1)
        self.branch_pool = _Conv(before, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        five = self.branch5x5_2(self.branch5x5_1(x))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(_average(x))], dim=1)


class _B(nn.Module):
    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch3x3 = _Conv(before, 384, 3, stride=2)
        self.branch3x3dbl_1 = _Conv(before, 64, 1)
        self.branch3x3dbl_2 = _Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Conv(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, stride=2)], dim=1)


class _C(nn.Module):
    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        across: dict[str, Any] = {"kernel": (1, 7), "padding": (0, 3)}
        down: dict[str, Any] = {"kernel": (7, 1), "padding": (3, 0)}
        self.branch1x1 = _Conv(before, 192, 1)
        self.branch7x7_1 = _Conv(before, width, 1)
        self.branch7x7_2 = _Conv(width, width, **across)
        self.branch7x7_3 = _Conv(width, 192, **down)
        self.branch7x7dbl_1 = _Conv(before, width, 1)
        self.branch7x7dbl_2 = _Conv(width, width, **down)
        self.branch7x7dbl_3 = _Conv(width, width, **across)
        self.branch7x7dbl_4 = _Conv(width, width, **down)
        self.branch7x7dbl_5 = _Conv(width, 192, **across)
        self.branch_pool = _Conv(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(_average(x))], dim=1)


class _D(nn.Module):
    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch3x3_1, self.branch3x3_2 = _Conv(before, 192, 1), _Conv(192, 320, 3, stride=2)
        self.branch7x7x3_1 = _Conv(before, 192, 1)
        self.branch7x7x3_2 = _Conv(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = _Conv(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = _Conv(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7x3_2(self.branch7x7x3_1(x))
        seven = self.branch7x7x3_4(self.branch7x7x3_3(seven))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, F.max_pool2d(x, 3, stride=2)], dim=1)


class _E(nn.Module):
    """``pool``: "average", or "max", which the last block has in Google's network."""

    def __init__(self, before: int, pool: str = "average") -> None:
        super().__init__()
        across: dict[str, Any] = {"kernel": (1, 3), "padding": (0, 1)}
        down: dict[str, Any] = {"kernel": (3, 1), "padding": (1, 0)}
        self.pool = pool
        self.branch1x1 = _Conv(before, 320, 1)
        self.branch3x3_1 = _Conv(before, 384, 1)
        self.branch3x3_2a, self.branch3x3_2b = _Conv(384, 384, **across), _Conv(384, 384, **down)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Conv(before, 448, 1), _Conv(448, 384, 3, padding=1)
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = _Conv(384, 384, **across), _Conv(384, 384, **down)
        self.branch_pool = _Conv(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = F.max_pool2d(x, 3, stride=1, padding=1) if self.pool == "max" else _average(x)
        return torch.cat(
            [
                self.branch1x1(x),
                *(self.branch3x3_2a(three), self.branch3x3_2b(three)),
                *(self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)),
                self.branch_pool(pooled),
            ],
            dim=1,
        )
