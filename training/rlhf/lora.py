"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685): the weights stay as they are, beside each a product of two thin matrices
learns.

    y = W x + (alpha / rank) B A x        A: (rank, in), random; B: (out, rank), zero: at first nothing changes

What is saved is the plain model with the products added, so that everything that reads a Hugging Face folder reads this one.
"""

import torch
from torch import nn

from rlhf.spread import whole_tensor


class Adapted(nn.Module):
    """A linear layer with an adapter beside it."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.base, self.scale = base, alpha / rank
        self.a = nn.Parameter(torch.empty(rank, base.in_features, device=base.weight.device))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank, device=base.weight.device))
        nn.init.kaiming_uniform_(self.a, a=5**0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * nn.functional.linear(nn.functional.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))

    def merged(self) -> torch.Tensor:
        """(out, in): W + (alpha / rank) B A"""
        weight, a, b = (whole_tensor(p) for p in (self.base.weight, self.a, self.b))
        return weight + (self.scale * b @ a).to(weight.dtype)


def add_adapters(layers: nn.ModuleList, rank: int, alpha: float | None = None) -> list[nn.Parameter]:
    """Freezes `layers` and puts an adapter beside each of their linear maps; returns what is trained. alpha: default 2 rank."""
    layers.requires_grad_(False)
    trained = []
    for module in list(layers.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Linear) and not isinstance(module, Adapted):
                adapted = Adapted(child, rank, alpha or 2 * rank)
                setattr(module, name, adapted)
                trained += [adapted.a, adapted.b]
    if not trained:
        raise SystemExit("no linear map in the layers that are trained: adapters need one (--lora 0 trains the weights themselves)")
    return trained


def merged_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The state of the plain model, adapters added to the weights they stand beside."""
    adapted = {name: module for name, module in model.named_modules() if isinstance(module, Adapted)}
    state = {}
    for name, value in model.state_dict().items():
        owner, _, parameter = name.removesuffix(".weight").removesuffix(".bias").rpartition(".")
        if owner in adapted and parameter == "base":
            state[name.replace(".base.", ".")] = adapted[owner].merged().detach() if name.endswith(".weight") else value
        elif not (name.rpartition(".")[0] in adapted):
            state[name] = value
    return state
