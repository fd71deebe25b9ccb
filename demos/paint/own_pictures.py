"""Pictures of one's own: read, brought to what a generator draws, inverted in the background, and kept for a while.

A picture is known by the digest of its pixels as they were prepared. The page keeps those, so that a picture that is
forgotten here (there is room for a few) is sent and inverted again, and found again to the bit of its pixels.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from core_gans.data import as_float
from core_gans.data.frame import Frame
from core_gans.data.stacking import stack
from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import digest
from demos.background import BackgroundJob, JobList
from demos.uploads import picture_in
from dissect.commands.encoder_choice import chosen_encoder
from dissect.inversion.inversion import Inversion
from dissect.inversion.inverting import InversionSettings, invert
from dissect.inversion.middle import middle_layer
from dissect.inversion.perceptual import eyes_of

if TYPE_CHECKING:
    from demos.paint.painter import Painter

LARGEST = 512  # pixels on a side of a picture that is kept; of a larger one, or of a larger generator's, fewer
SMALLEST = 8  # pixels on the shorter side of a picture: fewer show nothing
MOST_BYTES = 128 * 2**20  # of all pictures that are kept, with what was found for them
AT_ONCE = 2  # pictures inverted at once: each takes a core
SAMPLES = 128  # latents among which the search begins
SECONDS = 20.0  # at most
STEPS = {True: (80, 120), False: (120, 180)}  # of the latent and of the features, with and without an encoder
GONE = "this picture is no longer kept here: it has to be inverted again."

Phase = Literal["working", "ready", "cancelled", "failed"]
Key = tuple[str, str]  # the digests of a generator and of a picture


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture as it is kept: the square in its middle, uint8 (C, side, side) with the generator's channels."""

    pixels: Tensor
    notes: tuple[str, ...]  # what was done to it, a sentence each

    @property
    def digest(self) -> str:
        """The SHA-256 of its pixels, as hex digits."""
        return digest(f"picture {tuple(self.pixels.shape)}", [("", self.pixels.numpy().tobytes())])

    @property
    def image(self) -> Tensor:
        """(C, side, side) in [-1, 1]."""
        return as_float(self.pixels)


@dataclass(frozen=True, eq=False)
class OwnPicture:
    """A picture, and what a generator draws it from."""

    prepared: Prepared
    found: Inversion

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        found = self.found
        tensors = [self.prepared.pixels, found.image, found.rendering, found.latent, found.offset]
        return sum(each.nbytes for each in tensors if each is not None)


@dataclass(frozen=True)
class InvertingSnapshot:
    """What can be seen of an inversion: its phase, and the part of it that is done."""

    phase: Phase = "working"
    done: float = 0.0
    trouble: str = ""


class ForgottenError(LabError):
    """A picture is asked about that is not kept here."""


class CancelledError(RuntimeError):
    """The person asked for the end of an inversion."""


class Inverting(BackgroundJob[InvertingSnapshot]):
    """Finds what a painter's generator draws a picture from. ``stop`` throws away, ``enough`` takes what there is."""

    def __init__(self, key: Key, painter: Painter, prepared: Prepared, kept: OwnPictures) -> None:
        super().__init__(" ".join(key), InvertingSnapshot())
        self.key, self.painter, self.prepared, self.kept = key, painter, prepared, kept
        self.enough = Event()

    def work(self) -> dict[str, Any]:
        try:
            found = self._inverted()
        except CancelledError:
            return {"phase": "cancelled"}
        except FloatingPointError as error:
            return {"phase": "failed", "trouble": str(error)}
        self.kept.put(self.key, OwnPicture(self.prepared, found))
        return {"phase": "ready", "done": 1.0}

    def _inverted(self) -> Inversion:
        painter = self.painter
        with painter.whole:  # copies, so that whoever paints meanwhile need not wait
            generator, segmenter = copy.deepcopy((painter.generator, painter.segmenter))
        samples = torch.cat([painter.latent(torch.Generator().manual_seed(seed)) for seed in range(SAMPLES)])
        image = fitted(self.prepared.pixels, painter.side)
        encoder = chosen_encoder(None, generator)
        latent_steps, feature_steps = STEPS[encoder is not None]
        return invert(
            generator,
            image.to(samples.device),
            samples,
            encoder=encoder,
            layer=encoder.layer if encoder else middle_layer(generator, samples[:1]),
            perceptual=eyes_of(segmenter, image[None].to(samples.device)),
            segmenter=segmenter,
            settings=InversionSettings(latent_steps=latent_steps, feature_steps=feature_steps, seconds=SECONDS),
            progress=self._tell,
            enough=self.enough.is_set,
        )

    def _tell(self, done: float) -> None:
        if self.asked_to_end:
            raise CancelledError
        self.change(done=done)


