"""Published layouts of progressive generators: read under their names, they draw what their own arithmetic draws."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign import load_progressive, progressive_from
from core_gans.foreign.layouts import ours
from core_gans.foundation.errors import LabError
from core_gans.metrics.classes import ClassCoverage, ClassTally
from core_gans.metrics.digits_classifier import load_digits_classifier
from dissect.edits import ablate
from dissect.generators.sequential import sequential
from dissect.generators.weights import load_weights
from dissect.hooks import intervene, record

LATENT, CHANNELS, COLOURS = 6, (8, 8, 5), 3
Weights = dict[str, Tensor]


def normed(x: Tensor) -> Tensor:
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def twice(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def drawn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng)


def gandissect_weights(seed: int = 0) -> Weights:
    rng = torch.Generator().manual_seed(seed)
    shapes = [(CHANNELS[0], LATENT, 4), (CHANNELS[0], CHANNELS[0], 3)]
    for inputs, outputs in pairwise(CHANNELS):
        shapes += [(outputs, inputs, 3), (outputs, outputs, 3)]
    weights = {}
    for layer, (outputs, inputs, side) in enumerate(shapes, start=1):
        weights[f"layer{layer}.conv.weight"] = drawn(rng, outputs, inputs, side, side)
        weights[f"layer{layer}.wscale.b"] = drawn(rng, outputs)
    weights["output_16x16.conv.weight"] = drawn(rng, COLOURS, CHANNELS[-1], 1, 1)
    weights["output_16x16.wscale.b"] = drawn(rng, COLOURS)
    return weights


def older(weights: Weights) -> Weights:
    """The same weights as older files of gandissect name them."""
    found = {}
    for name, value in weights.items():
        head, rest = name.split(".", 1)
        found[f"features.{int(head[5:]) - 1}.{rest}" if head.startswith("layer") else f"output.{rest}"] = value
    return found


def gandissect_draws(weights: Weights, latents: Tensor) -> Tensor:
    """Normalise, (enlarge,) convolve without bias, scale, add the bias, rectify; the output is not rectified."""
    x = latents[:, :, None, None]
    for layer in range(1, 7):
        x = normed(x)
        x = twice(x) if layer in (3, 5) else x
        kernel, bias = weights[f"layer{layer}.conv.weight"], weights[f"layer{layer}.wscale.b"]
        side = kernel.shape[2]
        x = F.conv2d(x, kernel, padding=3 if layer == 1 else 1) * (sqrt(2) / side / sqrt(kernel.shape[1]))
        x = leaky(x + bias[:, None, None])
    x = F.conv2d(normed(x), weights["output_16x16.conv.weight"]) / sqrt(CHANNELS[-1])
    return x + weights["output_16x16.wscale.b"][:, None, None]


def zoo_weights(seed: int = 0) -> Weights:
    rng = torch.Generator().manual_seed(seed)
    weights = {}

    def layer(name: str, *shape: int) -> None:
        weights[f"{name}.weight"], weights[f"{name}.bias"] = drawn(rng, *shape), drawn(rng, shape[0])

    layer("formatLayer", CHANNELS[0] * 16, LATENT)
    layer("groupScale0.0", CHANNELS[0], CHANNELS[0], 3, 3)
    for scale, (inputs, outputs) in enumerate(pairwise(CHANNELS)):
        layer(f"scaleLayers.{scale}.0", outputs, inputs, 3, 3)
        layer(f"scaleLayers.{scale}.1", outputs, outputs, 3, 3)
    for stage, inputs in enumerate(CHANNELS):
        layer(f"toRGBLayers.{stage}", COLOURS, inputs, 1, 1)
    return weights


def zoo_draws(weights: Weights, latents: Tensor) -> Tensor:
    """Every layer has its bias and is multiplied by He's constant as a whole; then rectify, then normalise."""

    def scaled(x: Tensor, name: str) -> Tensor:
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        layer = F.linear(x, weight, bias) if weight.dim() == 2 else F.conv2d(x, weight, bias, padding="same")
        return layer * sqrt(2 / weight[0].numel())

    x = normed(leaky(scaled(normed(latents), "formatLayer")).reshape(len(latents), -1, 4, 4))
    x = normed(leaky(scaled(x, "groupScale0.0")))
    for scale in range(2):
        x = twice(x)
        for place in range(2):
            x = normed(leaky(scaled(x, f"scaleLayers.{scale}.{place}")))
    return scaled(x, "toRGBLayers.2")


def with_inner_module(weights: Weights) -> Weights:
    return {".".join([*name.split(".")[:-1], "module", name.split(".")[-1]]): each for name, each in weights.items()}


LAYOUTS: dict[str, tuple[Weights, Weights, Callable[[Weights, Tensor], Tensor]]] = {
    "gandissect": (gandissect_weights(), gandissect_weights(), gandissect_draws),
    "gandissect, older names": (older(gandissect_weights()), gandissect_weights(), gandissect_draws),
    "pytorch_GAN_zoo": (zoo_weights(), zoo_weights(), zoo_draws),
    "pytorch_GAN_zoo, inner modules": (with_inner_module(zoo_weights()), zoo_weights(), zoo_draws),
}


