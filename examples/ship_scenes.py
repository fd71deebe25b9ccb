"""How the shipped scenes models are made from a run of ``egan`` or ``core-gans`` and a segmenter of ``dissect``.

    python -m core_gans train dissect.projected:Projected --from scenes-128-generator --data scenes --size 128 ...
    dissect train-segmenter --count 6000 --steps 2500 --seed 77 --widths 20 40 80 --out judge.safetensors
    python examples/ship_scenes.py scenes-128 runs/scenes-128 judge.safetensors OUT

It recalibrates the averaged generator's batch normalisation, measures it against scenes that nobody trained on, beside
the smallest shipped generator and by a segmenter that it did not learn from, dissects it with scenes-segmenter (a file
of ``dissect train-segmenter``), and writes NAME-generator, NAME-dissection, the checksums of all files there
(index.json), a sheet of samples, and NAME.md, a part of MODEL_CARD.md, into OUT.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

import core_gans.shipped
from core_gans import Examples, Model
from core_gans.data import scenes
from core_gans.foundation.frechet import FeatureStatistics
from core_gans.foundation.pixels import quantised, write_png
from core_gans.foundation.sheets import sheet
from core_gans.game import NoiseGame, generate
from core_gans.metrics import Judge
from core_gans.metrics.neighbours import compare_neighbours
from core_gans.models import load_model, model_of_run, save_model
from core_gans.runs import folder as runs
from core_gans.runs.averaging import recalibrate
from core_gans.variants.dcgan import DCGAN
from dissect import Dissection, compare_layers
from dissect.projected import Projected
from dissect.report.study import best_layer, spatial_layers
from dissect.segmenters.named import SCENES
from dissect.segmenters.unet import UNetSegmenter
from egan.past import unpack

CALIBRATION, JUDGED, DISSECTED = 4_000, 4_000, 2_000  # latents
UNSEEN = 987_654  # seed of the scenes that judge
COMPARED = 2_000  # samples of a comparison
SEED = 0
SMALLEST = 64  # pixels, the side of the smallest shipped scenes


def main() -> None:
    """Write the shipped files."""
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    name, run, judging, out = sys.argv[1], *(Path(word) for word in sys.argv[2:])
    out.mkdir(parents=True, exist_ok=True)
    segmenter = SCENES.make()
    config, environment = runs.read_config(run), json.loads((run / "environment.json").read_text(encoding="utf-8"))
    model = model_of_run(run)
    recalibrate(model.net, latents(model, CALIBRATION, 1))
    program = "egan" if config["kind"] == "evolution" else "core-gans"
    command = command_of(program, environment["command"], model.card["rounds"])
    card = {**model.card, "command": command, "seed": config["options"]["seed"]}
    generator_file = save_model(
        out / f"{name}-generator.safetensors",
        Model(model.net, plain(model.game), "generator", card),
        half=True,
        overwrite=True,
    )

    shipped = load_model(generator_file)  # what users get: weights in half precision
    real = scenes.draw_many(JUDGED, model.game.shape[-1], seed=UNSEEN)
    smallest = load_model(core_gans.shipped.path("scenes-generator"))
    judged = judge(shipped, smallest, real.images, UNetSegmenter.load(judging, size=SMALLEST))
    found = compare_layers(
        shipped.net,
        spatial_layers(shipped.net, latents(shipped, 1, SEED)),
        latents(shipped, DISSECTED, SEED),
        segmenter,
        provenance={
            "generator": f"{name}-generator",
            "segmenter": SCENES.name,
            "seed": str(SEED),
            "command": f"dissect run {name}-generator --images {DISSECTED} --seed {SEED}",
            "date": time.strftime("%Y-%m-%d"),
        },
    )
    best = best_layer(found)
    best.save(out / f"{name}-dissection.safetensors", overwrite=True)
    write_png(out / f"{name}-samples.png", sheet(generate(shipped.net, latents(shipped, 64, SEED))))
    state = runs.Run(run, config).load_checkpoint()["state"]
    told = about_generator(name, card, config, judged, state) + about_dissection(name, found)
    (out / f"{name}.md").write_text("\n".join(told), encoding="utf-8")
    digests = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(out.glob("*.safetensors"))}
    (out / "index.json").write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def plain(game: NoiseGame) -> NoiseGame:
    """``game``, or of one that looks through a segmenter the one of ``dcgan`` with the same generator."""
    if not isinstance(game, Projected):
        return game
    return DCGAN(**{each.name: getattr(game, each.name) for each in dataclasses.fields(DCGAN)})


def command_of(program: str, words: list[str], rounds: int) -> str:
    """The run's command without its folder, and with the rounds that were played: none depends on those to come."""
    kept = list(words[1:])
    for option in ("--runs", "--name", "--rounds", "--seconds"):
        if option in kept:
            place = kept.index(option)
            del kept[place : place + 2]
    return shlex.join([program, *kept, "--rounds", str(rounds)])


def latents(model: Model, count: int, seed: int) -> torch.Tensor:
    return model.game.latents(count, torch.Generator().manual_seed(seed))


