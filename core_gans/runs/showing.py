"""What a state draws now, for people who look at it: images or a cloud of points, always from the same latents."""

from __future__ import annotations

import torch

from core_gans.foundation.pixels import Picture, png
from core_gans.foundation.sheets import picture
from core_gans.game import Game, Nets, NoiseGame
from core_gans.runs.watchers import WatchedState

IMAGES, POINTS = 16, 1_000  # samples of a picture


def samples_of(game: Game, nets: Nets) -> Picture | None:
    """Samples of ``nets`` as a picture; None of a game that draws from no latents. No chance of a run is used."""
    if not isinstance(game, NoiseGame):
        return None
    device = next(nets["generator"].parameters()).device
    samples = game.sample(nets, IMAGES, torch.Generator(device).manual_seed(0))
    if samples.dim() == 2:
        samples = game.sample(nets, POINTS, torch.Generator(device).manual_seed(0))
    return picture(samples.cpu())


def png_of(game: Game, nets: Nets) -> bytes | None:
    """The same as a PNG."""
    page = samples_of(game, nets)
    return None if page is None else png(page)


def told(kind: str, state: WatchedState, unit: str, more: str = "") -> str:
    """A state in a line: ``TrainingState(dcgan, 250 rounds in 12 s, 16,000 images seen)``."""
    played = f"{state.round:,} {unit}{'' if state.round == 1 else 's'} in {state.seconds:.0f} s"
    return f"{kind}({', '.join(filter(None, (state.game.name, more, played)))}, {state.images_seen:,} images seen)"
