"""Stage 2b, the reward model: pairwise logistic loss over ranked candidates, on the fine-tuned policy's own trunk.

    python scripts/train_reward.py --candidates "$WORK/candidates.jsonl" --policy "$WORK/sft" --out "$WORK/reward" --minutes 60

The lowest layers stay those of the policy, so that serving computes them once for both. All pairs of a question are one
batch element; kinds of pairs are weighted to fixed shares (`rlhf/reward.py`). `--adversarial` adds the pairs of
`make_adversarial.py`; `--length-term` takes the part of a preference that length explains out of the score. Goes on from its last save
when killed.
"""

import argparse
import collections
import json
import random
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import LABELS
from rlhf.checkpoints import file_sha256, load_policy, save_model
from rlhf.intervals import wilson
from rlhf.layers import freeze_lower
from rlhf.packing import pack
from rlhf.prompts import prompt_version
from rlhf.reward import LengthTerm, RankedRow, RewardHead, kind_weights, pairwise_loss, ranked_row, scores
from rlhf.rows import check_candidates, endless_order, read_rows
from rlhf.training_run import TrainingRun, add_run_arguments, is_finished, plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--adversarial", type=Path, help="rows of make_adversarial.py, learnt from beside the candidates")
    parser.add_argument("--length-term", action="store_true", help="length-debiased training: a learnt length coefficient that scoring leaves out")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--begin-with", type=Path, help="reward model to go on from, on the same lower layers (default: the policy and a new head)")
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--head-learning-rate", type=float, default=1e-3)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--held-out", type=int, default=40, help="rows kept for the held-out accuracy, whole articles")
    add_run_arguments(parser, minutes=60)
    args = parser.parse_args()
    if is_finished(args.out):
        return

    torch.manual_seed(args.seed)
    model, tokenizer = load_policy(args.begin_with or args.policy)
    head = RewardHead.load(args.begin_with) if args.begin_with else RewardHead(model.config.hidden_size)
    trained = freeze_lower(model, args.frozen_layers)
    length = LengthTerm() if args.length_term else None
    heads = list(head.parameters()) + (list(length.parameters()) if length else [])
    optimizer = torch.optim.AdamW([{"params": trained}, {"params": heads, "peak": args.head_learning_rate}], weight_decay=0.01, betas=(0.9, 0.98))
    ranked = [row for path in filter(None, (args.candidates, args.adversarial)) for row in checked_rows(path)]
    rows, held_out = split_by_article(ranked, args.held_out, args.seed)
    rows = [r for r in (ranked_row(row, tokenizer) for row in rows) if r.pairs]
    held_out = [r for r in (ranked_row(row, tokenizer) for row in held_out) if r.pairs]
    if not rows:
        raise SystemExit(f"{args.candidates}: no pair to learn from (only ties, or no candidates)")
    weights = kind_weights(rows)
    print(f"{len(rows)} rows, {sum(len(r.pairs) for r in rows)} pairs; weights {json.dumps({k: round(v, 2) for k, v in weights.items()})}")

    run = TrainingRun(args, {"model": model, "head": head, **({"length": length} if length else {})}, optimizer, args.learning_rate)
    order = endless_order(len(rows), args.seed, skip=run.state["step"] * args.rows_per_step)
    for step in run.steps():
        for _ in range(args.rows_per_step):
            row = rows[next(order)]
            loss = row_loss(scores(model, head, pack([row.segments], tokenizer.pad_token_id)), row, weights, length)
            run.backward(loss / args.rows_per_step, args.candidates)
        run.apply()
        run.done()
        if step % 25 == 24:
            loss = run.recent_loss(25 * args.rows_per_step) * args.rows_per_step
            print(f"step {step + 1} loss {loss:.3f} {run.state['seconds'] / 60:.1f} min", flush=True)
        if run.evaluation_due():
            figures, golds = held_out_figures(model, head, tokenizer, held_out)
            run.evaluated(figures, better=lambda new, best: new["macro"] >= best["macro"],
                          save=lambda folder: save_model(folder, model, tokenizer, normalised(head, golds)),
                          loss=run.recent_loss(25 * args.rows_per_step) * args.rows_per_step)
        run.save_if_due()
    run.finish(stage="reward", promptVersion=prompt_version(),
               data={path.name: file_sha256(path) for path in (args.candidates, args.adversarial) if path},
               **({"lengthCoefficient": length.weight.item() / length.unit} if length else {}), policy=file_sha256(args.policy / "model.safetensors"), pairs=sum(len(r.pairs) for r in rows))


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
    """`r`: (segments,) scores of one row. The length term joins the better side: only the difference counts."""
    chosen = torch.tensor([b for b, _, _ in row.pairs])
    rejected = torch.tensor([w for _, w, _ in row.pairs])
    better = r[chosen]
    if length is not None:
        sizes = torch.tensor([len(segment.tokens) for segment in row.segments])
        better = better + length(sizes[chosen], sizes[rejected])
    return pairwise_loss(better, r[rejected], torch.tensor([weights[kind] for _, _, kind in row.pairs]))


@torch.no_grad()
def held_out_figures(model, head, tokenizer, rows: list[RankedRow]) -> tuple[dict, list[float]]:
    """Share of pairs in the right order (for each kind with its 95 % interval, over all, and as mean over kinds), and the
    scores of the gold answers."""
    right, total, golds = collections.Counter(), collections.Counter(), []
    for row in rows:
        r = scores(model, head, pack([row.segments], tokenizer.pad_token_id))
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


if __name__ == "__main__":
    plain_errors(main)
