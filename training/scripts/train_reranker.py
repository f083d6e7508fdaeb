"""The reranker: MiniLM reads question and passage together and says how likely the passage answers the question.

    python scripts/train_reranker.py --data ../shared/data --out ../models/reranker --minutes 60

Trained on SQuAD train articles, each question against eight passages: near ones of the same article, and what BM25 finds in
other articles. Stopped and started again at any point; a finished stage is not repeated. `--tiny` takes seconds.

    python scripts/train_reranker.py --teacher ../models/reranker --layers 3 --out ../models/reranker-l3 --minutes 60

makes a smaller one beside it: it begins with every second layer of the teacher and learns from its scores and the labels.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf import encoder_export as export
from rlhf.decontamination import evaluation_texts
from rlhf.distillation import list_divergence, read_cross_encoder, with_layers
from rlhf.encoder import (
    MAX_QUESTION_TOKENS,
    CrossEncoder,
    encode_pairs,
    encode_texts,
    listwise_loss,
    load_encoder,
    load_tokenizer,
    pad_pairs,
    pad_texts,
)
from rlhf.relevance import by_depth, calibrate, figure_lines
from rlhf.reranker_stage import (
    MAX_TOKENS,
    against_fp32,
    embed_corpus,
    latencies,
    save,
    score_dev,
    tensors,
    write_examples,
)
from rlhf.reranking import Batches, Corpus, holds_answer, read_corpus

LEARNING_RATE, HEAD_LEARNING_RATE = 1e-4, 1e-3
WARM_UP_STEPS = 30
DECAY_SHARE = 0.4  # the last part of the time, in which the rate falls to zero


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    args.work_dir.mkdir(parents=True, exist_ok=True)
    if (args.out / "manifest.json").exists() and not args.force:
        made_of = json.loads((args.out / "manifest.json").read_text())["training"]
        if made_of["minutes"] >= args.minutes and made_of["seed"] == args.seed:
            print(f"{args.out}: there already, trained for {made_of['minutes']:.0f} minutes (--force makes it anew)")
            return
    tokenizer = load_tokenizer()
    source = args.data / "squad/train-v1.1.json.gz"
    if not source.exists():
        sys.exit(f"{source} not found: give the folder of the data sets with --data")
    corpus = read_corpus(source, evaluation_texts(args.data)[0], args.tiny)
    vectors = embed_corpus(args, tokenizer, corpus)
    model, state = train(args, tokenizer, corpus, vectors)
    write_model(args, tokenizer, corpus, vectors, model, state)


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    models = Path(__file__).resolve().parents[2] / "models"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=models / "reranker")
    parser.add_argument("--embedder", type=Path, default=models / "embedder", help="folder of the exported embedder")
    parser.add_argument("--teacher", type=Path, help="folder of an exported reranker to learn from; with --layers")
    parser.add_argument("--layers", type=int, help="of a smaller model that learns from --teacher")
    parser.add_argument("--work-dir", type=Path, help="state, cache and logs; a folder of the name of --out in the cache")
    parser.add_argument("--minutes", type=float, default=60, help="time spent in training steps, over all runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto", help="auto: whichever steps faster here")
    parser.add_argument("--dev-questions", type=int, default=800)
    parser.add_argument("--stop-after", type=float, help="leave after so many minutes of this run, finished or not")
    parser.add_argument("--force", action="store_true", help="write the model even if one is there")
    parser.add_argument("--tiny", action="store_true", help="toy encoder, few articles, three steps")
    args = parser.parse_args()
    if (args.teacher is None) != (args.layers is None):
        parser.error("--teacher and --layers go together")
    if args.teacher is not None and args.teacher.resolve() == args.out.resolve():
        parser.error("--out: expected another folder than that of --teacher")
    args.work_dir = args.work_dir or cache / "candor-training" / args.out.name
    if args.tiny:
        args.minutes, args.dev_questions = 0.02, 20
    return args


# ---------------------------------------------------------------- training


def train(args, tokenizer, corpus: Corpus, vectors: np.ndarray) -> tuple[CrossEncoder, dict]:
    torch.manual_seed(args.seed)
    teacher = args.teacher and read_cross_encoder(args.teacher / "model.onnx")
    model = with_layers(teacher, args.layers) if teacher else CrossEncoder(load_encoder(args.tiny))
    model.encoder.words.requires_grad_(False)  # 12 of 23 million parameters, and the pretrained ones serve
    head = [*model.dense.parameters(), *model.score.parameters()]
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": LEARNING_RATE}, {"params": head, "lr": HEAD_LEARNING_RATE}], weight_decay=0.01
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    state = {"step": 0, "questions": 0, "seconds": 0.0, "seed": args.seed, "layers": len(model.encoder.layers)}
    saved = args.work_dir / "state.pt"
    if saved.exists():
        loaded = torch.load(saved, weights_only=True)
        if loaded["state"]["seed"] != args.seed:
            sys.exit(f"{saved} was begun with seed {loaded['state']['seed']}: use that, or another --work-dir")
        if loaded["state"].get("layers", state["layers"]) != state["layers"]:
            sys.exit(f"{saved} has {loaded['state']['layers']} layers: name another --work-dir")
        model.load_state_dict(loaded["model"])
        optimizer.load_state_dict(loaded["optimizer"])
        state = loaded["state"]
        print(f"going on at step {state['step']}, {state['seconds'] / 60:.1f} minutes in", flush=True)

    budget, begun, last_save = args.minutes * 60, time.time(), time.time()
    if state["seconds"] >= budget and state["step"] > 0:
        return model, state
    batches = Batches(corpus, vectors, args.seed)
    precision = args.precision if args.precision != "auto" else faster_precision(model, tokenizer, batches)
    print(f"{len(batches.anchors)} passages, {precision}, {args.threads} threads", flush=True)
    log = (args.work_dir / "metrics.jsonl").open("a")
    recent = []
    model.train()
    while state["seconds"] < budget:
        start = time.time()
        loss, first, asked = loss_of(model, tokenizer, corpus, batches[state["step"]], precision, teacher)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        left = 1 - state["seconds"] / budget  # 1 .. 0
        factor = min(1.0, (state["step"] + 1) / WARM_UP_STEPS, left / DECAY_SHARE)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * factor
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        state["step"] += 1
        state["questions"] += asked
        state["seconds"] += time.time() - start
        recent.append((loss.item(), first))
        if state["step"] % 10 == 0 or state["seconds"] >= budget:
            mean = np.mean(recent, axis=0)
            line = {
                "step": state["step"],
                "minutes": round(state["seconds"] / 60, 2),
                "loss": round(mean[0], 4),
                "goldFirst": round(mean[1], 3),
                "gradNorm": round(float(norm), 2),
                "rateFactor": round(factor, 3),
            }
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            recent = []
        leaving = args.stop_after is not None and time.time() - begun > args.stop_after * 60
        if time.time() - last_save > 60 or state["seconds"] >= budget or leaving:
            save(saved, model, optimizer, state)
            last_save = time.time()
        if leaving and state["seconds"] < budget:
            sys.exit("stopped before the end, as asked; run again to go on")
    return model, state


def loss_of(model, tokenizer, corpus, batch, precision, teacher=None) -> tuple[torch.Tensor, float, int]:
    """Loss of a step, share of its questions with the gold passage first, number of questions."""
    passages, asked = batch
    heads = [encode_pairs(tokenizer, text, [""], MAX_TOKENS)[0][0][:-1] for text, _, _ in asked]
    room = MAX_TOKENS - int(np.mean([len(head) for head in heads]))  # ids left for a passage, as beside a usual question
    bodies = [ids[1:] for ids in encode_texts(tokenizer, [corpus.texts[i] for i in passages], room + 1)]  # without [CLS]
    question, passage = tensors(pad_texts(heads)), tensors(pad_texts(bodies))  # (Q, Tq), (P, Tp)
    gold = torch.tensor([column for _, _, column in asked])  # (Q,)
    known = torch.tensor(
        [
            [column == place or not holds_answer(corpus, i, answers) for place, i in enumerate(passages)]
            for _, answers, column in asked
        ]
    )  # (Q, P)
    grid = (question["input_ids"], question["attention_mask"], passage["input_ids"], passage["attention_mask"])
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        logits = model.grid(*grid)
        with torch.no_grad():
            wanted = teacher and teacher.grid(*grid)
    logits = logits.float()  # (Q, P)
    first = (logits.masked_fill(~known, -1e4).argmax(1) == gold).float().mean().item()
    loss = listwise_loss(logits, gold, known)
    return loss if wanted is None else loss + list_divergence(logits, wanted.float()), first, len(asked)


def faster_precision(model, tokenizer, batches) -> str:
    """Some processors multiply bfloat16 twice as fast as float32, others a hundred times slower: try."""
    seconds = {}
    for precision in ("fp32", "bf16", "fp32", "bf16"):
        start = time.time()
        loss_of(model, tokenizer, batches.corpus, batches[0], precision)[0].backward()
        seconds[precision] = time.time() - start  # the second try counts
    model.zero_grad(set_to_none=True)
    print(f"a step: fp32 {seconds['fp32']:.2f} s, bf16 {seconds['bf16']:.2f} s", flush=True)
    return min(seconds, key=seconds.get)


# ---------------------------------------------------------------- evaluation and export


def write_model(args, tokenizer, corpus, vectors, model, state) -> None:
    model.eval()
    example = pad_pairs(encode_pairs(tokenizer, "what is this about?", corpus.texts[:3], MAX_TOKENS))
    fp32, int8 = args.work_dir / "fp32.onnx", args.work_dir / "int8.onnx"
    export.export_onnx(model, example, "relevance_logit", fp32)
    export.quantise(fp32, int8)

    records = score_dev(args, tokenizer, corpus, vectors, int8)
    (args.work_dir / "dev.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    calibration = calibrate(records)
    figures = {
        "rerankedByDepth": by_depth(records, calibration["temperature"]),
        "quantisation": against_fp32(tokenizer, corpus, records, model, int8),
        "calibration": calibration,
        "latencyMs": latencies(tokenizer, corpus, int8),
    }
    print(json.dumps(figures, indent=1), flush=True)

    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "model.onnx").write_bytes(int8.read_bytes())
    tokenizer.save(str(args.out / "tokenizer.json"))
    write_examples(args.out / "examples.json", tokenizer, corpus, records, int8)
    export.write_manifest(
        args.out,
        {
            "name": f"candor-reranker-minilm-l{state['layers']}",
            "version": "1.0.0",
            "kind": "reranker",
            "inputs": ["input_ids", "attention_mask", "token_type_ids"],
            "output": "relevance_logit",
            "maxTokens": MAX_TOKENS,
            "maxQuestionTokens": MAX_QUESTION_TOKENS,
            "inputFormat": "[CLS] question [SEP] {title}. {text} [SEP]; question cut to maxQuestionTokens, passage cut at its "
            "end to maxTokens in all; token_type_ids 0 up to and with the first [SEP], then 1; padding 0",
            "calibration": {
                "temperature": calibration["temperature"],
                "bias": calibration["bias"],
                "meaning": "P(passage answers) = sigmoid(relevance_logit / temperature + bias)",
            },
            "ordering": "relevance_logit / temperature - ln(rank in the fused order, from 1), highest first; passages behind "
            "the reranked depth keep their order",
            "source": f"all-MiniLM-L6-v2, fine-tuned on SQuAD 1.1 train articles{taught_by(args)}",
            "licence": "Apache-2.0",
            "training": {
                "minutes": round(state["seconds"] / 60, 2),
                "steps": state["step"],
                "questions": state["questions"],
                "seed": args.seed,
            },
            "metrics": figures,
        },
        ["model.onnx", "tokenizer.json", "examples.json"],
    )
    if (args.out / "README.md").exists():
        export.update_figures(args.out / "README.md", figure_lines(figures, state))


def taught_by(args) -> str:
    if args.teacher is None:
        return ""
    teacher = json.loads((args.teacher / "manifest.json").read_text())
    return f"; distilled from {teacher['name']}@{teacher['version']}"


if __name__ == "__main__":
    main()
