"""How good a reranked order is by depth, and how a relevance logit becomes a probability."""

import math

import numpy as np

from rlhf.retrieval import first_hit, measures

DEPTHS = (0, 5, 8, 10, 12, 16, 20)


def by_depth(records: list[dict], temperature: float) -> list[dict]:
    """For each depth the measures when ordered by the logit alone and by the logit with the rank before."""
    rows = []
    for depth in DEPTHS:
        row = {"depth": depth}
        for name, scale in (("logitAlone", None), ("logitAndRank", temperature)):
            row[name] = measures([first_hit(reranked(record, depth, scale), {record["gold"]}) for record in records])
        rows.append(row)
    return rows


def reranked(record: dict, depth: int, temperature: float | None = None) -> list[int]:
    """The first `depth` in a new order, the others behind them in their old one. With a temperature the old rank counts too:
    log-odds of relevance are the logit's, less ln(rank), as if the odds before reading fell with one over the rank."""
    logits, ranking = record["logits"], record["ranking"]

    def log_odds(i):
        return logits[i] if temperature is None else logits[i] / temperature - math.log(i + 1)

    head = sorted(range(min(depth, len(ranking))), key=lambda i: -log_odds(i))
    return [ranking[i] for i in head] + ranking[depth:]


def calibrate(records: list[dict]) -> dict:
    """Platt's a x + b on the first ten of each dev question, fitted on all; the quality figures are of halves of the
    articles fitted on the other half."""
    articles = sorted({record["article"] for record in records})
    half = set(articles[::2])
    pairs = [
        (logit, label, record["article"] in half)
        for record in records
        for logit, label in zip(record["logits"][:10], record["labels"][:10])
        if label is not None
    ]
    logits, labels, sides = (np.array(column) for column in zip(*pairs))  # (P,) each
    held = np.zeros(len(logits))
    for side in (True, False):
        if (sides == side).any() and (sides != side).any():
            scale, bias = fit_platt(logits[sides != side], labels[sides != side])
            held[sides == side] = sigmoid(scale * logits[sides == side] + bias)
    scale, bias = fit_platt(logits, labels)
    return {
        "temperature": round(1 / scale, 4),
        "bias": round(bias, 4),
        "pairs": len(logits),
        "shareRelevant": round(labels.mean(), 4),
        "expectedCalibrationError": round(calibration_error(held, labels), 4),
        "brier": round(float(((held - labels) ** 2).mean()), 4),
    }


def fit_platt(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Logistic regression with one feature, by Newton's method with a little ridge."""
    x = np.stack([logits, np.ones_like(logits)], axis=1)  # (P, 2)
    w = np.array([1.0, 0.0])
    for _ in range(50):
        p = sigmoid(x @ w)
        gradient = x.T @ (p - labels) + 1e-3 * (w - [1.0, 0.0])
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(2)
        change = np.linalg.solve(hessian, gradient)
        w = w - np.clip(change, -1, 1)
    return float(max(w[0], 1e-2)), float(w[1])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def calibration_error(confidences: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((confidences * bins).astype(int), bins - 1)
    parts = [(which == b) for b in range(bins) if (which == b).any()]
    return float(sum(part.mean() * abs(confidences[part].mean() - labels[part].mean()) for part in parts))


def figure_lines(figures: dict, state: dict) -> list[str]:
    lines = [
        f"Trained {state['seconds'] / 60:.0f} minutes on {state['questions']:,} questions in {state['step']:,} steps.",
        "",
        "| reranked depth | recall@1 | recall@5 | MRR@20 | recall@1, logit alone | recall@5 | MRR@20 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in figures["rerankedByDepth"]:
        names = ("recallAt1", "recallAt5", "mrr")
        values = [row[order][name]["value"] for order in ("logitAndRank", "logitAlone") for name in names]
        cells = [f"{100 * value:.1f}" for value in values]
        lines.append(f"| {row['depth'] or '0 (fused order)'} | " + " | ".join(cells) + " |")
    lines += ["", "| latency, int8, 192-token pairs, ms | 1 thread (processor time) | 2 threads (wall clock) |", "|---|---|---|"]
    for depth in (8, 10, 12, 16):
        one = figures["latencyMs"][f"depth{depth}threads1"]["processorP50"]
        two = figures["latencyMs"][f"depth{depth}threads2"]["p50"]
        lines.append(f"| depth {depth} | {one:.0f} | {two:.0f} |")
    c = figures["calibration"]
    lines += [
        "",
        f"Calibration: temperature {c['temperature']}, bias {c['bias']}, expected calibration error "
        f"{c['expectedCalibrationError']} on articles not used for the fit ({c['pairs']:,} pairs).",
    ]
    return lines
