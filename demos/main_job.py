"""The main job behind ``./lab``: evolve GANs on handwritten digits, dissect the scene generator, open the app."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import Progress

from core_gans import shipped
from core_gans.commands.fitting import rounds_a_second
from core_gans.foundation.counting import how_many
from core_gans.models import load_model
from core_gans.run_kind import Result
from core_gans.runs.folder import new_folder
from demos.evolve.settings import SETTINGS, Setting
from dissect.measure.settings import DissectionSettings
from dissect.report.study import Study, study
from dissect.segmenters.unet import UNetSegmenter
from egan.experiment import run_evolution
from egan.options import Evolution
from egan.population import Population
from egan.summary import summary_table

DISSECTED = 400  # images
TIMED = 20.0  # seconds of evolving below which it is not worth it to time this machine
ENOUGH = 1_300  # rounds of the wide networks, in whose time nearly all digits of an evolution can be read
# Quicker to learn, and steady: frechet[digits-cnn] 5.3, 5.7, 5.4 with seeds 0, 1, 2 in 80 s of one slow core
# (2026-11-30), where the wide networks have 11.8 and 13.1. Half the width alone does not do: at its rate of 5e-4 it had
# 213, and at 1e-3 without the spectral norm 4.6 and, with seed 1, 224.
NARROW = {"width": 16, "rate": 1e-3, "beta2": 0.99, "normalisation": "spectral"}
TESTED = ("tree", "door", "roof")  # concepts whose units are removed, to see what they cause


def evolve_digits(seconds: float, runs: Path, console: Console) -> Result[Population]:
    """E-GAN on scikit-learn's digits for ``seconds``, in a new run folder; prints the table."""
    console.rule("1 of 2: a population of generators evolves on handwritten digits")
    setting = SETTINGS["digits"]
    result = run_evolution(
        setting.variant,
        fields_in_time(setting, seconds, console),
        setting.options,
        Evolution(gamma=setting.gamma),
        seconds=seconds,
        runs_folder=runs,
        console=console,
    )
    console.print(summary_table(result))
    console.print(f"all of it is in {result.folder.resolve()}", highlight=False, soft_wrap=True)
    return result


def fields_in_time(setting: Setting, seconds: float, console: Console) -> dict[str, Any]:
    """The setting's fields; narrower and quicker to learn where this machine plays too few rounds in ``seconds``."""
    fields = dict(setting.fields)
    if seconds < TIMED:
        return fields
    data = setting.options.load(console)
    speed = rounds_a_second(setting.variant, fields, setting.options, data)
    if speed * seconds < ENOUGH:
        fields |= NARROW
        told = f"{speed:.0f} rounds a second here: the networks are narrower, so that the digits are read in time"
        console.print(told, highlight=False, soft_wrap=True)
    return fields


def dissect_scenes(runs: Path, console: Console) -> Study:
    """Dissect the shipped generator at every layer and write the report of the best one."""
    console.rule("2 of 2: which units of the scene generator draw the trees?")
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    rng = torch.Generator().manual_seed(0)
    latents = model.game.latents(DISSECTED, rng)
    with Progress(console=console) as bar:
        task = bar.add_task("dissecting", total=DISSECTED)
        found = study(
            model.net,
            latents,
            segmenter,
            new_folder("dissection", runs=runs),
            colours=segmenter.colours,
            concepts=TESTED,
            settings=DissectionSettings(
                provenance={
                    "generator": "scenes-generator",
                    "segmenter": "scenes-segmenter",
                    "seed": "0",
                    "date": time.strftime("%Y-%m-%d"),
                },
                progress=lambda done: bar.update(task, completed=done),
            ),
            rng=rng,
        )
    console.print(found.table())
    for concept, effect in zip(TESTED, found.effects, strict=True):
        place = effect.labels.index(concept)
        control = effect.random_ablation.mean[place] / effect.before[place]
        console.print(
            f"without its {how_many(len(effect.units), f'{concept} unit')}, {concept} pixels change by "
            f"{-effect.removed(concept):+.0%} (as many random units: {control:+.0%})",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"report: {found.page.resolve()}", highlight=False, soft_wrap=True)
    return found