class OwnPictures:
    """The pictures of all pages, those used last, and what is at work on new ones. Safe to share between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._lock = Lock()
        self._kept: OrderedDict[Key, OwnPicture] = OrderedDict()  # the longest unused first
        self._jobs: dict[Key, Inverting] = {}
        self._at_work: JobList[Inverting] = JobList(
            AT_ONCE,
            "this picture is being inverted already.",
            "{count} pictures are being inverted already, and more would slow each other down: try again in a moment.",
        )

    def begin(self, painter: Painter, prepared: Prepared) -> str:
        """Invert a picture in the background, unless that was done; its digest. LabError where too many are at work."""
        key = painter.digest, prepared.digest
        with self._lock:
            job = self._jobs.get(key)
            if key not in self._kept and not (job and job.running):
                self._jobs = {other: each for other, each in self._jobs.items() if each.running}
                self._jobs[key] = self._at_work.start(Inverting(key, painter, prepared, self))
        return key[1]

    def progress(self, painter: Painter, name: str) -> InvertingSnapshot:
        """How far the inversion of the picture called ``name`` is. ForgottenError for one that is not known."""
        with self._lock:
            if (painter.digest, name) in self._kept:
                return InvertingSnapshot("ready", 1.0)
        return self._job(painter, name).snapshot

    def end(self, painter: Painter, name: str, *, take: bool) -> None:
        """End an inversion early: ``take`` what was found so far, or throw it away. ForgottenError as ``progress``."""
        job = self._job(painter, name)
        if take:
            job.enough.set()
        else:
            job.stop()

    def put(self, key: Key, own: OwnPicture) -> None:
        """Keep what was found; the longest unused go, all but the last."""
        with self._lock:
            self._kept[key] = own
            while len(self._kept) > 1 and sum(each.size for each in self._kept.values()) > self.most_bytes:
                self._kept.popitem(last=False)

    def of(self, painter: Painter, name: str) -> OwnPicture:
        """The picture with the digest ``name``. ForgottenError where it is not kept."""
        key = painter.digest, name
        with self._lock:
            if key not in self._kept:
                raise ForgottenError(GONE)
            self._kept.move_to_end(key)
            return self._kept[key]

    def close(self) -> None:
        """End what is at work."""
        self._at_work.close()

    def _job(self, painter: Painter, name: str) -> Inverting:
        with self._lock:
            job = self._jobs.get((painter.digest, name))
        if job is None:
            raise ForgottenError(GONE)
        return job


def prepared(sent: str, side: int, colours: int) -> Prepared:
    """A file sent as base64, for a generator that draws (colours, side, side).

    What has been prepared once stays as it is: its digest is the same again.

    Raises:
        ValueError: as ``demos.uploads.picture_in``, or a picture of fewer than ``SMALLEST`` pixels a side.
    """
    picture = picture_in(sent)
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        raise ValueError(f"the picture has {width} x {height} pixels: expected at least {SMALLEST} x {SMALLEST}.")
    own = min(height, width)
    kept = max(min(own, LARGEST), side)
    notes = []
    if height != width:
        notes.append(f"Of its {width} x {height} pixels the square in the middle is taken.")
    if kept < own:
        notes.append(f"It is reduced to {kept} x {kept} pixels.")
    if kept > own:
        notes.append(f"It is enlarged to {kept} x {kept} pixels.")
    if picture.ndim == 3 and colours == 1:
        notes.append("The generator draws in grey: the colours are left out.")
    return Prepared(stack([picture], 1, Frame(kept, kept, colours))[0], tuple(notes))


def fitted(pixels: Tensor, side: int) -> Tensor:
    """Pixels (C, H, W), uint8, as an image (C, side, side) in [-1, 1]."""
    picture = pixels.permute(1, 2, 0).numpy()
    return as_float(stack([picture[..., 0] if len(pixels) == 1 else picture], 1, Frame(side, side, len(pixels))))[0]
