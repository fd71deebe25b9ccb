"""Words that people do not know: each explains itself under the pointer, on a touch, and to the keyboard."""

from __future__ import annotations

from itertools import count

from markupsafe import Markup

from core_gans.foundation.html import tag

TERMS = {
    "unit": "One channel of a layer: it puts out a small map for each picture.",
    "latent": "The random numbers that a generator makes a picture from.",
    "IoU": "Intersection over union: how much of two regions together is in both, from 0 to 1.",
    "agreement": "How well a unit's region fits a thing, beyond what chance gives: 0 by chance, 1 perfect.",
    "gamma": "γ weighs diversity against quality when E-GAN judges a child.",
    "ACE": "Average causal effect: pixels of a thing with its units set high, less those without them.",
    "Fréchet distance": "How far two sets of pictures are apart, by the mean and the spread of their features.",
    "mutation": "In E-GAN a child differs from its parent by one training step on an objective: its mutation.",
    "mode": "One of the separate groups that the data fall into. A generator that leaves some out has lost modes.",
    "segmenter": "A network that names what is in each pixel of a picture.",
}  # fmt: skip
_numbers = count()


def term(name: str, words: str | None = None) -> Markup:
    """``words`` (by default ``name``) as a button that explains the term; KeyError for one that is not in ``TERMS``."""
    number = f"term-{next(_numbers)}"
    told = tag("span", TERMS[name], role="tooltip", id=number)
    return tag("span", tag("button", words or name, type="button", aria_describedby=number), told, class_="term")
