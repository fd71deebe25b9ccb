"""What the page of the Paint tab sends: a scene, the strokes made on it, and what is asked about them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from demos.json_models import LARGEST_SEED, LONGEST_NAME, JsonModel, Seed, expected, sequence
from dissect.painting import Mode

By = Literal["example", "agreement", "iou", "cause"]  # another picture's features, or units chosen so

MOST_STROKES = 200  # on one scene; each costs time at every repainting
MOST_POINTS = 2_000  # of one stroke's line
STRONGEST = 3.0  # further out, units have values that they never take by themselves
MOST_SCENES = 24  # of a strip
MOST_UNITS = 2**20
MOST_LAYERS = 4  # that one example is taken from
NAMED = 12  # units that are named at a point, and taken away together, at most

# Not further away than a brush could matter, whatever its size.
Share = Annotated[float, AfterValidator(lambda share: min(max(share, -9.0), 9.0))]
Point = Annotated[tuple[Share, Share], Field(strict=False)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DIGEST = "the digest of a picture of yours, 64 hex digits, or null for a scene"
InPicture = Annotated[float, Field(ge=0, le=0.9999)]


class MarkExample(JsonModel):
    """What a stroke by example takes: another picture, by its seed, or what surrounds the thing (None)."""

    seed: Seed | None = expected(f"the seed of an example from 0 to {LARGEST_SEED}, or null for the surroundings")
    moved: Annotated[tuple[int, int], Field(strict=False)] = expected(
        "two whole numbers of pixels, down and right, by which the example is moved", default=(0, 0)
    )
    layers: tuple[Name, ...] = sequence(f"1 to {MOST_LAYERS} names of layers", min_length=1, max_length=MOST_LAYERS)


class Mark(JsonModel):
    """One stroke: what it does to which concept, along which line, how strongly, and with how many units."""

    mode: Mode = expected(f"a mode out of {', '.join(get_args(Mode))}")
    concept: Name = expected("the name of a concept")
    points: tuple[Point, ...] = sequence(
        f"1 to {MOST_POINTS} points [x, y] of a stroke, in shares of the picture's side from the top left",
        min_length=1,
        max_length=MOST_POINTS,
    )
    radius: float = expected("the brush's radius, a share of the picture's side, from 0.0001 to 1", ge=1e-4, le=1)
    soft: float = expected("the brush's softness, a share of its radius, from 0 to 1", default=0.0, ge=0, le=1)
    strength: float = expected(
        f"a strength from 0 to {STRONGEST:g}", default=1.0, ge=0, le=STRONGEST
    )  # see dissect.Stroke
    units: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = expected(
        f"a number of units from 1 to {MOST_UNITS}, or null for half of the layer's", default=None
    )
    by: By = expected(f"a way to choose units out of {', '.join(get_args(By))}", default="agreement")
    example: MarkExample | None = expected(
        "an example with seed, moved and layers, or null for the best that is found", default=None
    )
    on: bool = expected("a stroke to be on or off, true or false", default=True)

    @property
    def by_example(self) -> bool:
        """Whether it is made by example; amplifying is always done with units."""
        return self.by == "example" and self.mode != "amplify"


class SceneRequest(JsonModel):
    """A scene of a model, and the layer that is edited; None for the first that was dissected.

    With ``picture``, the digest of a picture of one's own, that is painted on, and the seed waits.
    """

    model: Name = expected("the name of a model")
    layer: Name | None = expected("the name of a layer", default=None)
    seed: Seed = expected(f"a whole scene number from 0 to {LARGEST_SEED}")
    picture: Digest | None = expected(DIGEST, default=None)

    @property
    def subject(self) -> int | str:
        """What is painted on, as a painter takes it."""
        return self.seed if self.picture is None else self.picture


class PlacesRequest(SceneRequest):
    """A thing that is to be added to a scene."""

    concept: Name = expected("the name of a concept")


class Sketch(SceneRequest):
    """A scene, and the strokes on it in their order."""

    strokes: tuple[Mark, ...] = sequence(
        f"a list of at most {MOST_STROKES} strokes: undo some, or start over", default=(), max_length=MOST_STROKES
    )

    def by(self, number: int, example: MarkExample) -> Sketch:
        """The same with ``example`` for the stroke called ``number``."""
        mark = self.strokes[number].model_copy(update={"example": example})
        return self._with((*self.strokes[:number], mark, *self.strokes[number + 1 :]))

    @property
    def painted(self) -> Sketch:
        """The same with the strokes alone that are switched on: what its picture depends on."""
        return self._with(tuple(mark for mark in self.strokes if mark.on))

    def first(self, count: int) -> Sketch:
        """The same with the first ``count`` strokes alone."""
        return self._with(self.strokes[:count])

    def _with(self, strokes: tuple[Mark, ...]) -> Sketch:
        return Sketch(model=self.model, layer=self.layer, seed=self.seed, picture=self.picture, strokes=strokes)


class RenderRequest(Sketch):
    """A sketch, and the stroke that is to be judged: by its place among those that are on; None for all of them."""

    stroke: Annotated[int, Field(ge=0, lt=MOST_STROKES)] | None = expected(
        f"the place of a stroke from 0 to {MOST_STROKES - 1}, or null for all", default=None
    )


class PlaceRequest(Sketch):
    """A point of a sketch's picture."""

    x: InPicture = expected("x, a share of the picture's side, from 0 to 0.9999")
    y: InPicture = expected("y, a share of the picture's side, from 0 to 0.9999")


class RemovalRequest(PlaceRequest):
    """Units to be taken away, and the place where that is looked at."""

    radius: float = expected("the radius of the place, a share of the picture's side, from 0 to 1", ge=0, le=1)
    units: tuple[Annotated[int, Field(ge=0, le=MOST_UNITS)], ...] = sequence(
        f"1 to {NAMED} units by their numbers", min_length=1, max_length=NAMED
    )


class ModelRequest(JsonModel):
    """A model, and the layer that the page had open."""

    model: Name = expected("the name of a model")
    layer: Name | None = expected("the name of a layer", default=None)


class UploadRequest(ModelRequest):
    """A picture of one's own, for a model."""

    file: str = expected("a picture's file as base64")


class PictureRequest(ModelRequest):
    """A picture that was uploaded."""

    picture: Digest = expected("the digest of a picture of yours, 64 hex digits")


class EndRequest(PictureRequest):
    """How its inversion ends early."""

    take: bool = expected("true to take what was found so far, false to throw it away")


class StripRequest(ModelRequest):
    """Scenes by their numbers."""

    seeds: tuple[Seed, ...] = sequence(f"1 to {MOST_SCENES} scene numbers", min_length=1, max_length=MOST_SCENES)
