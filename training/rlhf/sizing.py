"""Memory and time of the reinforcement stage for larger models, from arithmetic: weights, states, bytes and operations."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A Llama-like decoder. `tied`: the output layer is the embedding."""

    hidden: int
    layers: int
    intermediate: int
    heads: int
    kv_heads: int
    vocabulary: int
    tied: bool = False

    @property
    def layer_parameters(self) -> int:
        head = self.hidden // self.heads
        attention = self.hidden * self.hidden * 2 + 2 * self.hidden * self.kv_heads * head
        return attention + 3 * self.hidden * self.intermediate + 2 * self.hidden

    @property
    def body_parameters(self) -> int:
        return self.layers * self.layer_parameters + self.hidden

    @property
    def parameters(self) -> int:
        return self.body_parameters + self.vocabulary * self.hidden * (1 if self.tied else 2)

    def lora_parameters(self, rank: int) -> int:
        """Two factors beside each of the seven matrices of a layer."""
        head = self.hidden // self.heads
        sides = 2 * (2 * self.hidden) + 2 * (self.hidden + self.kv_heads * head) + 3 * (self.hidden + self.intermediate)
        return self.layers * rank * sides


SHAPES = {
    "135M": Shape(576, 30, 1536, 9, 3, 49152, tied=True),  # SmolLM2-135M
    "1.7B": Shape(2048, 24, 8192, 32, 32, 49152, tied=True),  # SmolLM2-1.7B
    "8B": Shape(4096, 32, 14336, 32, 8, 128256),  # Llama 3 8B
}


@dataclass(frozen=True)
class Machine:
    name: str
    memory_gb: float  # of one device
    tflops: float  # dense, in the format that is computed in, of one device
    bandwidth_gb_s: float  # of its memory
    utilisation: float  # share of `tflops` that training reaches
    devices: int = 1


CPU = Machine("2 CPU cores", 24, 0.107, 20, 1.0)  # fp32, measured in matrix products
H100 = Machine("H100", 80, 989, 3350, 0.35)  # bf16, from the vendor's data sheet; utilisation as reported for FSDP


def forward_gflop(shape: Shape) -> float:
    """Of one token without the output layer: two operations a weight."""
    return 2 * shape.body_parameters / 1e9


@dataclass(frozen=True)
class Plan:
    gigabytes_per_device: float
    fits: bool
    rollout_hours: float
    score_hours: float
    update_hours: float

    @property
    def hours(self) -> float:
        return self.rollout_hours + self.score_hours + self.update_hours


def plan(shape: Shape, machine: Machine, *, episodes: int, prompt_tokens: int = 59, answer_tokens: int = 8, epochs: int = 2, lora_rank: int = 0,
         weight_bytes: int = 2, batch: int = 64, checkpointing: bool = True) -> Plan:
    """PPO with policy, reference, reward model and a critic head on the policy.

    Weights stand once each; what is trained has a gradient, a 32-bit copy and two moments (16 bytes in 16 bit, 12 in 32 bit, beside
    the weight itself); all is spread over the devices (FSDP). Activations: one hidden state a layer where they are computed again
    (`checkpointing`), else about 16. prompt_tokens: of a question, its share of the passage included (packed; `rlhf/packing.py`).
    """
    trained = shape.lora_parameters(lora_rank) if lora_rank else shape.parameters
    copies = 1 if lora_rank else 2  # policy and reference; adapters are switched off for the reference
    weights = (copies + 1) * shape.parameters * weight_bytes
    states = trained * ((2 + 4 + 8) if weight_bytes == 2 else (4 + 8))
    tokens = batch * (prompt_tokens + answer_tokens)
    activations = tokens * shape.hidden * shape.layers * weight_bytes * (1 if checkpointing else 16) + tokens * shape.vocabulary * 4 * answer_tokens / (
        prompt_tokens + answer_tokens)
    memory = (weights + states) / machine.devices + activations
    speed = machine.tflops * 1e12 * machine.utilisation * machine.devices  # operations a second
    all_tokens = episodes * (prompt_tokens + answer_tokens)
    # Decoding reads every weight once a step for the whole batch; reading the prompt is arithmetic.
    steps = episodes * answer_tokens / (batch * machine.devices)
    rollout = steps * shape.parameters * weight_bytes / (machine.bandwidth_gb_s * 1e9) + episodes * prompt_tokens * forward_gflop(shape) * 1e9 / speed
    forward = all_tokens * forward_gflop(shape) * 1e9 / speed
    return Plan(memory / 1e9, memory < machine.memory_gb * 1e9 * 0.9, rollout / 3600, 3 * forward / 3600,
                epochs * forward * (4 if checkpointing else 3) / 3600)
