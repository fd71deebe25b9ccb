"""The survey as cards: each variant with its idea, both players' losses, its curves and its numbers."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from core_gans.foundation.html import filled
from core_gans.game import Game, HeldOutGame, NoiseGame
from core_gans.games.adversarial import AdversarialGame
from core_gans.games.texts import TextGame
from core_gans.theory.taxonomy import constraint
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS
from demos.variants.curves import bound_charts, row_of, score_charts
from demos.variants.gallery import gallery_of, whole_gallery
from demos.variants.mathml import formula
from demos.variants.telling import ROWS, TOLD, Told

GROUPS = {
    "all": "All",
    "unbounded": "Unbounded capacity",
    "bounded": "Bounded slope",
    "told": "Classes, codes, text",
    "growing": "Coarse to fine",
    "translating": "Translation",
    "in_time": "In time",
}
CONDITIONAL = ("cgan", "acgan", "infogan", "semi_supervised", "text_to_image")
GROWING = ("lapgan", "progan")
COMMON = ("normalisation", "prior", "latent", "method", "rate", "beta1", "beta2", "discriminator_steps")
HIDDEN = ("words", "source_words", "source_length", "ends", "captions", "classes")  # taken from the data


@dataclass(frozen=True)
class Card:
    """What stands on the card of one variant, beside its losses and curves."""

    name: str
    paper: str
    theory: str  # on which half of the family the theory stands
    held: str  # what bounds the slope in practice, empty for nothing
    numbers: list[tuple[str, str]]

    @property
    def told(self) -> Told:
        return TOLD[self.name]

    @property
    def year(self) -> str:
        return re.findall(r"\d{4}", self.paper)[-1]

    @property
    def translates(self) -> bool:
        return self.name in TRANSLATIONS

    @property
    def tried(self) -> bool:
        """Whether it draws from latents on the data of the tab: it has curves, and is trained here."""
        return self.name in VARIANTS

    @property
    def groups(self) -> list[str]:
        belongs = {
            "all": True,
            "bounded": "bounded slope" in self.theory,
            "unbounded": "unbounded" in self.theory,
            "told": self.name in CONDITIONAL,
            "growing": self.name in GROWING,
            "translating": self.translates,
            "in_time": self.name in SEQUENCES,
        }
        return [group for group, there in belongs.items() if there]

    @property
    def found(self) -> str:
        """What a search looks at."""
        groups = " ".join(GROUPS[group] for group in self.groups)
        return f"{self.name} {self.told.title} {self.paper} {self.told.idea} {groups}"


@lru_cache(maxsize=1)
def cards() -> Markup:
    """All cards as HTML, below a field to search in and the groups to choose from."""
    kinds: dict[str, type[Game]] = {**VARIANTS, **TRANSLATIONS, **SEQUENCES}
    return filled(
        "demos.variants",
        "cards.html.j2",
        groups=GROUPS,
        cards=[Card(name, kinds[name].paper, *_bounds(kinds[name]), _numbers(kinds[name])) for name in TOLD],
        divergences=ROWS,
        formula=formula,
        score_charts=score_charts,
        bound_charts=bound_charts,
        row_of=row_of,
        gallery_of=gallery_of,
        whole_gallery=whole_gallery,
    )


def _bounds(kind: type[Game]) -> tuple[str, str]:
    """On which half of the family the theory stands, and what bounds the slope in practice, empty for nothing."""
    if issubclass(kind, HeldOutGame):
        return "answers what is given", ""
    if issubclass(kind, TextGame):
        return "writes words, by rewards", ""
    if not issubclass(kind, NoiseGame):
        return "translates images", ""
    game = kind()
    assert isinstance(game, AdversarialGame)
    held = constraint(game)
    theory = "theory: bounded slope" if game.objective.regularised else "theory: unbounded capacity"
    return theory, "" if held == "none" else held


def _numbers(kind: type[Game]) -> list[tuple[str, str]]:
    """The variant's own fields and the common ones that matter, with their defaults."""
    base = {field.name for field in dataclasses.fields(AdversarialGame)}
    fields = {field.name: field.default for field in dataclasses.fields(kind)}
    own = [name for name in fields if name not in base and name not in HIDDEN]
    shown = [*own, *(name for name in COMMON if name in fields and name not in own)]
    return [(name, _value(fields[name])) for name in dict.fromkeys(shown)]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    if isinstance(value, tuple):
        return " × ".join(map(str, value)) or "none"
    return str(value)
