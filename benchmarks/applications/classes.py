"""Drawing the class that is asked for: conditional GANs, judged by classifiers that learned from real digits."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.applications.digits import split
from benchmarks.applications.real_sets import MNIST, mnist
from benchmarks.applications.row import Row, real_file, trained
from core_gans import make
from core_gans.data import Examples
from core_gans.game import Game, NoiseGame
from core_gans.metrics.digits_classifier import load_digits_classifier

ASKED = 2000  # drawings, as many of each class
LENET = "weights/csinva_mnist_lenet.pth"
MNIST_NEEDS = (MNIST, LENET)


def digits_of_cgan(seed: int, seconds: float) -> Row:
    """A conditional GAN on the digits."""
    return _digits_asked_for("cgan", seed, seconds)


def digits_of_acgan(seed: int, seconds: float) -> Row:
    """An auxiliary classifier GAN on the digits."""
    return _digits_asked_for("acgan", seed, seconds)


def mnist_of_cgan(seed: int, seconds: float) -> Row:
    """A conditional GAN on MNIST, judged by a network that others trained."""
    learnt = mnist()
    game = make("cgan", shape=learnt.shape, width=16, latent=32, rate=1e-3)
    judge = lenet()

    def said(images: Tensor) -> Tensor:
        return judge((images + 1) / 2).argmax(dim=1)

    return _asked_for(game, learnt, seed, seconds, said)


def _digits_asked_for(variant: str, seed: int, seconds: float) -> Row:
    learnt, _ = split()
    game = make(variant, shape=learnt.shape, width=16, latent=32, rate=1e-3)
    classifier = load_digits_classifier()

    def said(images: Tensor) -> Tensor:
        return classifier.logits(classifier(images)).argmax(dim=1)

    return _asked_for(game, learnt, seed, seconds, said)


def _asked_for(game: Game, learnt: Examples, seed: int, seconds: float, said: Callable[[Tensor], Tensor]) -> Row:
    assert isinstance(game, NoiseGame)
    _, averages = trained(game, learnt, seed, seconds)
    classes = len(learnt.classes)
    asked = torch.arange(ASKED) % classes
    images = game.sample(averages, ASKED, torch.Generator().manual_seed(seed), asked)
    return Row(float((said(images) == asked).float().mean()), 1 / classes)


class LeNet5(nn.Module):
    """LeCun et al. 1998, as csinva trained it on MNIST: images (N, 1, 32, 32) in [0, 1] to scores (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        kernels = {"c1": (1, 6), "c3": (6, 16), "c5": (16, 120)}
        self.convnet = nn.ModuleDict({name: nn.Conv2d(*channels, 5) for name, channels in kernels.items()})
        self.fc = nn.ModuleDict({"f6": nn.Linear(120, 84), "f7": nn.Linear(84, 10)})

    def forward(self, images: Tensor) -> Tensor:
        for name, layer in self.convnet.items():
            images = F.relu(layer(images))
            images = images if name == "c5" else F.max_pool2d(images, 2)
        scores: Tensor = self.fc["f7"](F.relu(self.fc["f6"](images.flatten(1))))
        return scores


def lenet() -> LeNet5:
    """The judge of MNIST's digits, in evaluation mode."""
    network = LeNet5()
    network.load_state_dict(torch.load(real_file(LENET), map_location="cpu", weights_only=True))
    return network.eval().requires_grad_(False)