@pytest.mark.parametrize("layout", LAYOUTS)
class TestLayouts:
    def test_the_generator_draws_what_their_arithmetic_draws(self, layout: str) -> None:
        given, weights, draw = LAYOUTS[layout]
        latents = torch.randn(7, LATENT, generator=torch.Generator().manual_seed(3))
        truth = draw(weights, latents)
        assert truth.shape == (7, COLOURS, 16, 16)
        assert truth.std() > 0.1
        network = progressive_from(given)
        torch.testing.assert_close(network(latents), truth.clamp(-1, 1), rtol=0, atol=1e-5)
        torch.testing.assert_close(network.train()(latents), truth, rtol=1e-4, atol=1e-5)

    def test_its_blocks_can_be_looked_into(self, layout: str) -> None:
        network = progressive_from(LAYOUTS[layout][0])
        seen = {}
        for name in ("block4", "block8.rectifier2", "block16"):
            network.get_submodule(name).register_forward_hook(lambda *call, name=name: seen.update({name: call[2]}))
        network(torch.zeros(2, LATENT))
        assert [tuple(maps.shape) for maps in seen.values()] == [(2, 8, 4, 4), (2, 8, 8, 8), (2, 5, 16, 16)]
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())

    def test_files_in_their_wrappings(self, layout: str, tmp_path: Path) -> None:
        given = LAYOUTS[layout][0]
        latents = torch.randn(3, LATENT, generator=torch.Generator().manual_seed(3))
        truth = progressive_from(given)(latents)
        parallel = {f"module.{name}": value for name, value in given.items()}
        for content in (given, {"state_dict": given}, {"netG": given, "epoch": 7}, parallel):
            torch.save(content, tmp_path / "weights.pt")
            assert torch.equal(load_progressive(tmp_path / "weights.pt")(latents), truth)

    def test_a_missing_layer_is_named(self, layout: str) -> None:
        given = LAYOUTS[layout][0]
        biases = [name for name in given if name.endswith((".bias", ".b"))]
        for name in biases:
            with pytest.raises(LabError):
                progressive_from({other: value for other, value in given.items() if other != name})

    def test_shapes_that_do_not_fit_are_refused(self, layout: str) -> None:
        given = LAYOUTS[layout][0]
        name = next(name for name, value in given.items() if value.shape == (8, 8, 3, 3))
        with pytest.raises(LabError, match="do not fit together"):
            progressive_from({**given, name: torch.zeros(8, 7, 3, 3)})


def test_units_of_their_blocks_can_be_ablated() -> None:
    network = progressive_from(gandissect_weights())
    latents = torch.randn(3, LATENT, generator=torch.Generator().manual_seed(3))
    before = network(latents)
    with record(network, ["block8.rectifier2"]) as seen, intervene(network, {"block8.rectifier2": ablate([2, 5])}):
        without = network(latents)
    assert not seen["block8.rectifier2"][:, [2, 5]].any()
    assert (without - before).abs().mean() > 0.01
    assert torch.equal(network(latents), before)


def test_a_published_generator_of_mnist_given_as_a_list_of_layers_draws_digits() -> None:
    """Its latents are N(0, 1). The judge is the digits classifier, the baseline the same layers untrained."""
    folder = os.environ.get("GANLAB_DATA")
    weights = Path(folder or "") / "weights" / "csinva_mnist_mlp_G.ckpt"
    if not folder or not weights.exists():
        pytest.skip("needs the weights in the folder that GANLAB_DATA names")
    judge = load_digits_classifier().eval()
    latents = torch.randn(1000, 64, generator=torch.Generator().manual_seed(0))

    @torch.no_grad()
    def judged(network: nn.Module) -> ClassCoverage:
        return ClassTally.of(judge.logits(judge(network.eval()(latents)))).coverage()

    network = sequential("linear 64 256; relu; linear 256 256; relu; linear 256 784; tanh; reshape 1 28 28")
    untrained = judged(network)
    load_weights(network, weights)
    trained = judged(network)
    assert (untrained.covered, untrained.confident) == (0, 0)
    assert trained.covered >= 9  # measured: 9 classes, 0.615 confident, score 4.5
    assert trained.confident > 0.55
    assert trained.inception_style > 4


def test_reading_moves_no_random_state() -> None:
    before = torch.get_rng_state()
    progressive_from(gandissect_weights())
    assert torch.equal(before, torch.get_rng_state())


def test_another_network_s_weights_are_refused() -> None:
    with pytest.raises(
        LabError, match=r"as gandissect .* or pytorch_GAN_zoo .* name them, got conv1.weight, fc.bias\."
    ):
        progressive_from({"conv1.weight": torch.zeros(1), "fc.bias": torch.zeros(1)})
    with pytest.raises(LabError, match="got none"):
        ours({})


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"no weights at all")
    with pytest.raises(LabError, match="no weights that can be read safely"):
        load_progressive(path)
    torch.save([1, 2], path)
    with pytest.raises(LabError, match="holds a list, not a state dict"):
        load_progressive(path)
    torch.save({"state_dict": Path("a class of its own")}, path)
    with pytest.raises(LabError, match="holds objects of somebody's program, not weights alone"):
        load_progressive(path)
    with pytest.raises(OSError, match="No such file"):
        load_progressive(tmp_path / "nothing.pt")
