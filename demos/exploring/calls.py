"""What the tab's script may ask for: from an object of JSON to JSON, or to a picture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from starlette.responses import Response
from torch import Tensor

from core_gans.data import KNOWN
from core_gans.exploring.arithmetic import EXEMPLARS
from core_gans.foundation.names import require_known
from core_gans.foundation.pixels import Pictures, to_bytes
from core_gans.games.adversarial import AdversarialGame
from core_gans.variants import TextToImage
from demos.exploring import requests
from demos.exploring.driving import Drives, Truth
from demos.exploring.explorer import STEPS, STRIP, Explorer
from demos.exploring.explorers import Explorers
from demos.exploring.films import beside, film
from demos.exploring.finding import METHODS
from demos.exploring.learned_from import picture_like
from demos.exploring.makeup import FARTHEST_CODE
from demos.exploring.requests import Sample
from demos.exploring.translating import translated
from demos.json_models import JsonModel
from demos.lab import Lab
from demos.model_store import SHIPPED
from demos.uploads import LARGEST_FILE, picture_in
from dissect.dragging import Handle

Call = Callable[[Mapping[str, Any]], Any]
M = TypeVar("M", bound=JsonModel)

CLOUD = 1_000  # points shown of a model, and of what it learned from
MOST_WORDS = 80  # of a vocabulary that is shown
MOST_TRUNCATED = {"normal": 3.0, "uniform": 1.0}  # by the prior: a slider's end, where nothing is drawn again
FIRST_SUMS = {SHIPPED: (8, 7, 9, 15, 11, 14, 4, 6, 10)}  # night, less day, plus days with mountains


class ExploreCalls:
    """The answers. Each raises ValueError, LabError or OSError with one line for what cannot be done."""

    def __init__(self, lab: Lab) -> None:
        self.store, self.explorers = lab.store, Explorers(lab.store)

    @property
    def by_name(self) -> dict[str, Call]:
        """Every call by the name of its route."""
        return {
            "open": _call(requests.ModelRequest, self.open),
            "strip": _call(requests.StripRequest, self.strip),
            "way": _call(requests.WayRequest, self.way),
            "lengths": _call(requests.EndsRequest, self.lengths),
            "film": _call(requests.WayRequest, self.film),
            "way_maps": _call(requests.WayMapsRequest, self.way_maps),
            "direction_maps": _call(requests.DirectionMapsRequest, self.direction_maps),
            "sum": _call(requests.SumRequest, self.sum),
            "directions": _call(requests.DirectionsRequest, self.directions),
            "ends": _call(requests.DirectionEndsRequest, self.ends),
            "draw": _call(requests.DrawRequest, self.draw),
            "mixes": _call(requests.MixRequest, self.mixes),
            "drag": _call(requests.DragRequest, self.drag),
            "classes": _call(requests.SampleRequest, self.classes),
            "cloud": _call(requests.ModelRequest, self.cloud),
            "example": _call(requests.ExampleRequest, self.example),
            "translate": _call(requests.TranslateRequest, self.translate),
            "begin_drive": _call(requests.BeginDriveRequest, self.begin_drive),
            "steer": _call(requests.SteerRequest, self.steer),
        }

    def open(self, asked: requests.ModelRequest) -> dict[str, Any]:
        """What can be done with a model."""
        entry = self.store.entry(asked.model)
        found: dict[str, Any] = {"model": entry.key, "title": entry.title, "kind": entry.kind}
        if entry.kind == "translation":
            game = self.store.model(entry.key).game
            return found | {"targets": list(game.targets), "side": game.shape[-1], "largest": LARGEST_FILE}
        if entry.kind == "drives":
            return found | self._drives(asked).facts()
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
            "truncation": MOST_TRUNCATED.get(game.prior) if isinstance(game, AdversarialGame) else None,
            "mixing": list(explorer.inside.layers),
            "dragging": requests.DRAG_STEPS if explorer.inside.drag_layer is not None else 0,
        }

    def strip(self, asked: requests.StripRequest) -> Any:
        """Samples in the order of their numbers, from ``first`` on."""
        return _shown(self._of(asked), lambda explorer: explorer.strip(asked.first, asked.truncation))

    def way(self, asked: requests.WayRequest) -> Any:
        """The frames from one sample to another."""
        return _shown(self._of(asked), lambda explorer: self._frames(explorer, asked))

    def lengths(self, asked: requests.EndsRequest) -> dict[str, Any]:
        """How long the latents are on either way between two samples, and between which lengths nearly all lie."""
        explorer = self._of(asked)
        ways = {
            name: explorer.lengths(asked.begin, asked.end, shell, asked.truncation)
            for name, shell in requests.WAYS.items()
        }
        return {"ways": ways, "usual": explorer.usual_lengths()}

    def film(self, asked: requests.WayRequest) -> Response:
        """The same as a GIF, there and back."""
        explorer = self._images(asked)
        return _film(to_bytes(self._frames(explorer, asked)))

    def way_maps(self, asked: requests.WayMapsRequest) -> Response:
        """The maps of a layer between two samples, as a GIF, there and back."""
        explorer = self._images(asked)
        return _film(explorer.way_maps(asked.begin, asked.end, asked.round_the_shell, asked.truncation, asked.layer))

    def direction_maps(self, asked: requests.DirectionMapsRequest) -> Response:
        """The maps of a layer from one end of a direction to the other, as a GIF, there and back."""
        explorer = self._images(asked)
        return _film(explorer.direction_maps(asked.sample, asked.method, asked.direction, asked.layer))

    def sum(self, asked: requests.SumRequest) -> Response:
        """The means of three groups, the first minus the second plus the third, and neighbours of that."""
        return _picture(self._images(asked).sum(asked.plus, asked.minus, asked.and_plus, asked.truncation))

    def directions(self, asked: requests.DirectionsRequest) -> dict[str, Any]:
        """The names of the directions and what is known of them."""
        found = self._images(asked).directions(asked.method)
        return {"directions": [{"name": each.name, **each.facts} for each in found]}

    def ends(self, asked: requests.DirectionEndsRequest) -> Response:
        """A sample at the lower and the upper end of each direction."""
        return _picture(self._images(asked).ends(asked.sample, asked.method, asked.ranges))

    def draw(self, asked: requests.DrawRequest) -> Response:
        """One sample, moved and with what is asked for in it."""
        return _picture(self._images(asked).draw(asked.sample, asked.moves))

    def mixes(self, asked: requests.MixRequest) -> Response:
        """One sample in the style of another: from its first layer on, from the second, and so on; then without it."""
        explorer = self._images(asked)
        content, style = (
            explorer.latent(Sample(seed, truncation=asked.truncation)) for seed in (asked.content, asked.style)
        )
        return _picture(explorer.inside.mixes(content, style))

    def drag(self, asked: requests.DragRequest) -> dict[str, Any]:
        """A picture whose points went a few steps on to where they are dragged."""
        explorer = self._images(asked)
        begin = explorer.latent(asked.sample) if asked.begin is None else explorer.as_latent(asked.begin)
        now = begin if asked.latent is None else explorer.as_latent(asked.latent)
        handles = [Handle(each.origin, each.target, each.at) for each in asked.handles]
        pace = None if asked.pace is None else explorer.as_latent(asked.pace)
        found = explorer.inside.dragged(begin, now, pace, handles, asked.steps_on, hold=asked.hold)
        picture = explorer.draw_latent(found.latent)
        return {
            "latent": found.latent[0].tolist(),
            "pace": found.pace[0].tolist(),
            "at": [handle.place for handle in found.handles],
            "left": [handle.left for handle in found.handles],
            "arrived": found.arrived,
            "stuck": found.steps < asked.steps_on and not found.arrived,
            "picture": base64.b64encode(beside(picture)).decode(),
        }

    def classes(self, asked: requests.SampleRequest) -> Response:
        """One sample as each class."""
        return _picture(self._images(asked).classes(asked.sample))

    def cloud(self, asked: requests.ModelRequest) -> dict[str, Any]:
        """Points of a model, and of what it learned from, where that is known."""
        explorer = self._of(asked)
        if not explorer.makes_points:
            raise ValueError("this model makes pictures, not points.")
        data = KNOWN.get(self.store.entry(asked.model).data)
        real = data.load(count=CLOUD).images if data and data.points else torch.zeros(0, 2)
        return {"points": _places(explorer.cloud(CLOUD)), "real": _places(real)}

    def example(self, asked: requests.ExampleRequest) -> Response:
        """A picture to translate, like those that the model learned from."""
        key = self.store.entry(asked.model, "translation").key
        game = self.store.model(key).game
        target = require_known("domain of this model", asked.target, game.targets)
        return _picture(picture_like(self.store.runs_folder / key, game, target, asked.number))

    def translate(self, asked: requests.TranslateRequest) -> Response:
        """A picture as the network sees it, and its translation."""
        model = self.store.model(self.store.entry(asked.model, "translation").key)
        shown, answer = translated(model, picture_in(asked.picture), asked.target)
        return _picture(torch.cat((shown.expand(-1, 3, -1, -1), answer.expand(-1, 3, -1, -1))))

    def begin_drive(self, asked: requests.BeginDriveRequest) -> dict[str, Any]:
        """The first frame of a drive, and the state from which it goes on."""
        return self._drives(asked).begin(asked.seed, asked.night)

    def steer(self, asked: requests.SteerRequest) -> dict[str, Any]:
        """The next frame of a drive."""
        return self._drives(asked).steer(asked.state, Truth(**asked.truth.model_dump()), asked.steering)

    def _drives(self, asked: requests.ModelRequest) -> Drives:
        return Drives(self.store.model(self.store.entry(asked.model, "drives").key))

    def _of(self, asked: requests.ModelRequest) -> Explorer:
        return self.explorers.of(asked.model)

    def _images(self, asked: requests.ModelRequest) -> Explorer:
        explorer = self._of(asked)
        if explorer.makes_points:
            raise ValueError("this model makes points, not pictures.")
        return explorer

    def _frames(self, explorer: Explorer, asked: requests.WayRequest) -> Tensor:
        return explorer.way(asked.begin, asked.end, asked.round_the_shell, asked.truncation)


def _call(model: type[M], answer: Callable[[M], Any]) -> Call:
    """``answer``, given what comes from a page as ``model`` reads it."""
    return lambda asked: answer(model.read(asked))


def _shown(explorer: Explorer, make: Callable[[Explorer], Tensor]) -> Any:
    made = make(explorer)
    return {"points": _places(made)} if explorer.makes_points else _picture(made)


def _film(frames: Pictures) -> Response:
    return Response(film(frames), media_type="image/gif")


def _picture(images: Tensor) -> Response:
    return Response(beside(images), media_type="image/png")


def _places(points: Tensor) -> list[list[float]]:
    """Points (N, D) in the plane: the first two numbers of each, or the one on a line."""
    if points.shape[1] == 1:
        points = torch.nn.functional.pad(points, (0, 1))
    return [[round(x, 4), round(y, 4)] for x, y in points[:, :2].tolist()]
