"""What the reranker's script needs around training: vectors of the corpus, dev questions scored by an exported graph, saved states."""

import json
import os
import random
import time
from pathlib import Path

import numpy as np
import torch

from rlhf import encoder_export as export
from rlhf.encoder import encode_pairs, encode_texts, pad_pairs, pad_texts
from rlhf.relevance import DEPTHS
from rlhf.reranking import Corpus, holds_answer
from rlhf.retrieval import Bm25, hybrid
from rlhf.served import open_session

MAX_TOKENS = 192  # question and passage together, in training and as served


def embed_corpus(args, tokenizer, corpus: Corpus) -> np.ndarray:
    """(N, 384) unit vectors, from the embedder that serves; kept in the work folder."""
    cache = args.work_dir / f"passages-{len(corpus.texts)}.npy"
    if cache.exists():
        return np.load(cache)
    session, max_tokens = embedder_session(args)
    start = time.time()
    rows = encode_texts(tokenizer, corpus.texts, max_tokens)
    vectors = export.run_sorted(session, rows, pad_texts, len)
    print(f"embedded {len(rows)} passages in {time.time() - start:.0f} s", flush=True)
    np.save(cache, vectors)
    return vectors


def embedder_session(args):
    manifest = args.embedder / "manifest.json"
    if not manifest.exists():
        raise SystemExit(f"{manifest} not found: run scripts/export_embedder.py first or name its folder with --embedder")
    return open_session(args.embedder / "model.onnx", args.threads), json.loads(manifest.read_text())["maxTokens"]


class Retrieval:
    """The service's hybrid retrieval over the whole corpus."""

    def __init__(self, args, tokenizer, corpus: Corpus, vectors: np.ndarray):
        self.bm25, self.vectors, self.tokenizer = Bm25(corpus.texts), vectors, tokenizer
        self.session, self.max_tokens = embedder_session(args)

    def rankings(self, questions: list[str], depth: int) -> list[list[int]]:
        rows = encode_texts(self.tokenizer, questions, self.max_tokens)
        queries = export.run_sorted(self.session, rows, pad_texts, len)  # (Q, 384)
        return [hybrid(self.bm25, self.vectors, text, query)[:depth] for text, query in zip(questions, queries)]


def score_dev(args, tokenizer, corpus, vectors, model_path: Path) -> list[dict]:
    """Top 20 of the whole corpus for dev questions, each pair scored by the model that will be served."""
    retrieval = Retrieval(args, tokenizer, corpus, vectors)
    questions = [q for q in corpus.questions if corpus.splits[q[2]] == "dev"]
    questions = random.Random(args.seed).sample(questions, min(args.dev_questions, len(questions)))
    session = open_session(model_path, args.threads)
    records = []
    for (question, answers, gold), ranking in zip(questions, retrieval.rankings([q[0] for q in questions], max(DEPTHS))):
        rows = encode_pairs(tokenizer, question, [corpus.texts[i] for i in ranking], MAX_TOKENS)
        logits = export.run_sorted(session, rows, pad_pairs, lambda row: len(row[0]), batch=10)  # (20,)
        # 1 = the gold passage, 0 = without the answer's words, null = another passage with those words: may answer, may not
        labels = [1 if i == gold else None if holds_answer(corpus, i, answers) else 0 for i in ranking]
        records.append(
            {
                "question": question,
                "article": corpus.articles[gold],
                "ranking": ranking,
                "gold": gold,
                "logits": [round(float(x), 4) for x in logits],
                "labels": labels,
            }
        )
    return records


def against_fp32(tokenizer, corpus, records, model, int8: Path, count: int = 60) -> dict:
    """How far int8 moves the logits, and how often the first of ten stays first."""
    differences, same = [], 0
    for record in records[:count]:
        rows = encode_pairs(tokenizer, record["question"], [corpus.texts[i] for i in record["ranking"][:10]], MAX_TOKENS)
        with torch.no_grad():
            logits = model(**tensors(pad_pairs(rows)))[0].numpy()  # (10,)
        quantised = np.array(record["logits"][:10])
        differences.append(np.abs(logits - quantised).mean())
        same += int(logits.argmax() == quantised.argmax())
    n = len(records[:count])
    return {"meanAbsoluteLogitDifference": round(float(np.mean(differences)), 3), "sameFirst": round(same / n, 3), "questions": n}


def latencies(tokenizer, corpus, path: Path) -> dict:
    """Milliseconds for a question with `depth` full passages (every row MAX_TOKENS long) in one batch."""
    question = "when did the university open its first building?"
    table = {}
    for threads in (1, 2):
        session = open_session(path, threads)
        for depth in (8, 10, 12, 16, 50):
            rows = encode_pairs(tokenizer, question, [(text + " ") * 6 for text in corpus.texts[:depth]], MAX_TOKENS)
            table[f"depth{depth}threads{threads}"] = export.latency_ms(session, pad_pairs(rows))
    return table


def write_examples(path: Path, tokenizer, corpus, records, model_path: Path) -> None:
    """Inputs with the ids and logits they must give: what another tokenizer or runtime is tested against."""
    session, examples = open_session(model_path), []
    for record in records[:3]:
        index = record["ranking"][0]
        rows = encode_pairs(tokenizer, record["question"], [corpus.texts[index]], MAX_TOKENS)
        logit = float(session.run(None, pad_pairs(rows))[0][0])
        examples.append(
            {
                "question": record["question"],
                "passage": corpus.texts[index],
                "inputIds": rows[0][0],
                "questionTokens": rows[0][1],
                "relevanceLogit": round(logit, 4),
            }
        )
    path.write_text("[\n" + ",\n".join(json.dumps(example, ensure_ascii=False) for example in examples) + "\n]\n")


def tensors(batch: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in batch.items()}


def save(path: Path, model, optimizer, state: dict) -> None:
    """Written beside and moved into place: a killed run leaves the last whole state."""
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "state": state}, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)
