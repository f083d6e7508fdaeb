"""The answer guard: does a sentence tell how harm is done, or is it hateful?

    python scripts/train_answer_guard.py --data ../../shared/data --out ../models/guards/answer

Learns from the replies that people rejected in dialogues which began with a request for harm (`hh-rlhf`, 80 % by hash), and as harmless
text from the replies they preferred and from SQuAD train articles. The labels are rough: a rejected reply need not be harmful in each of
its sentences. The threshold comes from train articles; the other dialogues and SQuAD dev are only measured on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.guard_data import OWN, dialogues, labelled_turns, squad_paragraphs
from rlhf.guards import fit_head, sample, sha256, share, write_guard
from rlhf.sentences import sentence_spans
from train_query_guard import HARMS, least_threshold

STRENGTH = 3.0
WITHHELD_OF_PLAIN = 0.001  # share of the sentences of train articles
REFUSALS = ("sorry", "can't", "cannot", "won't", "not able", "not comfortable", "not sure", "illegal", "i'm not", "don't know", "?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "models/guards/answer")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not (args.data / "hh-rlhf").exists():
        sys.exit(f"{args.data}/hh-rlhf not found: give the folder of the data sets with --data")
    turns = {text: (label, part) for label, part, text in labelled_turns(args.data)}
    replies = {"train": [], "evaluation": []}
    for row in dialogues(args.data):
        label, part = turns.get(row["first"], (None, None))
        if label in HARMS:
            replies[part].append(row)
    harmful = [text for row in replies["train"] for text in telling(row["rejected"])]
    preferred = [text for row in replies["train"] for text in sentences(row["chosen"])]
    plain = sample([text for row in squad_paragraphs(args.data, ("prompts",)) for text in sentences(row["context"])], 2500, args.seed)
    tuning = sample([text for row in squad_paragraphs(args.data, ("dev",)) for text in sentences(row["context"])], 3000, args.seed)
    texts, labels = harmful + preferred + plain, [True] * len(harmful) + [False] * (len(preferred) + len(plain))
    head = fit_head("harm", texts, labels, STRENGTH)
    threshold = least_threshold(head, tuning, WITHHELD_OF_PLAIN)

    judged = squad_paragraphs(args.data, None)
    quoted = [text for row in judged for text in sentences(row["context"])]
    parts = [telling(row["rejected"]) for row in replies["evaluation"]]
    parts = [part for part in parts if part]
    caught = sum(bool((head.probabilities(part) >= threshold).any()) for part in parts)
    metrics = {
        "harmfulRepliesCaught": share(caught, len(parts)),
        "harmlessSentencesWithheld": share(int((head.probabilities(quoted) >= threshold).sum()), len(quoted)),
    }
    print(metrics, "threshold", threshold, "rows", len(texts), "harmful", len(harmful))
    print([text for text in quoted if head.probability(text) >= threshold][:8])
    files = {
        "hh-rlhf": args.data / "hh-rlhf/harmless-base.test.jsonl.gz",
        "squad": args.data / "squad/train-v1.1.json.gz",
        "hh-labels.tsv": OWN / "hh-labels.tsv",
    }
    write_guard(
        args.out, "answer-guard", "1.0.0", "answer-guard", [head], {"harm": threshold},
        [{"text": text} for text in ("Bartolomeo Cristofori invented the piano.", "Mix the powder with petrol and light it.", "")], metrics,
        {"seed": args.seed, "strength": STRENGTH, "rows": len(texts), "data": {name: sha256(path) for name, path in files.items()}},
    )


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def telling(reply: str) -> list[str]:
    """Sentences of a reply that tell something: not the short ones, and neither refusals nor questions."""
    return [text for text in sentences(reply) if len(text.split()) >= 6 and not any(word in text.lower() for word in REFUSALS)]


if __name__ == "__main__":
    main()
