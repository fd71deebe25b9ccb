"""Run a generator from one of its layers on: an edit of that layer need not run what comes before it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn

from dissect.hooks import at_rest, intervene, record

EDITED = "edited"  # the layer of the rest whose output is that of the generator's layer


class _Resumed(nn.Module):
    """For a generator that is no chain: it runs from the start, and its layer's output is replaced."""

    def __init__(self, generator: nn.Module, layer: str, latent: Tensor) -> None:
        super().__init__()
        self.edited = nn.Identity()
        self._inner = (generator,)  # in a tuple, so that it is no part of this module
        self._layer, self._latent = layer, latent

    def forward(self, features: Tensor) -> Tensor:
        (generator,) = self._inner
        with intervene(generator, {self._layer: lambda _: self.edited(features)}):
            images: Tensor = generator(self._latent)
        return images


def rest_of(generator: nn.Module, layer: str, latent: Tensor) -> tuple[nn.Module, Tensor]:
    """A network that goes on from ``layer``, and its input (1, U, h, w): the layer's output for ``latent`` (1, ...).

    ``rest(features)`` equals ``generator(latent)`` to the bit. Edits go to its layer ``EDITED``. A chain is cut behind
    the layer; two rests of it may run at once. Any other generator runs as a whole, one rest at a time.

    Raises:
        ValueError: the generator has no such layer.
        KeyError: the generator does not run the layer.
    """
    with at_rest(generator), record(generator, [layer]) as seen:
        generator(latent)
        features = seen[layer].detach()
    if not is_chain(generator, layer):
        return _Resumed(generator, layer, latent).eval(), features
    names = [name for name, _ in generator.named_children()]
    children = list(generator.children())[names.index(layer) + 1 :]
    return nn.Sequential(OrderedDict({EDITED: nn.Identity(), "rest": nn.Sequential(*children)})).eval(), features


def is_chain(generator: nn.Module, layer: str) -> bool:
    """Whether ``layer`` is one link of a plain chain, so that what follows it depends on nothing else."""
    return type(generator) is nn.Sequential and layer in dict(generator.named_children())


def features_after(rest: nn.Module, run: Callable[[], object]) -> Tensor:
    """The layer's output (N, U, h, w) while ``run`` runs ``rest``, after all edits.

    ValueError where ``run`` does not run it.
    """
    with record(rest, [EDITED]) as seen:
        run()
        return seen[EDITED].detach()
