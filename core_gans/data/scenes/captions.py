"""What can be said of a scene: counted on the canvas after all occlusions, never taken from the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core_gans.data.scenes.light import Light
from core_gans.data.scenes.vocabulary import LABELS, Label

MIN_VISIBLE = 6.0  # square units (pixels of a 64 x 64 scene) of a thing that must be in sight before it is named

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Attributes:
    """What the picture shows. ``roofs`` has one colour for each house; ``water`` is "lake", "river" or ""."""

    hour: str
    roofs: tuple[str, ...]
    trees: int
    people: int
    lamps: int
    water: str
    mountains: bool
    clouds: bool
    sun: bool
    moon: bool
    path: bool

    @property
    def houses(self) -> int:
        """How many houses can be seen."""
        return len(self.roofs)


def observe(areas: dict[int, float], mask: np.ndarray, light: Light, roofs: dict[int, str], water: str) -> Attributes:
    """Read attributes off the areas of the canvas's codes (``Canvas.areas``), in square units, and the mask (H, W)."""
    pixels = np.bincount(mask.ravel(), minlength=len(LABELS))

    def seen(label: Label) -> bool:
        return bool(pixels[label] and sum(a for code, a in areas.items() if code & 15 == label) >= MIN_VISIBLE)

    def instances(label: Label) -> list[int]:
        return (
            [code >> 4 for code, a in areas.items() if code & 15 == label and a >= MIN_VISIBLE] if seen(label) else []
        )

    return Attributes(
        hour=light.hour,
        roofs=tuple(roofs[instance] for instance in instances(Label.ROOF)),
        trees=len(instances(Label.TREE)),
        people=len(instances(Label.PERSON)),
        lamps=len(instances(Label.LAMP)),
        water=water if seen(Label.WATER) else "",
        mountains=seen(Label.MOUNTAIN),
        clouds=seen(Label.CLOUD),
        sun=seen(Label.SUN),
        moon=seen(Label.MOON),
        path=seen(Label.PATH),
    )


def caption(attributes: Attributes) -> str:
    """A sentence such as "a house with a red roof and two trees by a lake at sunset"."""
    a = attributes
    things = []
    if a.houses == 1:
        things.append(f"a house with {_article(a.roofs[0])} roof")
    elif a.houses and len(set(a.roofs)) == 1:
        things.append(f"{_NUMBERS[a.houses]} houses with {a.roofs[0]} roofs")
    elif a.houses:
        things.append(f"{_NUMBERS[a.houses]} houses with {' and '.join(sorted(a.roofs))} roofs")
    for count, one, many in ((a.trees, "tree", "trees"), (a.people, "person", "people"), (a.lamps, "lamp", "lamps")):
        if count:
            things.append(f"a {one}" if count == 1 else f"{_NUMBERS[count]} {many}")
    words = [_listed(things) if things else "a meadow"]
    if a.water:
        words.append(f"by a {a.water}")
    if a.mountains:
        words.append("below mountains")
    words.append({"day": "by day", "sunset": "at sunset", "night": "at night"}[a.hour])
    return " ".join(words)


def _article(colour: str) -> str:
    return f"{'an' if colour[0] in 'aeiou' else 'a'} {colour}"


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
