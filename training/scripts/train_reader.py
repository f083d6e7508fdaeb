"""The reader: a reranker of three layers, and three more that find the answer's words in a passage.

    python scripts/train_reader.py --data ../shared/data --teacher ../models/reranker --minutes 60

Begins with the six layers of an exported reranker. Each step shows passages of one article and what BM25 finds beside them,
and questions that one of them answers: after three layers the right passage must come first, after six the words of its
answer, or nowhere where the passage does not hold it. Stopped and started again at any point. `--tiny` takes seconds.
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
from rlhf.distillation import read_cross_encoder
from rlhf.encoder import (
    MAX_QUESTION_TOKENS,
    encode_pairs,
    listwise_loss,
    load_encoder,
    load_tokenizer,
    pad_pairs,
    pad_texts,
)
from rlhf.reader import NOWHERE, Reader, answer_place, best_span, span_loss
from rlhf.relevance import by_depth, calibrate
from rlhf.reranker_stage import (
    MAX_TOKENS as SERVED_TOKENS,
)
from rlhf.reranker_stage import (
    against_fp32,
    embed_corpus,
    latencies,
    save,
    score_dev,
    tensors,
    write_examples,
)
from rlhf.reranking import Batches, holds_answer, read_corpus
from rlhf.squad import exact_match, token_f1

MAX_TOKENS = 176  # of question and passage, in training
READER_TOKENS = 256  # a reader is asked about few passages and needs their ends
EXIT_LAYER = 3
LEARNING_RATE, HEAD_LEARNING_RATE = 1.5e-4, 1e-3
WARM_UP_STEPS, DECAY_SHARE = 40, 0.5
ABSENT_SHARE = 0.3  # pairs without the answer, for each pair with it
RELEVANCE_WEIGHT = 0.5


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    args.work_dir.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer()
    corpus = read_corpus(args.data / "squad/train-v1.1.json.gz", evaluation_texts(args.data)[0], args.tiny)
    vectors = embed_corpus(args, tokenizer, corpus)
    model, state = train(args, tokenizer, corpus, vectors)
    write_model(args, tokenizer, corpus, vectors, model, state)


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    models = Path(__file__).resolve().parents[2] / "models"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--embedder", type=Path, default=models / "embedder")
    parser.add_argument("--teacher", type=Path, help="exported reranker whose weights it begins with")
    parser.add_argument("--out", type=Path, default=models / "reranker", help="folder of the exported models")
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


def train(args, tokenizer, corpus, vectors):
    torch.manual_seed(args.seed)
    model = begun(args)
    model.encoder.words.requires_grad_(False)
    head = [*model.dense.parameters(), *model.score.parameters(), *model.span.parameters()]
    body = [p for p in model.encoder.parameters() if p.requires_grad]
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
    batches = Batches(corpus, vectors, args.seed, passages=6, same_article=4, questions=24)
    budget, last_save, recent = args.minutes * 60, time.time(), []
    log = (args.work_dir / "metrics.jsonl").open("a")
    model.train()
    while state["seconds"] < budget:
        start = time.time()
        relevance, span, figures, asked = losses_of(model, tokenizer, corpus, batches[state["step"]], state["step"])
        (span + RELEVANCE_WEIGHT * relevance).backward()
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        left = 1 - state["seconds"] / budget
        factor = min(1.0, (state["step"] + 1) / WARM_UP_STEPS, left / DECAY_SHARE)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * factor
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        state["step"] += 1
        state["questions"] += asked
        state["seconds"] += time.time() - start
        recent.append((relevance.item(), span.item(), *figures))
        if state["step"] % 20 == 0 or state["seconds"] >= budget:
            names = ("relevanceLoss", "spanLoss", "goldFirst", "bothEnds")
            line = {"step": state["step"], "minutes": round(state["seconds"] / 60, 2), "questions": state["questions"]}
            line |= {name: round(float(value), 3) for name, value in zip(names, np.mean(recent, axis=0))}
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            recent = []
        if time.time() - last_save > 60 or state["seconds"] >= budget:
            save(saved, model, optimizer, state)
            last_save = time.time()
    return model, state


def begun(args) -> Reader:
    if args.tiny or args.teacher is None:
        return Reader(load_encoder(args.tiny), 1 if args.tiny else EXIT_LAYER)
    teacher = read_cross_encoder(args.teacher / "model.onnx")
    model = Reader(teacher.encoder, EXIT_LAYER)
    model.dense.load_state_dict(teacher.dense.state_dict())
    model.score.load_state_dict(teacher.score.state_dict())
    return model


def losses_of(model, tokenizer, corpus, batch, step):
    """Relevance loss, span loss, (share of questions with the gold passage first, share of spans with both ends right),
    number of questions."""
    passages, asked = batch
    heads = [encode_pairs(tokenizer, text, [""], MAX_TOKENS)[0][0][:-1] for text, _, _ in asked]
    room = MAX_TOKENS - int(np.mean([len(head) for head in heads])) - 1
    read = tokenizer.encode_batch([corpus.texts[i] for i in passages], add_special_tokens=False)
    bodies = [[*one.ids[:room], 102] for one in read]
    question, passage = tensors(pad_texts(heads)), tensors(pad_texts(bodies))
    gold = torch.tensor([column for _, _, column in asked])
    known = torch.tensor(
        [[c == place or not holds_answer(corpus, i, answers) for place, i in enumerate(passages)] for _, answers, c in asked]
    )
    grid = (question["input_ids"], question["attention_mask"], passage["input_ids"], passage["attention_mask"])
    logits, questions, states = model.grid_states(*grid)
    relevance = listwise_loss(logits, gold, known)
    first = (logits.detach().masked_fill(~known, -1e4).argmax(1) == gold).float().mean().item()

    rng = np.random.default_rng((step, 7))
    pairs, begins, ends = [], [], []  # (question, passage) and places in the joined row
    Tq = question["input_ids"].shape[1]
    for row, (text, answers, column) in enumerate(asked):
        place = answer_place(corpus.texts[passages[column]], read[column].offsets[:room], text, answers)
        if place is not None:
            pairs.append((row, column))
            begins.append(Tq + place.begin)
            ends.append(Tq + place.end)
        if rng.random() < ABSENT_SHARE:
            others = [c for c in range(len(passages)) if c != column and known[row, c]]
            if others:
                # the passage that looks most as if it answered is the one to learn from
                hardest = max(others, key=lambda c: float(logits[row, c].detach()) + rng.gumbel())
                pairs.append((row, hardest))
                begins.append(NOWHERE)
                ends.append(NOWHERE)
    rows, columns = torch.tensor([q for q, _ in pairs]), torch.tensor([p for _, p in pairs])
    hidden = torch.cat([questions[columns, rows], states[columns]], dim=1)  # (N, Tq + Tp, width)
    mask = torch.cat([question["attention_mask"][rows], passage["attention_mask"][columns]], dim=1)
    kinds = torch.cat([torch.zeros_like(question["attention_mask"][rows]), passage["attention_mask"][columns]], dim=1)
    log_probabilities = model.spans(hidden, mask, kinds)
    begins, ends = torch.tensor(begins), torch.tensor(ends)
    span = span_loss(log_probabilities, begins, ends)
    both = (log_probabilities[..., 0].argmax(1) == begins) & (log_probabilities[..., 1].argmax(1) == ends)
    return relevance, span, (first, both.float().mean().item()), len(asked)


# ---------------------------------------------------------------- evaluation and export


def write_model(args, tokenizer, corpus, vectors, model, state) -> None:
    model.eval()
    ranker = model.ranker().eval()
    example = pad_pairs(encode_pairs(tokenizer, "what is this about?", corpus.texts[:3], SERVED_TOKENS))
    folder = args.work_dir / "export"
    folder.mkdir(exist_ok=True)
    for module, output, name in ((ranker, "relevance_logit", "model"), (model, "span_logprobs", "reader")):
        export.export_onnx(module, example, output, args.work_dir / f"{name}-fp32.onnx")
        export.quantise(args.work_dir / f"{name}-fp32.onnx", folder / f"{name}.onnx")
    export.share_weights([folder / "model.onnx", folder / "reader.onnx"], folder / "weights.bin")

    records = score_dev(args, tokenizer, corpus, vectors, folder / "model.onnx")
    (args.work_dir / "dev.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    calibration = calibrate(records)
    figures = {
        "reading": {
            precision: span_figures(
                args, tokenizer, corpus, folder / "reader.onnx" if precision == "int8" else args.work_dir / "reader-fp32.onnx"
            )
            for precision in ("int8", "fp32")
        },
        "rerankedByDepth": by_depth(records, calibration["temperature"]),
        "quantisation": against_fp32(tokenizer, corpus, records, ranker, folder / "model.onnx"),
        "calibration": calibration,
        "latencyMs": latencies(tokenizer, corpus, folder / "model.onnx"),
    }
    print(json.dumps(figures, indent=1), flush=True)

    args.out.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        (args.out / file.name).write_bytes(file.read_bytes())
    tokenizer.save(str(args.out / "tokenizer.json"))
    write_examples(args.out / "examples.json", tokenizer, corpus, records, folder / "model.onnx")
    export.write_manifest(
        args.out,
        {
            "name": f"candor-reranker-minilm-l{model.exit_layer}",
            "version": "2.0.0",
            "kind": "reranker",
            "inputs": ["input_ids", "attention_mask", "token_type_ids"],
            "output": "relevance_logit",
            "readerOutput": "span_logprobs",
            "maxTokens": SERVED_TOKENS,
            "readerMaxTokens": READER_TOKENS,
            "maxQuestionTokens": MAX_QUESTION_TOKENS,
            "inputFormat": "[CLS] question [SEP] {title}. {text} [SEP]; question cut to maxQuestionTokens, passage cut at its "
            "end to maxTokens in all (readerMaxTokens for the reader); token_type_ids 0 up to and with the first [SEP], then 1; padding 0",
            "calibration": {
                "temperature": calibration["temperature"],
                "bias": calibration["bias"],
                "meaning": "P(passage answers) = sigmoid(relevance_logit / temperature + bias)",
            },
            "ordering": "relevance_logit / temperature - ln(rank in the fused order, from 1), highest first; passages behind "
            "the reranked depth keep their order",
            "source": "all-MiniLM-L6-v2, fine-tuned on SQuAD 1.1 train articles",
            "licence": "Apache-2.0",
            "training": {
                "minutes": round(state["seconds"] / 60, 2),
                "steps": state["step"],
                "questions": state["questions"],
                "seed": args.seed,
            },
            "metrics": figures,
        },
        ["model.onnx", "reader.onnx", "weights.bin", "tokenizer.json", "examples.json"],
    )


def span_figures(args, tokenizer, corpus, path: Path) -> dict:
    """Exact match and F1 of the likeliest span in the gold passage of dev questions, whatever it thinks of "nowhere"."""
    session = export.open_session(path, args.threads)
    questions = [q for q in corpus.questions if corpus.splits[q[2]] == "dev"]
    questions = random.Random(args.seed).sample(questions, min(args.dev_questions, len(questions)))
    exact, f1 = [], []
    for question, answers, gold in questions:
        text = corpus.texts[gold]
        ((ids, head),) = encode_pairs(tokenizer, question, [text], READER_TOKENS)
        logprobs = torch.from_numpy(session.run(None, pad_pairs([(ids, head)]))[0][0])  # (T, 2)
        begin, end, _ = best_span(logprobs[:-1], head)
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        found = text[offsets[begin - head][0] : offsets[end - head][1]]
        exact.append(exact_match(found, answers))
        f1.append(token_f1(found, answers))
    return {"questions": len(questions), "exactMatch": round(float(np.mean(exact)), 4), "f1": round(float(np.mean(f1)), 4)}


if __name__ == "__main__":
    main()
