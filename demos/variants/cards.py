"""The survey as cards: each variant with its idea, both players' losses, its curves and its numbers."""

from __future__ import annotations

import dataclasses
import re
from functools import lru_cache
from html import escape

from core_gans.game import Game, NoiseGame
from core_gans.games.adversarial import AdversarialGame
from core_gans.theory.taxonomy import constraint
from core_gans.variants import TRANSLATIONS, VARIANTS
from demos.variants.curves import bound_charts, row_of, score_charts
from demos.variants.divergences import ROWS
from demos.variants.game_texts import GAMES
from demos.variants.mathml import formula
from demos.variants.objective_texts import OBJECTIVES
from demos.variants.telling import Told

TOLD: dict[str, Told] = {**OBJECTIVES, **GAMES}
GROUPS = {
    "all": "All",
    "unbounded": "Unbounded capacity",
    "bounded": "Bounded slope",
    "told": "Classes, codes, text",
    "growing": "Coarse to fine",
    "translating": "Translation",
}
CONDITIONAL = ("cgan", "acgan", "infogan", "semi_supervised", "text_to_image")
GROWING = ("lapgan", "progan")
COMMON = ("normalisation", "prior", "latent", "method", "rate", "beta1", "beta2", "discriminator_steps")
HIDDEN = ("words", "captions", "classes")  # taken from the data
HEAD = """
<div class="finder">
  <label for="find-variant">Find</label>
  <input id="find-variant" type="search" placeholder="name, year, idea …" autocomplete="off">
  <div class="groups" role="group" aria-label="Show">{groups}</div>
  <output class="found" aria-live="polite"></output>
</div>
<p class="reading">Both players <b>minimise</b> their loss. s is the discriminator’s raw score, large for “looks real”;
D = σ(s) is the probability that it stands for. x is a real example, G(z) a generated one.</p>
"""


@lru_cache(maxsize=1)
def cards() -> str:
    """All cards as HTML, below a field to search in and the groups to choose from."""
    groups = "".join(
        f'<button type="button" data-group="{key}" aria-pressed="{str(key == "all").lower()}">{words}</button>'
        for key, words in GROUPS.items()
    )
    kinds: dict[str, type[Game]] = {**VARIANTS, **TRANSLATIONS}
    written = "".join(card(name, kinds[name]) for name in TOLD)
    return HEAD.format(groups=groups) + f'<div class="cards">{written}</div><p class="none" hidden>Nothing fits.</p>'


def card(name: str, kind: type[Game]) -> str:
    """The card of one variant."""
    told = TOLD[name]
    year = re.findall(r"\d{4}", kind.paper)[-1]
    theory, held = _bounds(kind)
    groups = " ".join(_groups(name, theory))
    found = escape(f"{name} {told.title} {kind.paper} {told.idea} {' '.join(GROUPS[each] for each in groups.split())}")
    curves = "" if name in TRANSLATIONS or name == "fgan" else score_charts(name)
    train = "" if name in TRANSLATIONS else (
        f'<button type="button" class="train" data-variant="{name}">Train it<span> {escape(told.title)}</span></button>'
    )  # fmt: skip
    further = f'<p class="further">{escape(told.further)}</p>' if told.further else ""
    return (
        f'<article class="variant" data-variant="{name}" data-groups="{groups}" data-found="{found.lower()}" '
        f'aria-labelledby="variant-{name}"><header><h3 id="variant-{name}">{escape(told.title)}</h3>'
        f"<time>{year}</time></header><p class='paper'>{escape(kind.paper)} · <code>{name}</code></p>"
        f"<p>{escape(told.idea)}</p>{_losses(told)}{further}{curves}"
        f"{_divergences() if name == 'fgan' else ''}"
        f'<footer><ul class="bounds"><li>{theory}</li>{f"<li>{escape(held)}</li>" if held else ""}</ul>'
        f"{_numbers(kind)}{train}</footer></article>"
    )


def _losses(told: Told) -> str:
    rows = "".join(
        f"<div><dt>{player}</dt><dd>{''.join(formula(line) for line in lines)}</dd></div>"
        for player, lines in (("Discriminator", told.discriminator), ("Generator", told.generator))
    )
    return f'<dl class="losses">{rows}</dl>'


def _bounds(kind: type[Game]) -> tuple[str, str]:
    """On which half of the family the theory stands, and what bounds the slope in practice, empty for nothing."""
    if not issubclass(kind, NoiseGame):
        return "translates images", ""
    game = kind()
    assert isinstance(game, AdversarialGame)
    held = constraint(game)
    theory = "theory: bounded slope" if game.objective.regularised else "theory: unbounded capacity"
    return theory, "" if held == "none" else held


def _groups(name: str, theory: str) -> list[str]:
    found = ["all"]
    found += ["bounded"] if "bounded slope" in theory else []
    found += ["unbounded"] if "unbounded" in theory else []
    found += ["told"] if name in CONDITIONAL else []
    found += ["growing"] if name in GROWING else []
    found += ["translating"] if name in TRANSLATIONS else []
    return found


def _numbers(kind: type[Game]) -> str:
    """The variant's own fields and the common ones that matter, with their defaults."""
    base = {field.name for field in dataclasses.fields(AdversarialGame)}
    fields = {field.name: field.default for field in dataclasses.fields(kind)}
    own = [name for name in fields if name not in base and name not in HIDDEN]
    shown = [*own, *(name for name in COMMON if name in fields and name not in own)]
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(_value(fields[name]))}</td></tr>' for name in dict.fromkeys(shown)
    )
    table = f'<table class="numbers"><tbody>{rows}</tbody></table>'
    return f"<details><summary>Numbers of the paper</summary>{table}</details>"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    if isinstance(value, tuple):
        return " × ".join(map(str, value)) or "none"
    return str(value)


def _divergences() -> str:
    """f-GAN's rows: one is shown, the others wait in the page."""
    options = "".join(f'<option value="{name}">{escape(row.title)}</option>' for name, row in ROWS.items())
    panels = "".join(
        f'<div class="divergence" data-divergence="{name}"{"" if place == 0 else " hidden"}><dl class="losses">'
        f"<div><dt>f(u)</dt><dd>{formula(row.f)}</dd></div><div><dt>g(s)</dt><dd>{formula(row.g)}</dd></div>"
        f"<div><dt>T*</dt><dd>{formula(row.optimum)}</dd></div></dl>"
        f"{score_charts('fgan', divergence=name)}{bound_charts(row_of(name))}</div>"
        for place, (name, row) in enumerate(ROWS.items())
    )
    return (
        '<div class="choice"><label for="divergence">Divergence</label>'
        f'<select id="divergence">{options}</select></div>{panels}'
    )
