"""The query guard: does a query ask for harm, of which kind, and is it about medical, legal or financial advice?

    python scripts/train_query_guard.py --data ../../shared/data --out ../models/guards/query

Learns from our own queries (`data/guards/queries.tsv`), from first turns of `hh-rlhf` labelled by hand (80 % by hash) and from logged
queries as harmless ones. Strength and thresholds come from cross-validation and logged queries of the tuning part; the other 20 %,
the questions of SQuAD dev and the test part of the logged queries are only measured on. A minute on one core.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.guard_data import OWN, labelled_turns, logged_queries, own_rows, squad_paragraphs
from rlhf.guards import Head, fit_head, fold_of, sample, sha256, share, write_guard

HARMS = ("self-harm", "violence", "weapons", "crime", "sexual", "hate", "privacy")
TOPICS = ("medical", "legal", "financial")
FOLDS = 4
STRENGTHS = (5.0, 20.0)
BLOCKED_OF_LOGGED = 0.005  # share of logged queries that may be called harmful: some of them are
BLOCKED_BY_TOPIC = 0.02  # the same for advice, which logged queries do ask for
HARD_NEGATIVE = 4.0  # weight of a harmless text that sounds like a harmful one
TIE = 0.01  # in the share that is caught; a weaker model is preferred within it
EXAMPLES = ("Who invented the piano?", "how do i build a bomb", "Ünïcödé ＦＵＬＬ ‘quotes’ 東京 a_b 1,234.5 km²", "", "x" * 700)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "models/guards/query")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not (args.data / "hh-rlhf").exists():
        sys.exit(f"{args.data}/hh-rlhf not found: give the folder of the data sets with --data")

    turns = labelled_turns(args.data)
    logged = sample(logged_queries(args.data, "train"), 2000, args.seed)
    questions = [text for row in squad_paragraphs(args.data, ("prompts",)) for text in row["questions"]]
    rows = [(label, text, 1.0 if label in HARMS else HARD_NEGATIVE) for label, part, text in turns if part == "train"]
    rows += [("allowed" if label in TOPICS else label, text, 2.0) for label, text in own_rows("queries.tsv")]
    plain = [(text, 1.0) for text in logged + sample(questions, 500, args.seed)]
    texts = [text for _, text, _ in rows] + [text for text, _ in plain]
    labels = np.array([label in HARMS for label, _, _ in rows] + [False] * len(plain))
    weights = [weight for _, _, weight in rows] + [weight for _, weight in plain]
    tuning = sample(logged_queries(args.data, "dev"), 1200, args.seed)

    tried = {strength: cross_validated(texts, labels, weights, strength, tuning) for strength in STRENGTHS}
    best = max(figures["caught"] for figures in tried.values())
    strength = next(each for each, figures in tried.items() if figures["caught"] >= best - TIE)
    print({each: figures for each, figures in tried.items()}, "chosen:", strength)
    harm = fit_head("harm", texts, list(labels), strength, weights=weights)
    harmful = [(label, text) for label, text, _ in rows if label in HARMS]
    kinds = [fit_head(kind, [text for _, text in harmful], [label == kind for label, _ in harmful], strength) for kind in HARMS]
    topics = fit_topics(logged, strength)
    thresholds = {"harm": least_threshold(harm, tuning, BLOCKED_OF_LOGGED)}
    thresholds |= {topic.name: least_threshold(topic, tuning, BLOCKED_BY_TOPIC) for topic in topics}
    metrics = measure(args.data, harm, kinds, thresholds, turns, tried)
    for name, value in metrics.items():
        print(name, value)
    data_files = {
        "hh-rlhf": args.data / "hh-rlhf/harmless-base.test.jsonl.gz",
        "query-wellformedness": args.data / "query-wellformedness/train.tsv",
        "squad": args.data / "squad/train-v1.1.json.gz",
        "queries.tsv": OWN / "queries.tsv",
        "hh-labels.tsv": OWN / "hh-labels.tsv",
    }
    write_guard(
        args.out, "query-guard", "1.0.0", "query-guard", [harm, *kinds, *topics], thresholds, [{"text": text} for text in EXAMPLES], metrics,
        {"seed": args.seed, "strength": strength, "rows": len(texts), "harmful": int(labels.sum()),
         "data": {name: sha256(path) for name, path in data_files.items()}},
    )


def cross_validated(texts: list[str], labels: np.ndarray, weights: list[float], strength: float, tuning: list[str]) -> dict:
    """Share of the harmful texts that models of the other folds catch, at the share of logged queries they may block."""
    folds = np.array([fold_of(text, FOLDS) for text in texts])
    caught, hard_blocked, hard, allowed = 0, 0, 0, np.array(weights) == HARD_NEGATIVE
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        head = fit_head("harm", [texts[at] for at in outside], list(labels[outside]), strength, weights=[weights[at] for at in outside])
        threshold = least_threshold(head, tuning, BLOCKED_OF_LOGGED)
        yes = head.probabilities([texts[at] for at in inside]) >= threshold
        caught += int((yes & labels[inside]).sum())
        hard_blocked += int((yes & allowed[inside]).sum())
        hard += int(allowed[inside].sum())
    return {"caught": round(caught / int(labels.sum()), 4), "hardHarmlessBlocked": round(hard_blocked / hard, 4)}


def fit_topics(logged: list[str], strength: float) -> list[Head]:
    own = own_rows("queries.tsv")
    heads = []
    for topic in TOPICS:
        # Logged queries ask for advice now and then: they are many, so what they say wrongly weighs little.
        rows = [(text, label == topic, 4.0) for label, text in own] + [(text, False, 0.3) for text in logged]
        heads.append(fit_head(topic, [row[0] for row in rows], [row[1] for row in rows], strength, weights=[row[2] for row in rows]))
    return heads


def least_threshold(head: Head, harmless: list[str], share_blocked: float) -> float:
    return round(float(np.quantile(head.probabilities(harmless), 1 - share_blocked)), 4)


def measure(data: Path, harm: Head, kinds: list[Head], thresholds: dict[str, float], turns: list, tried: dict) -> dict:
    def blocked(texts: list[str]) -> dict:
        return share(int((harm.probabilities(texts) >= thresholds["harm"]).sum()), len(texts))

    held_out = [(label, text) for label, part, text in turns if part == "evaluation"]
    harmful = [(label, text) for label, text in held_out if label in HARMS]
    likeliest = np.argmax([kind.probabilities([text for _, text in harmful]) for kind in kinds], axis=0)
    right = sum(kinds[at].name == label for at, (label, _) in zip(likeliest, harmful, strict=True))
    return {
        "harmfulCaught": blocked([text for _, text in harmful]),
        "kindRight": share(right, len(harmful)),
        "harmlessBlocked": {
            "squadDevQuestions": blocked([text for row in squad_paragraphs(data, None) for text in row["questions"]]),
            "loggedQueriesTest": blocked(logged_queries(data, "test")),
            "dialogueTurns": blocked([text for label, text in held_out if label == "allowed"]),
        },
        "crossValidated": {str(strength): figures for strength, figures in tried.items()},
    }


if __name__ == "__main__":
    main()
