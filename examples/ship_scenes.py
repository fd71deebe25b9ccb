"""How the shipped scenes models are made from a run of ``egan`` or ``core-gans`` and a segmenter of ``dissect``.

    python -m core_gans train dissect.projected:Projected --from scenes-128-generator --data scenes --size 128 ...
    dissect train-segmenter --count 6000 --steps 2500 --seed 77 --widths 20 40 80 --out judge.safetensors
    PYTHONPATH=. python examples/ship_scenes.py scenes-128 runs/scenes-128 judge.safetensors OUT

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
from pathlib import Path
from typing import Any

import core_gans.shipped
from benchmarks.drawn_scenes import COUNT, SIDE, judged, latents, table
from core_gans import Model
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import sheet
from core_gans.game import NoiseGame, generate
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

CALIBRATION, DISSECTED = 4_000, 2_000  # latents
SEED = 0


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
    smallest = load_model(core_gans.shipped.path("scenes-generator"))
    measured = table([name, "scenes"], judged([shipped, smallest], UNetSegmenter.load(judging, size=SIDE)), COUNT)
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
    told = about_generator(name, card, config, list(measured), state) + about_dissection(name, found)
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


def about_generator(
    name: str, card: dict[str, Any], config: dict[str, Any], measured: list[str], state: dict[str, Any]
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
        *measured,
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
