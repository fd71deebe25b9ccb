"""The page's section of causes: what happened to the concepts when units were removed and when they were inserted."""

from __future__ import annotations

from html import escape

import numpy as np

from dissect.report.charts import effects_chart, shares_chart
from dissect.report.contents import Contents
from dissect.report.markup import photo, pixels
from dissect.report.sheets import Picture, enlarge
from dissect.report.stories import Classes, Story

CUT = 100.0  # percent: a rare concept may grow many times over, and would flatten all other bars
WIDTH = 192  # pixels across a picture


def section(contents: Contents, quality: int) -> str:
    """The stories with their charts and pictures; nothing where there are none."""
    if not contents.stories:
        return ""
    return (
        "<p>A unit that lights up on trees need not <em>make</em> them. So units are changed while the generator "
        "draws, and the pixels of every concept are counted again.</p>"
        "<p>The thin grey bar below each bar is the control: as many other units of the layer, chosen at random. "
        "Taking anything out of a network harms its pictures; only what the units do beyond their control is their "
        "own. Whiskers are 95 % intervals, over images for the units and over random sets for the control; point at "
        "a bar to read its numbers. What is removed lets show what stood behind: where trees go, sky and grass must "
        "grow.</p>"
        '<label class="veil" for="veil"><input type="checkbox" id="veil"> Lay over the pictures what the segmenter sees'
        "</label>"
    ) + "".join(_article(contents, story, quality) for story in contents.stories)


def _article(contents: Contents, story: Story, quality: int) -> str:
    palette = contents.colours_of_classes()
    pairs = "".join(
        '<div class="pair">'
        f"{_veiled(scene.before, scene.seen_before, palette, quality, f'Picture {scene.image} as it was')}"
        f"{_veiled(scene.after, scene.seen_after, palette, quality, f'Picture {scene.image} without the units')}</div>"
        for scene in story.scenes
    )
    charts = [
        _figure(
            "Removed",
            "How each concept changes when the units are taken away, in percent of its own pixels.",
            effects_chart(story.removed, "What removing the units takes away", " %", CUT),
        )
    ]
    if story.elsewhere:
        words = (
            f"The same, net of what stood behind: counted only where there was no {story.concept} before. Bars here "
            "are damage, or growth that the vanished do not explain."
        )
        chart = effects_chart(story.elsewhere, "What removing the units does elsewhere", " %", CUT)
        charts.append(_figure("Elsewhere", words, chart))
    if story.behind:
        words = f"What the segmenter sees now in the pixels that were {story.concept} and are no more."
        charts.append(_figure("Behind", words, shares_chart(story.behind, "What came forth")))
    words = (
        "Pixels of each concept with the units set high, less those with the units removed, in percentage points of "
        "all pixels looked at."
    )
    charts.append(_figure("Caused", words, effects_chart(story.caused, "What the units cause", " pp")))
    named = ", ".join(map(str, story.units))
    return (
        f'<article class="concept"><header><h3>{escape(story.heading)}</h3><p>{_whole(story.text)}</p></header>'
        f'<figure><div class="eight">{pairs}</div><figcaption>Above as it was, below without the units: {named} of '
        f'<code>{escape(story.layer)}</code>.</figcaption></figure><div class="two">{"".join(charts)}</div></article>'
    )


def _whole(text: str) -> str:
    """The text for the page, no number on another line than its percent sign."""
    return escape(text).replace(" %", "&nbsp;%")


def _figure(name: str, words: str, chart: str) -> str:
    return f"<figure><figcaption><b>{name}</b> {escape(words)}</figcaption>{chart}</figure>"


def _veiled(picture: Picture, seen: Classes, palette: Picture, quality: int, alt: str) -> str:
    """A picture with its segmentation above it, which the page shows on demand."""
    flat = np.asarray(palette[seen], dtype=np.uint8)
    return f'<span class="veiled">{photo(enlarge(picture, WIDTH), quality, alt)}{pixels(flat, "")}</span>'
