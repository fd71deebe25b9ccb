"""Which generator this is: a digest of its structure and weights, so that what belongs to another one is refused."""

from __future__ import annotations

import torch
from torch import nn

from core_gans.foundation.sealed import digest


def fingerprint(generator: nn.Module) -> str:
    """The SHA-256, as hex digits, of the names and kinds of its modules and of all that it keeps.

    The device does not count, the precision does.
    """
    structure = "\n".join(f"{name} {type(module).__name__}" for name, module in generator.named_modules())
    kept = ((name, tensor.detach().cpu().contiguous()) for name, tensor in sorted(generator.state_dict().items()))
    return digest(
        structure,
        (
            (f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n", tensor.flatten().view(torch.uint8).numpy().tobytes())
            for name, tensor in kept
        ),
    )
