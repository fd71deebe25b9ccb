"""Gradient descent by Adam towards a picture, within steps or seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dissect.inversion.goal import Goal
from dissect.inversion.inversion import Step

WARM = 10  # steps over which the rate rises


@dataclass(frozen=True)
class Stage:
    """One descent: its steps, its rate (Adam's largest), and when it has to end."""

    name: str
    steps: int
    rate: float
    until: float  # the clock's seconds at which it ends; infinite without a limit
    begun: float
    tell: Callable[[float], None]  # the part of this stage that is done
    enough: Callable[[], bool]  # whether it is to end now

    def done(self, steps: int) -> float:
        """The part that is done after ``steps``."""
        if self.enough():
            return 1.0
        spent = 0.0 if self.until == math.inf else (time.perf_counter() - self.begun) / (self.until - self.begun)
        return min(max(steps / max(self.steps, 1), spent), 1.0)


class Clock:
    """Shares the seconds, the progress and the end that is asked for between the stages."""

    def __init__(
        self,
        seconds: float | None,
        latent_part: float,
        progress: Callable[[float], None] | None,
        enough: Callable[[], bool],
    ) -> None:
        self.begun, self.seconds, self.progress, self.enough = time.perf_counter(), seconds, progress, enough
        self.parts = {"latent": (0.0, latent_part), "features": (latent_part, 1.0)}

    def stage(self, name: str, steps: int, rate: float) -> Stage:
        """The stage called ``name``, with its share of the seconds; ``rate`` is Adam's largest."""
        low, high = self.parts[name]
        until = math.inf if self.seconds is None else self.begun + high * self.seconds

        def tell(done: float) -> None:
            if self.progress is not None:
                self.progress(low + (high - low) * done)

        begun = time.perf_counter()
        return Stage(name, steps, rate, max(until, begun + 1e-9), begun, tell, self.enough)


def descend(
    draw: Callable[[Tensor], Tensor],
    penalty: Callable[[Tensor], Tensor],
    begin: Tensor,
    goal: Goal,
    stage: Stage,
    within: Callable[[Tensor], Tensor] = lambda value: value,
) -> tuple[Tensor, list[Step]]:
    """The best value on Adam's way from ``begin`` (any shape), and the way.

    ``within`` brings a value back to what is allowed. FloatingPointError where the loss is not finite.

    The rate rises over ``WARM`` steps and falls to 0 at the end, by the root of what is left.
    """
    value = begin.detach().float().clone().requires_grad_()
    optimizer = torch.optim.Adam([value], lr=stage.rate)
    best, lowest, way = value.detach().clone(), math.inf, []
    step, done = 0, 0.0 if stage.steps else 1.0
    while True:  # the last round only looks
        with torch.enable_grad():
            images = draw(value)
            loss = goal.loss(images)[0] + penalty(value)
            (slope,) = torch.autograd.grad(loss, value)  # of the value alone: the networks' gradients stay as they are
        now = loss.item()
        if not math.isfinite(now):
            raise FloatingPointError(f"the loss of the {stage.name} became {now} at step {step}: try a lower rate")
        if now < lowest:
            best, lowest = value.detach().clone(), now
        if step:
            way.append(Step(stage.name, step, now, float((images.detach() - goal.target).abs().mean())))
        if done >= 1.0:
            return best, way
        optimizer.param_groups[0]["lr"] = stage.rate * min(1.0, (step + 1) / WARM) * (1 - done) ** 0.5
        value.grad = slope
        optimizer.step()
        with torch.no_grad():
            value.copy_(within(value))
        step += 1
        done = stage.done(step)
        stage.tell(done)
