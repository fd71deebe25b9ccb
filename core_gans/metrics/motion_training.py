"""How the shipped motion classifier is made: moving digits over still pictures, ``python -m
core_gans.metrics.motion_training``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
import tyro
from rich.progress import track
from torch import Tensor

from core_gans.data.clips.moving_digits import draw_moving_digits
from core_gans.data.examples import as_float
from core_gans.foundation.whole_files import write_whole
from core_gans.metrics.digits_training import require_places
from core_gans.metrics.motion_classifier import FRAMES, SHIPPED, SIDE, MotionClassifier, save_motion_classifier

CLIPS, HELD = 1_500, 500  # to learn from, and to be measured on
_BATCH = 32


def make_motion_classifier(out: Path = SHIPPED, seed: int = 0, steps: int = 150, overwrite: bool = False) -> None:
    """Train the classifier that judges films; write its weights and, beside them, a JSON file about it.

    Args:
        out: where the weights go (.safetensors)
        seed: decides the clips, the initial weights and every draw
        steps: optimiser steps of 32 clips
        overwrite: replace what stands there

    FileExistsError where something stands there, LabError for a name that is its JSON file's.
    """
    about_path = out.with_suffix(".json")
    require_places(out, overwrite=overwrite)
    started = time.process_time()
    learned, held = (
        draw_moving_digits(count, SIDE, FRAMES, seed=each).examples()
        for count, each in ((CLIPS, seed), (HELD, seed + 1))
    )
    rng = torch.Generator().manual_seed(seed)
    classifier = taught(as_float(learned.images), labels_of(learned.labels), steps, rng)
    clips, labels = as_float(held.images), labels_of(held.labels)
    about = {
        "what": "a classifier of the way in which something moves (left, right, up, down), the judge of films",
        "command": f"python -m core_gans.metrics.motion_training --seed {seed} --steps {steps}",
        "seed": seed,
        "sha256": save_motion_classifier(classifier, out),
        "torch": torch.__version__,
        "accuracy": accuracy(classifier, clips, labels),
        "accuracy_disturbed": accuracy(classifier, disturbed(clips, rng), labels),
        "held_out": HELD,
        "trained_on": CLIPS,
        "steps": steps,
        "seconds": round(time.process_time() - started, 1),
    }
    write_whole(about_path, json.dumps(about, indent=2) + "\n")
    print(f"accuracy {about['accuracy']:.4f} on {HELD} held-out clips; wrote {out} and {about_path.name}")


def taught(clips: Tensor, labels: Tensor, steps: int, rng: torch.Generator) -> MotionClassifier:
    """A classifier that learned from ``clips`` (N, 1, 8, 32, 32) in [-1, 1] and ``labels`` (N,); frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=rng)))
        classifier = MotionClassifier()
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    for _ in track(range(steps), description=f"training {classifier.name}"):
        chosen = torch.randint(len(clips), (_BATCH,), generator=rng)
        seen = disturbed(clips[chosen], rng)
        loss = F.cross_entropy(classifier.logits(classifier(seen)), labels[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    classifier.eval().requires_grad_(False)
    classifier.normalise_features(clips[:1_000])
    return classifier


def disturbed(clips: Tensor, rng: torch.Generator) -> Tensor:
    """Clips (N, 1, T, H, W) in [-1, 1] of a bright thing over black: half of them over a still smooth picture, all of
    other contrast, some as negatives, and with noise, as generated films have it.
    """
    count, _, _, height, width = clips.shape

    def chance(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=rng)

    ink = (clips + 1) / 2 * (0.5 + 0.5 * chance(count, 1, 1, 1, 1))
    coarse = chance(count, 1, 4, 4) * (chance(count, 1, 1, 1) < 0.5)
    still = F.interpolate(coarse, size=(height, width), mode="bilinear").unsqueeze(2)
    shown = 2 * torch.lerp(still, torch.ones_like(ink), ink) - 1
    shown = torch.where(chance(count, 1, 1, 1, 1) < 0.2, -shown, shown)
    noise = torch.randn(clips.shape, generator=rng) * 0.15 * chance(count, 1, 1, 1, 1)
    return (shown + noise).clamp(-1, 1)


@torch.no_grad()
def accuracy(classifier: MotionClassifier, clips: Tensor, labels: Tensor) -> float:
    """The share of ``clips`` (N, C, T, H, W) whose way it tells."""
    found = torch.cat([classifier.logits(classifier(part)).argmax(1) for part in clips.split(250)])
    return (found == labels).double().mean().item()


def labels_of(labels: Tensor | None) -> Tensor:
    """The labels (N,) of drawn clips, 0 to 3, which they always have: None raises AssertionError."""
    assert labels is not None
    return labels


if __name__ == "__main__":
    tyro.cli(make_motion_classifier)
