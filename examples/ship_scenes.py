"""How the shipped scenes models are made from a run of ``egan`` and a segmenter of ``dissect``.

    python -m egan evolve --data scenes ... --name scenes
    python -m dissect train-segmenter --out segmenter.safetensors
    python examples/ship_scenes.py runs/scenes segmenter.safetensors OUT

It recalibrates the averaged generator's batch normalisation, measures it against scenes that nobody trained on,
dissects it, and writes the four files, their checksums (index.json) and MODEL_CARD.md into the folder OUT.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core_gans import Examples, Model
from core_gans.data import scenes
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sealed import read_sealed
from core_gans.foundation.sheets import sheet
from core_gans.game import generate
from core_gans.metrics import Judge
from core_gans.models import load_model, model_of_run, save_model
from core_gans.runs import folder as runs
from core_gans.runs.averaging import recalibrate
from core_gans.shipped import FOLDER
from dissect import Dissection, compare_layers
from dissect.report.study import best_layer, spatial_layers
from dissect.segmenters.unet import UNetSegmenter
from egan.past import unpack

CALIBRATION, JUDGED, DISSECTED = 10_000, 4_000, 2_000  # latents
UNSEEN = 987_654  # seed of the scenes that judge
SEED = 0


def main() -> None:
    """Write the shipped files."""
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    run, segmenter_file, out = (Path(word) for word in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    segmenter = UNetSegmenter.load(segmenter_file)
    config, environment = runs.read_config(run), json.loads((run / "environment.json").read_text(encoding="utf-8"))
    model = model_of_run(run)
    recalibrate(model.net, latents(model, CALIBRATION, 1))
    command = command_of(environment["command"], model.card["rounds"])
    card = {**model.card, "command": command, "seed": config["options"]["seed"]}
    generator_file = save_model(
        out / "scenes-generator.safetensors", Model(model.net, model.game, "generator", card), half=True, overwrite=True
    )
    state = runs.Run(run, config).load_checkpoint()["state"]
    discriminator = model.game.players()["discriminator"]
    discriminator.load_state_dict(state["discriminator"])
    save_model(
        out / "scenes-discriminator.safetensors",
        Model(discriminator, model.game, "discriminator", card),
        half=True,
        overwrite=True,
    )
    shutil.copyfile(segmenter_file, out / "scenes-segmenter.safetensors")

    shipped = load_model(generator_file)  # what users get: weights in half precision
    real = scenes.draw_many(JUDGED, seed=UNSEEN)
    judged = judge(shipped, real.images, segmenter)
    found = compare_layers(
        shipped.net,
        spatial_layers(shipped.net, latents(shipped, 1, SEED)),
        latents(shipped, DISSECTED, SEED),
        segmenter,
        provenance={
            "generator": "scenes-generator",
            "segmenter": "scenes-segmenter",
            "seed": str(SEED),
            "command": f"dissect run --images {DISSECTED} --seed {SEED}",
            "date": time.strftime("%Y-%m-%d"),
        },
    )
    best = best_layer(found)
    best.save(out / "scenes-dissection.safetensors", overwrite=True)
    write_png(out / "scenes-samples.png", sheet(generate(shipped.net, latents(shipped, 64, SEED)), scale=2))
    facts = checkpoint_facts(segmenter_file)
    write_card(out, card, config, judged, found, best, facts, state)
    write_index(out)


def command_of(words: list[str], rounds: int) -> str:
    """The run's command without its folder, and with the rounds that were played: none depends on those to come."""
    kept = list(words[1:])
    for option in ("--runs", "--name", "--rounds", "--seconds"):
        if option in kept:
            place = kept.index(option)
            del kept[place : place + 2]
    return shlex.join(["egan", *kept, "--rounds", str(rounds)])


def latents(model: Model, count: int, seed: int) -> torch.Tensor:
    return model.game.latents(count, torch.Generator().manual_seed(seed))


def judge(model: Model, images: np.ndarray, segmenter: UNetSegmenter) -> dict[str, Any]:
    """Distances to unseen scenes, a perfect sampler's score beside them, and the share of pixels of every class."""
    real = Examples("scenes", torch.from_numpy(images).permute(0, 3, 1, 2).contiguous())
    judgement = Judge(real, count=2_000)
    rng = torch.Generator().manual_seed(2)
    drawn = judgement(lambda count: model.game.sample({"generator": model.net}, count, rng))
    perfect = judgement.of_real(torch.Generator().manual_seed(3))
    fake = generate(model.net, latents(model, 1_000, 4))
    shares = [
        np.bincount(segmenter(part).flatten().numpy(), minlength=len(segmenter.labels)) / part[:, 0].numel()
        for part in (fake, real.images[:1_000].float() / 127.5 - 1)
    ]
    return {
        "drawn": drawn,
        "perfect": perfect,
        "shares": dict(zip(segmenter.labels, zip(*shares, strict=True), strict=True)),
    }


def checkpoint_facts(path: Path) -> dict[str, Any]:

    return dict(read_sealed(path)[1]["facts"])


