"""A command's game fitted to data that have been read: the recipe for their shape and count, and what to expect of it.

What the words of the command set stays as it was set.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from core_gans.commands.beginning import fields_of
from core_gans.data import Examples
from core_gans.game import Game
from core_gans.games.adversarial import AdversarialGame
from core_gans.recipes import Recipe, choosing, kind_of, recipe_for
from core_gans.recipes.kinds import TOLD
from core_gans.run_kind import threads
from core_gans.runs.playable import require_playable
from core_gans.session import DEFAULT_SECONDS, Options, over_the_run, with_data
from core_gans.training import play_round, start
from core_gans.trusted_code import is_own
from core_gans.variants import make, variant

MEASURED = 1.5  # seconds of rounds that are played to know how many fit
WORTH = 10.0  # seconds of a run below which that is not worth it
NARROWEST = 8  # channels


@dataclass(frozen=True)
class Fit:
    """How a run is fitted: ``given`` are the names that its command set, which no recipe changes."""

    given: frozenset[str]
    rounds: int | None
    seconds: float | None
    console: Console
    as_measured: bool = True
    """Whether it is played as recipes were measured, a training of fresh networks: then rounds are timed and told,
    networks narrower where they are slow, and the recipe's figures told. Not for evolutions."""
    over: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Row of a recipe for images: fields that take the place of its own, for who plays in another way."""

    def __call__(
        self, name: str, fields: dict[str, Any], options: Options, examples: Examples
    ) -> tuple[dict[str, Any], Options]:
        """Fields and options for ``examples``, told in a line or two."""
        kind = variant(name)
        own = is_own(name) and issubclass(kind, AdversarialGame)
        recipe = recipe_for(name, kind_of(examples.shape), fields, len(examples), common=own)
        if recipe is None:
            return fields, options
        given = self.given | (_said_by(kind) if own else frozenset())
        recipe = recipe.on(examples.name)
        if recipe.kind != "points":  # their settings depend on the mixture, which the command's words name
            changed = dataclasses.replace(recipe, fields={**recipe.fields, **self.over.get(recipe.row, {})})
            fields = {**fields, **fields_of(changed, kind, given)}
            batch = options.batch if "batch" in self.given else recipe.batch
            average = options.average if "average" in self.given else recipe.average
            options = dataclasses.replace(options, batch=batch, average=average)
        game = make(name, **over_the_run(with_data(fields, examples), 1))
        require_playable(game, options.batch, options.device)  # a refusal is one line, with nothing said before it
        self._say(told_of_recipe(recipe, fields, options, self.as_measured))
        if self.as_measured and self.rounds is None and self._budget >= WORTH:
            fields = self._in_time(name, recipe, fields, options, examples)
        return fields, options

    @property
    def _budget(self) -> float:
        return DEFAULT_SECONDS if self.seconds is None else self.seconds

    def _in_time(
        self, name: str, recipe: Recipe, fields: dict[str, Any], options: Options, examples: Examples
    ) -> dict[str, Any]:
        """``fields``, narrower where the time holds too few rounds; says how many it holds."""
        seconds = self._budget
        speed = rounds_a_second(name, fields, options, examples)
        needed = recipe.shown_after
        narrow = fields["width"] // 2
        images = recipe.kind != "points"
        if needed and speed * seconds < needed and images and "width" not in self.given and narrow >= NARROWEST:
            faster = rounds_a_second(name, {**fields, "width": narrow}, options, examples)
            if faster > 1.2 * speed:
                self._say(f"this machine is slow for a width of {fields['width']}: it begins with {narrow}.")
                fields, speed = {**fields, "width": narrow}, faster
        self._say(told_of_pace(recipe, speed, seconds))
        return fields

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)


def _said_by(kind: type[Game]) -> frozenset[str]:
    """Fields in which a game of one's own differs from the class of the lab that it is made of: its author chose."""
    base = next(each for each in kind.__mro__ if each.__module__.split(".")[0] == __name__.split(".")[0])
    usual = {field.name: field.default for field in dataclasses.fields(base)}  # type: ignore[arg-type]
    return frozenset(
        field.name for field in dataclasses.fields(kind) if field.default != usual.get(field.name, dataclasses.MISSING)
    )


def rounds_a_second(name: str, fields: dict[str, Any], options: Options, examples: Examples) -> float:
    """How many rounds this machine plays, timed on players that are thrown away. LabError for a game that is none."""
    game = make(name, **over_the_run(with_data(fields, examples), 1))
    state = start(game, options.batches(examples), options.rng(), options.compute())
    played, begun, spent = -1, 0.0, 0.0
    with threads(options, examples):
        while spent < MEASURED:  # the first round, which sets memory up, does not count
            game.begin_round(state.nets, 1.0)
            play_round(state)
            played += 1
            begun = begun or time.monotonic()
            spent = time.monotonic() - begun
    return played / spent


def told_of_recipe(recipe: Recipe, fields: dict[str, Any], options: Options, as_measured: bool = True) -> str:
    """Which settings a run begins with, and where they come from; the recipe's figures where it is played like that."""
    game = make(choosing(recipe.row)[0], **over_the_run(fields, 1))
    assert isinstance(game, AdversarialGame)
    parts = [
        f"width {game.width}",
        f"batch {options.batch}",
        f"rate {game.rate:g}",
        f"{game.discriminator_steps} discriminator step{'s' if game.discriminator_steps > 1 else ''} a round",
        f"normalisation {game.normalisation}",
        f"average {options.average:g}",
    ]
    if not as_measured:
        source = "chosen for the training of fresh networks"
    elif recipe.measured:
        source = recipe.measured[-1].told()
    elif is_own(recipe.row):
        source = "what all variants have in common"
    elif recipe.guessed_from:
        source = f"guessed from those for {TOLD[recipe.guessed_from]}"
    else:
        source = "not measured"
    return (
        f"recipe of {recipe.row} for {TOLD[recipe.kind]}: {', '.join(parts)} ({source}). "
        "Your own flags come before it; --preset paper has the paper's values, --preset variant the variant's."
    )


def told_of_pace(recipe: Recipe, speed: float, seconds: float) -> str:
    """How many rounds fit into ``seconds``, and after how many the variant usually shows something."""
    told = f"about {speed:.3g} rounds a second here: {seconds:g} s hold {speed * seconds:,.0f}"
    needed = recipe.shown_after
    if needed is None:
        return f"{told}."
    after = f"{told}; {recipe.row} usually shows something after about {needed:,} ({needed / speed:.0f} s)"
    if needed <= speed * seconds:
        return f"{after}."
    return f"{after}, more than this time holds: give it --seconds {10 * math.ceil(1.5 * needed / speed / 10)}."
