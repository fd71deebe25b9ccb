"""Whether the sample that a command is asked for fits in memory: estimated from one latent, before any is drawn."""

from __future__ import annotations

from collections.abc import Mapping

from core_gans.foundation.memory import require_memory
from dissect.commands.opening import Opened

FLOAT = 4  # bytes


def require_sample(found: Opened, counts: Mapping[str, int], kept: int = 0) -> None:
    """LabError unless the latents of all images, with ``kept`` other float32 numbers of each, fit in memory together.

    ``counts`` are numbers of images by the name of the option that asks for them. Latents are drawn on the CPU and
    moved to the generator's device, so both must hold them.
    """
    latent = found.example()
    wanted = sum(counts.values()) * (latent.numel() + kept) * FLOAT
    options = " or ".join(f"--{name}" for name in counts)
    for device in dict.fromkeys(("cpu", str(latent.device))):
        require_memory(wanted, f"a sample of {sum(counts.values()):,} images", options, device)
