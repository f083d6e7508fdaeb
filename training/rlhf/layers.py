"""Which layers learn, and the forward pass in two parts.

The lowest layers are frozen and the same in the fine-tuned policy, every policy trained from it and the reward model. So what
they make of a text is computed once and read by all of them, in every epoch.
"""

import torch

from rlhf.packing import PackedBatch, attention_bias


def freeze_lower(model, layers: int) -> list[torch.nn.Parameter]:
    """Parameters that are trained: the layers from `layers` on and the final norm; everything where `layers` is 0."""
    if layers > 0:
        model.model.embed_tokens.requires_grad_(False)  # tied to the output layer
        for layer in model.model.layers[:layers]:
            layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]


def trainable_state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Trained parameters, and buffers that are part of the module's state (the reward's mean and deviation)."""
    frozen = {p.data_ptr() for p in module.parameters() if not p.requires_grad}  # by place: a tied matrix has two names
    return {name: value.detach() for name, value in module.state_dict().items() if value.data_ptr() not in frozen}


def same_lower(one, other, layers: int) -> bool:
    """Whether two models agree in the embedding and the lowest `layers`: then their lower states are the same."""
    mine, theirs = one.model, other.model
    pairs = [(mine.embed_tokens, theirs.embed_tokens), *zip(mine.layers[:layers], theirs.layers[:layers])]
    return all(
        a.shape == b.shape and torch.equal(a, b)
        for left, right in pairs
        for a, b in zip(left.state_dict().values(), right.state_dict().values())
    )


@torch.no_grad()
def lower_states(model, batch: PackedBatch, layers: int) -> torch.Tensor:
    """(B, T, hidden) behind the lowest `layers` layers (0: the embedding)."""
    return _through(model, model.model.embed_tokens(batch.input_ids), batch, 0, layers)


def upper_states(model, states: torch.Tensor, batch: PackedBatch, layers: int) -> torch.Tensor:
    """(B, T, hidden) after the final norm, from the states behind the lowest `layers` layers."""
    return model.model.norm(_through(model, states, batch, layers, len(model.model.layers)))


def _through(model, states: torch.Tensor, batch: PackedBatch, first: int, last: int) -> torch.Tensor:
    rotary = model.model.rotary_emb(states, position_ids=batch.position_ids)  # (cos, sin), each (B, T, head)
    bias = attention_bias(batch)
    for layer in model.model.layers[first:last]:
        states = layer(states, attention_mask=bias, position_ids=batch.position_ids, position_embeddings=rotary, use_cache=False)
    return states
