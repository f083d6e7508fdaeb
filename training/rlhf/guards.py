"""The small guards: logistic regressions over hashed and named features, written as a folder that the service reads."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from rlhf.intervals import wilson
from rlhf.text_features import HASH_BITS, hashed_features, hashed_matrix, normalise

NAMED_SCALE = 1.0  # named features count as they are; hashed rows have norm 1


@dataclass
class Head:
    """One yes-or-no question, as it is served: weights rounded to signed bytes."""

    name: str
    intercept: float
    weights: np.ndarray  # (2 ** HASH_BITS,) int8
    scale: float
    named: dict[str, float] = field(default_factory=dict)

    def probability(self, text: str, features: dict[str, float] | None = None) -> float:
        return float(self.probabilities([text], [features or {}])[0])

    def probabilities(self, texts: list[str], features: list[dict[str, float]] | None = None) -> np.ndarray:
        """(texts,) in 0..1."""
        logits = hashed_matrix(texts) @ (self.weights.astype(np.float64) * self.scale) + self.intercept
        if features:
            logits += np.array([sum(weight * row.get(name, 0) for name, weight in self.named.items()) for row in features])
        return 1 / (1 + np.exp(-logits))


def fit_head(
    name: str,
    texts: list[str],
    labels: list[bool],
    strength: float,
    features: list[dict[str, float]] | None = None,
    weights: list[float] | None = None,
) -> Head:
    """`strength`: inverse of the L2 penalty. `weights`: of the rows."""
    names = sorted(features[0]) if features else []
    matrix = hashed_matrix(texts)
    if features:
        named = sparse.csr_matrix(np.array([[row[each] for each in names] for row in features]) * NAMED_SCALE)
        matrix = sparse.hstack([matrix, named]).tocsr()
    model = LogisticRegression(C=strength, solver="liblinear", random_state=1).fit(matrix, labels, sample_weight=weights)
    hashed = model.coef_[0][: 1 << HASH_BITS]
    scale = float(np.abs(hashed).max() / 127) or 1.0
    rounded = np.round(hashed / scale).astype(np.int8)
    named_weights = {each: round(float(value), 6) for each, value in zip(names, model.coef_[0][1 << HASH_BITS :], strict=True)}
    return Head(name, round(float(model.intercept_[0]), 6), rounded, scale, named_weights)


def share(right: int, total: int) -> dict[str, float | int]:
    """A share with its 95 % interval, as figures are written."""
    low, high = wilson(right, total)
    return {"value": round(right / total, 4) if total else None, "low": round(low, 4), "high": round(high, 4), "n": total}


def write_guard(
    folder: Path, name: str, version: str, kind: str, heads: list[Head], thresholds: dict[str, float], examples: list[dict],
    metrics: dict, training: dict,
) -> None:
    """`weights.bin`, `examples.json` (texts with their buckets and probabilities) and `manifest.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.bin").write_bytes(b"".join(head.weights.tobytes() for head in heads))
    for example in examples:
        example["buckets"] = hashed_features(example["text"])
        features = example.get("features")
        example["probabilities"] = {
            head.name: round(head.probability(example["text"], features), 6) for head in heads
        }
    (folder / "examples.json").write_text(json.dumps(examples, ensure_ascii=False) + "\n")
    files = {
        file: {"sha256": sha256(folder / file), "bytes": (folder / file).stat().st_size} for file in ("weights.bin", "examples.json")
    }
    settings = {
        "hashBits": HASH_BITS,
        "heads": [
            {"name": head.name, "intercept": head.intercept, "scale": head.scale, "named": head.named} for head in heads
        ],
        "thresholds": thresholds,
    }
    manifest = {
        "name": name, "version": version, "kind": kind, "licence": "Apache-2.0", "settings": settings,
        "metrics": metrics, "training": {"date": date.today().isoformat(), **training}, "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fold_of(text: str, folds: int) -> int:
    """Depends on nothing but the text, so that a text that occurs twice stays on one side."""
    return int(hashlib.sha256(f"candor-fold:{normalise(text)}".encode()).hexdigest()[:8], 16) % folds


def sample(items: list, count: int, seed: int) -> list:
    return random.Random(seed).sample(items, min(count, len(items)))
