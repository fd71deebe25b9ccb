"""Every command that stands in README and docs runs, on small files, for a round, a few images or a moment.

The words are those of the page; what makes a run small is put behind them. Runs that a command needs are made by the
page's own commands, or are the old runs of the tests.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from rich.console import Console

from core_gans import shipped
from core_gans.commands.dispatch import read
from core_gans.data.texts import toy_language
from core_gans.foundation.pixels import write_png
from tests.test_docs import PROGRAMS, commands, write_own_code

pytestmark = pytest.mark.slow
OLD = Path(__file__).parent / "old_runs"
NOT_RUN = {  # what stands in a command: why it is not run here
    r"^(core-gans|egan) (compare|experiment|export|judge|resume|sample|translate)$": "a name, told of elsewhere",
    r"pt_inception": "needs Inception's weights, which do not come with the lab; tests/core_gans/metrics plays it",
    r"stylegan2:|biggan|ffhq|--generator \.\.\.$": "needs published weights; tests/core_gans/test_foreign_published.py",
    r"core_gans theory": "takes half a minute; tests/core_gans/theory plays its parts",
    r"islands|--workers|--address": "plays in processes of its own; tests/egan/islands plays it",
    r"video|films|predict|still_pixels": "learns from clips; tests/core_gans/data/test_clips.py plays them",
    r"pictures/|runs/few": "needs pictures and a run of one's own; tests/core_gans/commands plays its options",
    r"train (?!dcgan|cgan|text_to_image|semi_supervised)\w+ .*--rounds \d+ --seed 0 --threads 1": "as of dcgan",
    r"train text_to_image --data scenes --rounds": "as that of docs/applications.md",
    r"--device cuda": "needs a GPU",
    r"--name (slow|my-wgan|my-photos|nights|my-ring|quality-alone)$|runs/my-photos": "as the command beside it",
    r"(explain|judge|resume|sample) runs/(my-(digits|evolution)|onwards)": "as of the runs that other pages name",
    r"dissect (findings|patch .*) --images 200": "as the commands of docs/dissection.md",
    r"experiment (grid|digits)|experiment ring --seconds 75": "as `egan experiment ring`, in more seconds",
}
PLACES = {
    "core-gans translate RUN IN": "core-gans translate runs/translating photos",
    "core-gans translate runs/colours photos": "core-gans translate runs/translating photos",
    "core-gans translate RUN --text": "core-gans translate runs/nmt-toy_language --text",
    "core-gans sample RUN --text": "core-gans sample runs/captions --text",
    "core_gans/shipped/": f"{shipped.path('driving').parent}/",
    "egan resume runs/...": "egan resume runs/evolved",
    "runs/dcgan-digits-...": "runs/digits",
    " RUN": " runs/digits",
    " OUT": " out",
}
NARROW = "--rounds 1 --width 4 --batch 4 --explain-every 0"
EARLY = "--channels 16 8 8 8 --discriminator-channels 4 8 8 8 --latent 8 --count 12 --batch 4"
OWN = "--generator 'linear 6 64; reshape 16 2 2; upsample 4; conv 16 8 3 1 1; relu; upsample 2; conv 8 3 3 1 1; tanh'"
SEEN = f"{OWN} --segmenter strokes --layers 4 --layer 4"
SMALL = (  # how a command begins, and what makes it small; the first that fits
    ("core-gans train dcgan --preset variant --data scenes", f"{NARROW} {EARLY}"),
    ("core-gans train dissect.projected", f"{NARROW} --count 12"),
    ("core-gans train pix2pix", f"{NARROW} --data colourisation:scenes --count 12 --size 16 --patch-layers 1"),
    ("core-gans train text_to_image --data scenes", f"{NARROW} --count 60 --name captions"),
    ("core-gans train driving", f"{NARROW} --count 40"),
    ("core-gans train nmt --data toy_language", f"{NARROW} --count 300"),
    ("core-gans train seqgan --data oracle", f"{NARROW} --count 300"),
    ("core-gans train --like", "--rounds 9"),
    ("core-gans train ", f"{NARROW}"),
    ("core-gans resume", "--rounds 9"),
    ("core-gans compare", "--seconds 0.01 --seeds 1 --workers 1 --batch 8"),
    ("core-gans judge", "--count 60"),
    ("core-gans explore", "--paths 2 --steps 2"),
    ("egan evolve", "--rounds 1 --width 4 --batch 4 --explain-every 0"),
    ("egan resume", "--rounds 9"),
    ("egan experiment", "--seconds 0.01 --seeds 1 --workers 1 --batch 8 --contenders egan,selection=random heuristic"),
    ("dissect dictionary", "--images 4 --batch 4"),
    ("dissect directions", f"--images 20 --count 2 --judged 4 --random 2 {OWN} --segmenter strokes --layer 4"),
    ("dissect findings", f"--images 24 --updates 2 {SEEN}"),
    ("dissect invert", "--steps 2 --samples 2"),
    (
        "dissect mend runs/early --layers block8",
        "--images 40 --judged 40 --real 300 --random 1 --bad 1 2 --data scenes",
    ),
    ("dissect mend runs/early", "--images 40 --judged 40 --real 300 --random 1 --data scenes"),
    ("dissect mend", "runs/early --images 40 --judged 40 --real 300 --random 1 --data scenes"),
    ("dissect patch", "--images 40 --pairs 1 --grid 1 --layers block8"),
    ("dissect run --generator my_module:make", "--images 12"),
    ("dissect run", f"--images 12 {OWN} --segmenter strokes --layer 4"),
    ("dissect train-encoder", "--steps 1 --batch 2 --widths 4"),
    ("dissect train-segmenter", "--steps 1 --widths 4 --count 40"),
)
BEFORE = {  # what a command needs, made by another command of the pages
    "core-gans sample runs/by-class": "core-gans train cgan --data photos",
    "core-gans translate runs/words": "core-gans train nmt --data toy_language --seconds 120 --name words",
    "core-gans sample RUN --text": "core-gans train text_to_image --data scenes",
    "core-gans sample runs/seqgan-oracle": "core-gans train seqgan --data oracle",
    "core-gans translate RUN --text": "core-gans train nmt --data toy_language",
    "core-gans translate runs/nmt-toy_language": "core-gans train nmt --data toy_language",
    "core-gans judge runs/nmt-toy_language": "core-gans train nmt --data toy_language",
    "core-gans data faces.npz": "core-gans data faces.npy --out faces.npz",
    "dissect mend": "core-gans train dcgan --preset variant --data scenes",
    "dissect invert my-picture.png runs/my-run": "dissect train-encoder runs/my-run",
}
LINES = [line for line in commands() if not any(re.search(part, line) for part in NOT_RUN)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the pages name: pictures in many forms, texts, masks, runs, an own objective."""
    here = tmp_path_factory.mktemp("docs")
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 64, 64, 3), np.uint8)
    for folder in ("photos/cats", "photos/dogs", "damaged", "split/train", "split/test"):
        for number, picture in enumerate(pictures[:2]):
            write_png(here / folder / f"{number}.png", picture)
    (here / "damaged" / "broken.png").write_bytes(b"no picture")
    write_png(here / "stickers" / "0.png", rng.integers(0, 256, (64, 64, 4), np.uint8))
    write_png(here / "my-picture.png", pictures[0])
    (here / "scans").mkdir()
    cv2.imwrite(str(here / "scans" / "0.tiff"), rng.integers(0, 4096, (64, 64), np.uint16))
    for kind in ("zip", "gztar"):
        shutil.make_archive(str(here / "photos"), kind, here / "photos")
    np.save(here / "faces.npy", pictures)
    rows = rng.integers(0, 256, (4, 16))
    (here / "digits.csv").write_text("".join(f"{label},{','.join(map(str, row))}\n" for label, row in enumerate(rows)))
    sentences = toy_language.drawn(60, torch.Generator().manual_seed(0))
    (here / "pairs.tsv").write_text("".join(f"{each.english}\t{each.toy}\n" for each in sentences))
    for name in ("texts.txt", "in.txt"):
        (here / name).write_text("".join(f"{each.english}\n" for each in sentences))
    masks = {f"{part}_masks": rng.integers(0, 2, (4, 64, 64), np.uint8) for part in ("train", "test")}
    images = {f"{part}_images": pictures for part in ("train", "test")}
    for name in ("camvid_96x128.npz", "facades_64.npz"):
        np.savez(here / name, **images, **masks, class_names=np.array(["here", "there"]))
    for name, old in (("digits", "train-dcgan-digits"), ("my-run", "train-dcgan-digits"), ("evolved", "evolve-ring"),
                      ("translating", "train-cyclegan-scenes")):  # fmt: skip
        shutil.copytree(OLD / old, here / "runs" / name)
    write_own_code(here)
    return here


