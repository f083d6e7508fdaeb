"""Does the length term keep a reward model from learning length? An ablation with a length bias that is put in by hand.

    python scripts/ablate_length.py --candidates "$WORK/candidates.jsonl" --policy "$WORK/sft" --out "$WORK/length.json"

The training pairs are made biased: a better candidate gets words that say nothing (--filler) with probability --bias, a worse one with the
rest of it. Two reward models learn from them, without and with the length term (`train_reward.py --length-term`). Held-out articles
get the words without regard to rank: there length tells nothing, and a model that learnt it loses pairs.
"""

import argparse
import copy
import json
import random
import sys
from pathlib import Path

import torch
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import DECLINE, RIGHT
from rlhf.checkpoints import commit, file_sha256, load_policy
from rlhf.layers import freeze_lower
from rlhf.packing import pack
from rlhf.reward import LengthTerm, RewardHead, kind_weights, ranked_row, scores
from rlhf.reward_training import checked_rows, fit, held_out_figures, row_loss, split_by_article
from rlhf.training_run import plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--bias", type=float, default=0.9)
    parser.add_argument("--filler", default="the the the")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--held-out", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    policy, tokenizer = load_policy(args.policy)
    rng = random.Random(args.seed)
    train, held_out = split_by_article(checked_rows(args.candidates), args.held_out, args.seed)
    train = [ranked_row(lengthened(row, args.filler, args.bias, rng), tokenizer) for row in train]
    held_out = [ranked_row(lengthened(row, args.filler, 0.5, rng), tokenizer) for row in held_out]
    report = {"commit": commit(), "seed": args.seed, "bias": args.bias, "steps": args.steps, "data": {args.candidates.name: file_sha256(args.candidates)}}
    for name in ("without", "with"):
        torch.manual_seed(args.seed)
        model, head, length = copy.deepcopy(policy), RewardHead(policy.config.hidden_size), LengthTerm() if name == "with" else None
        parameters = [*freeze_lower(model, args.frozen_layers), *head.parameters(), *(length.parameters() if length else [])]
        weights = kind_weights(train)
        score = lambda row: scores(model, head, pack([row.segments], tokenizer.pad_token_id))[0]  # noqa: B023, E731
        fit(parameters, lambda row: row_loss(score(row), row, weights, length), [row for row in train if row.pairs],  # noqa: B023
            learning_rate=args.learning_rate, rows_per_step=args.rows_per_step, seed=args.seed, steps=args.steps)
        figures, _ = held_out_figures(score, held_out)
        report[name] = {**figures, "rankCorrelationWithLengthAmongRight": length_correlation(score, held_out),
                        "lengthCoefficient": length.weight.item() / length.unit if length else None}
        print(f"{name:8} all {100 * figures['all']:.1f} %, mean over kinds {100 * figures['macro']:.1f} %, "
              f"rank correlation with length among right answers {report[name]['rankCorrelationWithLengthAmongRight']:.2f}", flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")


def lengthened(row: dict, filler: str, bias: float, rng: random.Random) -> dict:
    """The row with `filler` before some answers: of right ones with probability `bias`, of others with 1 - `bias`; declines stay."""
    row = copy.deepcopy(row)
    for branch in row["branches"]:
        for candidate in branch["candidates"]:
            if candidate["label"] != DECLINE and rng.random() < (bias if candidate["label"] == RIGHT else 1 - bias):
                candidate["text"] = f" {filler} {candidate['text'].strip()}"
    return row


@torch.no_grad()
def length_correlation(score, rows: list) -> float:
    """Spearman's, between tokens and score(answer) - score(decline) of right answers."""
    sizes, worth = [], []
    for row in rows:
        r = score(row)
        for places, labels in zip(row.candidates, row.labels):
            decline = next((r[p].item() for p, label in zip(places, labels) if label == DECLINE), None)
            for place, label in zip(places, labels):
                if label == RIGHT and decline is not None:
                    sizes.append(len(row.segments[place].tokens))
                    worth.append(r[place].item() - decline)
    return float(spearmanr(sizes, worth).statistic) if len(set(sizes)) > 1 else float("nan")


if __name__ == "__main__":
    plain_errors(main)
