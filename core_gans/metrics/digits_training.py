"""How the shipped digits classifier is made: four fifths of the digits to learn from, one fifth to be measured on."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from rich.progress import track
from torch import Tensor

from core_gans.data.digits import digits
from core_gans.data.examples import Examples, as_float
from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole
from core_gans.metrics.classes import class_coverage
from core_gans.metrics.digits_augmentation import augment, no_digits
from core_gans.metrics.digits_classifier import SHIPPED, SIDE, DigitsClassifier, save_digits_classifier

COMMAND = "python -m core_gans.metrics"
NORMALISED_ON = 5_000  # images at most, on which the features' variance is brought to 1
ADigitsClassifier = TypeVar("ADigitsClassifier", bound=DigitsClassifier)
_BATCH = 64
_OUTLIERS = 16  # of no digit, with every batch
_MIXED = 16  # of the batch are blends of two digits, whose answer is both


@dataclass(frozen=True)
class TrainingReport:
    """What was measured on the held-out fifth, which the classifier never saw."""

    accuracy: float  # on clean held-out digits
    accuracy_augmented: float  # on the same digits moved, blurred and noisy
    confident: float  # share of clean held-out digits judged with a probability of at least 0.8
    confident_on_no_digits: float  # the same share of images that are no digits
    held_out: int
    trained_on: int
    steps: int
    seconds: float


def split(data: Examples, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Indices of the labels (N,) to learn from (four fifths) and held out, drawn by ``rng`` within each class.

    ValueError without labels.
    """
    if data.labels is None:
        raise ValueError(f"{data.name} has no labels to split by")
    order = torch.randperm(len(data), generator=rng)
    by_class = order[data.labels[order].argsort(stable=True)]
    held = torch.arange(len(data)) % 5 == 4
    return by_class[~held], by_class[held]


def train_digits_classifier(rng: torch.Generator, steps: int = 2_500) -> tuple[DigitsClassifier, TrainingReport]:
    """Train on four fifths of the digits at 32x32; the first draws of ``rng`` decide which (see ``split``).

    About a minute on one core. The progress is drawn on the terminal.
    """
    started = time.perf_counter()
    data = digits(SIDE)
    learn, held = split(data, rng)
    images, labels = as_float(data.images), _labels(data)
    classifier = taught(DigitsClassifier, images[learn], labels[learn], steps, rng)
    return classifier, measured(classifier, images[held], labels[held], len(learn), steps, started, rng)


def taught(
    kind: type[ADigitsClassifier], images: Tensor, labels: Tensor, steps: int, rng: torch.Generator
) -> ADigitsClassifier:
    """A classifier that learned from ``images`` (N, 1, 32, 32), floats or bytes, and ``labels`` (N,); frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=rng)))
        classifier = kind()
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    for _ in track(range(steps), description=f"training {kind.name}"):
        chosen = torch.randint(len(images), (_BATCH,), generator=rng)
        seen, answer = _lesson(as_float(images[chosen]), labels[chosen], rng)
        loss = F.cross_entropy(classifier.logits(classifier(seen)), answer)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    classifier.eval().requires_grad_(False)
    classifier.normalise_features(as_float(images[:: max(1, len(images) // NORMALISED_ON)]))
    return classifier


def make_digits_classifier(out: Path = SHIPPED, seed: int = 0, steps: int = 2_500, overwrite: bool = False) -> None:
    """Train the classifier that judges digits; write its weights and, beside them, a JSON file about it.

    Args:
        out: where the weights go (.safetensors)
        seed: decides the held-out fifth, the initial weights and every draw
        steps: optimiser steps of 64 digits
        overwrite: replace what stands there

    FileExistsError where something stands there.
    """
    require_places(out, overwrite=overwrite)
    classifier, report = train_digits_classifier(torch.Generator().manual_seed(seed), steps)
    write_judge(
        classifier, report, out, "scikit-learn's 1,797 at 32x32", f"{COMMAND} --seed {seed} --steps {steps}", seed
    )


def require_places(out: Path, *, overwrite: bool) -> None:
    """FileExistsError where the weights or the JSON file beside them are there already, unless ``overwrite``;
    LabError where both would have one name.
    """
    about = out.with_suffix(".json")
    if about == out:
        raise LabError(f"{out} is where what is said about the weights goes: name them .safetensors")
    standing = [path for path in (out, about) if path.exists()]
    if standing and not overwrite:
        raise FileExistsError(f"{standing[0]} exists: give another --out, or --overwrite to replace it")


def write_judge(
    classifier: DigitsClassifier, report: TrainingReport, out: Path, digits: str, command: str, seed: int
) -> None:
    """Write a classifier that learned from ``digits`` and, beside it, a JSON file about it; print how good it is.

    OSError where they cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "what": f"a classifier of handwritten digits ({digits}), the judge of generated ones",
        "command": command,
        "seed": seed,
        "sha256": save_digits_classifier(classifier, out),
        "torch": torch.__version__,
        **asdict(report),
    }
    card = write_whole(out.with_suffix(".json"), json.dumps(about, indent=2) + "\n")
    print(f"accuracy {report.accuracy:.4f} on {report.held_out:,} held-out digits; wrote {out} and {card.name}")


def _labels(data: Examples) -> Tensor:
    assert data.labels is not None
    return data.labels


def _lesson(images: Tensor, labels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch to learn from and its answers: augmented digits, blends of two, and images that are no digits."""
    answer = F.one_hot(labels, len(DigitsClassifier.classes)).float()
    seen = augment(images, rng)
    share = 0.3 + 0.4 * torch.rand(_MIXED, 1, generator=rng)
    blends = torch.lerp(seen[:_MIXED], seen[_MIXED : 2 * _MIXED], share[..., None, None])
    both = torch.lerp(answer[:_MIXED], answer[_MIXED : 2 * _MIXED], share)
    outliers = no_digits(images[:_OUTLIERS], rng)
    any_class = torch.full((_OUTLIERS, answer.shape[1]), 1 / answer.shape[1])
    return torch.cat([blends, seen[_MIXED:], outliers]), torch.cat([both, answer[_MIXED:], any_class])


@torch.no_grad()
def measured(
    classifier: DigitsClassifier,
    images: Tensor,
    labels: Tensor,
    trained_on: int,
    steps: int,
    started: float,
    rng: torch.Generator,
) -> TrainingReport:
    """What ``classifier`` makes of held-out ``images`` (N, 1, 32, 32) in [-1, 1] and ``labels`` (N,).

    ``started`` is when the training began, in seconds of the clock. Raises ValueError for images of another shape.
    """

    def accuracy(shown: Tensor) -> float:
        return (classifier.logits(classifier(shown)).argmax(dim=1) == labels).double().mean().item()

    return TrainingReport(
        accuracy=accuracy(images),
        accuracy_augmented=accuracy(augment(images, rng)),
        confident=class_coverage(images, classifier).confident,
        confident_on_no_digits=class_coverage(no_digits(images, rng), classifier).confident,
        held_out=len(images),
        trained_on=trained_on,
        steps=steps,
        seconds=round(time.perf_counter() - started, 1),
    )
