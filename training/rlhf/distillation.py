"""A small cross-encoder that learns from a larger one: some of its layers to begin with, and its scores to come near."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

from rlhf.encoder import TINY, CrossEncoder, Encoder, EncoderConfig

MATRICES = ("attend", "mixed", "up", "down")  # of a layer, in the order in which it multiplies


def read_cross_encoder(path: Path) -> CrossEncoder:
    """The model of a served graph (`encoder_export.quantise`), with the rounded weights that the runtime computes with."""
    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def rounded(name: str) -> torch.Tensor:
        base = name.removesuffix("_quantized")
        zero, scale = constants[f"{base}_zero_point"], constants[f"{base}_scale"]  # one, or one a column
        values = (constants[name].astype(np.float32) - zero.astype(np.float32)) * scale
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    # Matrices have lost their names, but not their order: those of each layer, then the head's.
    matrices = [rounded(node.input[1]).T for node in graph.node if node.op_type == "MatMulInteger"]  # (out, in) each
    layers, rest = divmod(len(matrices) - 2, len(MATRICES))
    width = constants["dense.bias"].shape[0]
    shape = TINY if width == TINY.width else EncoderConfig()
    if rest or width != shape.width:
        raise ValueError(f"{path}: expected a cross-encoder of width {TINY.width} or {EncoderConfig().width}")
    state = {name: torch.from_numpy(value.copy()) for name, value in constants.items() if name.endswith((".weight", ".bias"))}
    for table in ("words", "positions", "types"):
        state[f"encoder.{table}.weight"] = rounded(f"encoder.{table}.weight_quantized")
    for index in range(layers):
        for place, part in enumerate(MATRICES):
            state[f"encoder.layers.{index}.{part}.weight"] = matrices[index * len(MATRICES) + place]
    state["dense.weight"], state["score.weight"] = matrices[-2:]
    model = CrossEncoder(Encoder(replace(shape, layers=layers)))
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def kept_layers(teacher: int, student: int) -> list[int]:
    """Which of the teacher's layers the student begins with: evenly spaced, with the last."""
    if not 0 < student <= teacher:
        raise ValueError(f"expected 1 to {teacher} layers, received {student}")
    return [(i + 1) * teacher // student - 1 for i in range(student)]


def with_layers(teacher: CrossEncoder, layers: int) -> CrossEncoder:
    """A new model with copies of some of the teacher's layers and of everything around them."""
    kept = kept_layers(len(teacher.encoder.layers), layers)
    student = CrossEncoder(Encoder(replace(teacher.encoder.config, layers=layers)))
    around = {name: value for name, value in teacher.state_dict().items() if not name.startswith("encoder.layers.")}
    student.load_state_dict(around, strict=False)
    for own, index in zip(student.encoder.layers, kept):
        own.load_state_dict(teacher.encoder.layers[index].state_dict())
    return student


def list_divergence(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Logits (Q, P) -> mean over questions of KL(teacher || student) between their distributions over the passages (Hinton et
    al. 2015, temperature 1). It needs no labels, so passages count of which nobody knows whether they answer."""
    return F.kl_div(F.log_softmax(student, 1), F.log_softmax(teacher, 1), reduction="batchmean", log_target=True)
