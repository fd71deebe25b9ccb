"""``gan-lab doctor``: what this computer has, what is missing and how to get it, and a short try of everything."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

PACKAGES = ("gan-lab", "torch", "numpy", "deap", "scikit-learn", "opencv-python-headless", "gradio", "safetensors")
EXTRAS = {  # extra: a module that it brings, and what it is for
    "cluster": ("ray", "evolutions over several machines"),
    "segmenters": ("transformers", "segmenters and features of transformers"),
    "data": ("pyarrow", "parquet files"),
    "text": ("sacrebleu", "BLEU and chrF of translations"),
    "export": ("onnxruntime", "models as ONNX"),
    "docs": ("mkdocs", "this documentation as a site"),
}
ROOM = 2 * 10**9  # bytes that a day's runs may take


@dataclass(frozen=True)
class Doctor:
    """Say what this computer has and what is missing, and try training, evolution, dissection and the app."""

    runs: Path = Path("runs")
    """Where runs are kept: how much room there is."""
    try_it: bool = True
    """Try everything for some seconds; --no-try-it only looks."""

    def run(self, console: Console) -> None:
        """Print it all. Exits with 1 where something that was tried does not work."""
        table = Table("what", "found")
        for row in (*versions(), *devices(), *room(self.runs), *extras()):
            table.add_row(*row)
        console.print(table)
        failed = [name for name, attempt in ATTEMPTS.items() if self.try_it and not works(name, attempt, console)]
        if failed:
            raise SystemExit(1)


def versions() -> Iterator[tuple[str, str]]:
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield from ((name, version(name)) for name in PACKAGES)


def devices() -> Iterator[tuple[str, str]]:
    """Processor, threads, GPUs."""
    import torch

    from core_gans.foundation.memory import available, gib
    from core_gans.foundation.precision import has_bf16

    bf16 = "bfloat16 in hardware" if has_bf16(torch.device("cpu")) else "bfloat16 emulated, slow: leave --bf16 out"
    yield "processor", f"{os.cpu_count()} cores, {torch.get_num_threads()} threads of torch, {bf16}"
    free = available()
    yield "memory", "unknown" if free is None else f"{gib(free)} free"
    for index in range(torch.cuda.device_count()):
        memory = torch.cuda.get_device_properties(index).total_memory
        yield f"cuda:{index}", f"{torch.cuda.get_device_name(index)}, {gib(memory)}: --device cuda:{index}"
    if torch.backends.mps.is_available():
        yield "mps", "a GPU of Apple: --device mps"
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        yield "GPU", f"none that torch {torch.__version__} sees; everything runs on the processor"


def room(runs: Path) -> Iterator[tuple[str, str]]:
    """Free room where runs are kept, or will be."""
    place = next(each for each in (runs.absolute(), *runs.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    short = "" if free > ROOM else ": short, make room or name another folder with --runs"
    yield "disk", f"{free / 10**9:.1f} GB free for {runs}{short}"
    data = os.environ.get("GANLAB_DATA", "")
    yield (
        "real data",
        f"{data} (GANLAB_DATA)" if data else "none: GANLAB_DATA names its folder for the tests",
    )


def extras() -> Iterator[tuple[str, str]]:
    """The parts that not everybody needs."""
    for extra, (module, use) in EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        yield f"extra {extra}", f"there: {use}" if there else f"missing, for {use}: pip install 'gan-lab[{extra}]'"


def works(name: str, attempt: Callable[[], str], console: Console) -> bool:
    """Make an attempt and print what came of it; whatever goes wrong is what there is to be said."""
    begun = time.monotonic()
    try:
        told = attempt()
    except Exception as error:
        console.print(f"{name}: fails: {type(error).__name__}: {error}", highlight=False, soft_wrap=True)
        return False
    console.print(f"{name}: works, {told} ({time.monotonic() - begun:.1f} s)", highlight=False, soft_wrap=True)
    return True


def try_training() -> str:
    import torch

    from core_gans import Batches, make, train
    from core_gans.data import load

    ring = load("ring", count=1_000)
    game = make("gan", shape=ring.shape, family="mlp", width=16, depth=1, latent=2)
    state = train(game, Batches(ring, 32), 50, rng=torch.Generator().manual_seed(0), progress=False)
    return f"{state.round} rounds"


def try_evolution() -> str:
    import torch

    from core_gans import Batches, make
    from core_gans.data import load
    from egan import evolve

    ring = load("ring", count=1_000)
    game = make("gan", shape=ring.shape, family="mlp", width=16, depth=1, latent=2)
    population = evolve(game, Batches(ring, 32), 10, rng=torch.Generator().manual_seed(0), progress=False)
    return f"{population.round} generations, the survivor is a child of {population.parents[0].record.mutation}"


def try_dissection() -> str:
    import torch

    from core_gans import load_model, shipped
    from dissect import dissect
    from dissect.segmenters.unet import UNetSegmenter

    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    found = dissect(model.net, "block8", model.game.latents(16, torch.Generator().manual_seed(0)), segmenter)
    return f"units of block8 of the shipped generator in 16 pictures: {found.matched_in_words()}"


def try_app() -> str:
    from starlette.testclient import TestClient

    from demos.lab import Lab
    from demos.serve import web_app
    from demos.server_address import PORT

    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.at(Path(folder))
        try:
            with TestClient(web_app(lab), base_url=f"http://127.0.0.1:{PORT}") as client:
                answer = client.get("/")
        finally:
            lab.close()
    answer.raise_for_status()
    return f"a page of {len(answer.content) // 1024} kB"


ATTEMPTS: dict[str, Callable[[], str]] = {
    "training": try_training,
    "evolution": try_evolution,
    "dissection": try_dissection,
    "app": try_app,
}
