"""Retrieval as the service does it (BM25 and vectors, fused), in numpy: where hard negatives and ranking figures come from."""

import collections
import re

import numpy as np

_TOKEN = re.compile(r"\w+")
_COMMON = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these "
    "they this to was will with".split()
)


def terms(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text.lower()) if token not in _COMMON]


class Bm25:
    """Okapi BM25 over a fixed list of texts; the weight of each term in each text is computed once."""

    def __init__(self, texts: list[str], k1: float = 1.2, b: float = 0.75):
        counts = [collections.Counter(terms(text)) for text in texts]
        lengths = np.array([sum(c.values()) for c in counts], dtype=np.float32)  # (N,)
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))  # (N,)
        postings: dict[str, list[tuple[int, int]]] = collections.defaultdict(list)
        for index, count in enumerate(counts):
            for term, frequency in count.items():
                postings[term].append((index, frequency))
        self.size = len(texts)
        self.postings = {}
        for term, entries in postings.items():
            indices, frequencies = (np.array(column) for column in zip(*entries))  # (df,) each
            idf = np.log(1 + (self.size - len(entries) + 0.5) / (len(entries) + 0.5))
            weights = idf * frequencies * (k1 + 1) / (frequencies + norm[indices])
            self.postings[term] = indices, weights.astype(np.float32)

    def scores(self, query: str) -> np.ndarray:
        """(N,) BM25 scores, 0 where no term is shared."""
        scores = np.zeros(self.size, dtype=np.float32)
        for term in terms(query):
            if term in self.postings:
                indices, weights = self.postings[term]
                scores[indices] += weights
        return scores


def top(scores: np.ndarray, depth: int) -> list[int]:
    """Indices of the `depth` best scores, best first, ties by index."""
    depth = min(depth, len(scores))
    best = np.argpartition(-scores, depth - 1)[:depth]
    return best[np.lexsort((best, -scores[best]))].tolist()


def reciprocal_rank_fusion(rankings: list[list[int]], k: int = 60) -> list[int]:
    """Cormack et al. 2009: sum of 1 / (k + rank), rank from 1. Best first, ties by index."""
    fused: dict[int, float] = collections.defaultdict(float)
    for ranking in rankings:
        for rank, index in enumerate(ranking, start=1):
            fused[index] += 1 / (k + rank)
    return sorted(fused, key=lambda index: (-fused[index], index))


def hybrid(bm25: Bm25, vectors: np.ndarray, query: str, query_vector: np.ndarray, depth: int = 100) -> list[int]:
    """Fused ranking of the `depth` best by words and by cosine. vectors (N, d) and query_vector (d,) of unit length."""
    return reciprocal_rank_fusion([top(bm25.scores(query), depth), top(vectors @ query_vector, depth)])


def first_hit(ranking: list[int], relevant: set[int]) -> int | None:
    """Rank (from 1) of the first relevant passage, None when it is not in the ranking."""
    return next((rank for rank, index in enumerate(ranking, start=1) if index in relevant), None)


def measures(ranks: list[int | None], cutoffs: tuple[int, ...] = (1, 5, 10, 20), seed: int = 0) -> dict:
    """Recall at each cutoff and MRR over questions with one relevant passage, with 95 % bootstrap intervals."""
    values = {f"recallAt{k}": np.array([rank is not None and rank <= k for rank in ranks], dtype=float) for k in cutoffs}
    values["mrr"] = np.array([0.0 if rank is None else 1 / rank for rank in ranks])
    draws = np.random.default_rng(seed).integers(0, len(ranks), (1000, len(ranks)))  # (1000, Q)
    result = {}
    for name, value in values.items():
        low, high = np.percentile(value[draws].mean(axis=1), [2.5, 97.5])
        result[name] = {"value": round(float(value.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
    return result
