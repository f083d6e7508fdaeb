"""Completions with their rewards: what filtering keeps and what preferences are made of."""

from pathlib import Path

from rlhf.episodes import Episodes
from rlhf.rollout import Completion


def scored_row(episodes: Episodes, rewards: list[float], tokenizer) -> dict:
    """The row with `candidates` in each branch: {"text", "tokens", "ended", "reward"}. Gold answers are left out."""
    branches = [{"question": b["question"], "answers": [], "sentence": None, "kind": b["kind"], "candidates": []} for b in episodes.row["branches"]]
    for number, completion, text, reward in zip(episodes.questions, episodes.completions, episodes.texts(tokenizer), rewards, strict=True):
        branches[number]["candidates"].append({"text": text, "tokens": completion.tokens, "ended": completion.ended, "reward": round(reward, 4)})
    return {**episodes.row, "branches": branches}


def check_scored(rows: list[dict], path: Path) -> None:
    """Every candidate has what `scored_row` writes; which one has not, is said."""
    for row in rows:
        for number, branch in enumerate(row["branches"], 1):
            for candidate in branch.get("candidates") or []:
                missing = {"tokens", "ended", "reward"} - candidate.keys()
                if missing:
                    raise SystemExit(f"{path}: question {number} of {row.get('id', row['title'])}: a candidate has no "
                                     f"{', '.join(sorted(missing))}; expected the output of sample_scored.py")
            if "candidates" not in branch:
                raise SystemExit(f"{path}: question {number} of {row.get('id', row['title'])}: field candidates is missing")


def completion(candidate: dict) -> Completion:
    return Completion(candidate["tokens"], 0.0, candidate["ended"], 0.0)


def sampled_tokens(row: dict) -> int:
    return sum(len(c["tokens"]) + c["ended"] for branch in row["branches"] for c in branch["candidates"])


def best_candidates(row: dict, threshold: float = 0.0) -> tuple[dict, list[list[Completion]]]:
    """Rejection sampling: of each question the candidate with the highest reward, if it ended and is worth at least `threshold`
    (0: no worse than declining). Returns the row with the questions that have one, and their completions."""
    branches, kept = [], []
    for branch in row["branches"]:
        whole = [c for c in branch["candidates"] if c["ended"] and c["reward"] >= threshold]
        if whole:
            branches.append(branch)
            kept.append([completion(max(whole, key=lambda c: c["reward"]))])
    return {**row, "branches": branches}, kept


def preference_pairs(row: dict, margin: float) -> tuple[dict, list[list[Completion]], list[float]]:
    """Of each question the best and the worst candidate by reward, when they are at least `margin` apart: ties teach nothing.

    Returns the row with those questions, [chosen, rejected] of each, and the distances of their rewards.
    """
    branches, pairs, distances = [], [], []
    for branch in row["branches"]:
        whole = sorted((c for c in branch["candidates"] if c["ended"]), key=lambda c: c["reward"])
        if len(whole) > 1 and whole[-1]["reward"] - whole[0]["reward"] >= margin:
            branches.append(branch)
            pairs.append([completion(whole[-1]), completion(whole[0])])
            distances.append(whole[-1]["reward"] - whole[0]["reward"])
    return {**row, "branches": branches}, pairs, distances
