"""What the page of the Explore tab sends, and what that means for an explorer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from core_gans.data.road.car import FARTHEST
from demos.exploring.finding import METHODS, Method
from demos.json_models import LARGEST_SEED, JsonModel, Seed, expected, sequence

GROUP = 3  # samples of a mean; see core_gans.exploring.arithmetic
MOST_NUMBERS = 64  # of a list
LONGEST_TEXT = 400  # characters
LONGEST_STATE = 2**16  # characters of a drive's state
WAYS = {"straight": False, "circle": True}  # whether a way keeps to the shell on which normal latents lie

MOST_HANDLES = 8
DRAG_STEPS = 5  # of the latent, in one answer
LONGEST_LATENT = 4096  # numbers

Number = Annotated[float, Field(gt=-1e6, lt=1e6)]
Numbers = Annotated[tuple[Number, ...], Field(strict=False, max_length=MOST_NUMBERS)]

Latent = Annotated[tuple[Number, ...], Field(strict=False, max_length=LONGEST_LATENT)]
Place = Annotated[tuple[Number, Number], Field(strict=False)]
Layer = Annotated[int, Field(ge=0, lt=MOST_NUMBERS)]


@dataclass(frozen=True)
class Sample:
    """A sample by its number, and what is asked for in it; None leaves that to the number."""

    seed: int
    label: int | None = None
    codes: tuple[float, ...] | None = None
    text: str | None = None
    truncation: float | None = None
    """The threshold beyond which the numbers of its latent were drawn again; see ``core_gans.sampling``."""


@dataclass(frozen=True)
class Moves:
    """A step along each of the first directions of a method."""

    method: Method
    steps: tuple[float, ...]
    ranges: tuple[tuple[int, int] | None, ...] = ()
    """For each direction the first and the last layer that it moves, by their places; None, or nothing: all of it."""


def _seed(name: str, **more: Any) -> Any:
    return expected(f"{name} to be a whole number from 0 to {LARGEST_SEED}", **more)


def _numbers(name: str) -> Any:
    what = f"{name} to be a list of at most {MOST_NUMBERS} numbers of a reasonable size"
    return expected(what, default=None)


def _latent(name: str) -> Any:
    return expected(f"{name} to be the numbers of a latent, at most {LONGEST_LATENT}", default=None)


def _place(name: str, **more: Any) -> Any:
    return expected(f"{name} to be a place in the picture, its pixels from the left and from the top", **more)


def _group(name: str, **more: Any) -> Any:
    what = f"{name} to be the numbers of 1 to {GROUP} samples"
    return sequence(what, min_length=1, max_length=GROUP, **more)


def _method(**more: Any) -> Any:
    return expected(f"a method out of {', '.join(METHODS)}", **more)


class ModelRequest(JsonModel):
    """A model by its key."""

    model: str = expected("the key of a model", max_length=400)


class SamplesRequest(ModelRequest):
    """A model, and how its samples are drawn."""

    truncation: float | None = expected("a truncation above 0", default=None, gt=0, le=100)


class StripRequest(SamplesRequest):
    first: Seed = _seed("first")


class EndsRequest(SamplesRequest):
    """Two samples, by their numbers."""

    begin: Seed = _seed("from", alias="from")
    end: Seed = _seed("to", alias="to")


class WayRequest(EndsRequest):
    way: Literal["straight", "circle"] = expected(f"a way out of {', '.join(WAYS)}")

    @property
    def round_the_shell(self) -> bool:
        return WAYS[self.way]


class SumRequest(SamplesRequest):
    """Three groups of samples, for plus - minus + and."""

    plus: tuple[Seed, ...] = _group("plus")
    minus: tuple[Seed, ...] = _group("minus")
    and_plus: tuple[Seed, ...] = _group("and", alias="and")


class DirectionsRequest(ModelRequest):
    method: Method = _method()


class SampleRequest(SamplesRequest):
    seed: Seed = _seed("seed")
    label: Seed | None = _seed("label", default=None)
    codes: Numbers | None = _numbers("codes")
    text: str | None = expected(f"a text of at most {LONGEST_TEXT} characters", default=None, max_length=LONGEST_TEXT)

    @property
    def sample(self) -> Sample:
        return Sample(self.seed, self.label, self.codes, self.text, self.truncation)


Range = Annotated[tuple[Layer, Layer], Field(strict=False)]
Ranges = Annotated[tuple[Range | None, ...], Field(strict=False, max_length=MOST_NUMBERS)]


def _ranges() -> Any:
    return expected("ranges to be a list of pairs of layers by their places, the first one first, or null", default=())


class DirectionEndsRequest(SampleRequest):
    """A sample, whose directions are to be shown."""

    method: Method = _method()
    ranges: Ranges = _ranges()


class DrawRequest(SampleRequest):
    """A sample, moved where steps are given."""

    method: Method | None = _method(default=None)
    steps: Numbers | None = _numbers("steps")
    ranges: Ranges = _ranges()

    @property
    def moves(self) -> Moves | None:
        """ValueError for steps without a method."""
        if self.steps is None:
            return None
        if self.method is None:
            raise ValueError(f"expected a method out of {', '.join(METHODS)} for the steps, got none")
        return Moves(self.method, self.steps, self.ranges)


class WayMapsRequest(WayRequest):
    """The maps of a layer on a way between two samples."""

    layer: str = expected("the name of a layer", max_length=LONGEST_TEXT)


class DirectionMapsRequest(SampleRequest):
    """The maps of a layer while a sample moves along one direction."""

    layer: str = expected("the name of a layer", max_length=LONGEST_TEXT)
    method: Method = _method()
    direction: int = expected("the place of a direction", ge=0, lt=MOST_NUMBERS)


class MixRequest(SamplesRequest):
    """Two samples: what is where, and in which style."""

    content: Seed = _seed("content")
    style: Seed = _seed("style")


class HandleRequest(JsonModel):
    """A point of a picture that is dragged."""

    origin: Place = _place("origin")
    target: Place = _place("target")
    at: Place | None = _place("at", default=None)


class DragRequest(SampleRequest):
    """A picture, and the points that are dragged in it."""

    begin: Latent | None = _latent("begin")
    """Of the picture as it was when its points were set; None for the sample itself."""
    latent: Latent | None = _latent("latent")
    """Of the picture as it is."""
    pace: Latent | None = _latent("pace")
    """With which the latent goes on; None where it stands."""
    handles: tuple[HandleRequest, ...] = sequence(
        f"handles to be at most {MOST_HANDLES} points", max_length=MOST_HANDLES
    )
    steps_on: int = expected(f"steps_on to be a whole number from 0 to {DRAG_STEPS}", ge=0, le=DRAG_STEPS)
    hold: bool = expected("hold to be true or false")


class BeginDriveRequest(ModelRequest):
    seed: Seed = _seed("seed")
    night: bool = expected("night to be true or false")


def _number(name: str, most: float) -> Any:
    return expected(f"{name} to be a number from {-most:g} to {most:g}", ge=-most, le=most)


class TruthRequest(JsonModel):
    """Where the car is on the drawn road."""

    seed: Seed = _seed("seed")
    night: bool = expected("night to be true or false")
    frame: Seed = _seed("frame")
    place: float = _number("place", 1e9)
    offset: float = _number("offset", FARTHEST)
    heading: float = _number("heading", 2.0)


class SteerRequest(ModelRequest):
    state: str = expected("the state of a drive as base64", max_length=LONGEST_STATE)
    truth: TruthRequest = expected("where the car is on the drawn road")
    steering: float = _number("steering", 1.0)


class ExampleRequest(ModelRequest):
    target: str = expected("the name of a domain", max_length=400)
    number: Seed = _seed("number")


class TranslateRequest(ModelRequest):
    target: str = expected("the name of a domain", max_length=400)
    picture: str = expected("a picture's file as base64")
