"""The layouts in which generators of others are opened: one explicit list, each told by its names of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from core_gans.foreign.biggan import is_biggan, of_biggan
from core_gans.foreign.diffusion import is_autoencoder, is_denoiser, of_autoencoder, of_denoiser
from core_gans.foreign.progressive import is_progressive, progressive_from
from core_gans.foreign.relativistic import is_relativistic, of_relativistic
from core_gans.foreign.residual import is_mimicry, of_mimicry
from core_gans.foreign.stylegan2_layouts import is_ada, is_rosinality, of_ada, of_rosinality
from core_gans.foreign.stylegan3_layout import is_alias_free, of_alias_free
from core_gans.foreign.styles import StyleGenerator
from core_gans.foreign.transposed import is_example, of_example
from core_gans.foreign.weights import read_weights, state_of
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Published:
    """A layout of weights that others publish."""

    name: str
    """What stands before the colon: ``stylegan2:ffhq.pt``."""
    source: str
    """Whose files have it."""
    fits: Callable[[Weights], bool]
    """Whether weights have these names."""
    build: Callable[[Weights], nn.Module]
    """The generator, in evaluation mode. LabError where weights miss or do not fit."""
    truncated: Callable[[Weights, float], nn.Module] | None = None
    """The same at a truncation, where the layout has one."""


def truncated(build: Callable[[Weights], StyleGenerator]) -> Callable[[Weights, float], nn.Module]:
    """``build`` at a truncation of styles."""

    def at(weights: Weights, truncation: float) -> nn.Module:
        network = build(weights)
        network.truncation = truncation
        return network

    return at


PUBLISHED = (
    Published(
        "stylegan2", "rosinality/stylegan2-pytorch (g_ema)", is_rosinality, of_rosinality, truncated(of_rosinality)
    ),
    Published("stylegan2-ada", "NVlabs/stylegan2-ada-pytorch (state dict of G_ema)", is_ada, of_ada, truncated(of_ada)),
    Published(
        "stylegan3", "NVlabs/stylegan3 (state dict of G_ema)", is_alias_free, of_alias_free, truncated(of_alias_free)
    ),
    Published("biggan-deep", "huggingface/pytorch-pretrained-BigGAN", is_biggan, of_biggan, of_biggan),
    Published("sngan", "kwotsin/mimicry", is_mimicry, of_mimicry),
    Published("dcgan", "pytorch/examples (dcgan)", is_example, of_example),
    Published("progan", "CSAILVision/gandissect, facebookresearch/pytorch_GAN_zoo", is_progressive, progressive_from),
    Published("r3gan", "brownvc/R3GAN (state dict of G_ema)", is_relativistic, of_relativistic),
    Published("vae", "huggingface/diffusers (AutoencoderKL; the decoder)", is_autoencoder, of_autoencoder),
    Published("ddpm", "huggingface/diffusers (UNet2DModel, as google/ddpm-cifar10-32)", is_denoiser, of_denoiser),
)


def open_published(
    path: str | Path, layout: str | None = None, truncation: float | None = None
) -> tuple[nn.Module, Published]:
    """The generator whose weights lie at ``path``, and its layout; no code in the file is run.

    Args:
        path: safetensors, or what ``torch.save`` wrote: a state dict, or one inside a mapping (``g_ema``, ``netG``).
        layout: the name of one of ``PUBLISHED``; None finds it by the names of the weights.
        truncation: in [0, 1], of styles (StyleGAN2 and 3) or of latents (BigGAN); None for none.

    Raises:
        LabError: another layout than named, none that is known, weights that miss or do not fit, NaN in them, or a
            truncation that the layout does not have.
        OSError: there is no such file.
    """
    weights = state_of(read_weights(path))
    fitting = layout_of(weights)
    if layout is not None and (fitting is None or fitting.name != require_layout(layout).name):
        looks = f"it looks like {fitting.name}" if fitting else "its names are of no layout that is known"
        raise LabError(f"{path} does not hold {layout} as {require_layout(layout).source} names it: {looks}.")
    if fitting is None:
        known = "; ".join(f"{each.name} ({each.source})" for each in PUBLISHED)
        raise LabError(
            f"{path}: names such as {', '.join(list(weights)[:3])} are of no layout that is opened here: {known}."
        )
    if truncation is None:
        return fitting.build(weights), fitting
    if fitting.truncated is None:
        raise LabError(f"{path}: generators of {fitting.name} have no truncation.")
    if not 0 <= truncation <= 1:
        raise LabError(f"expected a truncation from 0 to 1, got {truncation}.")
    return fitting.truncated(weights, truncation), fitting


def layout_of(weights: Weights) -> Published | None:
    """The layout that these names of weights have, or None."""
    return next((each for each in PUBLISHED if each.fits(weights)), None)


def require_layout(name: str) -> Published:
    """The layout called ``name``. ValueError with the nearest names where there is none."""
    known = {each.name: each for each in PUBLISHED}
    return known[require_known("layout of published generators", name, list(known))]
