"""The judge of generated digits: a small convolutional network trained on real digits, shipped with the package.

``digits_training`` made it; beside the weights lies a JSON file with the command, the seed and what was measured.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.metrics.features import at_side
from core_gans.runs import checkpoints
from core_gans.runs.checkpoints import CheckpointError

SIDE = 32  # pixels
FEATURES = 64
SHIPPED = Path(__file__).parent.parent / "shipped" / "digits-classifier.safetensors"
MNIST_SHIPPED = SHIPPED.with_name("mnist-classifier.safetensors")
_KIND = "digits classifier"
AClassifier = TypeVar("AClassifier", bound="DigitsClassifier")


class DigitsClassifier(nn.Module):
    """Images (N, 1 or 3, H, W) in [-1, 1] to features (N, 64); ``logits`` maps those to scores of the ten digits.

    The features are taken before their nonlinearity: they are unbounded on both sides, nearer to the Gaussians of
    a Frechet distance than rectified ones. Their mean variance on real digits is 1, so that one endlessly repeated
    image lies more than 64 away. Images of other sizes are brought to 32x32, colours to their mean.
    """

    name = "digits-cnn"
    classes = tuple(str(digit) for digit in range(10))

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *_block(1, 16),  # 32 -> 16 pixels
            *_block(16, 32),  # 16 -> 8
            *_block(32, 48),  # 8 -> 4
            nn.Flatten(),
        )
        self.features = nn.Linear(48 * 4 * 4, FEATURES)
        self.head = nn.Linear(FEATURES, len(self.classes))

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"{self.name} expects images of shape (N, 1 or 3, H, W), got {tuple(images.shape)}")
        grey = images.to(self.head.weight).mean(dim=1, keepdim=True)
        return self.features(self.trunk(at_side(grey, SIDE)))

    def logits(self, features: Tensor) -> Tensor:
        """Features (N, 64), as the call gave them, to class scores (N, 10)."""
        return self.head(F.relu(features.to(self.head.weight)))

    @torch.no_grad()
    def normalise_features(self, images: Tensor) -> None:
        """Scale the features to a mean variance of 1 on ``images`` (N, 1, H, W); the logits stay what they were."""
        scale = self(images).var(dim=0).mean().sqrt()
        self.features.weight.div_(scale)
        self.features.bias.div_(scale)
        self.head.weight.mul_(scale)


class MnistClassifier(DigitsClassifier):
    """The same network, taught by MNIST (``mnist_training``): a judge of generated MNIST digits."""

    name = "mnist-cnn"


def _block(before: int, after: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def save_digits_classifier(classifier: DigitsClassifier, path: Path) -> str:
    """Write the weights as a checked safetensors file in place of an older one; return the file's SHA-256."""
    checkpoints.save(path, {"kind": _KIND, "weights": classifier.state_dict()}, overwrite=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_digits_classifier(path: Path = SHIPPED) -> DigitsClassifier:
    """The classifier in ``path``, checked against its checksum, in evaluation mode and frozen.

    Raises ``CheckpointError`` when the file is missing or damaged, or holds something else.
    """
    return _loaded(DigitsClassifier, path)


def load_mnist_classifier() -> MnistClassifier:
    """The same for that of MNIST."""
    return _loaded(MnistClassifier, MNIST_SHIPPED)


def _loaded(kind: type[AClassifier], path: Path) -> AClassifier:
    content = checkpoints.load(path)
    if content.get("kind") != _KIND:
        raise CheckpointError(f"{path} holds a {content.get('kind')}, expected a {_KIND}.")
    # The weights just read replace the initial ones, whose random draws must not move the caller's random state.
    with torch.random.fork_rng(devices=[]):
        classifier = kind()
    classifier.load_state_dict(content["weights"])
    return classifier.eval().requires_grad_(False)
