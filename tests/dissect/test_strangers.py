"""Every layout, a token generator and a denoiser from end to end: measured, caused, painted, mended, walked along."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks import planted_style
from core_gans.foreign.biggan import of_biggan
from core_gans.foreign.diffusion import of_autoencoder, of_denoiser
from core_gans.foreign.progressive import progressive_from
from core_gans.foreign.relativistic import of_relativistic
from core_gans.foreign.residual import of_mimicry
from core_gans.foreign.stylegan2_layouts import of_ada, of_rosinality
from core_gans.foreign.stylegan3_layout import of_alias_free
from core_gans.foreign.transposed import of_example
from dissect import Stroke, UnitSet, causal_effect, dissect, intervene, paint, unit_set
from dissect.commands.directions import Directions
from dissect.directions.closed_form import closed_form_directions, first_weights
from dissect.directions.principal import principal_directions, principal_units
from dissect.generators import LabelDoor, LabelledLatents, carry_labels
from dissect.mending import Ablation, mend
from dissect.mending.artifacts import rank_by_frechet
from dissect.mending.frechet import FrechetScorer
from tests.core_gans import foreign_weights as theirs
from tests.dissect.strangers import LightSegmenter, StepDenoiser, TokenGenerator

SEES = LightSegmenter()
COUNT = 40


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def stylegan() -> dict[str, Tensor]:
    """Weights of NVIDIA's layout, with a mapping as at the beginning of a training: styles differ."""
    weights = theirs.filled(theirs.ada())
    return {name: 100 * value if name.startswith("mapping.fc") else value for name, value in weights.items()}


def alias_free() -> dict[str, Tensor]:
    """The same of StyleGAN3, upright, as NVIDIA's networks begin."""
    weights = theirs.filled(theirs.alias_free())
    weights["synthesis.input.transform"] = torch.eye(3)
    return {name: 100 * value if name.startswith("mapping.fc") else value for name, value in weights.items()}


def biggan() -> nn.Module:
    net = of_biggan(theirs.filled(theirs.biggan(channels=4)))
    carry_labels(net, LabelDoor((6,), 5))
    net.latents = LabelledLatents(net.latents, 5, 2)  # type: ignore[method-assign, assignment]
    return net


OPENED = {
    "stylegan2": (lambda: of_rosinality(theirs.filled(theirs.rosinality(channels=16))), "b8.conv1"),
    "stylegan2-ada": (lambda: of_ada(stylegan()), "b8"),
    "a style's channels": (lambda: of_ada(stylegan()), "b8.conv1.affine~vector"),
    "stylegan3": (lambda: of_alias_free(alias_free()), "L2_52_6.inside"),
    "biggan-deep": (biggan, "blocks.3"),
    "sngan": (lambda: of_mimicry(theirs.filled(theirs.mimicry(width=16))), "blocks.1"),
    "dcgan": (lambda: of_example(theirs.filled(theirs.example())), "main.relu1"),
    "progan": (lambda: progressive_from(theirs.filled(theirs.gandissect())), "block8"),
    "r3gan": (lambda: of_relativistic(theirs.scaled(theirs.relativistic())), "blocks.block8"),
    "vae": (lambda: small(of_autoencoder(theirs.scaled(theirs.autoencoder())), (4, 4, 4)), "up_blocks.0"),
    "ddpm": (lambda: small(of_denoiser(theirs.scaled(theirs.denoiser())), (3, 8, 8)), "unet.up_blocks.0@last"),
    "tokens": (TokenGenerator, "blocks.1~tokens"),
    "an input": (TokenGenerator, "blocks.1:in~8x8+1"),
    "the last step": (StepDenoiser, "net.inside@last"),
    "all steps": (StepDenoiser, "net.inside@all"),
}
SHAPES = {"progan": (6,), "tokens": (6,), "an input": (6,), "the last step": (3, 16, 16), "all steps": (3, 16, 16)}