def write_card(
    out: Path,
    card: dict[str, Any],
    config: dict[str, Any],
    judged: dict[str, Any],
    found: dict[str, Dissection],
    best: Dissection,
    facts: dict[str, Any],
    state: dict[str, Any],
) -> None:
    """MODEL_CARD.md: what each file is, the command that made it, and what was measured."""
    winners: dict[str, int] = {}
    for line in unpack(state["logbook"]):
        winners[line["winner"]] = winners.get(line["winner"], 0) + 1
    total = sum(winners.values())
    shares = ", ".join(f"{name} {count / total:.0%}" for name, count in sorted(winners.items()))
    lines = [
        "# The models that come with the lab",
        "",
        f"Those of scenes were made on {time.strftime('%Y-%m-%d')} from drawn scenes only, without any photograph; the",
        "classifiers from scans of handwritten digits, that of MNIST on 2026-11-29. MIT licence.",
        "",
        "## scenes-generator, scenes-discriminator",
        "",
        "A generator of 64x64 landscapes, evolved by E-GAN (Wang et al. 2019), and its discriminator.",
        "The generator is the weight average of the best survivors, its batch normalisation recalibrated over "
        f"{CALIBRATION:,} latents; both are stored in half precision.",
        "",
        f"- made by: `{card['command']}`",
        f"- {state['round']:,} generations, {state['images_seen']:,} real images seen, "
        f"{state['seconds'] / 60:.0f} minutes on one or two busy cores; seed {card['seed']}",
        f"- winning mutations: {shares}",
        f"- channels {tuple(config['fields']['channels'])} from 4x4 up, {config['fields']['latent']} latents N(0, 1)",
        "",
        f"| against {JUDGED:,} unseen scenes (seed {UNSEEN}), 2,000 samples | generator | a perfect sampler |",
        "|---|---|---|",
        *[f"| {name} | {value:.3f} | {judged['perfect'][name]:.3f} |" for name, value in judged["drawn"].items()],
        "",
        "| share of pixels, by the segmenter | generated | drawn scenes |",
        "|---|---|---|",
        *[f"| {label} | {fake:.2%} | {real:.2%} |" for label, (fake, real) in judged["shares"].items()],
        "",
        "## scenes-segmenter",
        "",
        "A small U-Net that says what each pixel of a scene shows.",
        "",
        f"- made by: `{facts.get('command', '')}`, seed {facts.get('seed', '')}, {facts['steps']:,} steps",
        f"- {facts['pixel_accuracy']:.2%} of the pixels and a mean IoU of {facts['mean_iou']:.3f} on "
        f"{facts['held_out']:,} held-out scenes; {facts['disturbed_pixel_accuracy']:.2%} and "
        f"{facts['disturbed_mean_iou']:.3f} when they are blurred, noisy and off-colour",
        "- IoU: " + ", ".join(f"{label} {iou:.3f}" for label, iou in facts["iou"].items() if iou is not None),
        "",
        "## scenes-dissection",
        "",
        f"The dissection of the generator's layer `{best.layer}` over {best.images:,} images: the layer with units for "
        "most concepts.",
        "",
        f"- made by: `{best.provenance['command']}`",
        "",
        "| layer | units | matched | concepts with units |",
        "|---|---|---|---|",
        *[
            f"| {name} | {one.count} | {len(one.matched())} | {', '.join(sorted({m.concept for m in one.matched()}))} |"
            for name, one in found.items()
        ],
        "",
        "## digits-classifier",
        "",
        "The judge of generated digits; its numbers are in digits-classifier.json.",
        "",
        *_classifier_of_mnist(),
    ]
    (out / "MODEL_CARD.md").write_text("\n".join(lines), encoding="utf-8")


def _classifier_of_mnist() -> list[str]:
    about = json.loads((FOLDER / "mnist-classifier.json").read_text(encoding="utf-8"))
    sure, unsure = (f"{about[name]:.1%}" for name in ("confident", "confident_on_no_digits"))
    return [
        "## mnist-classifier",
        "",
        "The judge of generated MNIST digits: the network of digits-classifier, taught by MNIST's 60,000 training "
        "digits at\n32x32 (LeCun, Cortes and Burges; CC BY-SA 3.0), augmented, beside images that are no digits.",
        "",
        f"- made by: `{about['command']}`, seed {about['seed']}, {about['steps']:,} steps, {about['seconds']:.0f} s "
        "beside other programs",
        f"- {about['accuracy']:.2%} right on the {about['held_out']:,} test digits; {about['accuracy_augmented']:.2%} "
        "when they are moved, blurred and noisy",
        f"- sure (0.8 or more) of {sure} of them, and of {unsure} of images that are no digits",
        "",
    ]


def write_index(out: Path) -> None:
    """The checksums that ``core_gans.shipped`` holds the files against."""
    for name in ("digits-classifier.safetensors", "mnist-classifier.safetensors"):
        if out.resolve() != FOLDER.resolve() and not (out / name).exists():
            shutil.copyfile(FOLDER / name, out / name)
    digests = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(out.glob("*.safetensors"))}
    (out / "index.json").write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
