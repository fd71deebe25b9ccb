"""The variants of the survey, one paper a file, and the one explicit list of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from core_gans.foundation.names import require_known
from core_gans.foundation.parsing import as_annotated
from core_gans.game import Game, TranslationGame
from core_gans.recipes import KINDS, Kind, recipe_fields
from core_gans.trusted_code import is_own
from core_gans.user_code import own_variant
from core_gans.variants.acgan import ACGAN
from core_gans.variants.began import BEGAN
from core_gans.variants.cgan import CGAN
from core_gans.variants.cyclegan import CycleGAN
from core_gans.variants.dcgan import DCGAN
from core_gans.variants.driving import Driving
from core_gans.variants.ebgan import EBGAN
from core_gans.variants.fgan import FGAN
from core_gans.variants.gan import GAN
from core_gans.variants.gls_gan import GLSGAN
from core_gans.variants.hinge import Hinge
from core_gans.variants.infogan import InfoGAN
from core_gans.variants.lapgan import LAPGAN
from core_gans.variants.ls_gan import LossSensitiveGAN
from core_gans.variants.lsgan import LSGAN
from core_gans.variants.nmt import NMT
from core_gans.variants.pix2pix import Pix2Pix
from core_gans.variants.progan import ProGAN
from core_gans.variants.r3gan import R3GAN
from core_gans.variants.relativistic import Relativistic
from core_gans.variants.semi_supervised import SemiSupervised
from core_gans.variants.seqgan import SeqGAN
from core_gans.variants.stargan import StarGAN
from core_gans.variants.text_to_image import TextToImage
from core_gans.variants.video_prediction import VideoPrediction
from core_gans.variants.videogan import VideoGAN
from core_gans.variants.wgan import WGAN
from core_gans.variants.wgan_gp import WGANGP

VARIANTS: dict[str, type[Game]] = {
    variant.name: variant
    for variant in (
        *(GAN, DCGAN, WGAN, WGANGP, LSGAN, FGAN, LossSensitiveGAN, GLSGAN, EBGAN, BEGAN, Hinge, Relativistic, R3GAN),
        *(CGAN, ACGAN, InfoGAN, SemiSupervised, TextToImage),
        *(LAPGAN, ProGAN),
    )
}
"""The games whose generators draw from latents, by name."""

TRANSLATIONS: dict[str, type[TranslationGame]] = {kind.name: kind for kind in (Pix2Pix, CycleGAN, StarGAN)}
"""The games that translate images, by name."""

SEQUENCES: dict[str, type[Game]] = {kind.name: kind for kind in (VideoPrediction, VideoGAN, Driving, NMT, SeqGAN)}
"""The games of what goes on in time, clips and sentences, by name."""


def variant(name: str) -> type[Game]:
    """The class of the variant called ``name``, or of one's own, given as ``module:name`` (a Game or an Objective).

    A ValueError lists the nearest names.
    """
    if is_own(name):
        return own_variant(name)
    known = {**VARIANTS, **TRANSLATIONS, **SEQUENCES}
    return known[require_known("variant", name, known)]


def name_of(game: Game) -> str:
    """The name by which ``make`` finds the class of ``game`` again: the variant's, or ``module:name`` of one's own."""
    kind = type(game)
    if is_own(kind.name) or any(kind is of.get(kind.name) for of in (VARIANTS, TRANSLATIONS, SEQUENCES)):
        return kind.name
    return f"{kind.__module__}:{kind.__name__}"


def make(name: str, recipe: Kind | None = None, **fields: Any) -> Game:
    """The game ``name`` with its defaults, but for ``fields``. Unknown names list the nearest ones.

    ``recipe`` is the kind of data (points, grey, colour, pictures) whose recipe stands in place of the defaults
    (docs/variants.md): ``make("wgan", recipe="grey", shape=(1, 32, 32))``.

    Defaults are the paper's numbers unless the docstring of the variant or of a field says what differs and why;
    ``core_gans.paper_presets.paper_fields(name)`` has the paper's where fields can say them.
    """
    kind = variant(name)
    known = [field.name for field in dataclasses.fields(kind)]
    for given in fields:
        require_known(f"field of {name}", given, known)
    if recipe is not None:
        require_known("kind of data", recipe, KINDS)
        fields = {
            **{each: value for each, value in recipe_fields(name, recipe, fields).items() if each in known},
            **fields,
        }
    # JSON knows no tuples
    return kind(**{field: tuple(value) if isinstance(value, list) else value for field, value in fields.items()})


def from_saved(name: str, fields: Mapping[str, Any]) -> Game:
    """The game of a saved file: ``fields`` as JSON holds them, of any type until they are checked here.

    LabError for a field of another version, and for a value that its annotation does not allow.
    """
    return make(name, **as_annotated(variant(name), fields, f"the fields of {name}"))
