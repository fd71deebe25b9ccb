"""Weights with the names and shapes of published generators, filled by a rule, so that the numbers that the authors'
own code drew from them can be compared."""

import zlib
from collections.abc import Mapping

import torch
from torch import Tensor

Shapes = Mapping[str, tuple[int, ...]]


def filled(shapes: Shapes) -> dict[str, Tensor]:
    """Normal numbers from a seed of each name; variances above a half, style biases near 1."""
    found = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
        if name.endswith(("running_var", "running_vars")):
            values = values.abs() + 0.5
        if name.endswith(("modulation.bias", "affine.bias")):
            values = 1 + 0.1 * values
        found[name] = values
    return found


def latents(width: int) -> Tensor:
    """Two latents."""
    return torch.randn(2, width, generator=torch.Generator().manual_seed(5))


def rosinality(side: int = 8, style: int = 16, mapped: int = 2, channels: int = 512) -> Shapes:
    """Of rosinality's StyleGAN2, whose small sides have 512 channels."""
    shapes: dict[str, tuple[int, ...]] = {"input.input": (1, channels, 4, 4)}
    for layer in range(1, mapped + 1):
        shapes |= {f"style.{layer}.weight": (style, style), f"style.{layer}.bias": (style,)}
    sides = [4 * 2**stage for stage in range(side.bit_length() - 2)]
    convs = ["conv1", *(f"convs.{i}" for i in range(2 * len(sides) - 2))]
    for number, name in enumerate(convs):
        resolution = 4 * 2 ** ((number + 1) // 2)
        shapes |= {
            f"{name}.conv.weight": (1, channels, channels, 3, 3),
            f"{name}.conv.modulation.weight": (channels, style),
            f"{name}.conv.modulation.bias": (channels,),
            f"{name}.noise.weight": (1,),
            f"{name}.activate.bias": (channels,),
            f"noises.noise_{number}": (1, 1, resolution, resolution),
        }
    for name in ["to_rgb1", *(f"to_rgbs.{i}" for i in range(len(sides) - 1))]:
        shapes |= {
            f"{name}.conv.weight": (1, 3, channels, 1, 1),
            f"{name}.conv.modulation.weight": (channels, style),
            f"{name}.conv.modulation.bias": (channels,),
            f"{name}.bias": (1, 3, 1, 1),
        }
    return shapes


def ada(latent: int = 16, style: int = 12, mapped: int = 3, channels: tuple[int, ...] = (24, 16, 8)) -> Shapes:
    """Of NVIDIA's stylegan2-ada-pytorch."""
    shapes: dict[str, tuple[int, ...]] = {"synthesis.b4.const": (channels[0], 4, 4), "mapping.w_avg": (style,)}
    for layer in range(mapped):
        shapes |= {
            f"mapping.fc{layer}.weight": (style, style if layer else latent),
            f"mapping.fc{layer}.bias": (style,),
        }
    for stage, after in enumerate(channels):
        side, before = 4 * 2**stage, channels[max(stage - 1, 0)]
        for conv, width in (("conv1", after),) if stage == 0 else (("conv0", before), ("conv1", after)):
            name = f"synthesis.b{side}.{conv}"
            shapes |= {
                f"{name}.weight": (after, width, 3, 3),
                f"{name}.noise_strength": (),
                f"{name}.bias": (after,),
                f"{name}.noise_const": (side, side),
                f"{name}.affine.weight": (width, style),
                f"{name}.affine.bias": (width,),
            }
        name = f"synthesis.b{side}.torgb"
        shapes |= {
            f"{name}.weight": (3, after, 1, 1),
            f"{name}.bias": (3,),
            f"{name}.affine.weight": (after, style),
            f"{name}.affine.bias": (after,),
        }
    return shapes


def biggan(latent: int = 6, classes: int = 5, channels: int = 8, steps: int = 51) -> Shapes:
    """Of pytorch-pretrained-BigGAN, with eight blocks and attention behind the fourth."""
    condition = 2 * latent
    shapes: dict[str, tuple[int, ...]] = {"embeddings.weight": (latent, classes)}
    shapes |= _spectral("generator.gen_z", (16 * 16 * channels, condition), bias=True)
    widths = [(16, 16), (16, 8), (8, 8), (8, 4), None, (4, 4), (4, 2), (2, 2), (2, 1)]
    for place, pair in enumerate(widths):
        name = f"generator.layers.{place}"
        if pair is None:
            width = 4 * channels
            for layer, shape in (
                ("theta", (width // 8, width)),
                ("phi", (width // 8, width)),
                ("g", (width // 2, width)),
            ):
                shapes |= _spectral(f"{name}.snconv1x1_{layer}", (*shape, 1, 1), bias=False)
            shapes |= _spectral(f"{name}.snconv1x1_o_conv", (width, width // 2, 1, 1), bias=False)
            shapes[f"{name}.gamma"] = (1,)
            continue
        before, after = (each * channels for each in pair)
        middle = before // 4
        sizes = [before, middle, middle, middle, after]
        for i, kernel in enumerate((1, 3, 3, 1)):
            shapes |= _spectral(f"{name}.conv_{i}", (sizes[i + 1], sizes[i], kernel, kernel), bias=True)
            shapes |= dict.fromkeys((f"{name}.bn_{i}.running_means", f"{name}.bn_{i}.running_vars"), (steps, sizes[i]))
            for part in ("scale", "offset"):
                shapes |= _spectral(f"{name}.bn_{i}.{part}", (sizes[i], condition), bias=False)
    shapes |= dict.fromkeys(("generator.bn.running_means", "generator.bn.running_vars"), (steps, channels))
    shapes |= dict.fromkeys(("generator.bn.weight", "generator.bn.bias"), (channels,))
    return shapes | _spectral("generator.conv_to_rgb", (channels, channels, 3, 3), bias=True)


def _spectral(name: str, shape: tuple[int, ...], bias: bool) -> Shapes:
    rest = 1
    for each in shape[1:]:
        rest *= each
    shapes = {f"{name}.weight_orig": shape, f"{name}.weight_u": (shape[0],), f"{name}.weight_v": (rest,)}
    return shapes | ({f"{name}.bias": (shape[0],)} if bias else {})


def mimicry(latent: int = 7, width: int = 32) -> Shapes:
    """Of mimicry's SNGAN for 64 x 64 pixels."""
    shapes: dict[str, tuple[int, ...]] = {"l1.weight": (16 * width, latent), "l1.bias": (16 * width,)}
    for block in range(2, 6):
        before, after = width >> (block - 2), width >> (block - 1)
        for conv, shape in (
            ("c1", (after, before, 3, 3)),
            ("c2", (after, after, 3, 3)),
            ("c_sc", (after, before, 1, 1)),
        ):
            shapes |= {f"block{block}.{conv}.weight": shape, f"block{block}.{conv}.bias": (after,)}
        for norm, channels in (("b1", before), ("b2", after)):
            shapes |= _norm(f"block{block}.{norm}", channels)
    shapes |= _norm("b6", width >> 4)
    return shapes | {"c6.weight": (3, width >> 4, 3, 3), "c6.bias": (3,)}


def example(latent: int = 5, widths: tuple[int, ...] = (8, 4, 3)) -> Shapes:
    """Of the generator in PyTorch's DCGAN example, for 16 x 16 pixels."""
    shapes: dict[str, tuple[int, ...]] = {}
    for place, (before, after) in enumerate(zip((latent, *widths), widths, strict=False)):
        shapes[f"main.{3 * place}.weight"] = (before, after, 4, 4)
        if place < len(widths) - 1:
            shapes |= _norm(f"main.{3 * place + 1}", after)
    return shapes


def _norm(name: str, channels: int) -> Shapes:
    return dict.fromkeys((f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")), (channels,))
