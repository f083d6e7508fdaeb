"""GPTQ over a model's upper layers, one after the other: each is calibrated on what the rounded layers below it produce."""

import torch

from rlhf.packing import Segment, pack
from rlhf.quantise import Quantised, gptq

# The matrices of a group read the same input.
GROUPS = (("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"), ("self_attn.o_proj",),
          ("mlp.gate_proj", "mlp.up_proj"), ("mlp.down_proj",))


@torch.no_grad()
def gptq_layers(model, rows: list[list[Segment]], first: int, bits_of, block: int) -> dict[str, Quantised]:
    """{weight name: quantised} for the layers from `first` on. `bits_of(name)`: 4 or 8. The model's weights are changed."""
    states = [_below(model, row, first) for row in rows]
    done: dict[str, Quantised] = {}
    for index in range(first, model.config.num_hidden_layers):
        layer = model.model.layers[index]
        grams = _grams(layer, states)
        for group in GROUPS:
            for part in group:
                weight, name = layer.get_submodule(part).weight, f"model.layers.{index}.{part}.weight"
                done[name] = gptq(weight, grams[group[0]], bits_of(name), block)
                weight.copy_(done[name].dequantised())
        for state in states:
            state["hidden_states"] = _run(layer, state)
    return done


def _below(model, row: list[Segment], first: int) -> dict:
    """What the first upper layer is called with for one row."""
    batch = pack([row], 0)
    hidden = model.model.embed_tokens(batch.input_ids)
    bias = torch.zeros(batch.visible.shape).masked_fill_(~batch.visible, torch.finfo(torch.float32).min)
    rotary = model.model.rotary_emb(hidden, batch.position_ids)
    state = {"hidden_states": hidden, "attention_mask": bias, "position_embeddings": rotary, "position_ids": batch.position_ids}
    for layer in model.model.layers[:first]:
        state["hidden_states"] = _run(layer, state)
    return state


def _run(layer, state: dict) -> torch.Tensor:
    output = layer(**state)
    return output[0] if isinstance(output, tuple) else output


def _grams(layer, states: list[dict]) -> dict[str, torch.Tensor]:
    """{first of each group: (K, K), sum of x x^T over all tokens that it reads}"""
    grams: dict[str, torch.Tensor] = {}

    def add(name: str, x: torch.Tensor) -> None:
        grams[name] = grams.get(name, 0) + x[0].T @ x[0]  # x: (1, T, K)

    hooks = [layer.get_submodule(name).register_forward_pre_hook(lambda _, inputs, name=name: add(name, inputs[0])) for name, *_ in GROUPS]
    for state in states:
        _run(layer, state)
    for hook in hooks:
        hook.remove()
    return grams
