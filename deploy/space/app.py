"""The lab as a Space of Hugging Face, or on any host that runs an app.py of gradio. Runs are kept in GANLAB_RUNS."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from demos.app import build
from demos.lab import Lab

torch.set_num_threads(1)  # one for each piece of work: two torches that fight for all cores are many times slower
demo = build(Lab.at(Path(os.environ.get("GANLAB_RUNS", "runs"))))

if __name__ == "__main__":
    demo.launch()
