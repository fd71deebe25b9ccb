"""The report's page: one HTML file that stands alone, with its pictures, style and script inside it."""

from __future__ import annotations

from html import escape
from importlib.resources import files

import numpy as np

from dissect.report import causes, concepts, dialog, example, layers, limits, units
from dissect.report.contents import TILE, Contents
from dissect.report.markup import photo, pixels, swatch
from dissect.report.sheets import enlarge

FIRST = 6  # pictures beside the title
STYLES = ("page.css", "figures.css", "charts.css", "tables.css", "dialog.css")
SCRIPTS = ("units.js", "dialog.js")
PAPER = (
    "Method: David Bau, Jun-Yan Zhu, Hendrik Strobelt, Bolei Zhou, Joshua B. Tenenbaum, William T. Freeman and Antonio "
    "Torralba, <cite>GAN Dissection: Visualizing and Understanding Generative Adversarial Networks</cite>, ICLR 2019."
)


def render(contents: Contents, quality: int) -> str:
    """The page as HTML, its pictures compressed to WebP of ``quality`` (1 to 100)."""
    sections = (
        ("how", "How to read it", example.section(contents, quality)),
        ("pictures", "The pictures", _pictures(contents, quality)),
        ("concepts", "The concepts", concepts.section(contents, quality)),
        ("causes", "Cause and effect", causes.section(contents, quality)),
        ("layers", "The layers", layers.section(contents)),
        ("all", "All units", units.section(contents, quality)),
        ("limits", "What it cannot say", limits.section(contents)),
        ("provenance", "Provenance", _provenance(contents)),
    )
    there = [(anchor, name, body) for anchor, name, body in sections if body]
    links = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name, _ in there)
    bodies = "".join(f'<section id="{anchor}"><h2>{name}</h2>{body}</section>' for anchor, name, body in there)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(contents.title)}</title><style>{''.join(map(_beside, STYLES))}</style></head><body>"
        f'{_top(contents, quality)}<nav aria-label="Sections"><ul>{links}</ul></nav><main>{bodies}</main>'
        "<footer>Beside this page lie its numbers, <code>report.json</code> and tables as CSV, the sheets as pictures "
        "in <code>sheets</code>, and <code>replay.py</code>, which does the dissection again and compares; "
        f"<code>README.md</code> says what each column holds.</footer>"
        f"{dialog.section(contents, quality)}<script>{''.join(map(_beside, SCRIPTS))}</script></body></html>\n"
    )


def _top(contents: Contents, quality: int) -> str:
    dissection = contents.dissection
    matched = dissection.matched()
    facts: tuple[tuple[str, str], ...] = (
        ("units in the layer", f"{dissection.count}"),
        ("match a concept", f"{len(matched)}"),
        ("concepts have a unit", f"{len({match.concept for match in matched})} of {len(dissection.labels)}"),
        ("images looked at", f"{dissection.images:,}"),
    )
    wrong = limits.faults(dissection)
    facts += (("cannot be judged", f"{len(wrong)}"),) if wrong else ()
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        '<header class="top"><div><p class="eyebrow">Dissection of the layer '
        f"<code>{escape(dissection.layer)}</code></p>"
        f"<h1>{escape(contents.title)}</h1>"
        '<p class="lead">A generator makes a picture out of random numbers, layer by layer. Each layer is a stack of '
        "<em>units</em>: small maps that light up in some places and stay dark in others. This report shows, unit by "
        f'unit, what is drawn where it lights up.</p><dl class="facts">{listed}</dl></div>'
        f"{_first(contents, quality)}</header>"
    )


def _first(contents: Contents, quality: int) -> str:
    """A taste of what follows: the best units of some concepts, each in the picture where it is strongest."""
    best = [contents.dissection.best(units[0]) for units in contents.plan.values()]
    figures = "".join(
        f"<figure>{photo(tile, quality, f'Unit {match.unit}, outlined where it draws {match.concept}')}"
        f"<figcaption>{swatch(contents.colour(match.concept))}{escape(match.concept)}</figcaption></figure>"
        for match in sorted(best, key=lambda match: -match.score)[:FIRST]
        for tile in contents.tiles(match, count=1)
    )
    return f'<div class="first">{figures}</div>' if figures else ""


def _pictures(contents: Contents, quality: int) -> str:
    labels, gallery = contents.dissection.labels, contents.gallery
    palette = contents.colours_of_classes()
    pairs, seen = [], set()
    for image in contents.samples:
        classes = gallery.classes[image]
        there = [int(index) for index in np.unique(classes) if index >= 0]
        seen.update(there)
        names = ", ".join(labels[index] for index in there)
        shown = photo(enlarge(gallery.pictures[image], TILE), quality, f"Picture {image}")
        pairs.append(f'<div class="pair">{shown}{pixels(palette[classes], f"Its segmentation: {names}")}</div>')
    legend = "".join(
        f"<li>{swatch(contents.colour(labels[index]))}{escape(labels[index])}</li>" for index in sorted(seen)
    )
    return (
        "<p>Some of the pictures that were looked at, and below each what the segmenter made of it. Where the "
        f'segmenter errs, the dissection errs with it.</p><div class="eight">{"".join(pairs)}</div>'
        f'<ul class="legend">{legend}</ul>'
    )


def _provenance(contents: Contents) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in contents.provenance.items()
    )
    return (
        '<div class="scroll"><table class="provenance"><caption>Where these numbers come from</caption>'
        f'<tbody>{rows}</tbody></table></div><p class="paper">{PAPER}</p>'
    )


def _beside(name: str) -> str:
    return (files("dissect.report") / name).read_text(encoding="utf-8")
