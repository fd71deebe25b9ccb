"""The judge of generated films: a small network that tells which way something moves, shipped with the package.

``motion_training`` made it; beside the weights lies a JSON file with the command, the seed and what was measured.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.data.clips.moving_digits import WAYS
from core_gans.runs import checkpoints
from core_gans.runs.checkpoints import CheckpointError

FRAMES, SIDE, FEATURES = 8, 32, 32  # frames, pixels, and numbers of a clip's features
SHIPPED = Path(__file__).parent.parent / "shipped" / "motion-classifier.safetensors"
_KIND = "motion classifier"


class MotionClassifier(nn.Module):
    """Clips (N, 1 or 3, T, H, W) in [-1, 1] to features (N, 32); ``logits`` maps those to scores of four ways.

    It learned from digits that move over still pictures of many kinds. Features are taken before their nonlinearity;
    their mean variance on moving digits is 1. Clips of other sizes are brought to 8 frames of 32x32, colours to their
    mean. A Frechet distance on these features is a distance of videos, ``frechet[motion-cnn]``, and not the FVD of
    others, whose features come from another network.
    """

    name = "motion-cnn"
    classes = tuple(WAYS)

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *_block(1, 8, (1, 2, 2)),  # 8 frames of 16 pixels
            *_block(8, 16, (2, 2, 2)),  # 4 of 8
            *_block(16, 32, (2, 2, 2)),  # 2 of 4
            nn.Flatten(),
        )
        self.features = nn.Linear(32 * 2 * 4 * 4, FEATURES)
        self.head = nn.Linear(FEATURES, len(self.classes))

    def forward(self, clips: Tensor) -> Tensor:
        if clips.ndim != 5 or clips.shape[1] not in (1, 3):
            raise ValueError(f"{self.name} expects clips of shape (N, 1 or 3, T, H, W), got {tuple(clips.shape)}")
        grey = clips.to(self.head.weight).mean(dim=1, keepdim=True)
        if grey.shape[2:] != (FRAMES, SIDE, SIDE):
            grey = F.interpolate(grey, size=(FRAMES, SIDE, SIDE), mode="trilinear", align_corners=False)
        return self.features(self.trunk(grey))

    def logits(self, features: Tensor) -> Tensor:
        """Features (N, 32), as the call gave them, to class scores (N, 4)."""
        return self.head(F.relu(features.to(self.head.weight)))

    @torch.no_grad()
    def normalise_features(self, clips: Tensor) -> None:
        """Scale the features to a mean variance of 1 on ``clips`` (N, 1, T, H, W); the logits stay what they were."""
        scale = self(clips).var(dim=0).mean().sqrt()
        self.features.weight.div_(scale)
        self.features.bias.div_(scale)
        self.head.weight.mul_(scale)


def _block(before: int, after: int, stride: tuple[int, int, int]) -> tuple[nn.Module, ...]:
    return nn.Conv3d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm3d(after), nn.ReLU()


def save_motion_classifier(classifier: MotionClassifier, path: Path) -> str:
    """Write the weights as a checked safetensors file in place of an older one; return the file's SHA-256."""
    checkpoints.save(path, {"kind": _KIND, "weights": classifier.state_dict()}, overwrite=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_motion_classifier(path: Path = SHIPPED) -> MotionClassifier:
    """The classifier in ``path``, checked against its checksum, in evaluation mode and frozen.

    Raises ``CheckpointError`` when the file is missing or damaged, or holds something else.
    """
    content = checkpoints.load(path)
    if content.get("kind") != _KIND:
        raise CheckpointError(f"{path} holds a {content.get('kind')}, expected a {_KIND}.")
    # The weights just read replace the initial ones, whose random draws must not move the caller's random state.
    with torch.random.fork_rng(devices=[]):
        classifier = MotionClassifier()
    classifier.load_state_dict(content["weights"])
    return classifier.eval().requires_grad_(False)
