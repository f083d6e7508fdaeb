"""Which layers learn, and the forward pass in two parts.

The lowest layers are frozen and the same in the fine-tuned policy, every policy trained from it and the reward model. So what
they make of a text is computed once and read by all of them, in every epoch.
"""

import torch

from rlhf.lora import add_adapters
from rlhf.packing import PackedBatch, attention_bias, hidden_states


def decoder_layers(model) -> torch.nn.ModuleList:
    """The layers of a causal LM, lowest first: the list of modules that its body holds, whatever its name is."""
    found = [child for child in model.base_model.children() if isinstance(child, torch.nn.ModuleList)]
    if len(found) != 1:
        raise SystemExit(f"{type(model).__name__}: expected one list of layers in its body, found {len(found)}")
    return found[0]


def freeze_lower(model, layers: int, lora: int = 0) -> list[torch.nn.Parameter]:
    """Parameters that are trained: the layers from `layers` on and the final norm; everything where `layers` is 0. With `lora`,
    adapters of that rank beside those layers and nothing else."""
    if lora:
        model.requires_grad_(False)
        return add_adapters(decoder_layers(model)[layers:], lora)
    if layers > 0:
        model.get_input_embeddings().requires_grad_(False)  # may be tied to the output layer
        for layer in decoder_layers(model)[:layers]:
            layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]


def trainable_state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Trained parameters, and buffers that are part of the module's state (the reward's mean and deviation)."""
    frozen = {id(p) for p in module.parameters() if not p.requires_grad}  # by identity: a tied matrix has two names
    return {name: value.detach() for name, value in module.state_dict(keep_vars=True).items() if id(value) not in frozen}


def same_lower(one, other, layers: int) -> bool:
    """Whether two models agree in the embedding and the lowest `layers`: then their lower states are the same."""
    pairs = [(one.get_input_embeddings(), other.get_input_embeddings()), *zip(decoder_layers(one)[:layers], decoder_layers(other)[:layers])]
    return all(
        a.shape == b.shape and torch.equal(a, b)
        for left, right in pairs
        for a, b in zip(left.state_dict().values(), right.state_dict().values())
    )


@torch.no_grad()
def lower_states(model, batch: PackedBatch, layers: int) -> torch.Tensor | None:
    """(B, T, hidden) behind the lowest `layers` layers; None where there is nothing to share. Only bodies made like Llama's (embedding,
    layers, norm, rotary positions) can be computed in two parts."""
    if layers == 0:
        return None
    missing = [name for name in ("embed_tokens", "layers", "norm", "rotary_emb") if not hasattr(model.base_model, name)]
    if missing:
        raise SystemExit(f"{type(model).__name__} has no {', '.join(missing)}: its layers cannot be shared; train it with --frozen-layers 0")
    return _through(model, model.model.embed_tokens(batch.input_ids), batch, 0, layers)


def upper_states(model, states: torch.Tensor | None, batch: PackedBatch, layers: int) -> torch.Tensor:
    """(B, T, hidden) after the final norm, from the states behind the lowest `layers` layers (None: from the tokens)."""
    if states is None:
        return hidden_states(model, batch)
    return model.model.norm(_through(model, states, batch, layers, len(model.model.layers)))


def _through(model, states: torch.Tensor, batch: PackedBatch, first: int, last: int) -> torch.Tensor:
    rotary = model.model.rotary_emb(states, position_ids=batch.position_ids)  # (cos, sin), each (B, T, head)
    bias = attention_bias(batch)
    for layer in model.model.layers[first:last]:
        states = layer(states, attention_mask=bias, position_ids=batch.position_ids, position_embeddings=rotary, use_cache=False)
    return states
