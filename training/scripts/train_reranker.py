"""The reranker, which is a reader: it marks the words of the answer in a passage, or says that they stand nowhere in it.

    python scripts/train_reranker.py --data ../shared/data --minutes 60

Begins with the sentence encoder. Each step shows questions with the passage that answers them, and some with one that looks
as if it did. Stopped and started again at any point. `--layers N` makes a smaller one of the encoder's evenly spaced layers,
which `--teacher FOLDER`, an exported reranker, helps to learn; its folder is to be served in place of the other
(CANDOR_RERANKER_MODEL). `--tiny` takes seconds.
"""

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf import encoder_export as export
from rlhf.decontamination import evaluation_texts
from rlhf.encoder import MAX_QUESTION_TOKENS, encode_pairs, load_encoder, load_tokenizer, pad_pairs
from rlhf.reader import NOWHERE, Reader, Reading, Readings, answer_place, best_span, divergence, span_loss, with_layers
from rlhf.relevance import by_depth, calibrate, figure_lines
from rlhf.reranker_stage import MAX_TOKENS, against_fp32, embed_corpus, latencies, save, score_dev, tensors, write_examples
from rlhf.reranking import Corpus, read_corpus
from rlhf.served import open_session
from rlhf.squad import exact_match, token_f1

LEARNING_RATE, HEAD_LEARNING_RATE = 3e-4, 1e-3
WARM_UP_STEPS, DECAY_SHARE = 60, 0.6


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    args.work_dir.mkdir(parents=True, exist_ok=True)
    if (args.out / "manifest.json").exists() and not args.force:
        made_of = json.loads((args.out / "manifest.json").read_text())["training"]
        if made_of["minutes"] >= args.minutes and made_of["seed"] == args.seed:
            print(f"{args.out}: there already, trained for {made_of['minutes']:.0f} minutes (--force makes it anew)")
            return
    source = args.data / "squad/train-v1.1.json.gz"
    if not source.exists():
        sys.exit(f"{source} not found: give the folder of the data sets with --data")
    tokenizer = load_tokenizer()
    corpus = read_corpus(source, evaluation_texts(args.data)[0], args.tiny)
    model, state = train(args, tokenizer, corpus)
    write_model(args, tokenizer, corpus, embed_corpus(args, tokenizer, corpus), model, state)


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    models = Path(__file__).resolve().parents[2] / "models"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=models / "reranker")
    parser.add_argument("--embedder", type=Path, default=models / "embedder", help="folder of the exported embedder, for the figures")
    parser.add_argument("--teacher", type=Path, help="folder of an exported reranker to learn from")
    parser.add_argument("--layers", type=int, help="of a smaller model; default: all of the encoder's")
    parser.add_argument("--work-dir", type=Path, help="state, cache and logs; a folder of the name of --out in the cache")
    parser.add_argument("--minutes", type=float, default=60, help="time spent in training steps, over all runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--dev-questions", type=int, default=800)
    parser.add_argument("--force", action="store_true", help="write the model even if one is there")
    parser.add_argument("--tiny", action="store_true", help="toy encoder, few articles, three seconds")
    args = parser.parse_args()
    if args.teacher is not None and args.teacher.resolve() == args.out.resolve():
        parser.error("--out: expected another folder than that of --teacher")
    args.work_dir = args.work_dir or cache / "candor-training" / args.out.name
    if args.tiny:
        args.minutes, args.dev_questions = 0.05, 20
    return args


# ---------------------------------------------------------------- training


