"""``core-gans export``: a trained player in a folder for others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from core_gans import models
from core_gans.exporting.folder import export
from core_gans.runs.folder import NEWEST


@dataclass(frozen=True)
class Export:
    """Write a trained player into a new folder for others: weights, config.json, a model card, and ONNX if asked."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file."""
    folder: tyro.conf.Positional[Path]
    """A new folder; commands open it like a run."""
    checkpoint: str = NEWEST
    """Of a run: newest, best (by the judge, where --judge-every was given), or a round that was kept."""
    onnx: bool = False
    """Also model.onnx, for programs without Python, compared with torch by onnxruntime (the extra `export`)."""
    half: bool = False
    """Store the weights in float16, which halves the file."""

    def run(self, console: Console) -> None:
        """Write, and say what was compared."""
        model = models.open_player(self.source, self.checkpoint)
        run = self.source if (self.source / "checkpoints").is_dir() else None
        difference = export(model, self.folder, run=run, onnx=self.onnx, half=self.half)
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        if self.onnx:
            console.print(f"ONNX differs from torch by {difference:.1g} at most", highlight=False, soft_wrap=True)
        console.print(f"exported: {self.folder}", highlight=False, soft_wrap=True)
