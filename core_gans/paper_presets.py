"""The papers' own values where a variant's defaults differ from them, and a field or the batch can say it.

The defaults are chosen so that one minute on a processor shows something. What no field can say stands in the docstring
of the variant, and docs/variants.md lists both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Preset = Literal["default", "paper", "variant"]


@dataclass(frozen=True)
class PaperPreset:
    """``fields`` in place of a variant's defaults, and examples in a ``batch``."""

    batch: int
    fields: dict[str, Any] = field(default_factory=dict)


PAPER: dict[str, PaperPreset] = {
    # Goodfellow et al. 2014: the authors' configuration for MNIST
    "gan": PaperPreset(100, {"channels": (1200, 1200), "method": "sgd", "rate": 0.1}),
    "dcgan": PaperPreset(128, {"width": 128}),  # Radford et al. 2016, figure 1 and section 4
    "infogan": PaperPreset(128, {"prior": "uniform"}),  # Chen et al. 2016, the authors' code for MNIST
    "began": PaperPreset(16, {"upsampling": "resize"}),  # Berthelot et al. 2017, figure 1 and section 4.1
    # Huang et al. 2024, the authors' code for CIFAR-10: 20 million images in batches of 512
    "r3gan": PaperPreset(512, {"width": 768, "r1": 0.05, "r2": 0.05, "fall_rounds": 39_062}),
    "pix2pix": PaperPreset(1, {"normalisation": "instance"}),  # Isola et al. 2017, section 3.3: batch statistics of one
    "cyclegan": PaperPreset(1),  # Zhu et al. 2017, section 4
    "stargan": PaperPreset(16, {"resampling_kernel": 4}),  # Choi et al. 2018, section 5.4 and table 4
}
"""By the variant's name; a variant that is not here has its paper's values by default."""

EVALUATION_SIZE = 256  # fakes that judge each child in the authors' code of E-GAN (Wang et al. 2019)


def paper_fields(variant: str) -> dict[str, Any]:
    """The fields of ``variant`` in which its paper differs from the defaults: ``make(name, **paper_fields(name))``."""
    return dict(PAPER[variant].fields) if variant in PAPER else {}
