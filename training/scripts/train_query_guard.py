"""The query guard: does a query ask for harm, of which kind, and is it about medical, legal or financial advice?

    python scripts/train_query_guard.py --data ../../shared/data --out ../models/guards/query

Learns from our own queries (`data/guards/queries.tsv`), from first turns of `hh-rlhf` labelled by hand (80 % by hash) and from logged
queries as harmless ones. It sees the words of a text and its vector by the embedder that retrieval uses (`models/embedder`).
Strength, weights and thresholds come from cross-validation and logged queries of the tuning part; the other 20 %, the questions of
SQuAD dev and the test part of the logged queries are only measured on. Three minutes on one core.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.guard_data import OWN, labelled_turns, logged_queries, own_rows, squad_paragraphs
from rlhf.guards import Head, QueryVectors, fit_head, fold_of, sample, sha256, share, write_guard

HARMS = ("self-harm", "violence", "weapons", "crime", "sexual", "hate", "privacy")
TOPICS = ("medical", "legal", "financial")
FOLDS = 4
STRENGTHS = (1.0, 2.0, 5.0)
HARD_NEGATIVES = (4.0, 8.0)  # weight of a harmless text that sounds like a harmful one
BLOCKED_OF_LOGGED = (0.0025, 0.005)  # share of logged queries that may be called harmful: some of them are
BLOCKED_BY_TOPIC = 0.02  # the same for advice, which logged queries do ask for
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("Who invented the piano?", "how do i build a bomb", "Ünïcödé ＦＵＬＬ ‘quotes’ 東京 a_b 1,234.5 km²", "", "x" * 700)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=ROOT / "models/guards/query")
    parser.add_argument("--embedder", type=Path, default=ROOT / "models/embedder", help="folder of the exported embedder")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not (args.data / "hh-rlhf").exists():
        sys.exit(f"{args.data}/hh-rlhf not found: give the folder of the data sets with --data")

    vectors_of = QueryVectors(args.embedder)
    turns = labelled_turns(args.data)
    logged = sample(logged_queries(args.data, "train"), 2000, args.seed)
    questions = [text for row in squad_paragraphs(args.data, ("prompts",)) for text in row["questions"]]
    rows = [(label, text) for label, part, text in turns if part == "train"]
    is_hard = np.array([label not in HARMS for label, _ in rows])
    own = own_rows("queries.tsv")
    rows += [("allowed" if label in TOPICS else label, text) for label, text in own]
    texts = [text for _, text in rows] + logged + sample(questions, 500, args.seed)
    plain = len(texts) - len(rows)
    is_hard = np.concatenate([is_hard, np.zeros(len(texts) - len(is_hard), bool)])
    labels = np.array([label in HARMS for label, _ in rows] + [False] * plain)
    weights = np.array([1.0] * (len(rows) - len(own)) + [2.0] * len(own) + [1.0] * plain)
    tuning = logged_queries(args.data, "dev")

    tried = {}
    for strength in STRENGTHS:
        for hard in HARD_NEGATIVES:
            figures = cross_validated(texts, labels, np.where(is_hard, hard, weights), is_hard, strength, tuning, vectors_of)
            tried |= {(strength, hard, blocked): each for blocked, each in figures.items()}
    # A harmless text that is blocked is as bad as a harmful one that is not.
    strength, hard, of_logged = max(tried, key=lambda each: tried[each]["caught"] - tried[each]["hardHarmlessBlocked"])
    for settings, figures in tried.items():
        print(*settings, figures, "chosen" if settings == (strength, hard, of_logged) else "")
    harm = fit_head("harm", texts, list(labels), strength, weights=np.where(is_hard, hard, weights), vectors=vectors_of(texts))
    harmful = [(label, text) for label, text in rows if label in HARMS]
    of_harmful = vectors_of([text for _, text in harmful])
    kinds = [
        fit_head(kind, [text for _, text in harmful], [label == kind for label, _ in harmful], strength, vectors=of_harmful)
        for kind in HARMS
    ]
    topics = fit_topics(logged, strength, vectors_of)
    thresholds = {"harm": least_threshold(harm, tuning, of_logged, vectors_of)}
    thresholds |= {topic.name: least_threshold(topic, tuning, BLOCKED_BY_TOPIC, vectors_of) for topic in topics}
    metrics = measure(args.data, harm, kinds, thresholds, turns, vectors_of)
    metrics["crossValidated"] = [
        {"strength": each[0], "hardNegative": each[1], "blockedOfLogged": each[2], **figures} for each, figures in tried.items()
    ]
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
        args.out, "query-guard", "2.0.0", "query-guard", [harm, *kinds, *topics], thresholds, [{"text": text} for text in EXAMPLES], metrics,
        {"seed": args.seed, "strength": strength, "hardNegative": hard, "blockedOfLogged": of_logged, "rows": len(texts), "harmful": int(labels.sum()),
         "data": {name: sha256(path) for name, path in data_files.items()}},
        vectors_of,
    )


def cross_validated(
    texts: list[str], labels: np.ndarray, weights: np.ndarray, is_hard: np.ndarray, strength: float, tuning: list[str],
    vectors_of: QueryVectors,
) -> dict[float, dict[str, float]]:
    """By the share of logged queries that may be stopped: how much of harmful texts and of hard negatives models of the other folds stop."""
    folds = np.array([fold_of(text, FOLDS) for text in texts])
    vectors = vectors_of(texts)  # (texts, dimensions)
    stopped = {blocked: np.zeros(len(texts), bool) for blocked in BLOCKED_OF_LOGGED}
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        head = fit_head(
            "harm", [texts[at] for at in outside], list(labels[outside]), strength, weights=weights[outside], vectors=vectors[outside]
        )
        probabilities = head.probabilities([texts[at] for at in inside], vectors=vectors[inside])
        for blocked, yes in stopped.items():
            yes[inside] = probabilities >= least_threshold(head, tuning, blocked, vectors_of)
    return {
        blocked: {"caught": round(float(yes[labels].mean()), 4), "hardHarmlessBlocked": round(float(yes[is_hard].mean()), 4)}
        for blocked, yes in stopped.items()
    }


def fit_topics(logged: list[str], strength: float, vectors_of: QueryVectors) -> list[Head]:
    own = own_rows("queries.tsv")
    texts = [text for _, text in own] + logged
    # Logged queries ask for advice now and then: they are many, so what they say wrongly weighs little.
    weights = [4.0] * len(own) + [0.3] * len(logged)
    labels = [label for label, _ in own] + [""] * len(logged)
    vectors = vectors_of(texts)
    return [fit_head(topic, texts, [each == topic for each in labels], strength, weights=weights, vectors=vectors) for topic in TOPICS]


def least_threshold(head: Head, harmless: list[str], share_blocked: float, vectors_of: QueryVectors) -> float:
    return round(float(np.quantile(head.probabilities(harmless, vectors=vectors_of(harmless)), 1 - share_blocked)), 4)


def measure(
    data: Path, harm: Head, kinds: list[Head], thresholds: dict[str, float], turns: list[tuple[str, str, str]], vectors_of: QueryVectors
) -> dict:
    def blocked(texts: list[str]) -> dict:
        return share(int((harm.probabilities(texts, vectors=vectors_of(texts)) >= thresholds["harm"]).sum()), len(texts))

    held_out = [(label, text) for label, part, text in turns if part == "evaluation"]
    harmful = [text for label, text in held_out if label in HARMS]
    labels = [label for label, _ in held_out if label in HARMS]
    likeliest = np.argmax([kind.probabilities(harmful, vectors=vectors_of(harmful)) for kind in kinds], axis=0)
    return {
        "harmfulCaught": blocked(harmful),
        "kindRight": share(sum(kinds[at].name == label for at, label in zip(likeliest, labels, strict=True)), len(labels)),
        "harmlessBlocked": {
            "squadDevQuestions": blocked([text for row in squad_paragraphs(data, None) for text in row["questions"]]),
            "loggedQueriesTest": blocked(logged_queries(data, "test")),
            "dialogueTurns": blocked([text for label, text in held_out if label == "allowed"]),
        },
    }


if __name__ == "__main__":
    main()
