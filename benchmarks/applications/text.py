"""Text to image on drawn scenes: whether what a caption asks for is in the picture, as independent judges see it.

Things are found by the shipped segmenter, which never saw a generated picture. The hour and the colour of a roof are
read off the pixels by logistic regressions that learned from other drawn scenes. Numbers of things are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.applications.row import A_DAY, Budget, Row
from core_gans import Batches, shipped, train
from core_gans.compute import Compute
from core_gans.data import Examples, scenes
from core_gans.data.captions import words_in
from core_gans.data.scenes import Label, SceneSet
from core_gans.runs.averaging import Average
from core_gans.session import with_data
from core_gans.variants import TextToImage
from dissect.segmenters.unet import UNetSegmenter

SIDE = 32
LEARNED, ASKED = 20_000, 1000  # scenes to learn from, and captions of others that are asked for
SHOWN, DRAWN = 6, 8  # captions, and pictures of each
TAUGHT = 2000  # scenes that teach the judge
FROM, OTHERS = 3, 2  # seeds of the scenes of the captions asked for, and of those that teach the judge
SEEN_SIDE = 64  # of the images that the segmenter learned from
LEAST = 6  # pixels of SEEN_SIDE squared that make a thing present, as in the scenes' own captions
BATCH, DECAY = 64, 0.995
SETTINGS = {"width": 32, "rate": 4e-4, "mode_seeking": 0.1}
HOURS = ("day", "sunset", "night")
ROOFS = ("red", "orange", "brown", "blue", "grey", "green")
THINGS: dict[str, tuple[frozenset[str], tuple[Label, ...]]] = {
    "house": (frozenset(("house", "houses")), (Label.ROOF, Label.WALL)),
    "tree": (frozenset(("tree", "trees")), (Label.TREE,)),
    "water": (frozenset(("lake", "river")), (Label.WATER,)),
    "mountains": (frozenset(("mountains",)), (Label.MOUNTAIN,)),
    "person": (frozenset(("person", "people")), (Label.PERSON,)),
    "lamp": (frozenset(("lamp",)), (Label.LAMP,)),
}
"""The words that ask for a thing, and the classes of its pixels."""


@dataclass(frozen=True)
class Seen:
    """What the judge sees in N images: things by name (N,) bool, and the hour and the colour of the roofs (N,)."""

    things: dict[str, np.ndarray]
    hour: np.ndarray
    roof: np.ndarray

    def has(self, index: int, attribute: str) -> bool:
        """Whether one image has an attribute of ``asked_by``."""
        if attribute in THINGS:
            return bool(self.things[attribute][index])
        if attribute in HOURS:
            return bool(self.hour[index] == attribute)
        return bool(self.things["house"][index] and f"{self.roof[index]} roof" == attribute)


def asked_by(caption: str) -> tuple[str, ...]:
    """The attributes that a caption asks for: things, the hour, and the colour of roofs where there is only one."""
    words = set(words_in(caption))
    roofs = [colour for colour in ROOFS if colour in words]
    return (
        *(name for name, (names, _) in THINGS.items() if names & words),
        *(hour for hour in HOURS if hour in words),
        *(f"{colour} roof" for colour in roofs[:1] if len(roofs) == 1),
    )


class Judge:
    """The segmenter and the two regressions, fitted on drawn scenes of ``SIDE`` pixels."""

    def __init__(self) -> None:
        self.segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
        drawn = scenes.draw_many(TAUGHT, SIDE, OTHERS)
        words = [set(words_in(caption)) for caption in drawn.captions]
        areas, colours, roofs = self._look(pictures(drawn))
        self.hours = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        self.hours.fit(colours, [next(hour for hour in HOURS if hour in each) for each in words])
        known = [i for i, each in enumerate(words) if len(each & set(ROOFS)) == 1 and areas[i, Label.ROOF] >= LEAST]
        self.roofs = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        self.roofs.fit(roofs[known], [next(iter(words[i] & set(ROOFS))) for i in known])

    def __call__(self, images: Tensor) -> Seen:
        """What is seen in images (N, 3, SIDE, SIDE) in [-1, 1]."""
        areas, colours, roofs = self._look(images)
        things = {name: areas[:, list(of)].sum(axis=1) >= LEAST for name, (_, of) in THINGS.items()}
        return Seen(things, self.hours.predict(colours), self.roofs.predict(roofs))

    def _look(self, images: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels of each class (N, classes), colours of a 4x4 mosaic (N, 48), and those of roofs with them (N, 54)."""
        large = F.interpolate(images, size=(SEEN_SIDE, SEEN_SIDE), mode="bilinear", align_corners=False)
        masks = self.segmenter(large)  # (N, H, W)
        areas = F.one_hot(masks, len(self.segmenter.labels)).sum((1, 2)).numpy()
        mosaic = F.adaptive_avg_pool2d(images, 4).flatten(1)
        roof = (masks == Label.ROOF)[:, None].float()
        share = roof.mean((2, 3)).clamp(min=1e-6)
        mean = (large * roof).mean((2, 3)) / share
        deviation = ((large - mean[..., None, None]).square() * roof).mean((2, 3)).div(share).sqrt()
        return areas, mosaic.numpy(), torch.cat((mean, deviation, mosaic), dim=1).numpy()


