"""The real data sets that several of these measurements read, from the folder that GANLAB_DATA names."""

from __future__ import annotations

from functools import cache
from typing import Literal

from benchmarks.applications.row import real_file
from core_gans.data import Examples, load

MNIST = "mnist_28.npz"
CIFAR = "cifar10_jpeg_60k.npz"


@cache
def mnist(side: int = 32) -> Examples:
    """The 60,000 digits to learn from, (60000, 1, side, side)."""
    return load(str(real_file(MNIST)), size=side)


@cache
def cifar(part: Literal["train", "test"]) -> Examples:
    """50,000 or 10,000 images of ten classes, (N, 3, 32, 32), in an order in which the classes take turns."""
    return load(f"{real_file(CIFAR)}:{part}_jpeg", size=32)
