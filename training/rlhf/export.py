"""Policy and reward model as three ONNX graphs that share their lower layers.

    lower.onnx    input_ids -> hidden                the frozen layers; computed once for both models
    upper.onnx    hidden -> logits                   the policy's own layers, final norm and output layer
    model.onnx    hidden -> reward                   the reward model's own layers, final norm and head

Every graph takes a piece of text behind a key-value cache, one text at a time (batch 1):

    position_ids           (1, T) int64              rotary position of each new token
    attention_bias         (1, 1, T, past + T)       added to the attention scores: 0, or very negative where a token
                                                     may not look; the causal mask is inside. It makes branches of a tree.
    seqlens_k              (1,) int32                past + T - 1
    total_sequence_length  () int32                  past + T
    past_length            (1,) int64                past
    past.I.key, .value     (1, kv heads, C, head)    cache of the I-th layer, C >= past + T; what stands behind `past` is ignored
    selected               (n,) int64                which of the T tokens get an output; n >= 1 (not in lower.onnx)

and returns beside its result `new.I.key`, `new.I.value` (1, kv heads, T, head), to be written into the cache at `past`.
Returning whole caches, or updating them in place, costs more: onnxruntime-node copies every output.

The embedding table is the output layer too (tied). It is written once, to `embedding.bin`, and both graphs name it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from rlhf.quantise import Quantised, lattice, round_to_grid, symmetric

PAGE = 4096  # external data begins on one, so that it can be memory-mapped


@dataclass(frozen=True)
class Shape:
    """What the graphs need to know of a Llama configuration."""

    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    rope_theta: float
    norm_epsilon: float
    max_tokens: int

    @classmethod
    def of(cls, config, max_tokens: int) -> "Shape":
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return cls(config.hidden_size, config.num_attention_heads, config.num_key_value_heads, head_dim,
                   config.rope_parameters["rope_theta"], config.rms_norm_eps, max_tokens)


@dataclass(frozen=True)
class Precision:
    """Bits of the weights: 32, 8 or 4. `fine` lists matrices of a layer that keep 8 bits where the others have 4."""

    bits: int
    block: int = 32
    fine: tuple[str, ...] = ()
    exact: bool = False  # 4 bits and an offset a block: keeps weights that came from GGUF's Q4_1 as they are
    accuracy_level: int = 4  # of MatMulNBits: 4 computes in int8, faster for a few tokens at a time; 1 in fp32, faster for many

    def of(self, name: str) -> int:
        return 8 if self.bits == 4 and name.removesuffix(".weight").endswith(self.fine or ("-",)) else self.bits


class Graph:
    """Collects nodes and weights of one ONNX graph."""

    def __init__(self, shape: Shape, precision: Precision, ready: dict[str, Quantised] | None = None):
        """`ready`: matrices that are quantised already (GPTQ); the others are rounded here."""
        self.shape, self.precision, self.ready = shape, precision, ready or {}
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []
        self.served: dict[str, torch.Tensor] = {}  # weights as the runtime sees them, by their Hugging Face name
        self.block_sums: dict[str, str] = {}

    def node(self, op: str, inputs: list[str], outputs: list[str], domain: str = "com.microsoft", **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def input(self, name: str, kind: int, shape: list) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: list) -> str:
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def half(self, name: str, value: torch.Tensor) -> str:
        """float16 in the file, float32 in the graph: the runtime converts a constant once, when it loads the model."""
        return self.node("Cast", [self.constant(f"{name}.half", value.half().numpy())], [name], domain="", to=TensorProto.FLOAT)

    def linear(self, x: str, names: list[str], weights: dict[str, torch.Tensor], out: str) -> str:
        """One product with the matrices of `names` side by side; they read the same input."""
        bits = max(self.precision.of(name) for name in names)
        if bits == 32:
            joined = torch.cat([weights[name] for name in names])
            self.served |= {name: weights[name] for name in names}
            return self.node("MatMul", [x, self.constant(f"{out}.weight", joined.T.float().numpy())], [out], domain="")
        if self.precision.exact and all(parts := [lattice(weights[name], self.precision.block) for name in names]):
            self.served |= {name: part.dequantised() for name, part in zip(names, parts)}
            product = self.block_product(x, [part.levels for part in parts], f"{out}.product", zeros=False)
            offsets = self.half(f"{out}.offsets", torch.cat([part.offsets for part in parts]).T)  # (K / block, N)
            correction = self.node("MatMul", [self.sums_of_blocks(x, weights[names[0]].shape[1]), offsets], [f"{out}.correction"], domain="")
            return self.node("Add", [product, correction], [out], domain="")
        parts = [self.quantised(name, weights[name], bits) for name in names]
        self.served |= {name: part.dequantised() for name, part in zip(names, parts)}
        return self.block_product(x, parts, out)

    def quantised(self, name: str, weight: torch.Tensor, bits: int) -> Quantised:
        return self.ready[name] if name in self.ready else round_to_grid(weight, bits, self.precision.block)

    def block_product(self, x: str, parts: list[Quantised], out: str, zeros: bool = True) -> str:
        """`zeros` False: the zero point is the middle of the levels throughout, which needs no table."""
        inputs = [x, self.constant(f"{out}.weight", np.concatenate([p.packed() for p in parts])),
                  self.half(f"{out}.scales", torch.cat([p.scales for p in parts]))]
        if zeros:
            inputs.append(self.constant(f"{out}.zeros", np.concatenate([p.packed_zeros() for p in parts])))
        rows, columns = sum(len(p.levels) for p in parts), parts[0].levels.shape[1]
        return self.node("MatMulNBits", inputs, [out], K=columns, N=rows, bits=parts[0].bits, block_size=parts[0].block,
                         accuracy_level=self.precision.accuracy_level)

    def sums_of_blocks(self, x: str, columns: int) -> str:
        """(1, T, K) -> (1, T, K / block), computed once for all matrices that read `x`."""
        if x not in self.block_sums:
            name = f"sum_matrix.{columns}"
            if all(weight.name != name for weight in self.weights):
                eye = np.eye(columns // self.precision.block, dtype=np.float32)
                self.constant(name, eye.repeat(self.precision.block, 0))
            self.block_sums[x] = self.node("MatMul", [x, name], [f"{x}.block_sums"], domain="")
        return self.block_sums[x]

    def mask_inputs(self) -> None:
        self.input("position_ids", TensorProto.INT64, [1, "tokens"])
        self.input("attention_bias", TensorProto.FLOAT, [1, 1, "tokens", "total"])
        self.input("seqlens_k", TensorProto.INT32, [1])
        self.input("total_sequence_length", TensorProto.INT32, [])
        self.input("past_length", TensorProto.INT64, [1])
        self.node("Cast", ["total_sequence_length"], ["total64"], domain="", to=TensorProto.INT64)
        self.node("Reshape", ["total64", self.constant("one", np.array([1]))], ["total_length"], domain="")
        self.constant("token_axis", np.array([2]))
        steps = torch.arange(self.shape.max_tokens)[:, None]
        frequencies = self.shape.rope_theta ** -(torch.arange(0, self.shape.head_dim, 2).double() / self.shape.head_dim)
        self.constant("cos_cache", torch.cos(steps * frequencies).float().numpy())  # (max_tokens, head / 2)
        self.constant("sin_cache", torch.sin(steps * frequencies).float().numpy())

    def norm(self, x: str, weight: torch.Tensor, out: str) -> str:
        scale = self.constant(f"{out}.weight", weight.float().numpy())
        return self.node("SimplifiedLayerNormalization", [x, scale], [out], domain="", axis=-1, epsilon=self.shape.norm_epsilon)

    def add_and_norm(self, x: str, y: str, weight: torch.Tensor, out: str) -> tuple[str, str]:
        """(norm of the sum, the sum)"""
        scale = self.constant(f"{out}.weight", weight.float().numpy())
        self.node("SkipSimplifiedLayerNormalization", [x, y, scale], [out, "", "", f"{out}.sum"], epsilon=self.shape.norm_epsilon)
        return out, f"{out}.sum"

    def attention(self, x: str, prefix: str, index: int, weights) -> str:
        """Attention of one layer up to its output matrix; `index` counts the layers of this graph."""
        s = self.shape
        qkv = self.linear(x, [f"{prefix}.self_attn.{n}_proj.weight" for n in "qkv"], weights, f"{prefix}.qkv")
        cache = [1, s.kv_heads, "capacity", s.head_dim]
        past = [self.input(f"past.{index}.{kind}", TensorProto.FLOAT, cache) for kind in ("key", "value")]
        present = [f"present.{index}.{kind}" for kind in ("key", "value")]
        attention = self.node(
            "GroupQueryAttention",
            [qkv, "", "", *past, "seqlens_k", "total_sequence_length", "cos_cache", "sin_cache", "position_ids", "attention_bias"],
            [f"{prefix}.attention", *present],
            num_heads=s.heads, kv_num_heads=s.kv_heads, do_rotary=1,
        )  # fmt: skip
        for name in present:
            new = self.output(name.replace("present", "new"), [1, s.kv_heads, "tokens", s.head_dim])
            self.node("Slice", [name, "past_length", "total_length", "token_axis"], [new], domain="")
        return attention

    def gated(self, x: str, prefix: str, weights) -> str:
        gate = self.linear(x, [f"{prefix}.mlp.gate_proj.weight"], weights, f"{prefix}.gate")
        up = self.linear(x, [f"{prefix}.mlp.up_proj.weight"], weights, f"{prefix}.up")
        silu = self.node("QuickGelu", [gate], [f"{prefix}.silu"], alpha=1.0)  # x * sigmoid(x)
        product = self.node("Mul", [silu, up], [f"{prefix}.product"], domain="")
        return self.linear(product, [f"{prefix}.mlp.down_proj.weight"], weights, f"{prefix}.down")

    def layers(self, hidden: str, first: int, count: int, weights, selected: str | None = None) -> tuple[str, str]:
        """(residual, last addend) after `count` layers. With `selected`, the last layer goes on for those tokens only."""
        residual, addend = hidden, None
        for index in range(count):
            prefix = f"model.layers.{first + index}"
            scale = weights[f"{prefix}.input_layernorm.weight"]
            if addend is None:
                x = self.norm(residual, scale, f"{prefix}.norm1")
            else:
                x, residual = self.add_and_norm(residual, addend, scale, f"{prefix}.norm1")
            x = self.attention(x, prefix, index, weights)  # (1, T, hidden)
            if selected and index == count - 1:
                x = self.node("Gather", [x, selected], [f"{x}.selected"], domain="", axis=1)  # (1, n, hidden)
                residual = self.node("Gather", [residual, selected], ["residual.selected"], domain="", axis=1)
            x = self.linear(x, [f"{prefix}.self_attn.o_proj.weight"], weights, f"{prefix}.o")
            x, residual = self.add_and_norm(residual, x, weights[f"{prefix}.post_attention_layernorm.weight"], f"{prefix}.norm2")
            addend = self.gated(x, prefix, weights)
        return residual, addend

    def model(self, name: str) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="candor")


class EmbeddingFile:
    """The table that `lower` gathers from and `upper` multiplies with: levels, then scales, in one file."""

    def __init__(self, table: torch.Tensor, quantise: bool, block: int = 32):
        self.rows, self.columns, self.block = *table.shape, block
        if quantise:
            levels = symmetric(table, block)
            self.served = levels.dequantised()
            self.arrays = {"levels": levels.packed(), "scales": levels.scales.half().numpy()}
        else:
            self.served, self.arrays = table, {"table": table.float().numpy()}

    def write(self, path: Path) -> None:
        with open(path, "wb") as file:
            for array in self.arrays.values():
                file.write(b"\0" * (-file.tell() % PAGE))
                file.write(np.ascontiguousarray(array).tobytes())

    def weight(self, graph: Graph, name: str, shape: list[int]) -> str:
        """A weight of a graph that lies in the file."""
        offset = 0
        for key, array in self.arrays.items():
            offset += -offset % PAGE
            if key == name:
                break
            offset += array.nbytes
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensor = TensorProto(name=f"embedding.{name}", dims=shape, data_type=kind, data_location=TensorProto.EXTERNAL)
        for key, value in {"location": "embedding.bin", "offset": offset, "length": array.nbytes}.items():
            tensor.external_data.add(key=key, value=str(value))
        graph.weights.append(tensor)
        return tensor.name

    def scales(self, graph: Graph) -> str:
        half = self.weight(graph, "scales", [self.rows, self.columns // self.block])
        return graph.node("Cast", [half], ["embedding.scales.float"], domain="", to=TensorProto.FLOAT)

    def gather(self, graph: Graph, ids: str) -> str:
        if "table" in self.arrays:
            return graph.node("Gather", [self.weight(graph, "table", [self.rows, self.columns]), ids], ["embedded"], domain="")
        levels = self.weight(graph, "levels", [self.rows, self.columns])
        return graph.node("GatherBlockQuantized", [levels, ids, self.scales(graph)], ["embedded"], bits=8, block_size=self.block,
                          gather_axis=0, quantize_axis=1)

    def multiply(self, graph: Graph, x: str, out: str) -> str:
        if "table" in self.arrays:
            table = self.weight(graph, "table", [self.rows, self.columns])
            transposed = graph.node("Transpose", [table], ["embedding.transposed"], domain="", perm=[1, 0])
            return graph.node("MatMul", [x, transposed], [out], domain="")
        levels = self.weight(graph, "levels", [self.rows, self.columns // self.block, self.block])
        return graph.node("MatMulNBits", [x, levels, self.scales(graph)], [out], K=self.columns, N=self.rows, bits=8,
                          block_size=self.block, accuracy_level=4)


def lower_graph(weights, shape: Shape, count: int, precision: Precision, embedding: EmbeddingFile, ready=None) -> Graph:
    graph = Graph(shape, precision, ready)
    graph.output("hidden", [1, "tokens", shape.hidden])
    embedded = embedding.gather(graph, graph.input("input_ids", TensorProto.INT64, [1, "tokens"]))
    graph.mask_inputs()
    residual, addend = graph.layers(embedded, 0, count, weights)
    graph.node("Add", [residual, addend], ["hidden"], domain="")
    return graph


def _upper(weights, shape: Shape, first: int, count: int, precision: Precision, ready) -> tuple[Graph, str]:
    graph = Graph(shape, precision, ready)
    hidden = graph.input("hidden", TensorProto.FLOAT, [1, "tokens", shape.hidden])
    graph.mask_inputs()
    selected = graph.input("selected", TensorProto.INT64, ["selected"])
    residual, addend = graph.layers(hidden, first, count, weights, selected)
    normed, _ = graph.add_and_norm(residual, addend, weights["model.norm.weight"], "final_norm")
    return graph, normed


def policy_graph(weights, shape: Shape, first: int, count: int, precision: Precision, embedding: EmbeddingFile, ready=None) -> Graph:
    graph, normed = _upper(weights, shape, first, count, precision, ready)
    embedding.multiply(graph, normed, graph.output("logits", [1, "selected", embedding.rows]))
    return graph


def reward_graph(weights, head: dict[str, torch.Tensor], shape: Shape, first: int, count: int, precision: Precision, ready=None) -> Graph:
    """`head`: weight (1, hidden), bias (1,), mean, std. The output is (raw - mean) / std."""
    graph, normed = _upper(weights, shape, first, count, precision, ready)
    std, mean = float(head["std"]), float(head["mean"])
    weight = graph.constant("head.weight", (head["weight"].float() / std).T.numpy())  # (hidden, 1)
    bias = graph.constant("head.bias", ((head["bias"].float() - mean) / std).numpy())  # (1,)
    product = graph.node("MatMul", [normed, weight], ["head.product"], domain="")
    graph.node("Add", [product, bias], [graph.output("reward", [1, "selected", 1])], domain="")
    return graph
