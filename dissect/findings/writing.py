"""Writing the findings down: findings.html and .md for readers, findings.json for programs, PNG pictures."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from core_gans.foundation.whole_files import write_whole
from dissect.findings.album import draw
from dissect.findings.gathering import Findings
from dissect.findings.page import page_of
from dissect.segmenters.protocol import Segmenter


def write_findings(
    folder: str | Path,
    findings: Findings,
    generator: nn.Module,
    segmenter: Segmenter,
    *,
    provenance: Mapping[str, str] | None = None,
    batch_size: int = 32,
    rng: torch.Generator,
) -> Path:
    """Write everything into ``folder``, which must be new; returns the page, findings.html.

    Raises FileExistsError when the folder is there already.
    """
    folder = Path(folder)
    if folder.exists():
        raise FileExistsError(f"{folder} is there already, and findings never overwrite: name a new folder")
    pictures = draw(findings, generator, segmenter, rng, batch_size)
    folder.mkdir(parents=True)
    facts = dict(provenance or {})
    told = json.dumps(_numbers(findings) | {"provenance": facts}, indent=1, allow_nan=False)
    write_whole(folder / "findings.json", told + "\n")
    return page_of(findings, facts, pictures).write(folder, "findings")


def _numbers(findings: Findings) -> dict[str, object]:
    return {
        "layer": findings.layer,
        "units_changed": findings.count,
        "chosen_by": findings.chosen_by,
        "layers": {
            name: {
                "units": each.count,
                "matched": len(each.matched()),
                "expected_by_chance": each.expected_by_chance(),
                "by_concept": {label: len(each.units(label)) for label in each.labels},
            }
            for name, each in findings.dissections.items()
        },
        "removed": {concept: each.to_dict() for concept, each in findings.removed.items()},
        "object": findings.object,
        "alpha": None if findings.alpha is None else findings.alpha.weight.tolist(),
        "choices": {way: each.to_dict() for way, each in findings.choices.items()},
        "dose": findings.dose.to_dict(),
        "insertion": None if findings.contexts is None else findings.contexts.to_dict(),
    }
