"""The findings as a page of Markdown, findings.md.j2: a table for each, with the pictures that show it."""

from collections.abc import Mapping

import numpy as np

from core_gans.foundation.html import filled
from dissect.findings.fates import fate, interval, sorted_by_change
from dissect.findings.gathering import Findings


def page_text(findings: Findings, provenance: Mapping[str, str]) -> str:
    """The whole page; ``provenance`` stands at its head."""
    return filled(
        "dissect.findings",
        "findings.md.j2",
        found=findings,
        contexts=findings.contexts,
        removed=sorted_by_change(findings),
        provenance=provenance,
        concepts=lambda each: [label for label in each.labels if each.units(label)],
        fate=fate,
        interval=interval,
        isnan=np.isnan,
        zip=zip,
    )
