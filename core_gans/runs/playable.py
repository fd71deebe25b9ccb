"""Whether a game can be played, asked before any memory is taken: networks that can be built, and that fit in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from threading import get_ident

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import is_out_of_memory, require_memory
from core_gans.game import Game
from core_gans.initialising import initialising

COPIES = 4  # of a parameter: weight, gradient, and the two moments of Adam
FLOAT = 4  # bytes
MOST_WEIGHTS = 10_000  # tensors of weights in the players of a game; a layer has one or two
MANY = 1_000  # of anything that may count layers


def require_playable(
    game: Game, batch: int, device: str = "cpu", *, copies: int = COPIES, lower: str = "--width"
) -> None:
    """LabError unless the players of ``game`` can be built and, with a batch, held in memory.

    They are built without memory (on torch's meta device). ``copies`` of each parameter are kept; ``lower`` says what
    to lower where they are too many.
    """
    players = sketched(game)
    if players is None:
        return
    held = sum(parameter.numel() for net in players.values() for parameter in net.parameters()) * copies
    buffers = sum(buffer.numel() for net in players.values() for buffer in net.buffers())
    require_memory(
        (held + buffers) * FLOAT, f"the networks of {game.name} with what their training keeps", lower, device
    )
    require_batch(batch, getattr(game, "shape", ()), int(getattr(game, "latent", 0)), device)


def require_batch(
    batch: int, shape: Sequence[int], latent: int = 0, device: str = "cpu", lower: str = "--batch"
) -> None:
    """LabError unless ``batch`` real examples of ``shape``, as many generated ones and their latents fit in memory."""
    require_memory(batch * (2 * prod(shape) + latent) * FLOAT, f"a batch of {batch:,}", lower, device)


def sketched(game: Game) -> Mapping[str, nn.Module] | None:
    """The players of ``game`` without their numbers; None where they need numbers to be built.

    LabError for fields of which no networks can be built.
    """
    try:
        with torch.device("meta"), initialising(0), _counted(game):
            return game.players()
    except LabError:
        raise
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        text = " ".join(str(error).split())
        if "meta" in text.lower():
            return None
        why = "they would take more memory than can be counted" if is_out_of_memory(error) else text[:200].rstrip(".")
        raise LabError(
            f"no networks of {game.name} can be built from these fields ({why}): try smaller ones, as --width."
        ) from error


@contextmanager
def _counted(game: Game) -> Iterator[None]:
    """LabError where more than MOST_WEIGHTS tensors of weights are made in this thread: so many layers never end."""
    made, here = 0, get_ident()

    def count(module: nn.Module, name: str, weight: object) -> None:
        nonlocal made
        made += get_ident() == here
        if made > MOST_WEIGHTS and get_ident() == here:
            values = {each.name: getattr(game, each.name) for each in dataclasses.fields(game)}  # type: ignore[arg-type]
            many = [name for name, value in values.items() if isinstance(value, int) and value > MANY]
            lower = " or ".join(f"--{name.replace('_', '-')}" for name in many) or "the number of layers"
            raise LabError(f"the networks of {game.name} would have more than {MOST_WEIGHTS:,} layers: lower {lower}.")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
