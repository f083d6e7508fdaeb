"""Stage 2b, the reward model: pairwise logistic loss over ranked candidates, on the fine-tuned policy's own trunk.

    python scripts/train_reward.py --candidates "$WORK/candidates.jsonl" --policy "$WORK/sft" --out "$WORK/reward" --minutes 60

The lowest layers stay those of the policy, so that serving computes them once for both. All pairs of a question are one
batch element; kinds of pairs are weighted to fixed shares (`rlhf/reward.py`). Goes on from its last save when killed.
"""

import argparse
import collections
import json
import random
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from train_sft import freeze_lower, log, schedule, trainable_state

from rlhf.checkpoints import file_sha256, load_policy, load_state, save_state, write_manifest
from rlhf.intervals import wilson
from rlhf.packing import pack
from rlhf.prompts import prompt_version
from rlhf.reward import RankedRow, RewardHead, kind_weights, pairwise_loss, ranked_row, scores
from rlhf.rows import read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--begin-with", type=Path, help="reward model to go on from, on the same lower layers (default: the policy and a new head)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--head-learning-rate", type=float, default=1e-3)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--held-out", type=int, default=40, help="rows kept for the held-out accuracy, whole articles")
    parser.add_argument("--save-minutes", type=float, default=6)
    parser.add_argument("--eval-minutes", type=float, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    settings = {k: str(v) for k, v in vars(args).items() if k not in ("minutes", "out", "save_minutes", "eval_minutes")}
    if (args.out / "manifest.json").exists():
        return print(f"{args.out} is finished")

    torch.manual_seed(args.seed)
    model, tokenizer = load_policy(args.begin_with or args.policy)
    head = RewardHead.load(args.begin_with) if args.begin_with else RewardHead(model.config.hidden_size)
    trained = freeze_lower(model, args.frozen_layers)
    optimizer = torch.optim.AdamW(
        [{"params": trained, "peak": args.learning_rate}, {"params": list(head.parameters()), "peak": args.head_learning_rate}],
        weight_decay=0.01, betas=(0.9, 0.98))
    rows, held_out = split_by_article(read_rows(args.candidates), args.held_out, args.seed)
    rows = [r for r in (ranked_row(row, tokenizer) for row in rows) if r.pairs]
    held_out = [r for r in (ranked_row(row, tokenizer) for row in held_out) if r.pairs]
    if not rows:
        raise SystemExit(f"{args.candidates}: no pair to learn from (only ties, or no candidates)")
    weights = kind_weights(rows)
    print(f"{len(rows)} rows, {sum(len(r.pairs) for r in rows)} pairs; weights {json.dumps({k: round(v, 2) for k, v in weights.items()})}")

    state_path = args.out / "state.pt"
    state = load_state(state_path, settings) or {"settings": settings, "step": 0, "seconds": 0.0, "best": None}
    if "model" in state:
        model.load_state_dict(state.pop("model"), strict=False)
        head.load_state_dict(state.pop("head"))
        optimizer.load_state_dict(state.pop("optimizer"))
    budget, last_save, last_eval, recent = args.minutes * 60, time.monotonic(), time.monotonic(), []
    while state["seconds"] < budget:
        started = time.monotonic()
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * schedule(state["step"], state["seconds"] / budget)
        losses = []
        for row in step_rows(rows, state["step"], args):
            r = scores(model, head, pack([row.segments], tokenizer.pad_token_id))
            loss = row_loss(r, row, weights)
            if not torch.isfinite(loss):
                raise SystemExit(f"loss is {loss.item()} at step {state['step']}: lower --learning-rate or look at {args.candidates}")
            (loss / args.rows_per_step).backward()
            losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_([*trained, *head.parameters()], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(sum(losses) / len(losses))
        state["step"] += 1
        state["seconds"] += time.monotonic() - started
        if state["step"] % 25 == 0:
            print(f"step {state['step']} loss {sum(recent[-25:]) / len(recent[-25:]):.3f} {state['seconds'] / 60:.1f} min", flush=True)
        if time.monotonic() - last_eval > args.eval_minutes * 60 or state["seconds"] >= budget:
            last_eval = time.monotonic()
            figures = pair_accuracy(model, head, tokenizer, held_out)
            log(args.out, {"step": state["step"], "minutes": state["seconds"] / 60, "loss": sum(recent[-25:]) / len(recent[-25:]), **figures})
            if state["best"] is None or figures["macro"] >= state["best"]["macro"]:
                state["best"] = figures
                save(model, head, tokenizer, held_out, args.out)
        if time.monotonic() - last_save > args.save_minutes * 60:
            last_save = time.monotonic()
            save_state(state_path, {**state, "model": trainable_state(model), "head": head.state_dict(), "optimizer": optimizer.state_dict()})
    write_manifest(args.out, stage="reward", seed=args.seed, promptVersion=prompt_version(), settings=settings, minutes=args.minutes,
                   data={args.candidates.name: file_sha256(args.candidates)}, policy=file_sha256(args.policy / "model.safetensors"),
                   pairs=sum(len(r.pairs) for r in rows), steps=state["step"], metrics=state["best"])
    state_path.unlink(missing_ok=True)


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


def step_rows(rows: list[RankedRow], step: int, args) -> list[RankedRow]:
    """The rows of one step: every row once an epoch, in an order that depends on seed and epoch only."""
    out = []
    for i in range(step * args.rows_per_step, (step + 1) * args.rows_per_step):
        epoch, place = divmod(i, len(rows))
        order = list(range(len(rows)))
        random.Random(f"{args.seed}:{epoch}").shuffle(order)
        out.append(rows[order[place]])
    return out


def row_loss(r: torch.Tensor, row: RankedRow, weights: dict[str, float]) -> torch.Tensor:
    chosen = torch.tensor([b for b, _, _ in row.pairs])
    rejected = torch.tensor([w for _, w, _ in row.pairs])
    return pairwise_loss(r[chosen], r[rejected], torch.tensor([weights[kind] for _, _, kind in row.pairs]))


@torch.no_grad()
def pair_accuracy(model, head, tokenizer, rows: list[RankedRow]) -> dict:
    """Share of pairs in the right order, for each kind with its 95 % interval, over all, and as mean over kinds."""
    right, total = collections.Counter(), collections.Counter()
    for row in rows:
        r = scores(model, head, pack([row.segments], tokenizer.pad_token_id))
        for chosen, rejected, kind in row.pairs:
            total[kind] += 1
            right[kind] += int(r[chosen] > r[rejected])
    kinds = {k: {"value": right[k] / n, "interval": wilson(right[k], n), "pairs": n} for k, n in sorted(total.items())}
    large = [k["value"] for k in kinds.values() if k["pairs"] >= 20] or [0.0]
    return {"all": sum(right.values()) / max(1, sum(total.values())), "macro": sum(large) / len(large), "kinds": kinds}


@torch.no_grad()
def save(model, head, tokenizer, rows: list[RankedRow], folder: Path) -> None:
    """Weights and head, the reward normalised to mean 0 and deviation 1 over the gold answers of the held-out rows."""
    head.mean.zero_()
    head.std.fill_(1.0)
    golds = []
    for row in rows:
        r = scores(model, head, pack([row.segments], tokenizer.pad_token_id))
        golds.extend(r[place].item() for places, branch in zip(row.candidates, row.details)
                     for place, c in zip(places, branch["candidates"]) if c["source"] == "gold")
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    saved = RewardHead(model.config.hidden_size)
    saved.load_state_dict(head.state_dict())
    if len(golds) > 1:
        saved.mean, saved.std = torch.tensor(golds).mean(), torch.tensor(golds).std().clamp_min(1e-3)
    saved.save(folder)


if __name__ == "__main__":
    main()
