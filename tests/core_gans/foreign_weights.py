"""Weights with the names and shapes of published generators, filled by a rule, so that the numbers that the authors'
own code drew from them can be compared."""

import zlib
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor

Shapes = Mapping[str, tuple[int, ...]]


def filled(shapes: Shapes) -> dict[str, Tensor]:
    """Normal numbers from a seed of each name; variances above a half, style biases near 1, symmetric filters."""
    found = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
        if name.endswith(("running_var", "running_vars", "magnitude_ema")):
            values = values.abs() + 0.5
        if name.endswith("_filter"):
            values = values.abs() + values.abs().flip(*range(values.ndim))
            values = values / values.sum()
        if name.endswith(("modulation.bias", "affine.bias")):
            values = 1 + 0.1 * values
        found[name] = values
    return found


def scaled(shapes: Shapes) -> dict[str, Tensor]:
    """The same, matrices and kernels over the root of what each number of their output takes."""
    return {
        name: value / value[0].numel() ** 0.5 if value.ndim in (2, 4) else value
        for name, value in filled(shapes).items()
    }


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


def gandissect(latent: int = 6, channels: tuple[int, ...] = (8, 8, 6)) -> Shapes:
    """Of gandissect's progressive generator."""
    widths = [latent, *(width for width in channels for _ in range(2))]
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (before, after) in enumerate(pairwise(widths), start=1):
        side = 4 if layer == 1 else 3
        shapes |= {f"layer{layer}.conv.weight": (after, before, side, side), f"layer{layer}.wscale.b": (after,)}
    output = f"output_{4 * 2 ** (len(channels) - 1)}x"
    return shapes | {f"{output}.conv.weight": (3, channels[-1], 1, 1), f"{output}.wscale.b": (3,)}


def relativistic(latent: int = 8, widths: tuple[int, ...] = (32, 16, 16), classes: int = 0, code: int = 4) -> Shapes:
    """Of R3GAN's generator, with two residual blocks a size, but one at the second."""
    taken = latent + (code if classes else 0)
    shapes: dict[str, tuple[int, ...]] = {
        "Model.MainLayers.0.Layers.0.Basis": (widths[0], 4, 4),
        "Model.MainLayers.0.Layers.0.LinearLayer.weight": (widths[0], taken),
        "Model.AggregationLayer.Layer.weight": (3, widths[-1], 1, 1),
    }
    if classes:
        shapes["Model.EmbeddingLayer.weight"] = (code, classes)
    for stage, (before, width) in enumerate(zip((widths[0], *widths), widths, strict=False)):
        name = f"Model.MainLayers.{stage}.Layers"
        if before != width:
            shapes[f"{name}.0.LinearLayer.Layer.weight"] = (width, before, 1, 1)
        for block in range(1, 2 if stage == 1 else 3):
            shapes |= {
                f"{name}.{block}.LinearLayer1.Layer.weight": (2 * width, width, 1, 1),
                f"{name}.{block}.LinearLayer2.Layer.weight": (2 * width, 16, 3, 3),
                f"{name}.{block}.LinearLayer3.Layer.weight": (width, 2 * width, 1, 1),
                f"{name}.{block}.NonLinearity1.Bias": (2 * width,),
                f"{name}.{block}.NonLinearity2.Bias": (2 * width,),
            }
    return shapes


def autoencoder() -> Shapes:
    """Of diffusers' AutoencoderKL of widths 32, 64 and 64, its encoder left out."""
    shapes = _layer("decoder.conv_in", 64, 4, 3) | _layer("decoder.conv_out", 3, 32, 3)
    shapes |= _layer("post_quant_conv", 4, 4, 1) | _affine("decoder.conv_norm_out", 32) | _middle("decoder.mid_block")
    for stage, (before, after) in enumerate(((64, 64), (64, 64), (64, 32))):
        name = f"decoder.up_blocks.{stage}"
        shapes |= _resnet(f"{name}.resnets.0", before, after) | _resnet(f"{name}.resnets.1", after, after)
        shapes |= _layer(f"{name}.upsamplers.0.conv", after, after, 3) if stage < 2 else {}
    return shapes


