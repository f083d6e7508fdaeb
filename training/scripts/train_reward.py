"""Stage 2b, the reward model: pairwise logistic loss over ranked candidates, on the fine-tuned policy's own trunk.

    python scripts/train_reward.py --candidates "$WORK/candidates.jsonl" --policy "$WORK/sft" --out "$WORK/reward" --minutes 60

The lowest layers stay those of the policy, so that serving computes them once for both. All pairs of a question are one
batch element; kinds of pairs are weighted to fixed shares (`rlhf/reward.py`). `--adversarial` adds the pairs of
`make_adversarial.py`; `--length-term` takes the part of a preference that length explains out of the score. Goes on from its last save
when killed.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import file_sha256, load_policy, save_model
from rlhf.hardware import Hardware
from rlhf.layers import freeze_lower
from rlhf.packing import pack
from rlhf.prompts import prompt_version
from rlhf.reward import LengthTerm, RewardHead, kind_weights, ranked_row, scores
from rlhf.reward_training import checked_rows, held_out_figures, normalised, row_loss, split_by_article
from rlhf.rows import endless_order
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
    parser.add_argument("--rows-per-pass", type=int, default=1, help="rows computed together: more is faster for small models and takes more memory")
    parser.add_argument("--held-out", type=int, default=40, help="rows kept for the held-out accuracy, whole articles")
    add_run_arguments(parser, minutes=60)
    args = parser.parse_args()
    if is_finished(args.out):
        return

    hardware = Hardware(args.precision)
    torch.manual_seed(args.seed)
    model, tokenizer = load_policy(args.begin_with or args.policy)
    head = RewardHead.load(args.begin_with) if args.begin_with else RewardHead(model.config.hidden_size)
    freeze_lower(model, args.frozen_layers, args.lora)
    hardware.prepare(model, args.checkpointing)
    trained = [p for p in model.parameters() if p.requires_grad]
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
    score = lambda some: scores(model, head, pack([row.segments for row in some], tokenizer.pad_token_id))  # noqa: E731
    print(f"{len(rows)} rows, {sum(len(r.pairs) for r in rows)} pairs; weights {json.dumps({k: round(v, 2) for k, v in weights.items()})}")

    run = TrainingRun(args, {"model": model, "head": head, **({"length": length} if length else {})}, optimizer, args.learning_rate,
                      hardware=hardware)
    order = hardware.mine(endless_order(len(rows), args.seed, skip=run.state["step"] * args.rows_per_step * hardware.processes))
    passes = -(-args.rows_per_step // args.rows_per_pass)  # a step
    step_loss = lambda: run.recent_loss(25 * passes) * passes  # noqa: E731  (of a row, over 25 steps)
    for step in run.steps():
        step_rows = [rows[next(order)] for _ in range(args.rows_per_step)]
        for start in range(0, len(step_rows), args.rows_per_pass):
            some = step_rows[start : start + args.rows_per_pass]
            loss = sum(row_loss(r, row, weights, length) for r, row in zip(score(some), some))
            run.backward(loss / args.rows_per_step, args.candidates)
        run.apply()
        run.done()
        if step % 25 == 24:
            print(f"step {step + 1} loss {step_loss():.3f} {run.state['seconds'] / 60:.1f} min", flush=True)
        if run.evaluation_due():
            figures, golds = held_out_figures(lambda row: score([row])[0], held_out)
            run.evaluated(figures, better=lambda new, best: new["macro"] >= best["macro"],
                          save=lambda folder: save_model(folder, model, tokenizer, normalised(head, golds)),
                          loss=step_loss())
        run.save_if_due()
    run.finish(stage="reward", promptVersion=prompt_version(),
               data={path.name: file_sha256(path) for path in (args.candidates, args.adversarial) if path},
               **({"lengthCoefficient": length.weight.item() / length.unit} if length else {}),
               policy=file_sha256(args.policy / "model.safetensors"), pairs=sum(len(r.pairs) for r in rows))


if __name__ == "__main__":
    plain_errors(main)
