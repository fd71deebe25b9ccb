"""``egan experiment``: does selection help?

egan experiment ring --seconds 60 --seeds 10
egan experiment grid --contenders egan,gamma=0.5 egan,selection=random heuristic --set rate=1e-3
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from core_gans.comparison.comparing import interruptible
from core_gans.comparison.values import assignments
from core_gans.comparison.workers import Team, workers
from core_gans.runs import folder as runs
from core_gans.runs.progress import counted
from egan.cluster.ray_cluster import joined
from egan.experiments.contenders import evolved
from egan.experiments.experimenting import experiment, plan_of
from egan.experiments.over_ray import ClusterTeam
from egan.experiments.presets import Name, preset

BATCH = 64


@dataclass(frozen=True)
class Experiment:
    """E-GAN against each of its mutations alone and against chance, all with the same processor time."""

    preset: tyro.conf.Positional[Name]
    """ring, grid, digits; mnist and cifar where GANLAB_DATA names a folder that holds them."""
    seconds: float = 60.0
    """Budget of a run: seconds of one core's time spent on generations."""
    seeds: int = 10
    """Runs of each contender, from the seeds 0, 1, 2, ..."""
    contenders: tuple[str, ...] = ()
    """egan, lottery (one mutation a generation, by chance) or a mutation (alone), each with field=value behind commas:
    of the evolution (gamma, selection, mutations, ...), of the game (rate, r1, ...), or variant=NAME. Default: the
    paper's E-GAN, selection by chance, each mutation alone, the lottery; on points a better-estimated fitness, too."""
    common: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()
    """field=value for every contender."""
    against: str = ""
    """Label of the contender that the others are tested against; default: the first that selects by chance."""
    batch: int = BATCH
    """Examples in a batch."""
    workers: int = 2
    """Processes, of one thread each; 1 plays in this one."""
    address: str = ""
    """Ray cluster that plays the runs: auto (the one that runs), HOST:PORT, or local (one here, of --workers
    processors); its machines should be alike: each run has the same seconds. Default: processes of this machine."""
    out: Path | None = None
    """Folder of the experiment; an interrupted one in it is continued. Default: a new folder in runs."""

    def run(self, console: Console) -> None:
        """Play what is missing, and print the findings."""
        if self.workers < 1:
            raise ValueError(f"expected at least one worker, got {self.workers}.")
        chosen = preset(self.preset)
        source = chosen.source
        with counted(f"reading {self.preset}", console) as progress:
            examples = source.load(progress)
        given = {**chosen.fields, **assignments(self.common, "--set")}
        common = [f"{name}={value}" for name, value in given.items()]
        contenders = evolved(
            self.contenders or chosen.contenders,
            examples.shape,
            chosen.game,
            common,
            chosen.usual,
        )
        plan = plan_of(chosen, contenders, self.seeds, self.seconds, self.batch)
        out = self.out or runs.new_folder("experiment", self.preset)
        with interruptible(out, console), self._team(console) as (team, processes):
            experiment(
                plan,
                contenders,
                out,
                against=self.against,
                processes=processes,
                examples=examples,
                console=console,
                team=team,
            )

    @contextmanager
    def _team(self, console: Console) -> Iterator[tuple[Team, int]]:
        """Who plays, and how many at a time."""
        if not self.address:
            yield workers, self.workers
            return

        def told(line: str) -> None:
            console.print(line, highlight=False, soft_wrap=True)

        with joined(self.address, self.workers, told, "the runs are played here") as cluster:
            yield ClusterTeam(cluster), cluster.processors
