"""Sessions from outside, by a link or inside a picture that the lab wrote: read as whatever anybody sends."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from demos.json_models import expected, sequence
from demos.lab import Lab
from demos.paint.calls import PaintCalls
from demos.paint.sketch import MOST_STROKES, Sketch

LONGEST_STROKE_NAME = 60  # characters


class SharedSession(Sketch):
    """A sketch and the names of its strokes, None where a stroke has none."""

    format: Literal[1] = expected("a session of format 1, as this lab writes it")
    picture: None = expected("a scene: pictures of one's own are not handed on", default=None)
    names: tuple[Annotated[str, Field(max_length=LONGEST_STROKE_NAME)] | None, ...] = sequence(
        f"a list with a name of at most {LONGEST_STROKE_NAME} characters, or null, for each stroke",
        default=(),
        max_length=MOST_STROKES,
    )

    @model_validator(mode="after")
    def _a_name_each(self) -> Self:
        if len(self.names) != len(self.strokes):
            raise ValueError(f"expected a name or null for each of {len(self.strokes)} strokes, got {len(self.names)}")
        return self


class SharedCalls:
    """Answers about them. Raises ValueError or LabError, with one line, for what cannot be painted here."""

    def __init__(self, calls: PaintCalls, lab: Lab) -> None:
        self.calls, self.lab = calls, lab

    def session(self, asked: SharedSession) -> dict[str, Any]:
        """The session as it was read, once its strokes have been painted."""
        layer = self.lab.painters.of(asked.model, asked.layer).dissection.layer
        if asked.painted.strokes:
            self.calls.painted(asked)
        return {**asked.model_dump(mode="json"), "layer": layer}
