"""Weights of a served graph (`rlhf/export.py`) read back under their Hugging Face names, as the runtime computes with them."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

# Matrices that the exporter lays side by side, and how it names them.
JOINED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate": ("mlp.gate_proj",),
    "up": ("mlp.up_proj",),
    "down": ("mlp.down_proj",),
}
NORMS = {"norm1": "input_layernorm", "norm2": "post_attention_layernorm"}


def read_graph(path: Path) -> onnx.GraphProto:
    return onnx.load(path, load_external_data=False).graph


def restored_layers(graph: onnx.GraphProto, like: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every matrix and norm of the graph's own layers and the final norm; `like` gives the shapes of the matrices."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    out = {"model.norm.weight": as_tensor(constants["final_norm.weight"])}
    for node in graph.node:
        prefix, _, part = node.output[0].rpartition(".")
        if node.op_type in ("MatMulNBits", "MatMul") and part in JOINED and prefix.startswith("model.layers."):
            names = [f"{prefix}.{name}.weight" for name in JOINED[part]]
            weight = dequantised(node, constants) if node.op_type == "MatMulNBits" else as_tensor(constants[node.input[1]]).T
            for name, piece in zip(names, weight.split([len(like[name]) for name in names])):
                out[name] = piece.contiguous()
        elif part in NORMS and prefix.startswith("model.layers."):
            out[f"{prefix}.{NORMS[part]}.weight"] = as_tensor(constants[f"{prefix}.{part}.weight"])
    return out


def restored_head(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """As `RewardHead.save` writes it. The served head is normalised already: mean 0 and deviation 1."""
    constants = {tensor.name: as_tensor(tensor) for tensor in graph.initializer if tensor.name.startswith("head.")}
    return {"weight": constants["head.weight"].T.contiguous(), "bias": constants["head.bias"],
            "mean": torch.zeros(()), "std": torch.ones(())}


def dequantised(node: onnx.NodeProto, constants: dict) -> torch.Tensor:
    """(N, K) float32 of a MatMulNBits node: scale * (level - zero point), block by block."""
    facts = {attribute.name: attribute.i for attribute in node.attribute}
    rows, columns, bits, block = (facts[name] for name in ("N", "K", "bits", "block_size"))
    blocks = columns // block
    packed = numpy_helper.to_array(constants[node.input[1]]).reshape(rows, -1)  # (N, K * bits / 8)
    scales = numpy_helper.to_array(constants[f"{node.input[2]}.half"]).astype(np.float32).reshape(rows, blocks)
    levels = unpacked(packed, bits, columns)
    zeros = np.full((rows, blocks), 2 ** (bits - 1), np.uint8)
    if len(node.input) > 3 and node.input[3]:
        zeros = unpacked(numpy_helper.to_array(constants[node.input[3]]).reshape(rows, -1), bits, blocks)
    centred = levels.reshape(rows, blocks, block).astype(np.float32) - zeros[..., None]
    return torch.from_numpy((scales[..., None] * centred).reshape(rows, columns))


def unpacked(values: np.ndarray, bits: int, columns: int) -> np.ndarray:
    """(N, columns) levels; of two 4-bit ones the first is in the low half."""
    if bits == 8:
        return values[:, :columns]
    return np.stack([values & 15, values >> 4], -1).reshape(len(values), -1)[:, :columns]


def as_tensor(tensor: onnx.TensorProto) -> torch.Tensor:
    return torch.from_numpy(numpy_helper.to_array(tensor).copy())
