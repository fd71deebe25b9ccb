"""The page's first section: what dissection is, told with one unit of this very report."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from dissect.measure.dissection import Dissection, Match
from dissect.report.contents import TILE, Colour, Contents
from dissect.report.markup import percent, photo
from dissect.report.sheets import Picture, enlarge, heat, region

Mask = npt.NDArray[np.bool_]  # (H, W)

LEAD = (
    '<p>Dissection (<a href="#provenance">Bau et al., 2019</a>) lets the generator draw many pictures and asks a '
    "second network, the segmenter, to name what is in every pixel. Then it compares each unit’s map with each "
    "concept. No unit was told to draw anything in particular; whatever is found was learned from pictures alone.</p>"
)
LEVELS = {  # by the dissection's rule
    "score": "Each pair of a unit and a concept has its own, the one at which they agree best beyond chance.",
    "iqr": "Each pair of a unit and a concept has its own, the one at which they tell most of each other.",
    "iou": "Each pair of a unit and a concept has its own, the one at which they agree best.",
}
RANKS = {"score": "score", "iqr": "IQR", "iou": "IoU"}
WORDS = (
    (
        "IoU",
        "Intersection over union: of the pixels that are in the unit’s region or in the concept, the share that is in "
        "both, over all images together. 1 is a perfect match.",
    ),
    (
        "Score",
        "The IoU corrected for chance: 0 is what the unit’s regions reach when they are laid over another picture, and "
        "1 is perfect. Sky is large and always above, so nearly any unit overlaps with some sky; that much it has with "
        "another picture’s sky, too, and gets no score for it.",
    ),
    (
        "IQR",
        "Information quality ratio: the information that unit and concept share, as a part of all that the two hold "
        "together. 0 is none, 1 is all.",
    ),
    ("Area", "The share of all pixels where the unit is on."),
)


def section(contents: Contents, quality: int) -> str:
    """What dissection is, an example in five pictures, and the words that the report uses."""
    defined = (("Level", _level(contents.dissection)), *WORDS)
    words = "".join(f"<div><dt>{word}</dt><dd>{meaning}</dd></div>" for word, meaning in defined)
    decides = f"<p>A unit’s concept is the one with its highest {RANKS[contents.dissection.criterion.rank]}.</p>"
    match = _chosen(contents)
    steps = "" if match is None else _steps(contents, match, quality)
    return f'{LEAD}{steps}<dl class="words">{words}</dl>{decides}'


def _level(dissection: Dissection) -> str:
    """What a level is, and how those of this dissection were found."""
    rule = dissection.rule
    chosen = LEVELS[rule] if isinstance(rule, str) else f"Each unit has one, which {percent(rule)} of its map exceed."
    return f"A unit counts as “on” where its map, enlarged to the picture, is above its level. {chosen}"


def _chosen(contents: Contents) -> Match | None:
    """The best unit of a small thing, which explains more than a background's; else the best of all."""
    best = [contents.dissection.best(units[0]) for units in contents.plan.values()]
    things = [match for match in best if contents.share(match.concept) < 0.06]
    return max(things or best, key=lambda match: match.score, default=None)


def _steps(contents: Contents, match: Match, quality: int) -> str:
    image = int(contents.dissection.top_images[match.unit][0])
    picture, activation = contents.gallery.pictures[image], contents.gallery.maps[match.unit, image]
    concept = contents.dissection.concept(match.concept)
    colour = contents.palette[concept]
    there = contents.gallery.classes[image] == concept
    upsampling = contents.dissection.upsampling
    height, width = there.shape
    on = region(activation, match.level, height, width, upsampling)
    both, either = int((there & on).sum()), int((there | on).sum())
    shown = enlarge(picture, TILE)
    size = shown.shape[1], shown.shape[0]
    steps = [
        ("The picture", "as the generator drew it.", shown),
        (f"Unit {match.unit}", "its map, enlarged: bright is strong.", heat(activation, *size)),
        ("Its region", "where the map is above the unit’s level.", contents.tiles(match, count=1)[0]),
        (match.concept.capitalize(), "as the segmenter sees it.", _veiled(shown, there, colour)),
        (
            "Both together",
            f"{both} of {either} pixels are in both: an IoU of {both / max(either, 1):.2f} here, and of "
            f"{match.iou:.2f} over all {contents.dissection.images:,} images.",
            _overlap(there, on, colour, size),
        ),
    ]
    listed = "".join(
        f"<li><figure>{photo(shown, quality, f'{name}: {text}')}"
        f"<figcaption><b>{name}</b> {text}</figcaption></figure></li>"
        for name, text, shown in steps
    )
    return f'<ol class="steps">{listed}</ol>'


def _veiled(shown: Picture, there: Mask, colour: Colour) -> Picture:
    """The concept's pixels in its colour over a darkened picture."""
    size = shown.shape[1], shown.shape[0]
    soft = np.asarray(cv2.resize(there.astype(np.float32), size, interpolation=cv2.INTER_LINEAR))[:, :, None]
    cover = np.clip(4 * soft - 1.5, 0, 1)  # the edge through the middle of the step, a pixel or so wide
    return np.asarray(np.rint(0.45 * shown * (1 - cover) + cover * np.array(colour)), dtype=np.uint8)


def _overlap(there: Mask, on: Mask, colour: Colour, size: tuple[int, int]) -> Picture:
    """Where concept and region meet, in the concept's colour; the concept alone darker, the region alone grey."""
    flat = np.full((*there.shape, 3), 24, dtype=np.uint8)
    flat[there & ~on] = np.rint(0.45 * np.array(colour))
    flat[~there & on] = 150
    flat[there & on] = colour
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
