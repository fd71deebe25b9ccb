"""Which layers of a generator can be dissected: those that put out maps. They are named, listed and chosen here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from core_gans.foundation.names import unknown_name
from dissect.hooks import at_rest, record
from dissect.hooks import layers as layers_of

NAMED = 20  # layers in an error, at most
SMALLEST = 4  # side of the smallest map that is dissected when no layer is named, in cells
Shapes = Mapping[str, tuple[int, ...]]  # layer -> (N, ...)


class UnitMaps(nn.Module):
    """A layer (N, U) with a place inside, ``maps``, where its units are maps (N, U, 1, 1) to record and to edit."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.maps = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.maps(self.layer(x)[:, :, None, None])
        return maps[:, :, 0, 0]


def default_layers(generator: nn.Module, latents: Tensor) -> list[str]:
    """The layers worth a look when none is named, from the latents' end to the images'.

    They put out maps of at least four cells a side and more channels than an image. A block stands for its parts; where
    a block ends in something else, such as the image, its parts are looked at. Of neighbours with the same shape, such
    as a convolution and what normalises and rectifies it, the last is taken; enlarging alone is no layer.
    """
    shapes = layers_of(generator, latents)
    found: list[str] = []
    for name in _outermost(generator, "", shapes):
        module = _module(generator, name)
        if isinstance(module, nn.Upsample | nn.PixelShuffle):
            continue
        if found and shapes[found[-1]] == shapes[name] and _is_leaf(_module(generator, found[-1]), module):
            found.pop()
        found.append(name)
    return found


def check_layers(generator: nn.Module, latents: Tensor, names: Sequence[str]) -> None:
    """Raise ValueError, with the layers there are and their shapes, unless all ``names`` put out maps."""
    shapes = layers_of(generator, latents)
    modules = {name: module for name, module in generator.named_modules() if name}
    for name in names:
        if name not in shapes and name not in modules and any(mark in name for mark in "~@:["):
            shapes[name] = layer_shape(generator, name, latents)
    maps = {name: shape for name, shape in shapes.items() if len(shape) == 4 and f"{name}~nhwc" not in shapes}
    for name in names:
        if f"{name}~nhwc" in shapes:
            raise ValueError(
                f"layer {name!r} puts out {shape_in_words(shapes[name])}, which looks like height x width x units: "
                f"write {name}~nhwc, or {name}~nchw if units x height x width is right"
            )
        if name not in shapes and name in modules:
            raise ValueError(
                f"layer {name!r} puts out no tensor, or nothing passes through it: choose one of "
                f"{', '.join(_told(list(maps), shapes))}"
            )
        if name not in shapes:
            raise unknown_name("layer", name, shapes, told=lambda layer: _told([layer], shapes)[0], list_all=True)
        if name not in maps:
            raise ValueError(
                f"layer {name!r} puts out {shape_in_words(shapes[name])}, no maps of units x height x width: choose "
                f"one of {', '.join(_told(list(maps), shapes)) or 'another generator, this one has no such layer'}"
            )


def layer_shape(generator: nn.Module, layer: str, latents: Tensor) -> tuple[int, ...]:
    """The shape (N, ...) of what ``layer``, any address, puts out for ``latents`` (N, ...). ValueError for no layer."""
    try:
        with at_rest(generator), record(generator, [layer]) as seen:
            generator(latents)
            return tuple(seen[layer].shape)
    except (TypeError, KeyError) as error:
        raise ValueError(str(error.args[0])) from None


def shape_in_words(shape: Sequence[int]) -> str:
    """The shape of one image's output: ``256 x 8 x 8``, or ``128`` for a vector."""
    return " x ".join(map(str, shape[1:])) or "one number"


def is_vector(shape: Sequence[int]) -> bool:
    """Whether this is the output (N, units) of a layer without places."""
    return len(shape) == 2


def with_unit_maps(generator: nn.Module, layer: str) -> str:
    """Put a :class:`UnitMaps` in the place of ``layer`` and return the name of its maps.

    Maps of one cell: such a unit is on in a whole picture or not at all. The generator draws what it drew; a layer that
    has its maps already keeps them.
    """
    module = generator.get_submodule(layer)
    if not isinstance(module, UnitMaps):
        generator.get_submodule(_parent(layer)).add_module(layer.rpartition(".")[2], UnitMaps(module))
    return f"{layer}.maps"


def _outermost(generator: nn.Module, above: str, shapes: Shapes) -> list[str]:
    found = []
    for child, module in generator.get_submodule(above).named_children():
        name = f"{above}.{child}" if above else child
        if address := _worth_a_look(name, shapes):
            found.append(address)
        elif list(module.children()):
            found += _outermost(generator, name, shapes)
    return found


def _worth_a_look(layer: str, shapes: Shapes) -> str | None:
    """The address of what ``layer`` puts out that is worth a look: in its layout, and of several runs the last."""
    for run in (layer, f"{layer}@last"):
        for address in (f"{run}~nhwc", f"{run}~tokens", run):
            if address in shapes:
                return address if _is_worth_a_look(shapes[address]) else None
    return None


def _module(generator: nn.Module, address: str) -> nn.Module:
    return generator.get_submodule(address.partition("~")[0].partition("@")[0])


def _is_worth_a_look(shape: Sequence[int]) -> bool:
    return len(shape) == 4 and min(shape[2:]) >= SMALLEST and shape[1] > 3


def _is_leaf(*modules: nn.Module) -> bool:
    return not any(list(module.children()) for module in modules)


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _told(names: Sequence[str], shapes: Shapes) -> list[str]:
    told = [f"{name} ({shape_in_words(shapes[name])})" for name in names[:NAMED]]
    return [*told, f"{len(names) - NAMED} more"] if len(names) > NAMED else told
