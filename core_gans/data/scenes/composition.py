"""One scene: where things may stand, in what order they are painted, and what is true of the result.

The order of the strokes is the depth: sky, mountains, meadow, water and path, then houses, trees, lamps and
people from far to near. Things on the grass keep clear of each other, of the water and (trees) of the path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core_gans.data.scenes import buildings, figures, ground, sky
from core_gans.data.scenes.canvas import UNITS, Canvas
from core_gans.data.scenes.captions import Attributes, caption, observe
from core_gans.data.scenes.ground_plan import Box, GroundPlan
from core_gans.data.scenes.house_painter import DOOR_WIDTH, House
from core_gans.data.scenes.light import Glow, Light, Shadow, choose_light, finish
from core_gans.data.scenes.movement import STILL, Moved

MIN_SIZE = 16
_EFFORTS = 20  # places tried for a thing before it is left out


@dataclass(frozen=True)
class Scene:
    """A picture (H, W, 3) uint8 RGB, its mask (H, W) uint8 (an index into LABELS), and what is to be seen in it."""

    image: np.ndarray
    mask: np.ndarray
    caption: str
    attributes: Attributes


def draw(rng: np.random.Generator, size: int = 64, moved: Moved = STILL) -> Scene:
    """Draw a scene of ``size`` x ``size`` pixels, at least 16; everything in it is decided by ``rng``.

    ``moved`` says how far clouds, sun and people have come since: the same ``rng`` draws all else as it was.
    ValueError for fewer pixels.
    """
    check_size(size)
    return _Composer(rng, Canvas(size), moved).compose()


def check_size(size: int) -> None:
    """Raise ValueError for a picture too small to show anything."""
    if size < MIN_SIZE:
        raise ValueError(f"a scene needs at least {MIN_SIZE} pixels a side, got {size}")


class _Composer:
    """Lays a scene out and paints it."""

    def __init__(self, rng: np.random.Generator, canvas: Canvas, moved: Moved) -> None:
        self.rng, self.canvas, self.moved = rng, canvas, moved
        self.horizon = float(rng.uniform(28, 35))
        self.light: Light = moved.light(choose_light(rng, self.horizon))
        self.plan = GroundPlan(self.horizon)
        self.shadows: list[Shadow] = []
        self.glows: list[Glow] = []
        self.strokes: list[tuple[float, Callable[[int], None]]] = []  # foot on the ground, and how to paint it
        self.roofs: dict[int, str] = {}  # by instance

    def compose(self) -> Scene:
        rng, canvas, light = self.rng, self.canvas, self.light
        sky.draw_sky(canvas, rng, light, self.horizon)
        if rng.random() < 0.85:
            sky.draw_clouds(canvas, rng, light, self.horizon, self.moved.clouds)
        if rng.random() < 0.6:
            sky.draw_mountains(canvas, rng, light, self.horizon)
        ground.draw_meadow(canvas, rng, light, self.horizon)

        houses = self._houses(int(rng.choice(3, p=(0.2, 0.58, 0.22))))
        side = 1 if rng.random() < 0.5 else -1
        if houses:
            side = 1 if houses[0].left + houses[0].width / 2 < UNITS / 2 else -1
        water = self._water(side) if len(houses) < 2 and rng.random() < 0.45 else ""
        self._paths(houses, -side if water else int(rng.choice((-1, 1))), bool(water))
        self._lamps()
        self._trees(int(rng.choice(5, p=(0.04, 0.25, 0.33, 0.25, 0.13))) + (not houses))
        self._people()

        for instance, (_, stroke) in enumerate(sorted(self.strokes, key=lambda item: item[0]), 1):
            stroke(instance)
        mask = canvas.mask()
        image = finish(canvas.picture(), mask, light, self.horizon, self.shadows, self.glows, rng)
        attributes = observe(canvas.areas(), mask, light, self.roofs, water)
        return Scene(image, mask, caption(attributes), attributes)

    def _stand(self, foot: float, box: Box, stroke: Callable[[int], None]) -> None:
        self.plan.solid.append(box)
        self.strokes.append((foot, stroke))

    def _houses(self, count: int) -> list[House]:
        rng = self.rng
        houses: list[House] = []
        middles = {1: (rng.uniform(17, 47),), 2: (rng.uniform(12.5, 15.5), rng.uniform(48, 51.5))}.get(count, ())
        for middle in middles:
            foot = rng.uniform(self.horizon + 8.5, 51) if count == 1 else rng.uniform(self.horizon + 6.5, 48)
            near = self.plan.depth(foot)
            width = (17 if count == 2 else 19) + (10 if count == 2 else 15) * near * rng.uniform(0.75, 1)
            # On whole units, so that walls, door and path end in one row or column of pixels.
            width, foot = float(round(width)), float(round(foot))
            left = float(round(np.clip(middle - width / 2, 2, UNITS - 2 - width)))
            houses.append(buildings.choose_house(rng, left, foot, width, houses[0].roof if houses else ""))
        for house in houses:
            self._stand(
                house.foot, Box(house.left - 1.4, house.top - 1.2, house.right + 1.4, house.foot), self._house(house)
            )
            shift = -self.light.side * house.width * 0.14
            self.shadows.append(Shadow(house.left + house.width / 2 + shift, house.foot, house.width * 0.56, 1.7))
        return houses

    def _house(self, house: House) -> Callable[[int], None]:
        def stroke(instance: int) -> None:
            self.roofs[instance] = house.roof
            for x, y in buildings.draw_house(self.canvas, self.rng, self.light, house, instance):
                self.glows.append(Glow(x, y, 4.0, 0.3))

        return stroke

    def _water(self, side: int) -> str:
        """A lake or a river on one side, clear of the houses."""
        rng, h = self.rng, self.horizon
        if rng.random() < 0.6:
            half = rng.uniform(10, 15)
            x, y = UNITS / 2 + side * rng.uniform(14, 24), rng.uniform(h + 6, 57)
            bank = Box(x - half - 1, y - half * 0.34 - 1, x + half + 1, y + half * 0.34 + 1)
            if self.plan.taken(bank, gap=1):
                x, y, half = UNITS / 2 + side * 24, 58.0, 11.0
                bank = Box(x - half - 1, y - 4.8, x + half + 1, y + 4.8)
            ground.draw_lake(self.canvas, rng, self.light, x, y, half)
            self.plan.wet = lambda px, py: bank.left < px < bank.right and bank.top < py < bank.bottom + 1
            return "lake"
        bank = Box(UNITS / 2 + (11 if side > 0 else -31), h, UNITS / 2 + (31 if side > 0 else -11), UNITS)
        if self.plan.taken(bank, gap=0):
            return ""
        ground.draw_river(self.canvas, rng, self.light, h, side)
        self.plan.wet = lambda px, py: (px - UNITS / 2) * side > 8
        return "river"

    def _paths(self, houses: list[House], side: int, water: bool) -> None:
        """One from each door to the lower edge; in an empty meadow sometimes one from the horizon."""
        rng = self.rng
        for house in houses:
            low, high = (
                (4, 30) if len(houses) == 2 and house is houses[0] else (34, 60) if len(houses) == 2 else (8, 56)
            )
            if water:
                low, high = (6, 36) if side < 0 else (28, 58)
            end = float(np.clip(house.door + rng.uniform(-13, 13), low, high))
            self.plan.ways.append(ground.Way(house.door, house.foot, DOOR_WIDTH - 0.6, end))
        if not houses and rng.random() < 0.55:
            begin, end = UNITS / 2 + side * rng.uniform(2, 12), UNITS / 2 + side * rng.uniform(4, 20)
            self.plan.ways.append(ground.Way(begin, self.horizon + 1.5, 0.9, end))
        for way in self.plan.ways:
            ground.draw_path(self.canvas, rng, self.light, way)

    def _trees(self, count: int) -> None:
        """Wherever there is room on the grass, never before a door; where room is scarce, smaller ones."""
        rng, light = self.rng, self.light
        season = ("green", "autumn", "blossom")[int(rng.choice(3, p=(0.76, 0.16, 0.08)))]
        conifers = rng.choice((0.0, 0.35, 1.0), p=(0.3, 0.45, 0.25))
        for _ in range(count):
            conifer = bool(rng.random() < conifers)
            for effort in range(_EFFORTS):
                foot = self.horizon + (UNITS - 2 - self.horizon) * rng.uniform(0.1, 0.97)
                width = 8.0 + (8.5 if conifer else 11.5) * self.plan.depth(foot) * rng.uniform(0.9, 1.1) * (
                    1 - effort / _EFFORTS
                )
                height = width * (rng.uniform(1.5, 1.8) if conifer else rng.uniform(1.22, 1.42))
                x = rng.uniform(width * 0.3, UNITS - width * 0.3)
                box = Box(x - width * 0.52, foot - height - 0.6, x + width * 0.52, foot)
                blocked = (
                    self.plan.taken(box, gap=1.2)
                    or any(self.plan.wet(x + dx, foot) or self.plan.trodden(x + dx, foot) for dx in (-1.8, 0.0, 1.8))
                    or self.plan.before_a_door(box)
                )
                if not blocked:
                    tree = figures.Tree(x, foot, width, height, conifer)
                    self._stand(foot, box, self._tree(tree, season))
                    self.shadows.append(Shadow(x - light.side * width * 0.22, foot, width * 0.5, 0.8 + 0.07 * width))
                    break

    def _tree(self, tree: figures.Tree, season: str) -> Callable[[int], None]:
        return lambda instance: figures.draw_tree(self.canvas, self.rng, self.light, tree, season, instance)

    def _lamps(self) -> None:
        """Beside the path, on the grass."""
        rng = self.rng
        if not self.plan.ways or rng.random() > 0.3:
            return
        for _ in range(_EFFORTS):
            way = self.plan.ways[int(rng.integers(len(self.plan.ways)))]
            foot = rng.uniform(max(way.y + 3, self.horizon + 10), 61)
            height = 11 + 8 * self.plan.depth(foot)
            x = way.middle(foot) + (way.half(foot) + rng.uniform(2, 4)) * (1 if rng.random() < 0.5 else -1)
            box = Box(x - 2.5, foot - height - 0.4, x + 2.5, foot)
            free = 4 < x < UNITS - 4 and not self.plan.wet(x, foot) and not self.plan.trodden(x, foot)
            if free and not self.plan.taken(box, gap=0.8):
                self._stand(foot, box, self._lamp(x, foot, height))
                self.shadows.append(Shadow(x - self.light.side * 1.5, foot, 2.6, 0.7))
                if self.light.lamps_burn:
                    self.glows.append(Glow(x, foot - height + 3, 7.5, 0.85 if self.light.hour == "night" else 0.4))
                return

    def _lamp(self, x: float, foot: float, height: float) -> Callable[[int], None]:
        return lambda instance: figures.draw_lamp(self.canvas, self.light, x, foot, height, instance)

    def _people(self) -> None:
        rng = self.rng
        if rng.random() > 0.32:
            return
        for _ in range(1 if rng.random() < 0.75 else 2):
            for _ in range(_EFFORTS):
                foot = rng.uniform(self.horizon + 9, 62)
                height = 7.5 + 6.5 * self.plan.depth(foot)
                x = rng.uniform(4, UNITS - 4)
                box = Box(x - height * 0.23, foot - height, x + height * 0.23, foot)
                strolling = self.plan.trodden(x, foot) or rng.random() < 0.4
                if strolling and not self.plan.wet(x, foot) and not self.plan.taken(box, gap=0.8):
                    now = x + self.moved.people
                    self._stand(foot, box, self._person(now, foot, height))
                    self.shadows.append(Shadow(now - self.light.side * 1.2, foot, height * 0.3, 0.8))
                    break

    def _person(self, x: float, foot: float, height: float) -> Callable[[int], None]:
        return lambda instance: figures.draw_person(self.canvas, self.rng, self.light, x, foot, height, instance)
