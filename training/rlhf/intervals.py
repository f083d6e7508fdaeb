"""95 % intervals for shares and means; area under the ROC curve."""

import math
import random


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share (Wilson 1927); (0, 1) without data."""
    if total == 0:
        return 0.0, 1.0
    p, n = right / total, total
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap_mean(values: list[float], seed: int = 1, rounds: int = 1000) -> tuple[float, float]:
    """Percentile interval of the mean."""
    if not values:
        return math.nan, math.nan
    rng = random.Random(seed)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(rounds))
    return means[int(0.025 * rounds)], means[int(0.975 * rounds)]


def auc(scores: list[float], labels: list[bool]) -> float:
    """Probability that a random positive scores above a random negative (ties count half); nan without both kinds."""
    positives = [s for s, positive in zip(scores, labels) if positive]
    negatives = [s for s, positive in zip(scores, labels) if not positive]
    if not positives or not negatives:
        return math.nan
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))
