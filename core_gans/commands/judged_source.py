"""What ``core-gans judge`` measures: samples of a run or a model file, or the examples of any data set or folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core_gans import data as datasets
from core_gans import models
from core_gans.data import KNOWN, Examples, as_float, size_of
from core_gans.data.files import file_and_array
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.metrics.judge import Sampler
from core_gans.models import Model
from core_gans.runs import folder as runs


class Source(ABC):
    """Something that is measured against real examples."""

    @property
    @abstractmethod
    def is_run(self) -> bool:
        """Whether it is a run's folder."""

    @abstractmethod
    def real(self, data: str, size: int | None, how: dict[str, Any], progress: datasets.Progress) -> Examples:
        """The examples called ``data``, in the shape of what is measured, and read as ``how`` says.

        LabError where they cannot have that shape.
        """

    @abstractmethod
    def count(self, asked: int) -> int:
        """How many samples there are to measure where ``asked`` are wanted."""

    @abstractmethod
    def sampler(self, real: Examples, seed: int) -> Sampler:
        """Samples, by chance from ``seed``."""


@dataclass(frozen=True)
class Drawn(Source):
    """A trained generator; ``config`` is that of its run, where it is one."""

    path: Path
    model: Model[NoiseGame]
    config: dict[str, Any] | None

    @property
    def is_run(self) -> bool:
        return self.config is not None

    def real(self, data: str, size: int | None, how: dict[str, Any], progress: datasets.Progress) -> Examples:
        if size is not None:
            raise LabError("a model decides the size itself: --size is for two data sets.")
        if not data and self.config is None:
            raise LabError(f"{self.path} does not say what it was trained on: give --data.")
        data = data or str(self.config["options"]["data"]) if self.config else data
        shape = tuple(self.model.game.sample({"generator": self.model.net}, 1, 0).shape[1:])
        options = dict(how)
        if len(shape) > 1:
            options |= {"size": size_of((shape[0], *shape[-2:])), "channels": shape[0]}
        if len(shape) == 4:
            options |= {"frames": shape[1]}
        examples = datasets.load(data, **options, takes=self.model.game.takes, progress=progress)
        if examples.shape != shape:
            raise LabError(
                f"the model draws samples of shape {shape}, the examples of {data} have the shape {examples.shape}: "
                "give the --data it was trained on."
            )
        return examples

    def count(self, asked: int) -> int:
        return asked

    def sampler(self, real: Examples, seed: int) -> Sampler:
        rng = torch.Generator().manual_seed(seed)
        return lambda wanted: self.model.game.sample({"generator": self.model.net}, wanted, rng)


class Given(Source):
    """A data set, or a folder of pictures: its examples in an order by chance, none of them twice."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._examples: Examples | None = None

    @property
    def is_run(self) -> bool:
        return False

    def real(self, data: str, size: int | None, how: dict[str, Any], progress: datasets.Progress) -> Examples:
        if not data:
            raise LabError(f"{self.name} is no run but a data set: give the one to compare it with, --data.")
        real = datasets.load(data, size=size, progress=progress, **how)
        images = len(real.shape) == 3
        options: dict[str, Any] = {"size": size_of(real.shape), "channels": real.shape[0]} if images else {}
        self._examples = datasets.load(self.name, **options, **how)
        if self._examples.shape != real.shape:
            raise LabError(
                f"{self.name} has examples of shape {self._examples.shape}, and {data} of shape {real.shape}: give two "
                "data sets of one kind."
            )
        return real

    def count(self, asked: int) -> int:
        assert self._examples is not None  # read with the real ones
        return min(asked, len(self._examples))

    def sampler(self, real: Examples, seed: int) -> Sampler:
        assert self._examples is not None
        images = self._examples.images
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
        place = 0

        def draw(wanted: int) -> Tensor:
            nonlocal place
            place += wanted
            return as_float(images[order[place - wanted : place]])

        return draw


def source_at(path: Path, checkpoint: str = runs.NEWEST) -> Source:
    """The run, the model file or the data set at ``path``; LabError with the nearest names where there is none.

    ``checkpoint`` is what ``open_model`` takes.
    """
    if _is_data(path):
        return Given(str(path))
    model = models.open_model(path, checkpoint)
    if model.player != "generator":
        raise LabError(f"{path} holds a {model.player}, which draws no samples: give a generator, or a run's folder.")
    return Drawn(path, model, runs.read_config(path) if models.file_at(path).is_dir() else None)


def _is_data(path: Path) -> bool:
    """Whether ``path`` names examples and no generator: a known data set, pictures in a folder, a file of them."""
    if path.is_dir():
        return not (path / "config.json").exists() and any(path.iterdir())
    place, _ = file_and_array(path)
    return str(path) in KNOWN or (place.is_file() and place.suffix != ".safetensors")