def train(args, tokenizer, corpus: Corpus) -> tuple[Reader, dict]:
    torch.manual_seed(args.seed)
    encoder = load_encoder(args.tiny)
    model = Reader(with_layers(encoder, args.layers) if args.layers else encoder)
    model.encoder.words.requires_grad_(False)  # 12 of 23 million parameters, and the pretrained ones serve
    teacher = args.teacher and open_session(args.teacher / "model.onnx", args.threads)
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    head = [*model.span.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": LEARNING_RATE}, {"params": head, "lr": HEAD_LEARNING_RATE}], weight_decay=0.01
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    state = {"step": 0, "questions": 0, "seconds": 0.0, "seed": args.seed, "layers": len(model.encoder.layers)}
    saved = args.work_dir / "state.pt"
    if saved.exists():
        loaded = torch.load(saved, weights_only=True)
        for name in ("seed", "layers"):
            if loaded["state"].get(name, state[name]) != state[name]:
                sys.exit(f"{saved} was begun with {name} {loaded['state'][name]}: use that, or another --work-dir")
        model.load_state_dict(loaded["model"])
        optimizer.load_state_dict(loaded["optimizer"])
        state |= loaded["state"]
        print(f"going on at step {state['step']}, {state['seconds'] / 60:.1f} minutes in", flush=True)
    budget, last_save, recent = args.minutes * 60, time.time(), []
    if state["seconds"] >= budget and state["step"] > 0:
        return model, state
    readings = Readings(corpus, args.seed)
    log = (args.work_dir / "metrics.jsonl").open("a")
    model.train()
    while state["seconds"] < budget:
        start = time.time()
        batch, begins, ends = encoded(tokenizer, corpus, readings[state["step"]])
        _, log_probabilities = model(**batch)
        loss = span_loss(log_probabilities, begins, ends)
        if teacher:
            taught = teacher.run(["span_logprobs"], {name: value.numpy() for name, value in batch.items()})[0]
            loss = loss + divergence(log_probabilities, torch.from_numpy(taught))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        left = 1 - state["seconds"] / budget  # 1 .. 0
        factor = min(1.0, (state["step"] + 1) / WARM_UP_STEPS, left / DECAY_SHARE)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * factor
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        state["step"] += 1
        state["questions"] += len(begins)
        state["seconds"] += time.time() - start
        recent.append((loss.item(), *shares_right(log_probabilities.detach(), begins, ends)))
        if state["step"] % 20 == 0 or state["seconds"] >= budget:
            line = {"step": state["step"], "minutes": round(state["seconds"] / 60, 2), "questions": state["questions"]}
            figures = np.nanmean(np.array(recent), axis=0)
            line |= {name: round(float(x), 3) for name, x in zip(("loss", "bothEnds", "nowhereSeen"), figures)}
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            recent = []
        if time.time() - last_save > 60 or state["seconds"] >= budget:
            save(saved, model, optimizer, state)
            last_save = time.time()
    return model, state


def encoded(tokenizer, corpus: Corpus, readings: list[Reading]):
    """Tensors of the pairs, (B, T) each, and where their answers begin and end, (B,); a pair whose answer is cut off is left out."""
    rows, begins, ends = [], [], []
    for reading in readings:
        text = corpus.texts[reading.passage]
        ((ids, head),) = encode_pairs(tokenizer, reading.question, [text], MAX_TOKENS)
        begin = end = NOWHERE
        if reading.answers is not None:
            offsets = tokenizer.encode(text, add_special_tokens=False).offsets[: len(ids) - head - 1]
            place = answer_place(text, offsets, reading.question, reading.answers)
            if place is None:
                continue
            begin, end = head + place.begin, head + place.end
        rows.append((ids, head))
        begins.append(begin)
        ends.append(end)
    return tensors(pad_pairs(rows)), torch.tensor(begins), torch.tensor(ends)


def shares_right(log_probabilities, begins, ends) -> tuple[float, float]:
    """Of the pairs with an answer those with both ends right, and of those without one those with "nowhere"."""
    right = (log_probabilities[..., 0].argmax(1) == begins) & (log_probabilities[..., 1].argmax(1) == ends)
    absent = begins == NOWHERE
    return tuple(right[side].float().mean().item() if side.any() else float("nan") for side in (~absent, absent))


# ---------------------------------------------------------------- evaluation and export


def write_model(args, tokenizer, corpus, vectors, model, state) -> None:
    model.eval()
    example = pad_pairs(encode_pairs(tokenizer, "what is this about?", corpus.texts[:3], MAX_TOKENS))
    fp32, int8 = args.work_dir / "fp32.onnx", args.work_dir / "int8.onnx"
    export.export_onnx(model, example, ["relevance_logit", "span_logprobs"], fp32)
    export.quantise(fp32, int8)

    records = score_dev(args, tokenizer, corpus, vectors, int8)
    (args.work_dir / "dev.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    calibration = calibrate(records)
    figures = {
        "rerankedByDepth": by_depth(records, calibration["temperature"]),
        "reading": {name: span_figures(args, tokenizer, corpus, path) for name, path in (("int8", int8), ("fp32", fp32))},
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
            "name": f"candor-reader-minilm-l{state['layers']}",
            "version": "1.1.0",
            "kind": "reranker",
            "inputs": ["input_ids", "attention_mask", "token_type_ids"],
            "output": "relevance_logit",
            "spanOutput": "span_logprobs",
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


def span_figures(args, tokenizer, corpus, path: Path) -> dict:
    """Dev questions: exact match and F1 of the likeliest span in the gold passage, whatever it thinks of "nowhere", and how
    well relevance tells the gold passage from another of its article (area under the curve)."""
    session = open_session(path, args.threads)
    questions = [q for q in corpus.questions if corpus.splits[q[2]] == "dev"]
    questions = random.Random(args.seed).sample(questions, min(args.dev_questions, len(questions)))
    rng, exact, f1, here, elsewhere = random.Random(args.seed), [], [], [], []
    for question, answers, gold in questions:
        text = corpus.texts[gold]
        ((ids, head),) = encode_pairs(tokenizer, question, [text], MAX_TOKENS)
        relevance, logprobs = session.run(None, pad_pairs([(ids, head)]))
        begin, end, _ = best_span(torch.from_numpy(logprobs[0])[:-1], head)
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        found = text[offsets[begin - head][0] : offsets[end - head][1]]
        exact.append(exact_match(found, answers))
        f1.append(token_f1(found, answers))
        here.append(float(relevance[0]))
        others = [i for i, article in enumerate(corpus.articles) if article == corpus.articles[gold] and i != gold]
        if others:
            pair = encode_pairs(tokenizer, question, [corpus.texts[rng.choice(others)]], MAX_TOKENS)
            elsewhere.append(float(session.run(None, pad_pairs(pair))[0][0]))
    area = np.mean([[(a > b) + (a == b) / 2 for a in here] for b in elsewhere])
    figures = {"exactMatch": np.mean(exact), "f1": np.mean(f1), "relevanceAuc": area}
    return {"questions": len(questions)} | {name: round(float(value), 4) for name, value in figures.items()}


if __name__ == "__main__":
    main()
