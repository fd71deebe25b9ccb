"""The networks of diffusion models in the layout of Hugging Face's diffusers: the decoder of an autoencoder (Rombach et
al. 2022), and a denoiser of pictures (Ho et al. 2020) that draws by DDIM (Song et al. 2021).

Names of layers are those of diffusers. Widths and depths are read off the weights; groups of norms, heads and the like
stand in no weights, and are those of the models that are published most.
"""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign.weights import Weights, complete, fitted, found
from core_gans.foundation.errors import LabError

GROUPS, EPS = 32, 1e-6  # of norms
SCALE = 0.18215  # latents of Stable Diffusion's autoencoder, times this, have a variance of 1
CELLS, PIXELS = 8, 32  # sides of latents that are drawn where no shape is given
STEPS = 10  # of DDIM
TRAINED, FIRST_NOISE, LAST_NOISE = 1000, 1e-4, 0.02  # steps of the training, and how much noise each adds
PERIOD = 10_000.0  # of the slowest wave of a step's code
OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}  # of attention


class Resnet(nn.Module):
    """Maps (N, C, S, S) to (N, C', S, S), with the code of the step (N, T) where there are steps."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        after, before = found(weights, f"{name}.conv1.weight").shape[:2]
        self.norm1, self.norm2 = normed(before), normed(after)
        self.conv1, self.conv2 = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
        self.time_emb_proj, self.conv_shortcut = None, None
        if f"{name}.time_emb_proj.weight" in weights:
            self.time_emb_proj = nn.Linear(found(weights, f"{name}.time_emb_proj.weight").shape[1], after)
        if before != after:
            self.conv_shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor, step: Tensor | None = None) -> Tensor:
        inside = self.conv1(F.silu(self.norm1(x)))
        if self.time_emb_proj is not None and step is not None:
            inside = inside + self.time_emb_proj(F.silu(step))[:, :, None, None]
        inside = self.conv2(F.silu(self.norm2(inside)))
        whole: Tensor = inside + (x if self.conv_shortcut is None else self.conv_shortcut(x))
        return whole


class Attention(nn.Module):
    """Each place of maps (N, C, S, S) asks all others, with one head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.group_norm = normed(width)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        told = F.scaled_dot_product_attention(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        return x + self.to_out[0](told).transpose(1, 2).view_as(x)


class Resized(nn.Module):
    """Maps at twice or half their sides, and a convolution."""

    def __init__(self, width: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.conv = nn.Conv2d(width, width, 3, padding=1) if up else nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        resized: Tensor = self.conv(F.interpolate(x, scale_factor=2) if self.up else F.pad(x, (0, 1, 0, 1)))
        return resized


class Blocks(nn.Module):
    """Residual blocks, each perhaps with attention behind it, and then perhaps another size."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        names = numbered(weights, f"{name}.resnets")
        if not names:
            raise LabError(f"expected residual blocks {name}.resnets.0 and so on among these weights: are they whole?")
        self.resnets = nn.ModuleList(Resnet(weights, each) for each in names)
        width = len(found(weights, f"{names[-1]}.conv1.weight"))
        self.attentions = nn.ModuleList(Attention(width) for _ in numbered(weights, f"{name}.attentions"))
        up, down = (numbered(weights, f"{name}.{kind}") for kind in ("upsamplers", "downsamplers"))
        self.upsamplers = nn.ModuleList(Resized(width, True) for _ in up)
        self.downsamplers = nn.ModuleList(Resized(width, False) for _ in down)


class Stage(Blocks):
    """Maps that keep their size, or end at twice of it."""

    def forward(self, x: Tensor, step: Tensor | None = None, skips: list[Tensor] | None = None) -> Tensor:
        """``skips`` of a half that shrinks are taken, the last first, by the half that grows."""
        for place, resnet in enumerate(self.resnets):
            x = resnet(x if skips is None else torch.cat([x, skips.pop()], 1), step)
            x = self.attentions[place](x) if place < len(self.attentions) else x
        for upsampler in self.upsamplers:
            x = upsampler(x)
        return x


class Shrinking(Blocks):
    """Maps that end at half of their size; what each part puts out is kept."""

    def forward(self, x: Tensor, step: Tensor) -> list[Tensor]:
        """All of it, first to last."""
        kept = []
        for place, resnet in enumerate(self.resnets):
            x = resnet(x, step)
            x = self.attentions[place](x) if place < len(self.attentions) else x
            kept.append(x)
        for downsampler in self.downsamplers:
            x = downsampler(x)
            kept.append(x)
        return kept


class Decoder(nn.Module):
    """Images (N, 3, 8S, 8S), about in [-1, 1], from latents (N, C, S, S) of a variance of 1."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        width, channels = found(weights, "conv_in.weight").shape[:2]
        self.channels = channels
        quantised = "post_quant_conv.weight" in weights
        self.post_quant_conv = nn.Conv2d(channels, channels, 1) if quantised else nn.Identity()
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.mid_block = Stage(weights, "mid_block")
        self.up_blocks = nn.ModuleList(Stage(weights, name) for name in numbered(weights, "up_blocks"))
        self.conv_norm_out, self.conv_out = ending(weights)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(self.post_quant_conv(latents / SCALE)))
        for block in self.up_blocks:
            x = block(x)
        images: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return images

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Normal latents (count, C, 8, 8); other sides are drawn as well."""
        return torch.randn(count, self.channels, CELLS, CELLS, generator=rng, device=rng.device)


class UNet(nn.Module):
    """The noise in noisy pictures (N, 3, S, S) at a step (), of 1000."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        width, channels = found(weights, "conv_in.weight").shape[:2]
        inner, waves = found(weights, "time_embedding.linear_1.weight").shape
        self.channels, self.waves = channels, waves
        self.time_embedding = nn.ModuleDict({"linear_1": nn.Linear(waves, inner), "linear_2": nn.Linear(inner, inner)})
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.down_blocks = nn.ModuleList(Shrinking(weights, name) for name in numbered(weights, "down_blocks"))
        self.mid_block = Stage(weights, "mid_block")
        self.up_blocks = nn.ModuleList(Stage(weights, name) for name in numbered(weights, "up_blocks"))
        self.conv_norm_out, self.conv_out = ending(weights)

    def forward(self, pictures: Tensor, step: Tensor) -> Tensor:
        code = self._code(step.to(pictures))[None]
        kept = [self.conv_in(pictures)]
        for block in self.down_blocks:
            kept += block(kept[-1], code)
        x = self.mid_block(kept[-1], code)
        for block in self.up_blocks:
            x = block(x, code, kept)
        noise: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return noise

    def _code(self, step: Tensor) -> Tensor:
        half = self.waves // 2
        places = torch.arange(half, device=step.device, dtype=step.dtype)
        angles = step * torch.exp(places * (-math.log(PERIOD) / (half - 1)))
        waves = torch.cat([angles.sin(), angles.cos()])
        code: Tensor = self.time_embedding["linear_2"](F.silu(self.time_embedding["linear_1"](waves)))
        return code


class Denoiser(nn.Module):
    """Images (N, 3, S, S) in [-1, 1] from noise of the same shape, in ``steps`` runs of ``unet``, without chance."""

    def __init__(self, weights: Weights, steps: int = STEPS) -> None:
        super().__init__()
        self.steps = steps
        self.unet = UNet(weights)

    def forward(self, noise: Tensor) -> Tensor:
        clean = torch.cumprod(1 - torch.linspace(FIRST_NOISE, LAST_NOISE, TRAINED), 0).to(noise)
        stride = TRAINED // self.steps
        x = noise
        for step in reversed(range(0, stride * self.steps, stride)):
            here, next_ = clean[step], clean[step - stride] if step >= stride else clean.new_ones(())
            added = self.unet(x, torch.tensor(step))
            guess = ((x - (1 - here).sqrt() * added) / here.sqrt()).clamp(-1, 1)
            x = next_.sqrt() * guess + (1 - next_).sqrt() * added
        return x

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Noise (count, 3, 32, 32); other sides are drawn as well."""
        return torch.randn(count, self.unet.channels, PIXELS, PIXELS, generator=rng, device=rng.device)


def is_autoencoder(weights: Weights) -> bool:
    """Whether these are names of diffusers' AutoencoderKL, or of its decoder alone."""
    return "decoder.conv_in.weight" in weights and "decoder.mid_block.resnets.0.conv1.weight" in weights


def is_denoiser(weights: Weights) -> bool:
    """Whether these are names of diffusers' UNet2DModel, without classes or words."""
    return "time_embedding.linear_1.weight" in weights and "down_blocks.0.resnets.0.time_emb_proj.weight" in weights


def of_autoencoder(weights: Weights) -> Decoder:
    """The decoder; the encoder is left. LabError where a layer is missing, left over or of another shape."""
    drawing = {name: value for name, value in weights.items() if not name.startswith(("encoder.", "quant_conv."))}
    ours = {}
    for name, value in drawing.items():
        new = re.sub(r"(?<=attentions\.0\.)\w+", lambda old: OLD_NAMES.get(old[0], old[0]), name)
        ours[new.removeprefix("decoder.")] = value
    return _decoder(ours)


@complete
def of_denoiser(weights: Weights) -> Denoiser:
    """A denoiser as google/ddpm-cifar10-32 is. LabError where a layer is missing, left over or of another shape."""
    network = Denoiser(weights)
    fitted(network, {f"unet.{name}": weights[name] for name in network.unet.state_dict() if name in weights})
    return network


@complete
def _decoder(weights: Weights) -> Decoder:
    network = Decoder(weights)
    fitted(network, {name: weights[name] for name in network.state_dict() if name in weights})
    return network


def normed(width: int) -> nn.GroupNorm:
    """A norm over groups. LabError for a width that has no 32 groups."""
    if width % GROUPS:
        raise LabError(f"expected widths that are multiples of {GROUPS}, the groups of the norms, got {width}.")
    return nn.GroupNorm(GROUPS, width, eps=EPS)


def ending(weights: Weights) -> tuple[nn.GroupNorm, nn.Conv2d]:
    """The last norm and convolution."""
    after, before = found(weights, "conv_out.weight").shape[:2]
    return normed(before), nn.Conv2d(before, after, 3, padding=1)


def numbered(weights: Weights, name: str) -> list[str]:
    """``name.0``, ``name.1`` and so on, as far as there are weights inside."""
    places = {int(match[1]) for each in weights if (match := re.match(rf"{re.escape(name)}\.(\d+)\.", each))}
    return [f"{name}.{place}" for place in range(len(places))]
