"""Whether a game can be played, asked before any memory is taken: networks that can be built, and that fit in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import is_out_of_memory, require_memory
from core_gans.game import Game
from core_gans.initialising import initialising

COPIES = 4  # of a parameter: weight, gradient, and the two moments of Adam
FLOAT = 4  # bytes


def require_playable(game: Game, batch: int, device: str = "cpu", *, copies: int = COPIES) -> None:
    """LabError unless the players of ``game`` can be built and, with a batch, held in memory.

    They are built without memory (on torch's meta device). ``copies`` of each parameter are kept.
    """
    players = sketched(game)
    if players is None:
        return
    held = sum(parameter.numel() for net in players.values() for parameter in net.parameters()) * copies
    buffers = sum(buffer.numel() for net in players.values() for buffer in net.buffers())
    require_memory(
        (held + buffers) * FLOAT, f"the networks of {game.name} with what their training keeps", "--width", device
    )
    require_batch(batch, getattr(game, "shape", ()), int(getattr(game, "latent", 0)), device)


def require_batch(batch: int, shape: Sequence[int], latent: int = 0, device: str = "cpu") -> None:
    """LabError unless ``batch`` real examples of ``shape``, as many generated ones and their latents fit in memory."""
    require_memory(batch * (2 * prod(shape) + latent) * FLOAT, f"a batch of {batch:,}", "--batch", device)


def sketched(game: Game) -> Mapping[str, nn.Module] | None:
    """The players of ``game`` without their numbers; None where they need numbers to be built.

    LabError for fields of which no networks can be built.
    """
    try:
        with torch.device("meta"), initialising(0):
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
