"""The findings as a page of Markdown: a table for each, with the pictures that show it."""

from collections.abc import Mapping

import numpy as np

from dissect.findings.fates import fate, interval, sorted_by_change
from dissect.findings.gathering import Findings
from dissect.measure.dissection import Dissection


def page_text(findings: Findings, provenance: Mapping[str, str]) -> str:
    """The whole page; ``provenance`` stands at its head."""
    parts = ["# Findings", "", *(f"- {name}: {value}" for name, value in provenance.items()), ""]
    parts += ["## Layers compared", "", *_layer_lines(findings), "", "![Units matched](layers.png)", ""]
    parts += ["## Objects removed", "", *_removal_lines(findings), "", "![Removed](removed.png)", ""]
    parts += ["![Before and after](before-after.png)", "", "## Agreement and cause", "", *_cause_lines(findings), ""]
    parts += ["## Dose and response", "", *_dose_lines(findings), "", "![Dose and response](dose.png)", ""]
    parts += ["## Where it can be put", "", *_insertion_lines(findings), ""]
    if findings.contexts is not None:
        parts += ["![Insertion by context](insertion.png)", ""]
    return "\n".join(parts)


def _layer_lines(findings: Findings) -> list[str]:
    rows = ["| layer | units | matched | expected by chance | concepts with units |", "|---|---|---|---|---|"]
    for name, each in findings.dissections.items():
        matched = len(each.matched())
        told = [label for label in each.labels if each.units(label)]
        rows.append(
            f"| {name} | {each.count} | {matched} ({matched / each.count:.0%}) | {_by_chance(each)} "
            f"| {len(told)}: {', '.join(told)} |"
        )
    return [*rows, "", f"Units are changed in {findings.layer}, {findings.count} for each concept."]


def _by_chance(dissection: Dissection) -> str:
    chance = dissection.expected_by_chance()
    return "not measured" if chance is None else f"{chance:.2g}"


def _removal_lines(findings: Findings) -> list[str]:
    rows = [
        "| concept | pixels | its units removed | random units removed | others, net | most harmed, net | fate |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in sorted_by_change(findings):
        other, net = each.worst()
        rows.append(
            f"| {each.concept} | {each.share:.2%} | {interval(each.change)} | {interval(each.random)} "
            f"| {each.others():.1%} | {other} {interval(net)} | {fate(each)} |"
        )
    text = (
        f"Changes of a concept's own pixels over {len(findings.judged)} images that took no part in the choice of "
        f"units by {findings.chosen_by}, with 95% intervals: over images for its units, over sets for the random "
        "ones. Net: pixels that showed the concept before are left out, for what stood behind it must come forth. "
        "Others: the sizes of their changes, summed, over the pixels that they had."
    )
    return [*rows, "", text]


def _cause_lines(findings: Findings) -> list[str]:
    first = set(findings.removed[findings.object].units)
    rows = [
        f"| {findings.object} units chosen by | removed | others, net | most harmed, net | shared with the first |",
        "|---|---|---|---|---|",
    ]
    for way, each in findings.choices.items():
        other, net = each.worst()
        rows.append(
            f"| {way} | {interval(each.change)} | {each.others():.1%} | {other} {interval(net)} "
            f"| {len(first & set(each.units))} of {len(each.units)} |"
        )
    if findings.alpha is None:
        rows += ["", "Units were not chosen by alpha: it was not asked for, or the segmenter has no logits."]
    return rows


def _dose_lines(findings: Findings) -> list[str]:
    dose = findings.dose
    rows = [
        f"| units removed | {dose.concept} gone | with random units | other pixels that change class |",
        "|---|---|---|---|",
    ]
    for place, count in enumerate(dose.counts.doses):
        gone, control, other = (
            float(each.mean[place]) for each in (dose.counts.removed, dose.counts.random_removed, dose.counts.disturbed)
        )
        rows.append(f"| {count:g} | {gone:.0%} | {control:.0%} | {other:.1%} |")
    return rows


def _insertion_lines(findings: Findings) -> list[str]:
    contexts = findings.contexts
    if contexts is None:
        return ["No unit stands for the concept that was to be put into places."]
    rows = [f"| put into | places | pixels of {contexts.concept} per pixel asked for |", "|---|---|---|"]
    effect = contexts.effect
    for place, (context, count) in enumerate(zip(contexts.contexts, contexts.places, strict=True)):
        if count:
            few = np.isnan(effect.low[place])
            rows.append(f"| {context} | {count} | {'too few places' if few else effect.of(place)} |")
    return rows