DONE: set[str] = set()


def play(line: str, place: Path) -> None:
    """Run the command of a page at its smallest, once; what it needs is run before it."""
    if line in DONE:
        return
    for begin, needed in BEFORE.items():
        if line.startswith(begin):
            play(next(each for each in LINES if each.startswith(needed)), place)
    words = line
    for said, meant in PLACES.items():
        words = words.replace(said, meant)
    words = words.replace("python -m core_gans", "core-gans")
    if words.startswith("core-gans compare"):  # three of the contenders
        words = re.sub(r"(compare(?: +[\w=,.-]+){3})(?: +[a-z][\w=,.-]*)+", r"\1", words)
    small = next((small for begin, small in SMALL if words.startswith(begin)), "")
    name, verb, *rest = [*shlex.split(words), *shlex.split(small)]
    if verb == "train" and rest and "--name" not in rest:  # two that begin within a second
        rest += ["--name", f"run-{len(DONE)}"]
    program, known = PROGRAMS[name]
    command = read(known[verb], f"{program} {verb}", rest)
    command.run(Console(file=io.StringIO(), width=200, markup=False))
    DONE.add(line)
    for made in ("segmenter.safetensors", "segmenter.png"):  # would be kept, and the next one refused
        (place / made).unlink(missing_ok=True)


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_docs_runs(line: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if re.search(r"experiment (mnist|cifar)", line) and "GANLAB_DATA" not in os.environ:
        pytest.skip("needs real data, in the folder that GANLAB_DATA names")
    monkeypatch.chdir(place)
    monkeypatch.syspath_prepend(place)
    play(line, place)


def test_what_is_not_run_still_stands_there() -> None:
    assert [part for part in NOT_RUN if not any(re.search(part, line) for line in commands())] == []
