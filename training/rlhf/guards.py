"""The small guards: logistic regressions over hashed words, named features and vectors, written as a folder that the service reads."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from rlhf.encoder import encode_texts, pad_texts
from rlhf.intervals import wilson
from rlhf.served import open_session
from rlhf.text_features import HASH_BITS, hashed_features, hashed_matrix, normalise

FORMAT = 2  # of the folder; the service refuses another one
NAMED_SCALE = 1.0  # named features count as they are; hashed rows have norm 1, vectors as well


class QueryVectors:
    """Vectors of texts by the exported embedder, as retrieval computes them: each text a run of its own, on one thread."""

    def __init__(self, folder: Path):
        manifest = json.loads((folder / "manifest.json").read_text())
        self.model_id = f"{manifest['name']}@{manifest['version']}"
        self.dimensions: int = manifest["dimensions"]
        self._max_tokens = manifest["maxTokens"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._session = open_session(folder / "model.onnx")
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, texts: list[str]) -> np.ndarray:
        """(texts, dimensions), unit length"""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, ids in zip(new, encode_texts(self._tokenizer, new, self._max_tokens), strict=True):
            self._known[text] = self._session.run(None, pad_texts([ids]))[0][0]
        return np.array([self._known[text] for text in texts]).reshape(len(texts), self.dimensions)


@dataclass
class Head:
    """One yes-or-no question, as it is served: weights rounded to signed bytes."""

    name: str
    intercept: float
    weights: np.ndarray  # (2 ** HASH_BITS,) int8
    scale: float
    named: dict[str, float] = field(default_factory=dict)
    dense: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int8))  # (dimensions,) int8, of the text's vector
    dense_scale: float = 0.0

    def probability(self, text: str, features: dict[str, float] | None = None, vector: np.ndarray | None = None) -> float:
        return float(self.probabilities([text], [features or {}], None if vector is None else vector[None])[0])

    def probabilities(
        self, texts: list[str], features: list[dict[str, float]] | None = None, vectors: np.ndarray | None = None
    ) -> np.ndarray:
        """(texts,) in 0..1. `vectors` (texts, dimensions): for a head that was fitted with them."""
        logits = hashed_matrix(texts) @ (self.weights.astype(np.float64) * self.scale) + self.intercept
        if features:
            logits += np.array([sum(weight * row.get(name, 0) for name, weight in self.named.items()) for row in features])
        if vectors is not None:
            logits += vectors @ (self.dense.astype(np.float64) * self.dense_scale)
        return 1 / (1 + np.exp(-logits))


def fit_head(
    name: str,
    texts: list[str],
    labels: list[bool],
    strength: float,
    features: list[dict[str, float]] | None = None,
    weights: list[float] | None = None,
    vectors: np.ndarray | None = None,
) -> Head:
    """`strength`: inverse of the L2 penalty. `weights`: of the rows. `vectors`: (texts, dimensions)."""
    names = sorted(features[0]) if features else []
    columns = [hashed_matrix(texts)]
    if features:
        columns.append(sparse.csr_matrix(np.array([[row[each] for each in names] for row in features]) * NAMED_SCALE))
    if vectors is not None:
        # All texts share a direction, which would take up the norm: what is learnt from is the way from the mean.
        centre = vectors.mean(axis=0)  # (dimensions,)
        columns.append(sparse.csr_matrix(vectors - centre))
    model = LogisticRegression(C=strength, solver="liblinear", random_state=1)
    model.fit(sparse.hstack(columns).tocsr(), labels, sample_weight=weights)
    hashed, named, dense = np.split(model.coef_[0], np.cumsum([1 << HASH_BITS, len(names)]))
    head = Head(name, float(model.intercept_[0]), *rounded(hashed))
    head.named = {each: round(float(value), 6) for each, value in zip(names, named, strict=True)}
    if vectors is not None:
        head.dense, head.dense_scale = rounded(dense)
        head.intercept -= float(centre @ (head.dense * head.dense_scale))  # So that nobody needs the mean again.
    head.intercept = round(head.intercept, 6)
    return head


def rounded(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Signed bytes, and what one of them is worth."""
    scale = float(np.abs(weights).max() / 127) or 1.0
    return np.round(weights / scale).astype(np.int8), scale


def share(right: int, total: int) -> dict[str, float | int]:
    """A share with its 95 % interval, as figures are written."""
    low, high = wilson(right, total)
    return {"value": round(right / total, 4) if total else None, "low": round(low, 4), "high": round(high, 4), "n": total}


def write_guard(
    folder: Path, name: str, version: str, kind: str, heads: list[Head], thresholds: dict[str, float], examples: list[dict],
    metrics: dict, training: dict, vectors_of: QueryVectors | None = None,
) -> None:
    """`weights.bin`, `examples.json` (texts with their buckets and probabilities) and `manifest.json`.

    `vectors_of`: of heads that were fitted with vectors; the examples get theirs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.bin").write_bytes(b"".join(head.weights.tobytes() + head.dense.tobytes() for head in heads))
    for example in examples:
        example["buckets"] = hashed_features(example["text"])
        if vectors_of:
            example["vector"] = [round(float(value), 5) for value in vectors_of([example["text"]])[0]]
        vector = np.array(example["vector"]) if vectors_of else None  # (dimensions,)
        example["probabilities"] = {
            head.name: round(head.probability(example["text"], example.get("features"), vector), 6) for head in heads
        }
    (folder / "examples.json").write_text(json.dumps(examples, ensure_ascii=False) + "\n")
    files = {
        file: {"sha256": sha256(folder / file), "bytes": (folder / file).stat().st_size} for file in ("weights.bin", "examples.json")
    }
    settings = {
        "format": FORMAT,
        "hashBits": HASH_BITS,
        **({"embedder": {"modelId": vectors_of.model_id, "dimensions": vectors_of.dimensions}} if vectors_of else {}),
        "heads": [
            {"name": head.name, "intercept": head.intercept, "scale": head.scale, "named": head.named}
            | ({"denseScale": head.dense_scale} if vectors_of else {})
            for head in heads
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
