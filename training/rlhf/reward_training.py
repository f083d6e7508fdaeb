"""What every reward model is trained and measured with, whatever computes its scores."""

import collections
import random
import time
from pathlib import Path

import torch

from rlhf.candidates import LABELS
from rlhf.intervals import wilson
from rlhf.reward import LengthTerm, RankedRow, RewardHead, pairwise_loss
from rlhf.rows import check_candidates, endless_order, read_rows
from rlhf.training_run import schedule


def checked_rows(path: Path) -> list[dict]:
    rows = read_rows(path)
    check_candidates(rows, path, LABELS)
    return rows


def split_by_article(rows: list[dict], count: int, seed: int) -> tuple[list[dict], list[dict]]:
    """(train, held out): articles move to the held-out side until it has about `count` rows."""
    by_title = collections.defaultdict(list)
    for row in rows:
        by_title[row["title"]].append(row)
    titles = sorted(by_title)
    random.Random(seed).shuffle(titles)
    held = []
    while titles and len(held) < min(count, len(rows) // 8):
        held.extend(by_title[titles.pop()])
    return [row for title in titles for row in by_title[title]], held


def row_loss(r: torch.Tensor, row: RankedRow, weights: dict[str, float], length: LengthTerm | None = None) -> torch.Tensor:
    """Loss of all pairs of one row. r: (segments,) scores; weights: of each kind of pair. The length term joins the better side: only
    the difference counts."""
    chosen = torch.tensor([b for b, _, _ in row.pairs])
    rejected = torch.tensor([w for _, w, _ in row.pairs])
    better = r[chosen]
    if length is not None:
        sizes = torch.tensor([len(segment.tokens) for segment in row.segments])
        better = better + length(sizes[chosen], sizes[rejected])
    return pairwise_loss(better, r[rejected], torch.tensor([weights[kind] for _, _, kind in row.pairs]))


@torch.no_grad()
def held_out_figures(score, rows: list[RankedRow]) -> tuple[dict, list[float]]:
    """Share of pairs in the right order (for each kind with its 95 % interval, over all, and as mean over kinds), and the
    scores of the gold answers. score: row -> (segments,)"""
    right, total, golds = collections.Counter(), collections.Counter(), []
    for row in rows:
        r = score(row)
        for chosen, rejected, kind in row.pairs:
            total[kind] += 1
            right[kind] += int(r[chosen] > r[rejected])
        golds.extend(r[place].item() for places, branch in zip(row.candidates, row.details)
                     for place, c in zip(places, branch["candidates"]) if c["source"] == "gold")
    kinds = {k: {"value": right[k] / n, "interval": wilson(right[k], n), "pairs": n} for k, n in sorted(total.items())}
    large = [k["value"] for k in kinds.values() if k["pairs"] >= 20] or [0.0]
    return {"all": sum(right.values()) / max(1, sum(total.values())), "macro": sum(large) / len(large), "kinds": kinds}, golds


def normalised(head: RewardHead, golds: list[float]) -> RewardHead:
    """A copy whose scores have mean 0 and deviation 1 over `golds`, scores that `head` gave."""
    copy = RewardHead(head.linear.in_features)
    copy.load_state_dict(head.state_dict())
    if len(golds) > 1:
        values = torch.tensor(golds)
        copy.mean = head.mean + head.std * values.mean()
        copy.std = head.std * values.std().clamp_min(1e-3)
    return copy


def fit(parameters: list[torch.nn.Parameter], loss, rows: list, *, learning_rate: float, rows_per_step: int, seed: int, minutes: float = 0,
        steps: int | None = None) -> dict[str, float]:
    """A training without saves, for comparisons: `loss(row)` for rows in a seeded order, for `steps` or `minutes` of processor time.
    Returns the steps done and the minutes they took."""
    optimizer, order = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.01, betas=(0.9, 0.98)), endless_order(len(rows), seed, 0)
    started, step, progress = time.process_time(), 0, 0.0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * schedule(step, progress)
        for _ in range(rows_per_step):
            (loss(rows[next(order)]) / rows_per_step).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        progress = step / steps if steps else (time.process_time() - started) / (60 * minutes)
    return {"steps": step, "minutes": (time.process_time() - started) / 60}