def denoiser() -> Shapes:
    """Of diffusers' UNet2DModel of widths 32 and 64, attention at the smaller size."""
    shapes = _layer("conv_in", 32, 3, 3) | _layer("conv_out", 3, 32, 3) | _affine("conv_norm_out", 32)
    shapes |= _layer("time_embedding.linear_1", 128, 32) | _layer("time_embedding.linear_2", 128, 128)
    shapes |= _resnet("down_blocks.0.resnets.0", 32, 32, 128) | _layer("down_blocks.0.downsamplers.0.conv", 32, 32, 3)
    shapes |= _resnet("down_blocks.1.resnets.0", 32, 64, 128) | _attention("down_blocks.1.attentions.0", 64)
    shapes |= _middle("mid_block", 128) | _layer("up_blocks.0.upsamplers.0.conv", 64, 64, 3)
    for place, before in enumerate((128, 96)):
        shapes |= _resnet(f"up_blocks.0.resnets.{place}", before, 64, 128)
        shapes |= _attention(f"up_blocks.0.attentions.{place}", 64)
        shapes |= _resnet(f"up_blocks.1.resnets.{place}", 96 - 32 * place, 32, 128)
    return shapes


def _middle(name: str, step: int = 0) -> dict[str, tuple[int, ...]]:
    both = _resnet(f"{name}.resnets.0", 64, 64, step) | _resnet(f"{name}.resnets.1", 64, 64, step)
    return both | _attention(f"{name}.attentions.0", 64)


def _resnet(name: str, before: int, after: int, step: int = 0) -> dict[str, tuple[int, ...]]:
    shapes = _affine(f"{name}.norm1", before) | _affine(f"{name}.norm2", after)
    shapes |= _layer(f"{name}.conv1", after, before, 3) | _layer(f"{name}.conv2", after, after, 3)
    shapes |= _layer(f"{name}.conv_shortcut", after, before, 1) if before != after else {}
    return shapes | (_layer(f"{name}.time_emb_proj", after, step) if step else {})


def _attention(name: str, width: int) -> dict[str, tuple[int, ...]]:
    shapes = _affine(f"{name}.group_norm", width)
    for part in ("to_q", "to_k", "to_v", "to_out.0"):
        shapes |= _layer(f"{name}.{part}", width, width)
    return shapes


def _layer(name: str, after: int, before: int, kernel: int = 0) -> dict[str, tuple[int, ...]]:
    sides = (kernel, kernel) if kernel else ()
    return {f"{name}.weight": (after, before, *sides), f"{name}.bias": (after,)}


def _affine(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _norm(name: str, channels: int) -> Shapes:
    return dict.fromkeys((f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")), (channels,))


def alias_free(radial: bool = False, latent: int = 16, style: int = 12, channels: int = 6) -> Shapes:
    """Of NVIDIA's stylegan3 for images of 32 pixels with five layers: configuration T, or R with radial filters."""
    shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (style,)}
    for layer, width in enumerate((latent, style)):
        shapes |= {f"mapping.fc{layer}.weight": (style, width), f"mapping.fc{layer}.bias": (style,)}
    shapes |= {
        "synthesis.input.weight": (channels, channels),
        "synthesis.input.affine.weight": (4, style),
        "synthesis.input.affine.bias": (4,),
        "synthesis.input.transform": (3, 3),
        "synthesis.input.freqs": (channels, 2),
        "synthesis.input.phases": (channels,),
    }
    sides, up, down = (36, 36, 52, 52, 32, 32), (12, 12, 24, 12, 12, 0), (12, 12, 12, 12, 12, 0)
    for place, side in enumerate(sides):
        last = place == len(sides) - 1
        after, kernel = (3 if last else channels), 1 if radial or last else 3
        name = f"synthesis.L{place}_{side}_{after}"
        shapes |= {
            f"{name}.affine.weight": (channels, style),
            f"{name}.affine.bias": (channels,),
            f"{name}.weight": (after, channels, kernel, kernel),
            f"{name}.bias": (after,),
            f"{name}.magnitude_ema": (),
        }
        if not last:
            shapes[f"{name}.up_filter"] = (up[place],)
            shapes[f"{name}.down_filter"] = (down[place],) * (2 if radial and place < 3 else 1)
    return shapes
