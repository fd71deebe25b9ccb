"""The numbers that a network family builds from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import require_choices

Upsampling = Literal["transpose", "resize"]
Normalisation = Literal["batch", "instance", "spectral", "none"]
GeneratorNormalisation = Literal["batch", "virtual", "none"]
Head = Literal["logit", "softmax"]
Energy = Literal["euclidean", "absolute", "square"]

DEEPEST = 1_000  # layers


@dataclass(frozen=True)
class Architecture:
    """The networks of a generator and a discriminator, as every family reads them."""

    shape: tuple[int, ...] = (1, 32, 32)
    """One example: (C, H, W) of an image or (D,) of a point. Taken from the data by the commands."""
    latent: int = 100
    """Numbers in one latent."""
    width: int = 64
    """Channels of dcgan's widest image, or units of each hidden layer of mlp and maxout."""
    depth: int = 3
    """Hidden layers of mlp and maxout."""
    channels: tuple[int, ...] = ()
    """Generator channels from the 4x4 block upwards, instead of ``width``; the units of its hidden layers in maxout."""
    discriminator_channels: tuple[int, ...] = ()
    """Discriminator channels from the image downwards, instead of ``width``."""
    upsampling: Upsampling = "transpose"
    """transpose (DCGAN's strided transposed convolutions) or resize (resize and convolve: no checkerboard)."""
    normalisation: Normalisation = "batch"
    """Of the discriminator: batch, instance, spectral or none."""
    generator_normalisation: GeneratorNormalisation = "batch"
    """Of the generator of dcgan: batch, virtual (by a batch of latents that is chosen once) or none."""
    head: Head = "logit"
    """The discriminator's end: logit (one output) or softmax (two, for real and generated)."""
    code: int = 64
    """Numbers in a code of the autoencoder family."""
    energy: Energy = "euclidean"
    """Distance to the reconstruction in the autoencoder family: euclidean, absolute or square (means per number)."""
    fourier: float = 0.0
    """Scale of random Fourier features that the mlp discriminator sees beside the example itself; 0 for none."""
    minibatch_discrimination: int = 0
    """Numbers that tell the discriminator how close an example is to the others of its batch (Salimans et al. 2016,
    section 3.2), for dcgan, mlp and maxout; 0 for none."""

    def __post_init__(self) -> None:
        require_choices(self)
        for name in ("latent", "width", "depth", "code"):
            if getattr(self, name) < 1:
                raise LabError(f"expected a {name} of at least 1, got {getattr(self, name)}.")
        if self.depth > DEEPEST:
            raise LabError(f"expected a depth of at most {DEEPEST:,} layers, got {self.depth:,}: lower --depth.")
        if self.minibatch_discrimination < 0:
            raise LabError(f"expected minibatch_discrimination of at least 0, got {self.minibatch_discrimination}.")
        if not self.fourier >= 0:
            raise LabError(f"expected a scale of the Fourier features of at least 0, got {self.fourier}.")
