"""Two to four variants trained side by side in the background, with the same data, seed and processor time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from core_gans.metrics import Judge
from core_gans.metrics.measures import CLASSES, MODES
from core_gans.variants import VARIANTS
from demos.background import BackgroundJob, JobList
from demos.json_models import DISTINCT, JsonModel, expected, known, sequence
from demos.variants.settings import DATA, examples, numbers
from demos.variants.training import Lane, Training

Phase = Literal["preparing", "training", "finished", "stopped", "failed"]
MOST = 4  # variants side by side
SHORTEST, LONGEST, USUAL = 1.0, 60.0, 20.0  # seconds of one core for each variant
SLICE = 0.5  # seconds that one variant trains before the next one does
AT_ONCE = 2  # trainings side by side in the whole app


class TrainingRequest(JsonModel):
    """What a person asks for. Every field is checked: it may come from anywhere."""

    data: Annotated[str, known("data set here", DATA)] = expected("the name of a data set", default="ring")
    variants: Annotated[tuple[Annotated[str, known("variant that is trained here", VARIANTS)], ...], DISTINCT] = (
        sequence(f"a list of one to {MOST} variants", min_length=1, max_length=MOST, default=("gan", "wgan_gp"))
    )
    seconds: float = expected(
        f"{SHORTEST:g} to {LONGEST:g} seconds for each variant", ge=SHORTEST, le=LONGEST, default=USUAL
    )
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TrainingSnapshot:
    """What can be seen at one moment."""

    request: TrainingRequest
    phase: Phase = "preparing"
    lanes: tuple[Lane, ...] = ()
    trouble: str = ""


class SideBySide(BackgroundJob[TrainingSnapshot]):
    """Variants trained side by side; the end comes after the round under way, and what was reached stays to look at."""

    def __init__(self, request: TrainingRequest) -> None:
        super().__init__(f"side by side {secrets.token_hex(4)}", TrainingSnapshot(request, lanes=lanes_of(request)))
        self.request = request

    def work(self) -> dict[str, Any]:
        request = self.request
        data = examples(request.data)
        points = DATA[request.data].points
        metrics: Sequence[str] = (MODES if points else CLASSES).metrics
        metrics = [name for name in metrics if name != "inception_style"]
        judge = Judge(data, count=numbers(points).judged, metrics=metrics)
        trainings = [Training(name, data, judge, request.seconds, request.seed) for name in request.variants]
        self.change(phase="training")
        while not all(training.lane.over for training in trainings):
            for training in trainings:
                if not training.lane.over:
                    training.play(SLICE, lambda: self.asked_to_end)
                    self.change(lanes=tuple(each.lane for each in trainings))
        return {"phase": "stopped" if self.asked_to_end else "finished"}


def lanes_of(request: TrainingRequest) -> tuple[Lane, ...]:
    """An empty lane for each variant."""
    return tuple(Lane(name) for name in request.variants)


def side_by_side_jobs(most: int = AT_ONCE) -> JobList[SideBySide]:
    """Those of all pages."""
    return JobList(
        most,
        "this training is running already.",
        "{count} trainings side by side are running already, and more would slow each other down: wait until one is "
        "over, or stop yours.",
    )
