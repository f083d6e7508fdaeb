"""The reader: finds the words of the answer in a passage, or says that the passage does not answer.

    python scripts/train_reader.py --data ../shared/data --reranker ../models/reranker --minutes 60

Begins with the sentence encoder. Each step shows questions with the passage that answers them, and some with one that looks
as if it did. Written into the folder of the exported reranker, whose word vectors it takes over (they are not trained), so
that they stand in one file for both. Stopped and started again at any point. `--tiny` takes seconds.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf import encoder_export as export
from rlhf.decontamination import evaluation_texts
from rlhf.distillation import read_cross_encoder
from rlhf.encoder import encode_pairs, load_encoder, load_tokenizer, pad_pairs
from rlhf.reader import NOWHERE, Reader, Reading, Readings, answer_place, best_span, span_loss
from rlhf.reranker_stage import save, tensors
from rlhf.reranking import Corpus, read_corpus
from rlhf.squad import exact_match, token_f1

MAX_TOKENS = 192  # of question and passage, in training
SERVED_TOKENS = 256  # a reader is asked about few passages and needs their ends
LEARNING_RATE, HEAD_LEARNING_RATE = 3e-4, 1e-3
WARM_UP_STEPS, DECAY_SHARE = 60, 0.6


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    args.work_dir.mkdir(parents=True, exist_ok=True)
    if not (args.reranker / "model.onnx").exists():
        sys.exit(f"{args.reranker / 'model.onnx'} not found: run scripts/train_reranker.py first or name its folder with --reranker")
    tokenizer = load_tokenizer()
    corpus = read_corpus(args.data / "squad/train-v1.1.json.gz", evaluation_texts(args.data)[0], args.tiny)
    model, state = train(args, tokenizer, corpus)
    write_model(args, tokenizer, corpus, model, state)


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    models = Path(__file__).resolve().parents[2] / "models"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--reranker", type=Path, default=models / "reranker", help="folder of the exported reranker; the reader joins it")
    parser.add_argument("--work-dir", type=Path, default=cache / "candor-training" / "reader")
    parser.add_argument("--dev-questions", type=int, default=800)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--tiny", action="store_true")
    args = parser.parse_args()
    if args.tiny:
        args.minutes, args.dev_questions = 0.05, 20
    return args


def train(args, tokenizer, corpus: Corpus) -> tuple[Reader, dict]:
    torch.manual_seed(args.seed)
    model = Reader(load_encoder(args.tiny))
    model.encoder.words.load_state_dict(read_cross_encoder(args.reranker / "model.onnx").encoder.words.state_dict())
    model.encoder.words.requires_grad_(False)
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    head = [*model.span.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": LEARNING_RATE}, {"params": head, "lr": HEAD_LEARNING_RATE}], weight_decay=0.01
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    state = {"step": 0, "questions": 0, "seconds": 0.0, "seed": args.seed}
    saved = args.work_dir / "state.pt"
    if saved.exists():
        loaded = torch.load(saved, weights_only=True)
        model.load_state_dict(loaded["model"])
        optimizer.load_state_dict(loaded["optimizer"])
        state = loaded["state"]
    readings = Readings(corpus, args.seed)
    budget, last_save, recent = args.minutes * 60, time.time(), []
    log = (args.work_dir / "metrics.jsonl").open("a")
    model.train()
    while state["seconds"] < budget:
        start = time.time()
        batch, begins, ends = encoded(tokenizer, corpus, readings[state["step"]])
        log_probabilities = model(**batch)
        loss = span_loss(log_probabilities, begins, ends)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        left = 1 - state["seconds"] / budget
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
            line |= {name: round(float(x), 3) for name, x in zip(("spanLoss", "bothEnds", "nowhereSeen"), figures)}
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


def write_model(args, tokenizer, corpus, model, state) -> None:
    model.eval()
    example = pad_pairs(encode_pairs(tokenizer, "what is this about?", corpus.texts[:3], SERVED_TOKENS))
    folder = args.work_dir / "export"
    folder.mkdir(exist_ok=True)
    export.export_onnx(model, example, "span_logprobs", args.work_dir / "reader-fp32.onnx")
    export.quantise(args.work_dir / "reader-fp32.onnx", folder / "reader.onnx")
    figures = {
        precision: span_figures(args, tokenizer, corpus, path)
        for precision, path in (("int8", folder / "reader.onnx"), ("fp32", args.work_dir / "reader-fp32.onnx"))
    }
    print(json.dumps(figures, indent=1), flush=True)

    shutil.copy(args.reranker / "model.onnx", folder / "model.onnx")
    if (args.reranker / "weights.bin").exists():
        shutil.copy(args.reranker / "weights.bin", folder / "weights.bin")
    export.share_weights([folder / "model.onnx", folder / "reader.onnx"], folder / "weights.bin")
    for name in ("model.onnx", "reader.onnx", "weights.bin"):
        shutil.copy(folder / name, args.reranker / name)
    manifest = json.loads((args.reranker / "manifest.json").read_text())
    files = sorted({*manifest.pop("files"), "reader.onnx", "weights.bin"})
    reader = {
        "trainedFrom": "all-MiniLM-L6-v2, fine-tuned on SQuAD 1.1 train articles",
        "training": {"minutes": round(state["seconds"] / 60, 2)} | {name: state[name] for name in ("step", "questions", "seed")},
        "metrics": figures,
    }
    digest = hashlib.sha256((args.reranker / "reader.onnx").read_bytes() + (args.reranker / "weights.bin").read_bytes())
    # Whoever was fitted for one reader must not be served with another.
    manifest["version"] = f"{manifest['version'].split('+')[0]}+reader.{digest.hexdigest()[:8]}"
    manifest |= {"readerOutput": "span_logprobs", "readerMaxTokens": SERVED_TOKENS, "reader": reader}
    export.write_manifest(args.reranker, manifest, files)


def span_figures(args, tokenizer, corpus, path: Path) -> dict:
    """Dev questions: exact match and F1 of the likeliest span in the gold passage, whatever it thinks of "nowhere", and how
    well the probability of "nowhere" tells the gold passage from another of its article (area under the curve)."""
    session = export.open_session(path, args.threads)
    questions = [q for q in corpus.questions if corpus.splits[q[2]] == "dev"]
    questions = random.Random(args.seed).sample(questions, min(args.dev_questions, len(questions)))
    rng, exact, f1, nowhere_here, nowhere_there = random.Random(args.seed), [], [], [], []
    for question, answers, gold in questions:
        text = corpus.texts[gold]
        others = [i for i, article in enumerate(corpus.articles) if article == corpus.articles[gold] and i != gold]
        ((ids, head),) = encode_pairs(tokenizer, question, [text], SERVED_TOKENS)
        logprobs = torch.from_numpy(session.run(None, pad_pairs([(ids, head)]))[0][0])  # (T, 2)
        begin, end, _ = best_span(logprobs[:-1], head)
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        found = text[offsets[begin - head][0] : offsets[end - head][1]]
        exact.append(exact_match(found, answers))
        f1.append(token_f1(found, answers))
        nowhere_here.append(float(logprobs[NOWHERE].sum()))
        if others:
            pair = encode_pairs(tokenizer, question, [corpus.texts[rng.choice(others)]], SERVED_TOKENS)
            nowhere_there.append(float(session.run(None, pad_pairs(pair))[0][0][NOWHERE].sum()))
    area = np.mean([[(there > here) + (there == here) / 2 for here in nowhere_here] for there in nowhere_there])
    figures = {"exactMatch": np.mean(exact), "f1": np.mean(f1), "nowhereAuc": area}
    return {"questions": len(questions)} | {name: round(float(value), 4) for name, value in figures.items()}


if __name__ == "__main__":
    main()
