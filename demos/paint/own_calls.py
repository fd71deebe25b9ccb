"""What the page asks about a picture of one's own: to invert it, how far that is, and how good it became."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from demos.lab import Lab
from demos.paint.canvas import image_url
from demos.paint.own_pictures import prepared
from demos.paint.painter import Painter, Subject
from demos.paint.sketch import EndRequest, PictureRequest, UploadRequest
from dissect.inversion.inverting import STRANGE
from dissect.inversion.pasting import paste_back
from dissect.painting import Painting
from dissect.segmenters.doubts import doubts

POOR_L1, POOR_AGREEMENT = 0.1, 0.85  # a rendering beyond these is another picture

Answer = dict[str, Any]


class OwnCalls:
    """Answers for all pages of one lab. Raises ValueError or LabError, with one line, for what cannot be answered."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def upload(self, asked: UploadRequest) -> Answer:
        """Read a picture and begin to invert it: its name here, and its pixels for the page to keep."""
        painter = self.lab.painters.of(asked.model, asked.layer)
        colours = painter.edit_session(0).before.shape[0]
        own = prepared(asked.file, painter.side, colours)
        name = painter.pictures.begin(painter, own)
        return {"picture": name, "prepared": image_url(own.image), "notes": list(own.notes)}

    def inverting(self, asked: PictureRequest) -> Answer:
        """How far the inversion of a picture is."""
        painter = self.lab.painters.of(asked.model, asked.layer)
        seen = painter.pictures.progress(painter, asked.picture)
        return {"phase": seen.phase, "done": round(seen.done, 3), "trouble": seen.trouble}

    def end(self, asked: EndRequest) -> Answer:
        """End an inversion early."""
        painter = self.lab.painters.of(asked.model, asked.layer)
        painter.pictures.end(painter, asked.picture, take=asked.take)
        return {}


def shown(painter: Painter, subject: Subject, painting: Painting) -> Tensor:
    """What a person sees of a painting, (C, H, W): of a picture of one's own, that with what changed pasted back."""
    if isinstance(subject, int):
        return painting.after
    own = painter.pictures.of(painter, subject)
    return paste_back(own.prepared.image.to(painting.after), painting.before, painting.after)


def told_of(painter: Painter, subject: Subject) -> Answer | None:
    """How a generator draws a picture of one's own, beside that; None for a scene."""
    if isinstance(subject, int):
        return None
    own = painter.pictures.of(painter, subject)
    found = own.found
    same = "" if found.agreement is None else f" {found.agreement:.0%} of the pixels show the same class."
    notes = []
    if found.strangeness > STRANGE:
        notes.append(
            "This picture is not like what the generator draws, so edits may do odd things: from the nearest of its "
            f"pictures it is {found.strangeness:.1f} times as far as they are from each other."
        )
    if found.pixel_l1 > POOR_L1 or (found.agreement is not None and found.agreement < POOR_AGREEMENT):
        notes.append("The generator does not quite draw this picture.")
    if unsure := doubts(painter.segmenter, own.prepared.image[None]):
        notes.append(f"{unsure[0].upper()}{unsure[1:]}.")
    return {
        "rendering": image_url(found.rendering),
        "pixelL1": round(found.pixel_l1, 4),
        "agreement": None if found.agreement is None else round(found.agreement, 4),
        "said": f"The pixels differ by {found.pixel_l1 / 2:.1%} in the mean.{same}",
        "notes": notes,
    }
