"""From a PyTorch encoder to a small ONNX file, and the figures and the manifest that go with it."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic


def without_traces(model):
    """The exporter notes for every node which source line made it, with the path on the exporting computer: not for others."""
    graphs = [model.graph, *model.functions]
    while graphs:
        graph = graphs.pop()
        graph.doc_string = ""
        del graph.metadata_props[:]
        for item in [*graph.node, *getattr(graph, "value_info", [])]:
            item.doc_string = ""
            del item.metadata_props[:]
            graphs.extend(a.g for a in getattr(item, "attribute", []) if a.HasField("g"))
    del model.metadata_props[:]
    return model


def export_onnx(module: torch.nn.Module, inputs: dict[str, np.ndarray], outputs: str | list[str], path: Path) -> None:
    """Batch and length stay free; all inputs are (batch, tokens) int64. `outputs`: a name for each value that `module` returns."""
    wanted = [outputs] if isinstance(outputs, str) else outputs
    results = [f"result_{index}" for index in range(len(wanted))]
    batch, tokens = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("tokens", min=2, max=512)
    program = torch.onnx.export(
        module.eval(),
        tuple(torch.from_numpy(value) for value in inputs.values()),
        input_names=list(inputs),
        output_names=results,
        dynamic_shapes=[{0: batch, 1: tokens}] * len(inputs),
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    graph = model.graph
    # The exporter names values after operators ("embedding"), and a name may stand for one value only.
    new_names = {name: f"{name}_inner" for name in wanted} | dict(zip(results, wanted))
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new_names.get(name, name) for name in names]
    for output, name in zip(graph.output, wanted):
        output.name = name
    del graph.value_info[:]
    onnx.save(without_traces(model), path)


def quantise(source: Path, target: Path, reduce_range: bool = True) -> None:
    """int8 weights by channel (embeddings by table), uint8 activations at run time. `reduce_range` keeps weights to 7 bits:
    processors with AVX2 but no VNNI add two products in 16 bits, which overflows otherwise."""
    quantize_dynamic(
        str(source), str(target), per_channel=True, reduce_range=reduce_range, weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip


def half_weights(source: Path, target: Path) -> None:
    """float16 in the file, cast back to float32 where it is used: half the bytes, the same arithmetic."""
    model = onnx.load(source)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 4096:
            kept.append(onnx.numpy_helper.from_array(values.astype(np.float16), tensor.name + "_f16"))
            casts.append(onnx.helper.make_node("Cast", [tensor.name + "_f16"], [tensor.name], to=onnx.TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.save(model, target)


def run_sorted(session: onnxruntime.InferenceSession, rows: list, pad, length, batch: int = 16) -> np.ndarray:
    """Runs rows of ids in batches of similar length (little padding); the output rows keep the order of `rows`."""
    order = sorted(range(len(rows)), key=lambda i: length(rows[i]))
    outputs = [session.run(None, pad([rows[i] for i in order[start : start + batch]]))[0] for start in range(0, len(rows), batch)]
    joined = np.concatenate(outputs)  # (N, ...)
    result = np.empty_like(joined)
    result[order] = joined
    return result


def latency_ms(session: onnxruntime.InferenceSession, feed: dict[str, np.ndarray], repeats: int = 8) -> dict[str, float]:
    """Median and minimum of the wall clock, and the median of processor time: with one thread that is what a free core
    takes, however busy the machine is."""
    session.run(None, feed)
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        session.run(None, feed)
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
    return {
        "p50": round(float(np.median(walls)), 2),
        "min": round(min(walls), 2),
        "processorP50": round(float(np.median(processors)), 2),
    }


def write_manifest(directory: Path, manifest: dict, files: list[str]) -> None:
    """Adds bytes and SHA-256 of each file; the service refuses a file that differs."""
    described = {}
    for name in files:
        content = (directory / name).read_bytes()
        described[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (directory / "manifest.json").write_text(json.dumps({**manifest, "files": described}, indent=2, ensure_ascii=False) + "\n")


def update_figures(readme: Path, lines: list[str]) -> None:
    """Replaces what stands between the two markers of a model card."""
    start, end = "<!-- figures -->", "<!-- /figures -->"
    text = readme.read_text()
    before, rest = text.split(start)
    readme.write_text(before + start + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1])
