"""Tokens a second of this machine, measured in processor time of one thread, so that what else runs does not count."""

import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from rlhf.sizing import Shape, forward_gflop


def model_of(shape: Shape) -> LlamaForCausalLM:
    """Random weights in that shape."""
    config = LlamaConfig(vocab_size=shape.vocabulary, hidden_size=shape.hidden, num_hidden_layers=shape.layers, intermediate_size=shape.intermediate,
                         num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads, tie_word_embeddings=shape.tied)
    return LlamaForCausalLM(config).eval()


def matrix_gflops(size: int = 1024, rounds: int = 6) -> float:
    """Of fp32 matrix products, in 10^9 operations a second of processor time."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    a @ b
    return 2 * size**3 * rounds / 1e9 / seconds(lambda: [a @ b for _ in range(rounds)])


def measured(shape: Shape, tokens: int = 256) -> dict[str, float]:
    """Tokens a second without the output layer: `forward` alone, and `update`, a forward and a backward pass of all layers; beside each
    what the arithmetic of `rlhf/sizing.py` expects of a machine with these matrix products (a backward pass is two forward ones)."""
    model, ids = model_of(shape), torch.randint(0, shape.vocabulary, (1, tokens))
    with torch.no_grad():
        model.model(ids)
        forward = tokens / seconds(lambda: model.model(ids))
    update = tokens / seconds(lambda: model.model(ids).last_hidden_state.sum().backward())
    speed = matrix_gflops()
    return {"matrixGflops": speed, "forward": forward, "forwardExpected": speed / forward_gflop(shape),
            "update": update, "updateExpected": speed / forward_gflop(shape) / 3}


def seconds(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
