"""What the tab's script may ask for: from an object of JSON to JSON, or to a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from starlette.responses import Response
from torch import Tensor

from core_gans.data import KNOWN
from core_gans.exploring.arithmetic import EXEMPLARS
from core_gans.foundation.pixels import to_bytes
from core_gans.games.adversarial import AdversarialGame
from core_gans.variants import TextToImage
from demos.exploring import requests
from demos.exploring.explorer import STEPS, STRIP, Explorer
from demos.exploring.explorers import Explorers
from demos.exploring.films import beside, film
from demos.exploring.finding import METHODS
from demos.exploring.learned_from import picture_like
from demos.exploring.makeup import FARTHEST_CODE
from demos.exploring.translating import translated
from demos.exploring.uploads import LARGEST_FILE, picture_in
from demos.lab import Lab
from demos.model_store import SHIPPED

Call = Callable[[Mapping[str, Any]], Any]

CLOUD = 1_000  # points shown of a model, and of what it learned from
MOST_WORDS = 80  # of a vocabulary that is shown
FIRST_SUMS = {SHIPPED: (8, 7, 9, 15, 11, 14, 4, 6, 10)}  # night, less day, plus days with mountains


class ExploreCalls:
    """The answers. Each raises ValueError, LabError or OSError with one line for what cannot be done."""

    def __init__(self, lab: Lab) -> None:
        self.store, self.explorers = lab.store, Explorers(lab.store)

    @property
    def by_name(self) -> dict[str, Call]:
        """Every call by the name of its route."""
        return {
            "open": self.open,
            "strip": self.strip,
            "way": self.way,
            "lengths": self.lengths,
            "film": self.film,
            "sum": self.sum,
            "directions": self.directions,
            "ends": self.ends,
            "draw": self.draw,
            "classes": self.classes,
            "cloud": self.cloud,
            "example": self.example,
            "translate": self.translate,
        }

    def open(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What can be done with a model."""
        entry = self.store.entry(asked.get("model"))
        found: dict[str, Any] = {"model": entry.key, "title": entry.title, "kind": entry.kind}
        if entry.kind == "translation":
            game = self.store.model(entry.key).game
            return found | {"targets": list(game.targets), "side": game.shape[-1], "largest": LARGEST_FILE}
        explorer = self.explorers.of(entry.key)
        makeup, game = explorer.makeup, explorer.game
        return found | {
            "strip": STRIP,
            "steps": STEPS,
            "sum": FIRST_SUMS.get(entry.key, tuple(range(3 * EXEMPLARS))),
            "reach": explorer.reach,
            "noise": makeup.noise,
            "shell": isinstance(game, AdversarialGame) and game.prior == "normal",
            "classes": makeup.classes,
            "codes": makeup.codes,
            "farthest": FARTHEST_CODE,
            "words": list(makeup.words[:MOST_WORDS]),
            "captions": list(game.captions[:6]) if isinstance(game, TextToImage) else [],
            "methods": list(METHODS),
        }

    def strip(self, asked: Mapping[str, Any]) -> Any:
        """Samples in the order of their numbers, from ``first`` on."""
        return _shown(self._of(asked), lambda explorer: explorer.strip(requests.seed_in(asked, "first")))

    def way(self, asked: Mapping[str, Any]) -> Any:
        """The frames from one sample to another."""
        return _shown(self._of(asked), lambda explorer: self._frames(explorer, asked))

    def lengths(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """How long the latents are on either way between two samples, and between which lengths nearly all lie."""
        explorer = self._of(asked)
        begin, end = requests.seed_in(asked, "from"), requests.seed_in(asked, "to")
        ways = {name: explorer.lengths(begin, end, shell) for name, shell in requests.WAYS.items()}
        return {"ways": ways, "usual": explorer.usual_lengths()}

    def film(self, asked: Mapping[str, Any]) -> Response:
        """The same as a GIF, there and back."""
        explorer = self._images(asked)
        return Response(film(to_bytes(self._frames(explorer, asked))), media_type="image/gif")

    def sum(self, asked: Mapping[str, Any]) -> Response:
        """The means of three groups, the first minus the second plus the third, and neighbours of that."""
        groups = [requests.group_in(asked, name) for name in ("plus", "minus", "and")]
        return _picture(self._images(asked).sum(*groups))

    def directions(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The names of the directions and what is known of them."""
        found = self._images(asked).directions(requests.method_in(asked))
        return {"directions": [{"name": each.name, **each.facts} for each in found]}

    def ends(self, asked: Mapping[str, Any]) -> Response:
        """A sample at the lower and the upper end of each direction."""
        return _picture(self._images(asked).ends(requests.sample_in(asked), requests.method_in(asked)))

    def draw(self, asked: Mapping[str, Any]) -> Response:
        """One sample, moved and with what is asked for in it."""
        return _picture(self._images(asked).draw(requests.sample_in(asked), requests.moves_in(asked)))

    def classes(self, asked: Mapping[str, Any]) -> Response:
        """One sample as each class."""
        return _picture(self._images(asked).classes(requests.sample_in(asked)))

    def cloud(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Points of a model, and of what it learned from, where that is known."""
        explorer = self._of(asked)
        if not explorer.makes_points:
            raise ValueError("this model makes pictures, not points.")
        data = KNOWN.get(self.store.entry(asked.get("model")).data)
        real = data.load(count=CLOUD).images if data and data.points else torch.zeros(0, 2)
        return {"points": _places(explorer.cloud(CLOUD)), "real": _places(real)}

    def example(self, asked: Mapping[str, Any]) -> Response:
        """A picture to translate, like those that the model learned from."""
        key = self.store.entry(asked.get("model"), "translation").key
        game = self.store.model(key).game
        target = requests.one_of(asked.get("target"), "domain of this model", game.targets)
        number = requests.seed_in(asked, "number")
        return _picture(picture_like(self.store.runs_folder / key, game, target, number))

    def translate(self, asked: Mapping[str, Any]) -> Response:
        """A picture as the network sees it, and its translation."""
        model = self.store.model(self.store.entry(asked.get("model"), "translation").key)
        shown, answer = translated(model, picture_in(asked.get("picture")), asked.get("target"))
        return _picture(torch.cat((shown.expand(-1, 3, -1, -1), answer.expand(-1, 3, -1, -1))))

    def _of(self, asked: Mapping[str, Any]) -> Explorer:
        return self.explorers.of(asked.get("model"))

    def _images(self, asked: Mapping[str, Any]) -> Explorer:
        explorer = self._of(asked)
        if explorer.makes_points:
            raise ValueError("this model makes points, not pictures.")
        return explorer

    def _frames(self, explorer: Explorer, asked: Mapping[str, Any]) -> Tensor:
        return explorer.way(requests.seed_in(asked, "from"), requests.seed_in(asked, "to"), requests.way_in(asked))


def _shown(explorer: Explorer, make: Callable[[Explorer], Tensor]) -> Any:
    made = make(explorer)
    return {"points": _places(made)} if explorer.makes_points else _picture(made)


def _picture(images: Tensor) -> Response:
    return Response(beside(images), media_type="image/png")


def _places(points: Tensor) -> list[list[float]]:
    """Points (N, D) in the plane: the first two numbers of each, or the one on a line."""
    if points.shape[1] == 1:
        points = torch.nn.functional.pad(points, (0, 1))
    return [[round(x, 4), round(y, 4)] for x, y in points[:, :2].tolist()]
