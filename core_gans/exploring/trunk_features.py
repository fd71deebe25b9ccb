"""A discriminator's features for a linear classifier. Radford et al. 2016, section 5.1: the maps of all its
convolutions, max-pooled to 4 x 4, flattened and put side by side, then an SVM.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError

POOLED = 4
STRENGTH = 1e-3  # C of the SVM: many features, few examples


@torch.no_grad()
def trunk_features(discriminator: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] to features (N, F), in evaluation mode.

    A convolution whose maps are smaller than 4x4 counts as it is. The last layer makes the score, so it is no
    feature, also where it is a convolution. Raises LabError without any other convolution.
    """
    weighted = [module for module in discriminator.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    layers = [module for module in weighted[:-1] if isinstance(module, nn.Conv2d)]
    if not layers:
        raise LabError("expected a discriminator with convolutions, whose maps are its features.")
    kept: list[Tensor] = []
    hooks = [layer.register_forward_hook(lambda _, __, maps: kept.append(_pooled(maps))) for layer in layers]
    was_training = discriminator.training
    discriminator.eval()
    try:
        found = []
        for part in images.split(batch_size):
            kept.clear()
            discriminator(part)
            found.append(torch.cat(kept, dim=1))
    finally:
        for hook in hooks:
            hook.remove()
        discriminator.train(was_training)
    return torch.cat(found)


def linear_accuracy(
    train: Tensor, labels: Sequence[int] | Tensor, test: Tensor, truth: Sequence[int] | Tensor, seed: int = 0
) -> float:
    """Share of ``test`` (M, F) that a linear SVM learned from ``train`` (N, F) takes for what it is."""
    from sklearn.pipeline import make_pipeline  # takes a second, and the rest of the package needs none of it
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    model = make_pipeline(StandardScaler(), LinearSVC(C=STRENGTH, random_state=seed))
    model.fit(train.numpy(), torch.as_tensor(labels).numpy())
    return float(model.score(test.numpy(), torch.as_tensor(truth).numpy()))


def _pooled(maps: Tensor) -> Tensor:
    height, width = maps.shape[2:]
    return F.adaptive_max_pool2d(maps, (min(POOLED, height), min(POOLED, width))).flatten(1).float()
