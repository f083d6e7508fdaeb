"""Where a stage runs: on one processor, on one GPU, or as many processes of `accelerate launch`; in which precision; and what stands
where.

    accelerate launch --config_file runs/fsdp.yaml scripts/train_sft.py --precision bf16 --checkpointing ..

Every process holds the whole script and its own share of the rows; after each step gradients are averaged, so that all have the same
weights. Where the launch asks for FSDP, the trained layers' weights, gradients and optimiser states are spread over the processes
(fully sharded data parallel, Zhao et al. 2023, arXiv 2304.11277); embedding, norms and heads stay whole.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from rlhf.layers import decoder_layers


def add_hardware_arguments(parser) -> None:
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of matrix products and of weights that are not trained; trained ones and the optimiser stay in fp32")
    parser.add_argument("--checkpointing", action="store_true", help="activations are computed again on the way back: less memory, a third more time")
    parser.add_argument("--lora", type=int, default=0, metavar="RANK", help="train adapters of this rank beside the layers (0: the layers themselves)")


class Hardware:
    def __init__(self, precision: str = "fp32"):
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.precision = precision
        self.rank, self.processes = self.accelerator.process_index, self.accelerator.num_processes
        self.shards = self.processes > 1 and os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"

    def autocast(self):
        if self.precision == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.accelerator.device.type, torch.bfloat16)

    def mine(self, order: Iterator) -> Iterator:
        """Of an endless order of rows every so manieth: this process's share."""
        return itertools.islice(order, self.rank, None, self.processes)

    def agreed(self, value):
        """What the main process says: clocks differ, and all have to do the same."""
        return broadcast_object_list([value])[0] if self.processes > 1 else value

    def total(self, counters: dict[str, float]) -> dict[str, float]:
        """Summed over the processes."""
        if self.processes == 1 or not counters:
            return counters
        values = self.accelerator.reduce(torch.tensor(list(counters.values()), dtype=torch.float64), "sum").tolist()
        return {name: type(old)(value) for (name, old), value in zip(counters.items(), values)}

    def prepare(self, model, checkpointing: bool = False) -> None:
        """Before the optimiser is made, for every model: activations that are computed again; layers spread where the launch asks for it."""
        if checkpointing:
            for module in model.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0  # only a model in training computes again, and none of the stages drops anything
            model.activation_checkpointing_enable()
            model.train()
        frozen = [p for p in model.parameters() if not p.requires_grad]
        if self.precision == "bf16" and (not self.shards or len(frozen) == len(list(model.parameters()))):  # FSDP wants one format in a layer
            for p in frozen:
                p.data = p.data.to(torch.bfloat16)
        if not self.shards:
            return
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32) if self.precision == "bf16" else MixedPrecisionPolicy()
        for layer in decoder_layers(model):
            if not isinstance(layer, FSDPModule):  # layers that two models share are spread once
                fully_shard(layer, mp_policy=policy, reshard_after_forward=True)

    @contextlib.contextmanager
    def whole(self, model):
        """Weights gathered on every process: sampling takes a number of steps of its own in each."""
        layers = [layer for layer in decoder_layers(model) if isinstance(layer, FSDPModule)] if self.shards else []
        for layer in layers:
            layer.unshard()
            layer.set_reshard_after_forward(False)
        yield
        for layer in layers:
            layer.set_reshard_after_forward(True)
            layer.reshard()

    def mean(self, figures: dict[str, float]) -> dict[str, float]:
        """Over the processes."""
        return {name: value / self.processes for name, value in self.total({k: float(v) for k, v in figures.items()}).items()}

    def shares(self, rows: list) -> list:
        """Rows that each process found, dealt out anew: as many for each, some twice where they do not divide evenly."""
        if self.processes == 1:
            return rows
        together = gather_object(rows)
        count = -(-len(together) // self.processes)
        return [together[(self.rank + i * self.processes) % len(together)] for i in range(count)]

    def average_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """What FSDP does not average itself. A gradient that one process lacks counts as zero."""
        if self.processes == 1:
            return
        for p in parameters:
            if not isinstance(p, DTensor):
                p.grad = self.accelerator.reduce(torch.zeros_like(p) if p.grad is None else p.grad, "mean")
