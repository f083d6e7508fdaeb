"""Tensors that are spread over processes (DTensor, as FSDP makes them) beside tensors that every process has whole."""

import os

import torch
from torch.distributed.tensor import DTensor, distribute_tensor


def is_main() -> bool:
    """Whether this process is the one that writes files (`accelerate launch` numbers them in RANK)."""
    return int(os.environ.get("RANK", "0")) == 0


def clip_gradients(parameters: list[torch.nn.Parameter], largest_norm: float) -> None:
    """As torch's clip_grad_norm_, where some gradients are spread over processes and some are whole."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not any(isinstance(g, DTensor) for g in gradients):
        torch.nn.utils.clip_grad_norm_(parameters, largest_norm)
        return
    norm = torch.stack([whole_tensor(torch.linalg.vector_norm(g)) for g in gradients]).norm()
    factor = (largest_norm / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        (gradient.to_local() if isinstance(gradient, DTensor) else gradient).mul_(factor)


def whole_tensor(value: torch.Tensor) -> torch.Tensor:
    return value.full_tensor() if isinstance(value, DTensor) else value


def whole_state(state):
    """The same nested dictionaries and lists without anything that is spread: what is saved. All processes have to call it."""
    if isinstance(state, dict):
        return {key: whole_state(value) for key, value in state.items()}
    if isinstance(state, list):
        return [whole_state(value) for value in state]
    return whole_tensor(state) if isinstance(state, torch.Tensor) else state


def like(value: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """A whole tensor spread as `parameter` is."""
    spread = isinstance(parameter, DTensor) and value.shape == parameter.shape
    return distribute_tensor(value, parameter.device_mesh, parameter.placements) if spread else value
