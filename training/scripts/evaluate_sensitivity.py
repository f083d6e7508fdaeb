"""Prompt sensitivity: the same questions in other forms; how far correctness and the probability of declining spread.

    python scripts/evaluate_sensitivity.py --policy "$WORK/sft" --rows "$WORK/data/evaluation.jsonl" --limit 40 --out "$WORK/sensitivity.json"

Forms: plain, ten instructions (`rlhf/prompt_variants.py`), shuffled sentences, a typo, lower case, keywords. The spread of a question is
the standard deviation over its forms; reported are the means over questions, and each form beside the plain one (paired). Intervals: bootstrap
over questions, 95 %. `--minutes` ends it behind the passage in which that time is over.
"""

import argparse
import collections
import json
import math
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import DECLINE, RIGHT, judge
from rlhf.checkpoints import file_sha256, load_policy
from rlhf.intervals import bootstrap_mean
from rlhf.negatives import with_typo
from rlhf.prompt_variants import INSTRUCTIONS
from rlhf.rollout import sample
from rlhf.rows import read_rows
from rlhf.squad import content_words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=40, help="passages")
    parser.add_argument("--questions", type=int, default=8, help="at most so many of a passage")
    parser.add_argument("--minutes", type=float, help="no further passage after so many (default: all of --limit)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model, tokenizer = load_policy(args.policy)
    model.eval()
    started, passages = time.monotonic(), 0
    correct, declining = collections.defaultdict(list), collections.defaultdict(list)
    for number, row in enumerate(read_rows(args.rows, args.limit)):
        branches = row["branches"][: args.questions]
        for form, sentences, questions, places in forms(row["sentences"], [b["question"] for b in branches], random.Random(number)):
            drawn = sample(model, tokenizer, row["title"], sentences, questions, 1)
            for branch, [greedy] in zip(branches, drawn):
                gold = places[branch["sentence"] - 1] + 1 if branch["sentence"] else None
                label = judge(tokenizer.decode(greedy.tokens), branch["answers"], gold, sentences)
                correct[form].append(float(label == (RIGHT if branch["answers"] else DECLINE)))
                declining[form].append(math.exp(greedy.decline_logprob))
        passages += 1
        if args.minutes is not None and time.monotonic() - started > 60 * args.minutes:
            break
    report = {"policy": file_sha256(args.policy / "model.safetensors"), "rows": {args.rows.name: file_sha256(args.rows)},
              "passages": passages, "questions": len(correct["plain"]), "correctSpread": figure(spreads(correct)),
              "declineSpread": figure(spreads(declining)),
              "forms": {form: {"correct": figure(v), "againstPlain": figure([a - b for a, b in zip(v, correct["plain"])]),
                               "declineProbability": figure(declining[form])} for form, v in correct.items()}}
    args.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


def forms(sentences: list[str], questions: list[str], rng: random.Random):
    """(name, sentences, questions, places): `places[i]` is where sentence i (from 0) stands now."""
    same = list(range(len(sentences)))
    yield "plain", sentences, questions, same
    for number, pattern in enumerate(INSTRUCTIONS[:10], 1):
        yield f"instruction {number}", sentences, [pattern.format(question=q) for q in questions], same
    order = rng.sample(same, len(same))
    yield "shuffled sentences", [sentences[i] for i in order], questions, [order.index(i) for i in same]
    yield "typo", sentences, [with_typo(q, rng) for q in questions], same
    yield "lower case", sentences, [q.lower().rstrip("?") for q in questions], same
    yield "keywords", sentences, [keywords(q) for q in questions], same


def keywords(question: str) -> str:
    """The words that carry meaning, in their order; the question itself where fewer than two are left."""
    words = [w for w in question.lower().rstrip(" ?").split() if content_words(w)]
    return " ".join(words) if len(words) > 1 else question


def spreads(values: dict[str, list[float]]) -> list[float]:
    """For each question the standard deviation over its forms."""
    return [statistics.pstdev(question) for question in zip(*values.values())]


def figure(values: list[float]) -> dict:
    return {"value": statistics.mean(values), "interval": bootstrap_mean(values)}


if __name__ == "__main__":
    main()
