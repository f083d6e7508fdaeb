"""The entailment checker: does a quote support a claim?

    python scripts/train_entailment.py --data ../../shared/data --out ../models/guards/entailment

A logistic regression over a dozen features, learnt from SQuAD train articles: questions with their answers and with other spans of the
passage, sentences cut short, and the same with a number, a name, a direction or the verb turned round. `wice` and `begin` are only
measured on; their labels are no part of any choice. Two other ways stand beside it in the manifest: the share of covered words alone,
and boosted trees over the same features.
"""

import argparse
import csv
import gzip
import json
import random
import sys
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.claim_pairs import Pair, pairs_of
from rlhf.entailment_features import entailment_features, stems
from rlhf.guard_data import squad_paragraphs
from rlhf.guards import sample, sha256
from rlhf.intervals import auc, bootstrap_mean

EVIDENCE_SENTENCES = 5  # of a long source that are put side by side as one quote
EXAMPLES = (
    ("Bartolomeo Cristofori of Padua invented the piano in 1709.", "Who invented the piano? Bartolomeo Cristofori"),
    ("Bartolomeo Cristofori of Padua invented the piano in 1709.", "When was the piano invented? 1790"),
    ("The tower was never the highest in the city.", "The tower was the lowest in the city."),
    ("I’ve 1,234.5 km² of naïve Ünïcödé", "You've 1234.5 square km, I guess."),
    ("", "Something."),
    ("Something.", ""),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "models/guards/entailment")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passages", type=int, default=350)
    parser.add_argument("--trees", action="store_true", help="boosted trees too, for comparison")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    learnt = [pair for row in sample(squad_paragraphs(args.data, ("rewards",)), args.passages, args.seed) for pair in pairs_of(row, rng)]
    tuning = [pair for row in sample(squad_paragraphs(args.data, ("dev",)), 100, args.seed) for pair in pairs_of(row, rng)]
    sets = {"corruptedPairs": tuning, "wiceDev": wice(args.data), **begin(args.data)}
    names = list(entailment_features("a", "a"))
    x, y = matrix(learnt), np.array([label for _, _, label in learnt])
    tables = {name: (matrix(pairs), [label for _, _, label in pairs]) for name, pairs in sets.items()}
    models = {
        "features": LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(x, y),
        "coverageAlone": LogisticRegression(C=1.0, class_weight="balanced").fit(x[:, :1], y),
    }
    if args.trees:
        from sklearn.ensemble import GradientBoostingClassifier

        models["trees"] = GradientBoostingClassifier(n_estimators=60, max_depth=3, random_state=1).fit(x, y)
    metrics = {}
    for kind, model in models.items():
        for name, (table, labels) in tables.items():
            scores = model.predict_proba(table[:, : model.n_features_in_])[:, 1]
            metrics.setdefault(name, {})[kind] = figures(scores, labels)
    for name, row in metrics.items():
        print(name, row)
    model = models["features"]
    weights = {name: round(float(weight), 6) for name, weight in zip(names, model.coef_[0], strict=True)}
    print(weights)
    settings = {"intercept": round(float(model.intercept_[0]), 6), "weights": weights}
    args.out.mkdir(parents=True, exist_ok=True)
    examples = [
        {"quote": quote, "claim": claim, "features": features, "probability": probability(features, settings)}
        for quote, claim in EXAMPLES
        for features in [entailment_features(quote, claim)]
    ]
    (args.out / "examples.json").write_text(json.dumps(examples, ensure_ascii=False) + "\n")
    manifest = {
        "name": "entailment", "version": "1.0.0", "kind": "entailment", "licence": "Apache-2.0", "settings": settings, "metrics": metrics,
        "training": {
            "date": date.today().isoformat(), "seed": args.seed, "pairs": len(learnt), "supported": int(y.sum()),
            "data": {"squad": sha256(args.data / "squad/train-v1.1.json.gz")},
        },
        "files": {"examples.json": {"sha256": sha256(args.out / "examples.json"), "bytes": (args.out / "examples.json").stat().st_size}},
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def matrix(pairs: list[Pair]) -> np.ndarray:
    """(pairs, features)."""
    return np.array([list(entailment_features(quote, claim).values()) for quote, claim, _ in pairs])


def probability(features: dict[str, float], settings: dict) -> float:
    logit = settings["intercept"] + sum(settings["weights"][name] * value for name, value in features.items())
    return round(float(1 / (1 + np.exp(-logit))), 6)


def figures(scores: np.ndarray, labels: list[bool]) -> dict:
    """Balanced accuracy at 0.5 with its interval, area under the ROC curve, and how many."""
    truth = np.array(labels)
    yes, no = (scores[truth] >= 0.5).astype(float), (scores[~truth] < 0.5).astype(float)
    spread = [(bootstrap_mean(list(half), rounds=200)) for half in (yes, no)]
    value = (yes.mean() + no.mean()) / 2
    half = 0.5 * (((spread[0][1] - spread[0][0]) / 2) ** 2 + ((spread[1][1] - spread[1][0]) / 2) ** 2) ** 0.5
    return {
        "balancedAccuracy": round(float(value), 4), "low": round(float(value - half), 4), "high": round(float(value + half), 4),
        "supportedFound": round(float(yes.mean()), 4), "unsupportedFound": round(float(no.mean()), 4),
        "auc": round(auc(list(scores), labels), 4), "n": len(labels),
    }


def wice(data: Path) -> list[Pair]:
    """Supported or not (partly supported counts as not), by the sentences of the page that cover most of the claim."""
    pairs = []
    with gzip.open(data / "wice/dev.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            pairs.append((best_evidence(row["evidence"], row["claim"]), row["claim"], row["label"] == "supported"))
    return pairs


def best_evidence(sentences: list[str], claim: str) -> str:
    """The sentences that together cover most words of the claim, chosen one after the other, in their order."""
    wanted, chosen = set(stems(claim)), []
    known = [set(stems(each)) & wanted for each in sentences]
    covered: set[str] = set()
    for _ in range(EVIDENCE_SENTENCES):
        at = max(range(len(sentences)), key=lambda each: len(known[each] - covered))
        if not known[at] - covered:
            break
        covered |= known[at]
        chosen.append(at)
    return " ".join(sentences[at] for at in sorted(chosen))


def begin(data: Path) -> dict[str, list[Pair]]:
    """Fully attributable or not; generic answers, which claim nothing, are left out."""
    sets = {}
    for part in ("cmu", "tc", "wow"):
        with open(data / f"begin/begin_dev_{part}.tsv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        sets[f"begin {part}"] = [
            (row["knowledge"], row["response"], row["begin_label"].strip().startswith("Fully"))
            for row in rows
            if not row["begin_label"].strip().startswith("Generic")
        ]
    return {"beginDev": [pair for pairs in sets.values() for pair in pairs], **sets}


if __name__ == "__main__":
    main()
