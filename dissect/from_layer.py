"""Run a generator from its first edited layer on: an edit need not run what comes before it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from dissect.addressing.addresses import read_address
from dissect.addressing.editing import Editing, begin_call, end_call
from dissect.hooks import Edit, at_rest, intervene, record


def rest_of(generator: nn.Module, layers: Sequence[str], latent: Tensor) -> tuple[nn.Module, Tensor]:
    """A network that goes on from the first of ``layers``, and its input (1, U, h, w): what that layer puts out.

    ``rest(start)`` equals ``generator(latent)`` to the bit, for ``latent`` (1, ...). In the rest, each of ``layers``
    has its own name, and its output is the layer's: edits and records go there. A chain is cut behind the first of
    the layers, and each of them becomes a module of this rest alone that copies, so that two rests may run at once. Any
    other generator is its own rest, and runs from the latent: one at a time.

    Raises:
        ValueError: no layers, or one that the generator does not have.
        KeyError: the generator does not run a layer.
    """
    if not layers:
        raise ValueError("expected at least one layer to edit, got none")
    children = OrderedDict(generator.named_children())
    chain = is_chain(generator, layers)
    order = [name for name in children if name in set(layers)] if chain else list(layers)
    # Of a chain the first layer alone: other rests of it, in other threads, may be running the others.
    with at_rest(generator), record(generator, order[:1] if chain else order) as seen:
        generator(latent)
        features = {layer: seen[layer].detach() for layer in (order[:1] if chain else order)}
    if not chain:
        return generator, latent
    rest: OrderedDict[str, nn.Module] = OrderedDict()
    for name, child in list(children.items())[list(children).index(order[0]) :]:
        if name != order[0]:
            rest[f"{name} itself" if name in order else name] = child
        if name in order:
            rest[name] = Copied()
    return nn.Sequential(rest).eval(), features[order[0]]


class Copied(nn.Module):
    """A copy of what is given, which then stays as it is where what follows works in place."""

    def forward(self, features: Tensor) -> Tensor:
        return features.clone()


def resumed(generator: nn.Module, layer: str, latent: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """The images (1, C, H, W) as a function of what ``layer`` puts out, and what it puts out for ``latent`` (1, ...).

    Gradients flow. Call it with the generator at rest. Raises as :func:`rest_of`.
    """
    rest, start = rest_of(generator, [layer], latent)
    if is_chain(generator, [layer]):
        return rest, start

    def draw(features: Tensor) -> Tensor:
        with intervene(rest, {layer: lambda _: features}):
            images: Tensor = rest(start)
        return images

    with at_rest(rest):
        return draw, features_after(rest, layer, lambda: rest(start))


def edit_for_good(generator: nn.Module, layer: str, edit: Edit) -> None:
    """Make ``edit`` at the address ``layer`` in every call from now on, also of a rest, before all later edits.

    ValueError where ``generator`` has no such layer.
    """
    modules = dict(generator.named_modules())
    address = read_address(layer, modules)
    editing = {layer: Editing(address, edit, modules[address.module])}
    # The rest of a chain runs links, not the whole: runs are counted in the link that the layer is in.
    link = address.module.partition(".")[0]
    counted = modules[link] if is_chain(generator, [link]) else generator
    if address.step is not None:
        counted.register_forward_pre_hook(
            lambda _module, inputs, named: begin_call(counted, editing, inputs, named), with_kwargs=True
        )
    editing[layer].attach()
    if address.step is not None:
        counted.register_forward_hook(lambda _module, _inputs, _output: end_call(editing), always_call=True)


def is_chain(generator: nn.Module, layers: Sequence[str]) -> bool:
    """Whether ``layers`` are links of a plain chain, so that what follows each depends on nothing else."""
    links = dict(generator.named_children())  # one that is run twice is among them once
    return type(generator) is nn.Sequential and len(links) == len(generator) and set(layers) <= set(links)


def features_after(rest: nn.Module, layer: str, run: Callable[[], object]) -> Tensor:
    """The output (N, U, h, w) of ``layer`` while ``run`` runs ``rest``, after all edits.

    ValueError where ``rest`` has no such layer; KeyError where ``run`` does not run it.
    """
    with record(rest, [layer]) as seen:
        run()
        return seen[layer].detach()
