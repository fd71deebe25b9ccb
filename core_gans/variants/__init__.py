"""The variants of the survey, one paper a file, and the one explicit list of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from core_gans.errors import unknown_name
from core_gans.game import Game
from core_gans.variants.dcgan import DCGAN
from core_gans.variants.gan import GAN
from core_gans.variants.lsgan import LSGAN
from core_gans.variants.wgan import WGAN
from core_gans.variants.wgan_gp import WGANGP

VARIANTS: dict[str, type[Game]] = {variant.name: variant for variant in (GAN, DCGAN, LSGAN, WGAN, WGANGP)}


def variant(name: str) -> type[Game]:
    """The class of the variant called ``name``; a ValueError lists the nearest names."""
    if name not in VARIANTS:
        raise unknown_name("variant", name, VARIANTS)
    return VARIANTS[name]


def make(name: str, **fields: Any) -> Game:
    """The game ``name`` with the paper's numbers, but for ``fields``. Unknown names list the nearest ones."""
    kind = variant(name)
    known = [field.name for field in dataclasses.fields(kind)]
    for given in fields:
        if given not in known:
            raise unknown_name(f"field of {name}", given, known)
    # JSON knows no tuples
    return kind(**{field: tuple(value) if isinstance(value, list) else value for field, value in fields.items()})


__all__ = ["DCGAN", "GAN", "LSGAN", "VARIANTS", "WGAN", "WGANGP", "make", "variant"]
