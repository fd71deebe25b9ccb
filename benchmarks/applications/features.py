"""What a discriminator learned without labels: its features under a linear classifier (Radford et al. 2016, 5.1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn

from benchmarks.applications.digits import known, split
from benchmarks.applications.real_sets import CIFAR, MNIST, cifar, mnist
from benchmarks.applications.row import Row, trained
from core_gans import Batches, make
from core_gans.data import Examples, as_float, few_labels
from core_gans.exploring import linear_accuracy, trunk_features
from core_gans.game import Game
from core_gans.training import start

EACH = 5  # labels of a class of digits
TRAIN, TEST = 10_000, 5_000  # labelled images of CIFAR-10
CLUSTERS = 400  # of raw pixels, as many numbers as K-means gives a classifier
CIFAR_NEEDS = (CIFAR,)
MNIST_NEEDS = (MNIST,)


def digits_learned(seed: int, seconds: float) -> Row:
    """Digits with few labels, on a discriminator that saw all of them without."""
    return _few_digits("dcgan", split()[0], seed, seconds)


def digits_from_mnist(seed: int, seconds: float) -> Row:
    """Digits with few labels, on a trunk that learned MNIST and its classes, and not one of these digits."""
    return _few_digits("acgan", mnist(split()[0].shape[1]), seed, seconds)


def _few_digits(variant: str, seen: Examples, seed: int, seconds: float) -> Row:
    learnt, held_out = split()
    game = make(variant, shape=seen.shape, width=16, latent=32, rate=1e-3)
    few = few_labels(learnt, EACH, torch.Generator().manual_seed(seed), balanced=False)
    there = known(few) >= 0

    def accuracy(features: Callable[[Tensor], Tensor]) -> float:
        train, test = (features(as_float(each)) for each in (few.images[there], held_out.images))
        return linear_accuracy(train, known(few)[there], test, known(held_out), seed)

    fresh, learned = _discriminators(game, seen, seed, seconds)
    return Row(
        accuracy(lambda images: trunk_features(learned, images)),
        accuracy(lambda images: trunk_features(fresh, images)),
        {"pixels": accuracy(lambda images: images.flatten(1))},
    )


def cifar_learned(seed: int, seconds: float) -> Row:
    """CIFAR-10: a discriminator that saw 50,000 images, beside random weights and K-means of the pixels."""
    train, test = cifar("train"), cifar("test")
    game = make("dcgan", shape=train.shape, width=32, latent=64, rate=2e-4)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:TRAIN]
    fitted, judged = as_float(train.images[order]), as_float(test.images[:TEST])

    def accuracy(features: Callable[[Tensor], Tensor]) -> float:
        return linear_accuracy(features(fitted), known(train)[order], features(judged), known(test)[:TEST], seed)

    fresh, learned = _discriminators(game, train, seed, seconds)
    clusters = MiniBatchKMeans(CLUSTERS, n_init=1, random_state=seed, batch_size=2048).fit(fitted.flatten(1).numpy())

    def nearness(images: Tensor) -> Tensor:
        """How much nearer a centre is than the mean one, or 0: the triangle of Coates et al. 2011."""
        distances = torch.from_numpy(clusters.transform(images.flatten(1).numpy())).float()
        return (distances.mean(dim=1, keepdim=True) - distances).clamp(min=0)

    return Row(
        accuracy(lambda images: trunk_features(learned, images)),
        accuracy(lambda images: trunk_features(fresh, images)),
        {"K-means of the pixels": accuracy(nearness), "pixels": accuracy(lambda images: images.flatten(1))},
    )


def _discriminators(game: Game, seen: Examples, seed: int, seconds: float) -> tuple[nn.Module, nn.Module]:
    """The same discriminator before and after it was trained."""
    fresh = start(game, Batches(seen, 64, seed), torch.Generator().manual_seed(seed)).nets["discriminator"]
    state, _ = trained(game, seen, seed, seconds)
    return fresh, state.nets["discriminator"]
