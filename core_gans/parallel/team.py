"""Processes that play one game together: each learns from its slice of every batch, all have the same weights.

Every process begins with the same weights and the same chance, draws the same batch and the same latents, and computes
the losses of its slice of them; gradients are averaged before each step. So the numbers are those of one process with
the whole batch. ``DistributedDataParallel`` wraps one network with one loss; a game's losses pass several networks,
frozen and learning, and differentiate gradients, so the averaging stands in the loop instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from rich.console import Console
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.game import Batch

Value = TypeVar("Value")


@dataclass(frozen=True)
class Team:
    """This process and how many there are; one alone has nobody to ask."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes, judges and prints."""
        return self.rank == 0

    def require_divisible(self, batch: int) -> None:
        """LabError for a ``batch`` that cannot be cut into equal slices."""
        if batch % self.size:
            near = max(self.size, round(batch / self.size) * self.size)
            raise LabError(
                f"expected a --batch that {self.size} processes share evenly, got {batch}: take {near}, for example."
            )

    def part_of(self, batch: Batch) -> Batch:
        """This process's slice of the whole ``batch``."""
        if self.size == 1:
            return batch
        count = len(batch.real) // self.size
        here = slice(self.rank * count, (self.rank + 1) * count)
        held: dict[str, Tensor | None] = {each.name: getattr(batch, each.name) for each in fields(batch)}
        return replace(batch, **{name: value[here] for name, value in held.items() if value is not None})

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all processes in the place of each of ``tensors``, which all processes have alike."""
        if self.size == 1:
            return
        for dtype in sorted({each.dtype for each in tensors}, key=str):
            alike = [each for each in tensors if each.dtype == dtype]
            flat = torch.cat([each.reshape(-1) for each in alike])
            dist.all_reduce(flat)
            for each, mean in zip(alike, flat.div_(self.size).split([each.numel() for each in alike]), strict=True):
                each.copy_(mean.view_as(each))

    def averaged(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The mean of each named scalar over all processes; without graphs."""
        means = {name: term.detach().clone() for name, term in terms.items()}
        self.average(list(means.values()))
        return means

    def agreed(self, wish: bool) -> bool:
        """Whether any process wishes so: the same answer for all."""
        if self.size == 1:
            return wish
        wishes = torch.tensor(float(wish), device=_device())
        dist.all_reduce(wishes, dist.ReduceOp.MAX)
        return bool(wishes)

    def led(self, work: Callable[[], Value]) -> Value:
        """What the leader's ``work`` gives, for all: what is timed, for example, is timed once. It works alone."""
        if self.size == 1:
            return work()
        given: list[Any] = [None]
        if self.leads:
            with _being(Team()):
                given = [work()]
        dist.broadcast_object_list(given, device=_device())
        return given[0]  # type: ignore[no-any-return]  # of the leader

    def wait(self) -> None:
        """Until all processes have come here."""
        if self.size > 1:
            dist.barrier()


_TEAM = Team()


def team() -> Team:
    """The processes that play together now: this one alone, but inside ``joined``."""
    return _TEAM


@contextmanager
def joined(device: str, console: Console) -> Iterator[Team]:
    """Play with the processes that torchrun started beside this one; alone without torchrun.

    The processes talk by gloo, or by nccl where the ``device`` is cuda, which then is a GPU each. ``console`` is silent
    in all but the first, for good. LabError where they cannot meet.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or team().size > 1 or not dist.is_available():
        yield team()
        return
    here = Team(int(os.environ["RANK"]), size)
    console.quiet = console.quiet or not here.leads
    cuda = device == "cuda"
    if device.startswith("cuda:"):
        raise LabError(f"several processes on --device {device} would share one GPU: give --device cuda.")
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        dist.init_process_group("nccl" if cuda else "gloo")
    except (RuntimeError, ValueError) as error:
        raise LabError(f"the {size} processes cannot meet ({' '.join(str(error).split())[:150]}).") from error
    try:
        with _being(here):
            yield here
    finally:
        dist.destroy_process_group()


def require_joined() -> None:
    """LabError in one of several processes that torchrun started, where they would not play together."""
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > 1 and team().size == 1:
        raise LabError(
            f"torchrun started this {started} times, and what is asked for is played by one process: `core-gans train` "
            "is played by several, and `egan evolve --islands 8 --workers 2` starts processes of its own."
        )


@contextmanager
def _being(other: Team) -> Iterator[None]:
    global _TEAM  # a process group is one for the whole process
    before, _TEAM = _TEAM, other
    try:
        yield
    finally:
        _TEAM = before


def _device() -> torch.device:
    """Where what is no tensor yet travels from."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
