"""A judge of small photographs: the ResNet-20 for CIFAR-10, whose weights are read from a file and never shipped.

He et al. 2016 (section 4.2), with parameter-free shortcuts (option A); the weights are those that Yerlan Idelbayev
published (github.com/akamaster/pytorch_resnet_cifar10, BSD-2-Clause), 91.73% right on the lossless test images.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.foundation.errors import DAMAGE
from core_gans.metrics.features import at_side
from core_gans.runs.checkpoints import CheckpointError

SIDE = 32  # pixels
FEATURES = 64
FILE = Path("weights") / "akamaster_cifar10_resnet20.th"  # in the folder that GANLAB_DATA names
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_MEAN = (0.485, 0.456, 0.406)  # of each colour in [0, 1], as the weights were trained
_DEVIATION = (0.229, 0.224, 0.225)


class CifarResNet20(nn.Module):
    """Images (N, 1 or 3, H, W) in [-1, 1] to pooled features (N, 64), at least 0; ``logits`` maps those to classes.

    Images of other sizes are brought to 32x32, grey ones to three equal colours.
    """

    name = "cifar-resnet20"
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = _stage(16, 16, stride=1)
        self.layer2 = _stage(16, 32, stride=2)
        self.layer3 = _stage(32, FEATURES, stride=2)
        self.linear = nn.Linear(FEATURES, len(self.classes))
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"{self.name} expects images of shape (N, 1 or 3, H, W), got {tuple(images.shape)}")
        colours = at_side(images.to(self.linear.weight), SIDE).expand(-1, 3, -1, -1)
        x = ((colours + 1) / 2 - self.mean) / self.deviation
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3))

    def logits(self, features: Tensor) -> Tensor:
        """Features (N, 64), as the call gave them, to class scores (N, 10)."""
        return self.linear(features.to(self.linear.weight))


class _Block(nn.Module):
    """Two convolutions beside a shortcut, which drops pixels and pads channels where the sizes change."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.stride, self.padding = stride, (after - before) // 2

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = x[:, :, :: self.stride, :: self.stride]
        return F.relu(y + F.pad(shortcut, (0, 0, 0, 0, self.padding, self.padding)))


def _stage(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_Block(before, after, stride), _Block(after, after, 1), _Block(after, after, 1))


def load_cifar_resnet20(path: Path | None = None) -> CifarResNet20:
    """The classifier with the weights in ``path``, in evaluation mode and frozen.

    Without a path they are looked for in the folder that the environment variable GANLAB_DATA names. Raises
    ``CheckpointError`` when the file is missing or damaged, or holds something else.
    """
    path = path or _named_by_environment()
    if not path.is_file():
        raise CheckpointError(
            f"there are no weights of {CifarResNet20.name} at {path}: give their path, or set GANLAB_DATA to the "
            f"folder that holds {FILE}."
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        raise CheckpointError(f"{path} is damaged, or no file of weights: fetch it again.") from error
    if not isinstance(content, Mapping) or not isinstance(content.get("state_dict"), Mapping):
        raise CheckpointError(f"{path} holds no weights of {CifarResNet20.name}: expected an entry 'state_dict'.")
    with torch.random.fork_rng(devices=[]):
        classifier = CifarResNet20()
    try:
        classifier.load_state_dict({str(k).removeprefix("module."): v for k, v in content["state_dict"].items()})
    except RuntimeError as error:
        raise CheckpointError(f"{path} holds the weights of another network than {CifarResNet20.name}.") from error
    return classifier.eval().requires_grad_(False)


def _named_by_environment() -> Path:
    folder = os.environ.get("GANLAB_DATA")
    if not folder:
        raise CheckpointError(
            f"the weights of {CifarResNet20.name} are not shipped: set GANLAB_DATA to the folder that holds {FILE}."
        )
    return Path(folder) / FILE