def pictures(drawn: SceneSet) -> Tensor:
    """The scenes (N, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(drawn.images).permute(0, 3, 1, 2).float() / 127.5 - 1


def present(seen: Seen, captions: tuple[str, ...]) -> dict[str, float]:
    """The share of asked attributes that are there: all together as ``all``, and by kind."""
    found: dict[str, list[bool]] = {}
    for index, caption in enumerate(captions):
        for attribute in asked_by(caption):
            kind = "hour" if attribute in HOURS else "roof" if attribute.endswith("roof") else attribute
            found.setdefault(kind, []).append(seen.has(index, attribute))
    shares = {kind: float(np.mean(each)) for kind, each in found.items()}
    return {"all": float(np.mean([each for kind in found.values() for each in kind])), **shares}


def unasked(seen: Seen, captions: tuple[str, ...]) -> dict[str, float]:
    """The share of images that have a thing among those whose captions do not ask for it, by thing."""
    return {
        f"unasked {name}": float(np.mean([there[i] for i, text in enumerate(captions) if name not in asked_by(text)]))
        for name, there in seen.things.items()
    }


def variety(drawn: Tensor, again: Tensor, asked: SceneSet) -> float:
    """The mean difference of two pictures (N, C, H, W) of one caption, over that of two drawn scenes of any."""
    real = pictures(asked)
    return float((drawn - again).abs().mean() / (real - real.roll(1, 0)).abs().mean())


def attributes_asked(seed: int, seconds: float) -> Row:
    """The share of asked attributes in pictures of held-out captions; beside it, in pictures of another caption."""
    judge, asked = the_judge(), scenes.draw_many(ASKED, SIDE, FROM)
    game, generator = taught(seed, seconds)
    rng = torch.Generator().manual_seed(seed)
    drawn, again = (game.sample({"generator": generator}, ASKED, rng, game.tokens(asked.captions)) for _ in range(2))
    seen = judge(drawn)
    shares = present(seen, asked.captions)
    another = present(seen, asked.captions[1:] + asked.captions[:1])
    real = present(judge(pictures(asked)), asked.captions)
    others = {"drawn scenes": real["all"], **unasked(seen, asked.captions), "variety": variety(drawn, again, asked)}
    looks = tuple(
        (caption, game.sample({"generator": generator}, DRAWN, rng, game.tokens([caption] * DRAWN)))
        for caption in asked.captions[:SHOWN]
    )
    return Row(shares.pop("all"), another["all"], {**shares, **others}, looks)


def taught(seed: int, seconds: float) -> tuple[TextToImage, nn.Module]:
    """The game after ``seconds`` of processor time on captioned scenes, and the weight average of its generator."""
    data = learned()
    game = TextToImage(**with_data(SETTINGS | {"words": ()}, data))
    average, rng = Average(decay=DECAY), torch.Generator().manual_seed(seed)
    fast = Compute(bf16=True, channels_last=True)
    watchers = [average, Budget(seconds)]
    state = train(game, Batches(data, BATCH, seed), None, rng=rng, compute=fast, watchers=watchers, seconds=A_DAY)
    return game, state.averages["generator"]


@cache
def learned() -> Examples:
    """The scenes to learn from, with their captions."""
    return scenes.examples(scenes.draw_many(LEARNED, SIDE, 0))


@cache
def the_judge() -> Judge:
    """One judge for all seeds."""
    return Judge()
