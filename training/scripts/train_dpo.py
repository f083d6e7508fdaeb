"""Direct preference optimisation on pairs that the reward model ordered (`rlhf/dpo.py`): no sampling while it learns.

    python scripts/train_dpo.py --scored "$WORK/scored.jsonl" --dev "$WORK/data/dev.jsonl" --policy "$WORK/sft" \\
        --reward "$WORK/reward" --out "$WORK/dpo" --minutes 40

Of each question the best and the worst of its candidates make a pair. Budget of sampled tokens: what --scored holds.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.dpo import dpo_loss
from rlhf.episodes import PolicyModels, first_questions, pack_completions
from rlhf.hardware import Hardware
from rlhf.policy_stage import HeldOut, add_policy_arguments, finish
from rlhf.rows import endless_order, read_rows
from rlhf.scored_samples import check_scored, preference_pairs, sampled_tokens
from rlhf.training_run import TrainingRun, is_finished, log, plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scored", type=Path, required=True, help="output of sample_scored.py")
    parser.add_argument("--beta", type=float, default=0.1, help="how dear distance from the fine-tuned policy is")
    parser.add_argument("--margin", type=float, default=0.5, help="least distance of the rewards of a pair")
    parser.add_argument("--rows-per-step", type=int, default=4)
    add_policy_arguments(parser, minutes=40, learning_rate=1e-5)
    args = parser.parse_args()
    if is_finished(args.out):
        return
    hardware = Hardware(args.precision)
    torch.manual_seed(args.seed)
    models = PolicyModels.load(args.policy, args.reward, args.frozen_layers, hardware=hardware, lora=args.lora)
    optimizer = torch.optim.AdamW(models.train(args), lr=args.learning_rate, weight_decay=0.0)
    scored = [first_questions(row, args.questions) for row in read_rows(args.scored)]
    check_scored(scored, args.scored)
    sampled = sum(sampled_tokens(row) for row in scored)
    rows = [(row, pairs) for row, pairs, _ in (preference_pairs(row, args.margin) for row in scored) if pairs]
    if not rows:
        raise SystemExit(f"{args.scored}: no pair to learn from: the rewards of no question are {args.margin} apart")
    run = TrainingRun(args, {"policy": models.policy}, optimizer, args.learning_rate,
                      extra={"sampledTokens": 0, "pairs": 0, "history": []}, warm_up_steps=10, hardware=hardware)
    run.state["sampledTokens"] = sampled
    order = hardware.mine(endless_order(len(rows), args.seed, skip=run.state["step"] * args.rows_per_step * hardware.processes))
    held_out = HeldOut(args, models, run)
    for step in run.steps():
        figures, pairs = {"loss": 0.0, "accuracy": 0.0, "margin": 0.0}, 0
        for _ in range(args.rows_per_step):
            episodes = models.with_states(pack_completions(*rows[next(order)], models.tokenizer))
            loss, margins = pair_loss(models, episodes, args.beta)
            run.backward(loss / args.rows_per_step, args.scored)
            pairs += len(margins)
            for name, value in (("loss", loss.item()), ("accuracy", (margins > 0).float().mean().item()), ("margin", margins.mean().item())):
                figures[name] += value / args.rows_per_step
        run.apply()
        run.done(pairs=pairs)
        log(args.out, {"step": step + 1, **figures, "pairs": pairs}, "steps.jsonl")
        held_out.measure_if_due()
        run.save_if_due()
    finish(run, "dpo", pairs=run.state["pairs"])


def pair_loss(models: PolicyModels, episodes, beta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Episodes stand as chosen, rejected, chosen, rejected, .."""
    mine = episodes.spread(models.outputs(models.policy, episodes).logprobs).sum(1)  # (E,)
    with torch.no_grad():
        theirs = episodes.spread(models.outputs(models.reference, episodes).logprobs).sum(1)
    return dpo_loss(mine[::2], mine[1::2], theirs[::2], theirs[1::2], beta)


if __name__ == "__main__":
    plain_errors(main)
