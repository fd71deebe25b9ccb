"""The runs of a layer within one call of its network: pieces of a batch are joined, and repeated steps told apart.

A generator may draw a batch in pieces, so that a layer runs once a piece; a denoiser runs a layer once a step. The
first is one output in parts. Of the second, one has to be chosen: recording the last while an edit acts in all of
them would measure one thing and change another.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dissect.addressing.addresses import Address


def batch_size(inputs: tuple[Any, ...], named: dict[str, Any]) -> int | None:
    """How many examples a call with these arguments is about: the length of the first tensor; None without one."""
    found = next((each for each in (*inputs, *named.values()) if isinstance(each, Tensor) and each.ndim), None)
    return None if found is None else len(found)


class Steps:
    """Counts the runs of one layer. A run on a part of the batch is a piece of a step."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, examples: int | None) -> None:
        """A new call of the network on ``examples``; None where the network is not called as a whole."""
        self.examples, self.complete, self.pending = examples, 0, 0

    @property
    def current(self) -> int:
        """The step that the next run belongs to, from 1."""
        return self.complete + 1

    def ran(self, examples: int) -> bool:
        """Note a run on so many ``examples``, and tell whether a step is complete with it."""
        self.pending += examples
        done = self.examples is None or self.pending >= self.examples
        if done:
            self.complete, self.pending = self.complete + 1, 0
        return done


class Outputs:
    """What one layer put out in the latest call of the network."""

    def __init__(self, address: Address, copied: bool) -> None:
        self.address, self._copied, self._steps = address, copied, Steps()
        self._fresh = True
        self.begin(None)

    def begin(self, examples: int | None) -> None:
        """A new call of the network begins: what is there belongs to the one before."""
        self._steps.begin(examples)
        self._pieces: list[tuple[Tensor, int | None]] = []
        self._kept: list[tuple[Tensor, int | None]] = []
        self._sum: Tensor | None = None

    def end(self) -> None:
        """The call is over: the next run belongs to another."""
        self._fresh = True

    def add(self, output: Tensor, examples: int | None) -> None:
        """One run's ``output`` (n, ...), in a call on ``examples``."""
        if self._fresh or examples is None:
            self.begin(examples)
            self._fresh = False
        taken = output.clone() if self._copied and not output.requires_grad else output
        self._pieces.append((taken, None if taken.is_inference() else taken._version))
        if self._steps.ran(len(output) if output.ndim else 1):
            self._complete()

    def _complete(self) -> None:
        step, wanted = self._steps.complete, self.address.step
        if wanted == "all":
            whole = self._joined(self._pieces)
            if self._sum is not None and self._sum.shape != whole.shape:
                raise ValueError(
                    f"layer {self.address.text!r} puts out {tuple(self._sum.shape)} and then {tuple(whole.shape)}: "
                    f"they have no mean; choose one run, as in {self.address.module}@{step}"
                )
            self._sum = whole if self._sum is None else self._sum + whole
        elif wanted in (None, "last") or wanted == step:
            self._kept = self._pieces
        self._pieces = []

    @property
    def has_run(self) -> bool:
        """Whether there is anything of the latest call."""
        return bool(self._steps.complete or self._pieces)

    def value(self) -> Tensor:
        """The output (N, ...) that the address means.

        Raises:
            KeyError: the layer has not run yet.
            ValueError: it ran several times and no run is chosen, or not as often as the chosen one says; it ran on a
                part of the batch; it was changed in place afterwards.
        """
        runs, name = self._steps.complete, self.address.text
        if runs == 0 and not self._pieces:
            raise KeyError(f"layer {name!r} has not run yet: call the model inside the block first")
        if self._pieces and (runs or len(self._pieces) > 1):
            raise ValueError(
                f"layer {name!r} runs on {self._steps.pending} of {self._steps.examples} examples, and not in whole "
                "batches: what belongs to which image cannot be told; choose another layer"
            )
        if self.address.step is None and runs > 1:
            raise several_runs(self.address, runs)
        if isinstance(self.address.step, int) and self.address.step > max(runs, 1):
            raise ValueError(f"layer {name!r} runs {runs} times in a call of the network, so there is no such run")
        if self._sum is not None:
            return self._sum / runs
        return self._joined(self._kept or self._pieces)

    def _joined(self, pieces: list[tuple[Tensor, int | None]]) -> Tensor:
        for piece, version in pieces:
            if version is not None and piece._version != version:
                raise ValueError(
                    f"layer {self.address.text!r} is changed in place by what follows it, so its own output is gone: "
                    "use that operation without inplace=True, or record the layer that holds both"
                )
        return pieces[0][0] if len(pieces) == 1 else torch.cat([piece for piece, _ in pieces])


def several_runs(address: Address, runs: int) -> ValueError:
    """The error for a layer that runs several times where no run is chosen."""
    name = address.module
    count = f"{runs} times" if runs > 2 else "twice or more often"
    return ValueError(
        f"layer {address.text!r} runs {count} in one call of the network: choose a run, as in {name}@1, {name}@last, "
        f"or {name}@all for the mean over them (an edit there acts in all)"
    )
