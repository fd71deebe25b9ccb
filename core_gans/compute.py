"""Where and in which precision a run computes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import nn

from core_gans.foundation.errors import LabError


@dataclass(frozen=True)
class Compute:
    """The device, the precision, the memory layout of images, and how much of a batch is computed at a time."""

    device: str = "cpu"
    """cpu, cuda, cuda:N or mps."""
    bf16: bool = False
    """Compute in bfloat16 where it is safe (autocast); weights stay in float32."""
    channels_last: bool = False
    """Store images with their channels last; faster for convolutions on most processors."""
    fp16: bool = False
    """Compute in float16 where it is safe, with scaled gradients (``scaler``); on CUDA devices alone."""
    micro_batch: int = 0
    """Examples of a batch that are computed at a time, their gradients summed; 0 for all."""

    def __post_init__(self) -> None:
        kind, _, number = self.device.partition(":")
        if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdecimal())):
            raise LabError(f"expected the device cpu, cuda, cuda:N or mps, got {self.device!r}.")
        if kind == "cuda" and not torch.cuda.is_available():
            raise LabError(f"--device {self.device} needs a GPU that torch can see; there is none: use --device cpu.")
        if kind == "cuda" and number and int(number) >= torch.cuda.device_count():
            raise LabError(
                f"--device {self.device} is not there: torch sees {torch.cuda.device_count()} GPUs, counted from 0."
            )
        if self.fp16 and (kind != "cuda" or self.bf16):
            raise LabError("--fp16 is for CUDA devices, and without --bf16: add --device cuda, or take --bf16 alone.")
        if self.micro_batch < 0:
            raise LabError(f"expected a micro_batch of at least 0 examples, got {self.micro_batch}.")
        if kind == "mps" and not torch.backends.mps.is_available():
            raise LabError("--device mps needs macOS on Apple silicon with a torch that knows it: use --device cpu.")

    def place(self, nets: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
        """The same networks on this device and in this layout."""
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return {name: net.to(self.device, memory_format=layout) for name, net in nets.items()}  # type: ignore[call-overload]

    def autocast(self) -> AbstractContextManager[None]:
        """The context in which losses are computed."""
        precision = torch.float16 if self.fp16 else torch.bfloat16
        return torch.autocast(torch.device(self.device).type, dtype=precision, enabled=self.bf16 or self.fp16)

    def scaler(self) -> torch.amp.GradScaler | None:
        """What keeps small gradients from vanishing in float16; None in other precisions."""
        return torch.amp.GradScaler(torch.device(self.device).type) if self.fp16 else None
