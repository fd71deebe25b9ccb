"""One step of an optimiser along given gradients; Adam's in a single pass over the memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def step(optimizer: torch.optim.Optimizer, gradients: Sequence[Tensor]) -> None:
    """Move the optimiser's parameters along ``gradients``, one for each; its state is what its own step would leave.

    Torch's own Adam on the CPU walks over the tensors a dozen times; its fused kernel does so once, but expects every
    tensor of a parameter to lie in memory as the parameter does.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if not _is_plain_adam(optimizer, parameters):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return
    (group,) = optimizer.param_groups
    states = [optimizer.state[parameter] for parameter in parameters]
    for parameter, state in zip(parameters, states, strict=True):
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        for name in ("exp_avg", "exp_avg_sq"):
            state[name] = laid_like(parameter, state[name])
        state["step"] += 1
    beta1, beta2 = group["betas"]
    with torch.no_grad():
        torch._fused_adam_(
            parameters,
            [laid_like(parameter, gradient) for parameter, gradient in zip(parameters, gradients, strict=True)],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


def laid_like(parameter: Tensor, values: Tensor) -> Tensor:
    """The values in the parameter's memory layout and precision; themselves where they are."""
    if values.stride() == parameter.stride() and values.dtype == parameter.dtype:
        return values
    return torch.empty_like(parameter, requires_grad=False).copy_(values)


def _is_plain_adam(optimizer: torch.optim.Optimizer, parameters: Sequence[Tensor]) -> bool:
    """Whether the fused kernel computes exactly what this optimiser would."""
    if type(optimizer) is not torch.optim.Adam or len(optimizer.param_groups) != 1:
        return False
    (group,) = optimizer.param_groups
    variants = ("amsgrad", "maximize", "capturable", "differentiable", "decoupled_weight_decay")
    dense = all(parameter.device.type == "cpu" and parameter.is_floating_point() for parameter in parameters)
    return dense and isinstance(group["lr"], float) and not any(group.get(variant) for variant in variants)
