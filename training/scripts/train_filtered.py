"""Reward-filtered fine-tuning (rejection sampling): sample, keep the best of each question, fine-tune on it, again.

    python scripts/train_filtered.py --prompts "$WORK/data/prompts.jsonl" --dev "$WORK/data/dev.jsonl" --policy "$WORK/sft" \\
        --reward "$WORK/reward" --out "$WORK/filtered" --sampled-tokens 200000

One step is one round: the policy as it is answers the questions of --rows-per-round passages; of each question the completion with
the highest reward is kept if it is no worse than declining; the policy is fine-tuned on what was kept. What critics of
reinforcement learning propose (as in RAFT, arXiv 2304.06767, and ReST, arXiv 2308.08998): no advantage, no penalty, no critic.
"""

import argparse
import random
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.episodes import PolicyModels, first_questions, pack_completions
from rlhf.hardware import Hardware
from rlhf.policy_stage import HeldOut, add_policy_arguments, finish
from rlhf.rollout import seeded
from rlhf.rows import endless_order, read_rows
from rlhf.scored_samples import best_candidates, sampled_tokens, scored_row
from rlhf.training_run import TrainingRun, is_finished, log, plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True, help="rows whose questions are asked; their gold answers are not read")
    parser.add_argument("--samples", type=int, default=4, help="completions a question")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--threshold", type=float, default=0.0, help="least reward of what is kept; 0 is that of declining")
    parser.add_argument("--rows-per-round", type=int, default=32)
    parser.add_argument("--rows-per-update", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2, help="passes over what a round kept")
    add_policy_arguments(parser, minutes=60, learning_rate=2e-5)
    args = parser.parse_args()
    if is_finished(args.out):
        return
    hardware = Hardware(args.precision)
    torch.manual_seed(args.seed)
    models = PolicyModels.load(args.policy, args.reward, args.frozen_layers, hardware=hardware, lora=args.lora)
    optimizer = torch.optim.AdamW(models.train(args), lr=args.learning_rate, weight_decay=0.0)
    run = TrainingRun(args, {"policy": models.policy}, optimizer, args.learning_rate, extra={"sampledTokens": 0, "history": []}, warm_up_steps=1,
                      hardware=hardware)
    prompts = [first_questions(row, args.questions) for row in read_rows(args.prompts)]
    order = hardware.mine(endless_order(len(prompts), args.seed, skip=run.state["step"] * args.rows_per_round * hardware.processes))
    held_out = HeldOut(args, models, run)
    for step in run.steps():
        generator = seeded((args.seed + 7919 * hardware.rank) * 1_000_003 + step)
        scored = []
        for _ in range(args.rows_per_round):
            episodes = models.roll_out(prompts[next(order)], args.samples, args.temperature, generator)
            scored.append(scored_row(episodes, models.scores(episodes).tolist(), models.tokenizer))
        kept = [(row, completions) for row, completions in (best_candidates(row, args.threshold) for row in scored) if completions]
        loss = fine_tune(models, hardware.shares(kept), run, args, random.Random(f"{args.seed}:{step}"))
        rewards = [c["reward"] for row in scored for b in row["branches"] for c in b["candidates"]]
        run.done(sampledTokens=sum(map(sampled_tokens, scored)))
        log(args.out, {"step": step + 1, "reward": sum(rewards) / max(1, len(rewards)), "questions": sum(len(r["branches"]) for r in scored),
                       "kept": sum(len(c) for _, c in kept), "loss": loss}, "steps.jsonl")
        held_out.measure_if_due()
        run.save_if_due()
    finish(run, "filtered")


def fine_tune(models: PolicyModels, kept: list, run: TrainingRun, args, rng: random.Random) -> float | None:
    """Mean loss of a token; None when nothing was kept."""
    losses = []
    for _ in range(args.epochs):
        order = rng.sample(kept, len(kept))
        for start in range(0, len(order), args.rows_per_update):
            batch = order[start : start + args.rows_per_update]
            for row, completions in batch:
                episodes = models.with_states(pack_completions(row, completions, models.tokenizer))
                loss = -models.outputs(models.policy, episodes).logprobs.mean()
                losses.append(loss.item())
                run.backward(loss / len(batch), args.prompts)
            run.apply()
    return sum(losses) / len(losses) if losses else None


if __name__ == "__main__":
    plain_errors(main)