def judge(model: Model, smallest: Model, images: np.ndarray, segmenter: UNetSegmenter) -> dict[str, Any]:
    """Distances to unseen scenes, at the model's size and at that of the smallest; what a segmenter sees in them; the
    share of scenes with two suns; and the share of pixels of every class. Each of ``model``, of ``smallest`` and of
    further unseen scenes.
    """
    real = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    rows: dict[str, tuple[float | None, ...]] = {}
    for side in sorted({SMALLEST, model.game.shape[-1]}):
        seen = Examples("scenes", quantised(resized(real, side)))
        judgement = Judge(seen, metrics=("frechet", "precision", "recall"), count=COMPARED)
        drawn, other = judgement(sampler(model, side)), judgement(sampler(smallest, side)) if side == SMALLEST else {}
        perfect = judgement.of_real(torch.Generator().manual_seed(3))
        rows |= {f"{name} at {side} px": (value, other.get(name), perfect[name]) for name, value in drawn.items()}
    first, rest = real[:COMPARED], real[COMPARED : 2 * COMPARED]
    pictures = (*(generate(each.net, latents(each, COMPARED, 4)) for each in (model, smallest)), rest)
    truth = concept_features(segmenter, first)
    found = [concept_features(segmenter, each) for each in pictures]
    statistics = FeatureStatistics.of(truth)
    rows["frechet[segmenter]"] = tuple(statistics.distance(FeatureStatistics.of(each)) for each in found)
    near = [compare_neighbours(truth, each) for each in found]
    rows["precision[segmenter]"] = tuple(each.precision for each in near)
    rows["recall[segmenter]"] = tuple(each.recall for each in near)
    classes = [torch.cat([segmenter(part) for part in each.split(100)]) for each in pictures]
    rows["share of scenes with two suns"] = tuple(two_suns(each, segmenter.labels.index("sun")) for each in classes)
    shares = [np.bincount(each.flatten().numpy(), minlength=len(segmenter.labels)) / each.numel() for each in classes]
    return {"rows": rows, "shares": dict(zip(segmenter.labels, zip(*shares, strict=True), strict=True))}


@torch.no_grad()
def concept_features(segmenter: UNetSegmenter, images: torch.Tensor) -> torch.Tensor:
    """(N, F): the means of the segmenter's deepest features, and how much of each class is in each quarter."""
    found = []
    for part in resized(images, SMALLEST).split(100):
        deep, _, scores = segmenter.net.features(part)
        quarters = torch.nn.functional.adaptive_avg_pool2d(scores.softmax(1), 2).flatten(1)
        found.append(torch.cat([deep.mean((2, 3)), quarters], 1))
    return torch.cat(found)


def resized(images: torch.Tensor, side: int) -> torch.Tensor:
    return torch.nn.functional.interpolate(images, (side, side), mode="area")


def sampler(model: Model, side: int) -> Callable[[int], torch.Tensor]:
    rng = torch.Generator().manual_seed(2)
    return lambda count: resized(model.game.sample({"generator": model.net}, count, rng), side)


def two_suns(classes: torch.Tensor, sun: int) -> float:
    """The share of class maps (N, H, W) with two pieces of sun, each of a thousandth of the picture or more."""
    found = [cv2.connectedComponentsWithStats((each == sun).numpy().astype(np.uint8))[2][1:, 4] for each in classes]
    return float(np.mean([(areas >= classes[0].numel() / 1_000).sum() > 1 for areas in found]))


def about_generator(
    name: str, card: dict[str, Any], config: dict[str, Any], judged: dict[str, Any], state: dict[str, Any]
) -> list[str]:
    """What it is, the command that made it, and what was measured."""
    fields = config["fields"]
    side = fields["shape"][-1]
    winners = Counter(line["winner"] for line in unpack(state["logbook"])) if "logbook" in state else Counter()
    mutations = ", ".join(f"{mutation} {count / winners.total():.0%}" for mutation, count in sorted(winners.items()))
    return [
        f"## {name}-generator",
        "",
        f"A generator of {side}x{side} landscapes. It is the weight average, its batch normalisation recalibrated over "
        f"{CALIBRATION:,} latents, in half precision. Made on {time.strftime('%Y-%m-%d')}.",
        "",
        f"- made by: `{card['command']}`",
        f"- {state['round']:,} rounds, {state['images_seen']:,} real images seen, {state['seconds'] / 60:.0f} minutes "
        f"on one busy core; seed {card['seed']}",
        *([f"- winning mutations: {mutations}"] if mutations else []),
        f"- channels {tuple(fields['channels'])} from 4x4 up, {fields['latent']} latents N(0, 1)",
        "",
        f"| {COMPARED:,} samples against {JUDGED:,} unseen scenes (seed {UNSEEN}) | {name} | scenes | perfect |",
        "|---|---|---|---|",
        *[
            f"| {row} | {' | '.join('' if value is None else f'{value:.3f}' for value in values)} |"
            for row, values in judged["rows"].items()
        ],
        "",
        f"| share of pixels, by a segmenter that it did not learn from | {name} | scenes | drawn scenes |",
        "|---|---|---|---|",
        *[
            f"| {label} | {' | '.join(f'{each:.2%}' for each in values)} |"
            for label, values in judged["shares"].items()
        ],
        "",
    ]


def about_dissection(name: str, found: dict[str, Dissection]) -> list[str]:
    """The layer with units for most concepts, and all others beside it."""
    best = best_layer(found)
    return [
        f"## {name}-dissection",
        "",
        f"The dissection of the generator's layer `{best.layer}` over {best.images:,} images: the layer with units for "
        "most concepts.",
        "",
        f"- made by: `{best.provenance['command']}`",
        "",
        "| layer | units | matched | concepts with units |",
        "|---|---|---|---|",
        *[
            f"| {layer} | {one.count} | {len(units)} | {', '.join(sorted({unit.concept for unit in units}))} |"
            for layer, one in found.items()
            for units in [one.matched()]
        ],
        "",
    ]


if __name__ == "__main__":
    main()
