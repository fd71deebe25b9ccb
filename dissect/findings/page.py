"""The findings as a page: a table for each, with the pictures that show it."""

from collections.abc import Mapping

import numpy as np

from core_gans.foundation.counting import how_many
from core_gans.foundation.intervals import Interval, written
from core_gans.foundation.pixels import Picture
from dissect.findings.fates import PLURAL, RARELY, fate, interval, sorted_by_change
from dissect.findings.gathering import Findings
from dissect.measure.dissection import Dissection
from dissect.report.written import PagePicture, PageSection, PageTable, WrittenPage, pictured

Part = str | PageTable | PagePicture


def page_of(findings: Findings, provenance: Mapping[str, str], pictures: Mapping[str, Picture]) -> WrittenPage:
    """The page, with those of the ``pictures`` that are there, by name."""
    layer = findings.dissection
    return WrittenPage(
        "Findings of GAN Dissection",
        f"What the units of {provenance['generator']} cause" if "generator" in provenance else "Findings",
        answer(findings),
        (
            PageSection("Layers compared", [*_layers(findings), *pictured(pictures, "layers", "Units matched")]),
            PageSection(
                "Objects removed",
                [
                    *_removals(findings),
                    *pictured(pictures, "removed", "Removed"),
                    *pictured(pictures, "before-after", "Before and after"),
                ],
            ),
            PageSection("Agreement and cause", _causes(findings)),
            PageSection("Dose and response", [_doses(findings), *pictured(pictures, "dose", "Dose and response")]),
            PageSection(
                "Where it can be put", [_insertions(findings), *pictured(pictures, "insertion", "Insertion by context")]
            ),
        ),
        provenance,
        {"findings.json": "every number", "findings.md": "the same page in Markdown"},
        (
            (f"units in {findings.layer}", str(layer.count)),
            ("match a concept", str(len(layer.matched()))),
            ("changed for each concept", str(findings.count)),
            ("images judged", str(len(findings.judged))),
        ),
    )


def answer(findings: Findings) -> str:
    """What becomes of the objects, in a sentence."""
    found: dict[str, list[str]] = {}
    for each in sorted_by_change(findings):
        found.setdefault(fate(each), []).append(each.concept)
    told = []
    for one, many in PLURAL.items():
        if names := found.get(one):
            single = f"is {one}" if one == RARELY else one
            told.append(f"{', '.join(names[:-1])} and {names[-1]} {many}" if names[1:] else f"{names[0]} {single}")
    return f"Without their {how_many(findings.count, 'unit')} of {findings.layer}, {'; '.join(told)}."


def _layers(findings: Findings) -> list[Part]:
    rows = []
    for name, each in findings.dissections.items():
        matched = len(each.matched())
        told = [label for label in each.labels if each.units(label)]
        share = f"{matched} ({matched / each.count:.0%})"
        rows.append([name, str(each.count), share, _by_chance(each), f"{len(told)}: {', '.join(told)}"])
    heads = ["layer", "units", "matched", "expected by chance", "concepts with units"]
    return [
        PageTable(heads, rows, "By chance: units that the same search matches in shuffled images"),
        f"Units are changed in {findings.layer}, {findings.count} for each concept.",
    ]


def _by_chance(dissection: Dissection) -> str:
    chance = dissection.expected_by_chance()
    return "not measured" if chance is None else f"{chance:.2g}"


def _removals(findings: Findings) -> list[Part]:
    rows = []
    for each in sorted_by_change(findings):
        other, net = each.worst()
        ours, control = interval(each.change), interval(each.random)
        harmed = f"{other} {interval(net)}"
        rows.append([each.concept, f"{each.share:.2%}", ours, control, f"{each.others():.1%}", harmed, fate(each)])
    text = (
        f"Changes of a concept's own pixels over {len(findings.judged)} images that took no part in the choice of "
        f"units by {findings.chosen_by}, with 95% intervals: over images for its units, over sets for the random "
        "ones. Net: pixels that showed the concept before are left out, for what stood behind it must come forth. "
        "Others: the sizes of their changes, summed, over the pixels that they had."
    )
    heads = [
        "concept",
        "pixels",
        "its units removed",
        "random units removed",
        "others, net",
        "most harmed, net",
        "fate",
    ]
    return [PageTable(heads, rows), text]


def _causes(findings: Findings) -> list[Part]:
    first = set(findings.removed[findings.object].units)
    rows = []
    for way, each in findings.choices.items():
        other, net = each.worst()
        shared = f"{len(first & set(each.units))} of {len(each.units)}"
        rows.append([way, interval(each.change), f"{each.others():.1%}", f"{other} {interval(net)}", shared])
    heads = [
        f"{findings.object} units chosen by", "removed", "others, net", "most harmed, net", "shared with the first",
    ]  # fmt: skip
    none = "Units were not chosen by alpha: it was not asked for, or the segmenter has no logits."
    return [PageTable(heads, rows), *([none] if findings.alpha is None else [])]


def _doses(findings: Findings) -> PageTable:
    dose = findings.dose
    rows = []
    for place, units in enumerate(dose.counts.doses):
        gone, control, other = (
            float(each.mean[place]) for each in (dose.counts.removed, dose.counts.random_removed, dose.counts.disturbed)
        )
        disturbed = "" if np.isnan(other) else f"{other:.1%}"  # there are no others where the concept is everything
        rows.append([f"{units:g}", written(gone, ".0%"), written(control, ".0%"), disturbed])
    return PageTable(
        ["units removed", f"{dose.concept} gone", "with random units", "other pixels that change class"], rows
    )


def _appeared(effect: Interval) -> str:
    """A mean with its interval; that of places where nothing appeared would be resampled zeros, which tell nothing."""
    if np.isnan(effect.low):
        return "too few places"
    return "none" if effect.low == effect.high == 0 else str(effect)


def _insertions(findings: Findings) -> Part:
    contexts = findings.contexts
    if contexts is None:
        return "No unit stands for the concept that was to be put into places, or there is no other to put it into."
    effect = contexts.effect
    rows = [
        [context, str(places), _appeared(effect.of(place))]
        for place, (context, places) in enumerate(zip(contexts.contexts, contexts.places, strict=True))
        if places
    ]
    if not rows:
        return f"No image shows enough of anything else at one place to put a {contexts.concept} into."
    return PageTable(["put into", "places", f"pixels of {contexts.concept} per pixel asked for"], rows)