def small(net: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    net.latents = lambda count, rng: torch.randn(count, *shape, generator=rng)  # type: ignore[assignment]
    if hasattr(net, "steps"):
        net.steps = 2  # type: ignore[assignment]
    return net


def opened(name: str) -> tuple[nn.Module, str, Tensor]:
    make, layer = OPENED[name]
    net = make().eval()
    if name in SHAPES:
        return net, layer, torch.randn(COUNT, *SHAPES[name], generator=rng())
    return net, layer, net.latents(COUNT, rng())  # type: ignore[operator]


def look(images: Tensor) -> Tensor:
    """Six features: the mean and deviation of each colour."""
    return torch.cat([images.mean((2, 3)), images.std((2, 3))], 1)


@pytest.mark.parametrize("name", OPENED)
def test_a_stranger_is_measured_caused_painted_mended_and_walked_along(name):
    net, layer, z = opened(name)
    with torch.no_grad():
        images = net(z)
    found = dissect(net, layer, z, SEES, batch_size=16)
    assert found.images == COUNT
    assert np.isfinite(found.iou).all()
    units = tuple(int(unit) for unit in np.argsort(-np.abs(found.score).max(1))[:2])

    effect = causal_effect(net, layer, units, z[:8], SEES, random_trials=1, rng=rng())
    assert effect.images == 8

    half = torch.zeros(8, 8)
    half[:, 4:] = 1
    painted = paint(net, layer, z[:1], [Stroke("add", UnitSet(units, (0.0, 0.0), (9.0, 9.0)), half)], SEES)
    changed = (painted.after != painted.before).any(0)
    width = changed.shape[1] // 2
    assert not changed[:, :width].any()
    assert changed[:, width:].any()

    scorer = FrechetScorer(look, look(-images), "colours")
    order = rank_by_frechet(net, layer, z, scorer).order()
    ablation = Ablation.towards(layer, order[:1], torch.zeros(found.count))
    mending = mend(net, [ablation], z, scorer, random_sets=1, draws=4, rng=rng())
    with torch.no_grad(), intervene(net, {layer: ablation.edit()}):
        wanted = net(z[:4])
    with torch.no_grad():
        assert torch.equal(mending.apply(net, z[:4])(z[:4]), wanted)

    (unit_direction,) = principal_units(net, layer, z, count=1)
    (latent_direction,) = principal_directions(net, layer, z, count=1)
    for direction in (unit_direction, latent_direction):
        with torch.no_grad():
            assert not torch.equal(direction.images(net, z[:2], 2.0), images[:2])


@pytest.mark.parametrize(("name", "unit"), [("tokens", 5), ("the last step", 2), ("all steps", 2)])
def test_what_is_planted_in_a_stranger_is_found_and_painted_with(name, unit):
    net, layer, z = opened(name)
    found = dissect(net, layer, z, SEES, batch_size=16, upsampling="nearest")
    assert int(found.score[:, 1].argmax()) == unit
    if name != "all steps":
        assert found.score[unit, 1] > 0.9
    light = unit_set(found, "light", 1)
    with torch.no_grad():
        darkest = SEES(net(z)).sum((1, 2)).argmin()
    painted = paint(net, layer, z[darkest][None], [Stroke("add", light, torch.ones(16, 16), 2.0)], SEES)
    assert painted.table[1].after > painted.table[1].before + 100


def test_units_planted_in_a_stylegan_are_found_and_painted_with():
    weights = stylegan()
    for side in (4, 8, 16):  # images of the smaller sides are faint, and unit 6 of the last one draws the light
        weights[f"synthesis.b{side}.torgb.weight"] *= 0.01
        weights[f"synthesis.b{side}.torgb.bias"] *= 0
    weights["synthesis.b16.torgb.weight"][:, 6] = 3.0
    weights["synthesis.b16.torgb.affine.weight"] *= 0
    net = of_ada(weights)
    z = net.latents(COUNT, rng())
    with torch.no_grad():
        net.rgb16.bias -= net(z).mean()  # so that light is half of the pictures
    found = dissect(net, "b16", z, SEES, batch_size=16)
    assert int(found.score[:, 1].argmax()) == 6
    assert found.score[6, 1] > 0.9
    painted = paint(net, "b16", z[:1], [Stroke("add", unit_set(found, "light", 1), torch.ones(16, 16))], SEES)
    assert painted.table[1].after == 256


def test_a_unit_planted_in_a_stylegan_that_has_learned_is_found_and_painted_with():
    state = planted_style.begun(seed=10)
    net = planted_style.trained(state, 60)
    found, red = planted_style.dissected(net, seed=10)
    assert 0.05 < red < 0.2  # as of the real pictures, .1: it draws squares by now
    scores = found.score[:, 1]
    assert int(scores.argmax()) == planted_style.UNIT
    assert scores[planted_style.UNIT] > np.sort(scores)[-2] + 0.2
    assert planted_style.painted(net, found, seed=10) > planted_style.PAINTED * 0.8


def test_units_planted_in_a_stylegan3_are_found_and_painted_with():
    net = of_alias_free(alias_free())
    draws = net.get_submodule("L5_32_3")
    draws.affine.weight.zero_()
    draws.weight.mul_(0.01)
    draws.weight[:, 4] = 3.0  # unit 4 of the layer before draws the light
    z = net.latents(COUNT, rng())
    with torch.no_grad():
        draws.bias -= net(z).mean() * 4  # so that light is half of the pictures
    found = dissect(net, "L4_32_6.inside", z, SEES, batch_size=16)
    assert int(found.score[:, 1].argmax()) == 4
    assert found.score[4, 1] > 0.9
    light = unit_set(found, "light", 1)
    painted = paint(net, "L4_32_6.inside", z[:1], [Stroke("add", light, torch.ones(32, 32), 2.0)], SEES)
    assert painted.table[1].after == 32 * 32


def test_closed_form_directions_of_styles_are_those_that_style_channels_amplify():
    net = of_ada(stylegan())
    net.space = "w"
    affines = [name for name, _ in net.named_modules() if name.endswith(".affine")]
    assert Directions(method="sefa")._amplifying(net, first_weights(net)) == affines
    (found,) = closed_form_directions(net, affines, (12,), count=1)
    stacked = torch.cat([net.get_submodule(name).weight for name in affines])
    assert (stacked @ found.vector).norm() > 0.999 * torch.linalg.matrix_norm(stacked, 2)
    net.space = "z"
    assert Directions(method="sefa")._amplifying(net, "mapping.1") == ["mapping.1"]
