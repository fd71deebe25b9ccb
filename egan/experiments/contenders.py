"""Contenders of an experiment: evolutions with some of their numbers changed, and each mutation alone.

    egan                                the paper's fitness and selection
    egan,selection=random,gamma=0.05    with other numbers
    heuristic                           one mutation alone: the plain GAN with that objective, at its cost
    lottery                             the plain GAN with an objective drawn by chance in each round

Behind commas stand numbers of the evolution or fields of the game, and ``variant`` for another game.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import torch

from core_gans.comparison import Contender, contenders
from core_gans.comparison.values import as_value, assignments, field_types
from core_gans.data import Batches, Examples
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.trusted_code import is_own
from core_gans.variants import variant
from egan.experiments import evolving, plain
from egan.experiments.evolving import Evolving
from egan.experiments.plain import Plain
from egan.mutations import KNOWN
from egan.mutations import mutation as mutation_called
from egan.options import Evolution

EGAN, LOTTERY = "egan", "lottery"
FREE = ("selection", "gamma", "balance", "convention", "inertia")  # numbers of an evolution that cost nothing


@dataclass(frozen=True)
class Evolved:
    """A side of an experiment: ``basis`` is the game with its fields, ``evolution`` what is done with it.

    A ``plain`` one is a training on the evolution's mutations, each round on one of them by chance: nothing is judged.
    """

    label: str
    basis: Contender
    evolution: Evolution = field(default_factory=Evolution)
    plain: bool = False

    @property
    def cost(self) -> str:
        """What decides the arithmetic of a generation: selection and weights of fitness do not."""
        kinds = [_kind(name) for name in self.evolution.mutations]
        kinds = sorted(set(kinds)) if self.plain else kinds
        numbers = dataclasses.asdict(self.evolution)
        numbers = {name: value for name, value in numbers.items() if name not in (*FREE, "mutations")}
        return repr((self.plain, self.basis.variant, sorted(self.basis.fields.items()), kinds, sorted(numbers.items())))

    def described(self) -> dict[str, Any]:
        """As JSON has it."""
        evolution = dataclasses.asdict(self.evolution)
        return {**self.basis.described(), "label": self.label, "evolution": evolution, "plain": self.plain}

    def start(self, batches: Batches, rng: torch.Generator, rounds: int) -> Evolving | Plain:
        """A fresh population, or fresh players, of a game of ``rounds`` generations."""
        game = self.basis.game(rounds)
        if self.plain:
            return plain.begin(game, batches, rng, [mutation_called(name) for name in self.evolution.mutations])
        return evolving.begin(game, batches, rng, self.evolution)

    def play(self, state: Evolving | Plain, rounds: int | None) -> None:
        """One generation, or one round."""
        state.game.begin_round(state.nets, min(1.0, state.round / rounds) if rounds else 0.0)
        if isinstance(state, Plain):
            plain.play(state)
        else:
            evolving.play(state)


def evolved(
    words: Sequence[str],
    shape: tuple[int, ...],
    game: str,
    common: Sequence[str] = (),
    usual: Mapping[str, Any] | None = None,
) -> list[Evolved]:
    """``["egan,gamma=0.05", "heuristic"]`` as contenders on examples of ``shape``.

    ``game`` is the variant that is evolved (``variant=`` in a word takes another), ``usual`` are numbers of the
    evolution for all, ``common`` assignments for all; a contender's own come before both. ValueError in
    one line for words that make no contender.
    """
    if not words:
        raise LabError("expected at least one contender: egan, lottery, or a mutation.")
    found = [_contender(word, shape, game, common, usual or {}) for word in words]
    labels = [each.label for each in found]
    for label in labels:
        if labels.count(label) > 1:
            raise LabError(f"{label} is given twice: name every contender once.")
    return found


def _kind(name: str) -> tuple[bool, bool, bool]:
    """What a child by this mutation takes: a step, the scores of real examples, a change of its own."""
    given = mutation_called(name)
    return given.loss is not None, given.relative, given.change is not None


def _contender(
    word: str, shape: tuple[int, ...], game: str, common: Sequence[str], usual: Mapping[str, Any]
) -> Evolved:
    name, *rest = word.split(",")
    own = assignments([part for part in rest if part], word)
    label = " ".join([name, *(f"{given}={text}" for given, text in own.items())])
    if name not in (EGAN, LOTTERY, *KNOWN) and not is_own(name):
        raise unknown_name("contender", name, (EGAN, LOTTERY, *KNOWN))
    given = assignments(common, "--set") | own
    game = given.pop("variant", game)
    numbers = {known: kind for known, kind in get_type_hints(Evolution).items() if known != "KIND"}
    fields = field_types(variant(game))
    for each in given:
        if each not in numbers and each not in fields:
            raise unknown_name(f"number of an evolution or field of {game}", each, (*numbers, *fields))
    values = {
        each: as_value(text, numbers[each], f"{each} of {name}") for each, text in given.items() if each in numbers
    }
    words = [f"{each}={text}" for each, text in given.items() if each not in numbers]
    (basis,) = contenders([",".join([game, *words])], shape)
    alone = name not in (EGAN, LOTTERY)
    if alone:
        mutation_called(name)
        values["mutations"] = (name,)
    contender = Evolved(label, basis, Evolution(**{**usual, **values}), plain=name != EGAN)
    _try(contender, shape)
    return contender


def _try(contender: Evolved, shape: tuple[int, ...]) -> None:
    """Start once on a few black examples, so that a mistake comes now and not in an hour."""
    batch = 2 * contender.evolution.parents
    black = Examples("black", torch.full((batch, *shape), -1.0))
    try:
        contender.start(Batches(black, 2, 0), torch.Generator().manual_seed(0), 1)
    except ValueError as error:
        raise LabError(f"{contender.label}: {error}") from error
